"""Requests that leave out what they are about, so that the right answer is a question."""

from __future__ import annotations

from random import Random

from training.aspects import Aspects, Clause, Form, Kind
from training.bank import required
from training.writer import Writer

#: Names for a host that name none.
_VAGUE = (
    "it", "it", "the server", "my server", "our server", "the site", "my site", "our website", "my website", "the router", "our router", "my machine", "the machine",
    "that machine", "that host", "the box", "one of our hosts", "our mail server", "the mail server", "the database", "the other server", "that thing", "the new server",
    "my computer", "the web server", "our shop", "the shop", "the domain", "my domain", "our domain", "the host", "a host", "some server", "the firewall", "the printer",
    "the office router", "the gateway", "the customer's site", "their website", "the one from yesterday", "the usual one", "you know which", "the backup server", "this", "that",
)  # fmt: skip
_OPTIONAL = frozenset({"get_uptime_report", "get_incidents", "get_host_data", "get_host_list"})


def vague_request(aspects: Aspects, rng: Random) -> tuple[str, str]:
    """Draws a request without its subject; returns it and the `tool.parameter` that is missing."""
    while True:
        kind: Kind = rng.choice(("name", "host", "host", "watched", "new"))
        form: Form = rng.choice(("do", "do", "q")) if kind != "new" else "do"
        pool = aspects.get((kind, form), [])
        aspect = rng.choice(pool)
        tool = aspect.call.tool
        parameter = next(name for name, value in aspect.call.arguments if "@" in value)
        if tool in _OPTIONAL or (
            parameter not in required()[tool] and tool not in ("edit_host", "delete_host", "reset_alerts")
        ):
            continue
        text = Clause(aspect, Writer(rng)).text(rng.choice(_VAGUE))
        lead = (
            rng.choice(("", "", "", "please ", "can you ", "hi, ", "could you ", "I'd like you to "))
            if form == "do"
            else ""
        )
        return lead + text + ("?" if form == "q" else rng.choice(("", ".", " please"))), f"{tool}.{parameter}"
