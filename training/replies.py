"""What the model says when it does not call: one short, steady wording per case.

A model of a few megabytes has no knowledge to answer from, so it says what it can do instead of guessing.
"""

from __future__ import annotations

IRRELEVANT = (
    "That is not something my tools can do. "
    "I check hosts, sites, certificates, DNS and ports, and I manage your monitored hosts."
)
REFUSE = "I won't do that. I only check and monitor systems that you are allowed to test."
NOT_OFFERED = "I have no tool for that here."
SMALLTALK = (
    "I check and monitor networks. "
    "Tell me which host to look at, for example: ping db-03, or check the certificate of example.com."
)

ASK: dict[str, str] = {
    "url": "Which URL should I check?",
    "host": "Which host should I check?",
    "target": "Which host should I use?",
    "name": "Which name should I look up?",
    "query": "Which domain or IP address should I look up?",
    "port": "Which port should I check?",
    "address": "Which host do you mean?",
    "addresses": "Which hosts should go into maintenance?",
    "duration_min": "How long should the maintenance last?",
    "endpoint": "How should I check it: ping, http, https, dns, smtp or tcp?",
    "period": "For which period: 24 hours, 7, 30 or 90 days?",
    "message_id": "Which job do you mean? Please give me its id.",
    "locations": "Which locations should I compare?",
    "check": "Which check should I compare: ping, http or dns?",
    "profile": "Which scan: ping, quick, service or vuln?",
    "host_id": "Which host do you mean?",
}
ASK_BY_TOOL: dict[str, str] = {
    "add_host.address": "Which address should I monitor?",
    "edit_host.address": "Which monitored host should I change?",
    "delete_host.address": "Which host should I remove?",
    "reset_alerts.address": "Which host's alerts should I clear, or all of them?",
    "run_nmap.target": "Which host or network should I scan?",
    "scan_quantum_ports.target": "Which host should I scan?",
    "ping_host.target": "Which host should I ping?",
    "traceroute.target": "Which host should I trace?",
}


def ask(target: str) -> str:
    """Returns the question for `tool.parameter`.

    Raises:
        KeyError: There is no question for that parameter.
    """
    return ASK_BY_TOOL.get(target) or ASK[target.partition(".")[2]]
