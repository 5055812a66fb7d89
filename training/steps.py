"""Phrases for requests of two steps."""

from __future__ import annotations

#: Joins the first step and the second.
AND = (
    "{0} and {1}", "{0}, then {1}", "{0}. then {1}", "{0} and then {1}", "{0}, and {1}", "{0}; {1}", "first {0}, then {1}", "{0}. After that {1}", "{0} - and {1}", "{0}, afterwards {1}", "{0} & {1}", "{0}. Once you have that, {1}", "{0}\n{1}", "{0} so that you can {1}", "{0} first and {1}", "two things: {0}, and {1}",
    "{0}. With the result, {1}", "{0} > {1}", "1. {0} 2. {1}", "{0}, next {1}",
)  # fmt: skip
FIND = (
    "find {} and {}", "see {} and {}", "look for {} and {}", "find out {}, then {}", "check {} and {}", "figure out {}; {}", "work out {} and then {}", "tell me {}. {}", "get me {}, and {}", "which is {}? {}", "determine {} and {}", "identify {}, afterwards {}", "look up {} and {}", "pick out {} and {}", "show me {} and {}",
)  # fmt: skip
DIRECT = (
    "{}",
    "{}",
    "{}, whatever that is,",
    "{} of all my hosts",
    "{} among my monitors",
    "{} in the list",
    "{} right now",
)

DOWN = (
    "whatever is down",
    "everything that's down",
    "the hosts that are down",
    "all dead hosts",
    "the ones that are down",
    "every host that's down",
    "all that fail",
    "the broken hosts",
    "what's red at the moment",
)
UP = (
    "whatever is up",
    "the hosts that are up",
    "everything that works",
    "the healthy hosts",
    "all that are up",
    "every host that answers",
)
PAUSED = (
    "whatever is paused",
    "the paused hosts",
    "everything that's paused",
    "all paused monitors",
    "the ones on hold",
)
SLOWEST = (
    "the slowest host",
    "the worst one for response time",
    "the slowest monitor",
    "the one with the highest latency",
    "the slowest of my hosts",
    "the laggiest host",
    "the worst response time",
    "the slowest one",
)
FASTEST = (
    "the fastest host",
    "the quickest of my hosts",
    "the one with the best latency",
    "the fastest monitor",
    "the fastest one",
)
LOSSIEST = (
    "the host with the most loss",
    "the one losing the most packets",
    "the worst one for packet loss",
    "the lossiest host",
    "the host with the worst loss",
)
LOSSY = (
    "every host with loss",
    "the hosts that lose packets",
    "all with packet loss",
    "everything with loss",
    "the lossy hosts",
    "those that drop packets",
)
ALERTING = (
    "the alerting hosts",
    "whatever is alerting",
    "every host with an alert",
    "all hosts in alarm",
    "the ones with an active alarm",
)
EXPIRED = (
    "the hosts with an expired certificate",
    "everything that has expired",
    "all expired certificates",
    "the expired ones",
)
FIRST_OUT = (
    "the one that expires first",
    "the host whose certificate runs out first",
    "the certificate with the fewest days left",
    "the next one to expire",
)

_RESUME = (
    ("resume them", "edit_host", (("enabled", True),)),
    ("switch them all back on", "edit_host", (("enabled", True),)),
    ("enable each of them", "edit_host", (("enabled", True),)),
    ("unpause all", "edit_host", (("enabled", True),)),
    ("delete them", "delete_host", ()),
    ("throw them out", "delete_host", ()),
    ("turn them on again", "edit_host", (("enabled", True),)),
    ("reactivate every one", "edit_host", (("enabled", True),)),
    ("remove all of those", "delete_host", ()),
)
_PAUSE = (
    ("pause them", "edit_host", (("enabled", False),)),
    ("pause every one of them", "edit_host", (("enabled", False),)),
    ("suspend all of these", "edit_host", (("enabled", False),)),
    ("delete them", "delete_host", ()),
    ("put them on hold", "edit_host", (("enabled", False),)),
    ("disable each", "edit_host", (("enabled", False),)),
    ("clear their alerts", "reset_alerts", ()),
    ("reset the alert of each", "reset_alerts", ()),
)
_Extra = tuple[tuple[str, bool], ...]
#: Filters of a list, the words for it, and what is then done with the rows.
LISTED: tuple[tuple[tuple[tuple[str, bool | str], ...], str, tuple[tuple[str, str, _Extra], ...] | None], ...] = (
    ((("enabled", False),), "list the paused ones", _RESUME), ((("enabled", False),), "show me which hosts are paused", _RESUME), ((("enabled", False),), "get all disabled hosts", _RESUME), ((("enabled", False),), "look up what's paused", _RESUME), ((("enabled", False),), "see which monitors are suspended", _RESUME),
    ((("enabled", False),), "find everything that is on hold", _RESUME), ((("enabled", True),), "list the active hosts", _PAUSE), ((("enabled", True),), "get me all enabled monitors", _PAUSE), ((("endpoint", "icmp"),), "list the hosts that are only pinged", _PAUSE), ((("endpoint", "https"),), "list all https checks", _PAUSE),
    ((("endpoint", "smtp"),), "show the smtp hosts", _PAUSE), ((("endpoint", "dns"),), "find the dns checks", _PAUSE), ((("endpoint", "tcp"),), "list our tcp checks", _PAUSE), ((("endpoint", "http"),), "which hosts are on plain http? list them", _PAUSE), ((), "list my hosts", None), ((), "show me everything we monitor", None),
    ((), "get the host list", None), ((("enabled", False), ("endpoint", "https")), "list the paused https hosts", _RESUME),
)  # fmt: skip

AGENTS_IN = ("which agents are in {}?", "find the probes in {}", "list the agents, take those in {}", "see which locations you have in {}", "look up which probes stand in {}", "who do we have in {}? I mean agents", "get the agents and keep the ones in {}")  # fmt: skip
AGENTS = ("list the agents", "which probes are there?", "get all locations", "see which agents we have", "look up the probes", "find out which agents are available")  # fmt: skip

#: Record type, the first step, and what the second is about.
RESOLVE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("", "resolve {}", ("the address", "the IP", "the address you get", "what comes back", "every address it has")), ("", "look up the IP of {}", ("that IP", "it", "the address")), ("", "get the address of {}", ("that", "it", "that address")),
    ("MX", "find the mail servers of {}", ("each of them", "them", "every one")), ("MX", "get the MX of {}", ("each one", "those hosts", "all of them")), ("NS", "look up the name servers of {}", ("each of them", "all of these", "them")),
    ("CNAME", "see where {} points to", ("that name", "the target", "what it points to")), ("AAAA", "get the IPv6 address of {}", ("that address", "it", "the v6 address")), ("NS", "which name servers has {}?", ("every one of them", "each", "them")),
)  # fmt: skip
IF_REDIRECTED = (
    ", and if it redirects check the target too", ". follow the redirect if there is one", ", then check where it redirects to", " and also load the page it redirects to", ". If it sends me elsewhere, check that as well", ", and when it is a redirect test the destination", "; should it redirect, check that address also",
)  # fmt: skip
SCAN = ("scan {}", "port scan {}", "find the open ports of {}", "see which ports are open on {}", "run a quick nmap on {}", "nmap {}", "look which ports {} has open", "check {} for open ports")  # fmt: skip
WITH_PORTS = (
    ("check each open port", "check_port"), ("try connecting to every open one", "check_port"), ("test each of them with a connection", "check_port"), ("check the ones you find one by one", "check_port"), ("do a quantum scan of the open ones", "scan_quantum_ports"), ("see if those ports are quantum safe", "scan_quantum_ports"),
    ("get the service versions on just those ports", "run_nmap"), ("run a service scan on the ports you find", "run_nmap"), ("find out the versions behind the open ones", "run_nmap"),
)  # fmt: skip
TRACE = (
    "trace the route to {}",
    "traceroute {}",
    "trace {}",
    "run a traceroute to {}",
    "see the path to {}",
    "follow the route to {}",
)
LAST_HOP = (
    "the last hop",
    "the last hop that answers",
    "the final router",
    "the last router you see",
    "the last address on the path",
)
OPEN = ("see which incidents are open", "list the open incidents", "get all unresolved incidents", "show me the ongoing outages", "look up the open outages", "which incidents are still open?")  # fmt: skip
