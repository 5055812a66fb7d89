"""What people are told, in words."""

from __future__ import annotations

from dataclasses import dataclass

from monitoring.hosts.host import Host
from monitoring.state.effects import Told
from tools.masking import mask_url
from tools.wording import clock, count, day, length, number

_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Words:
    """A line to glance at, and the facts."""

    title: str
    body: str


def host_name(host: Host) -> str:
    """What people call a host: its name, else its address without password."""
    return (host.spec.options.name or mask_url(host.spec.address))[:_LONGEST_NAME]


def alert_words(host: Host, told: Told) -> Words:
    """Puts an alert into words."""
    name = host_name(host)
    title, body = _parts(name, told)
    address = mask_url(host.spec.address)
    port = f" port {host.spec.port}" if host.spec.port else ""
    where = f"Checked: {address}{port} with {host.spec.endpoint} every {host.interval_s} s (host {host.id})."
    return Words(title, f"{body}\n{where}")


def _parts(name: str, told: Told) -> tuple[str, str]:
    cause = told.cause or "unknown cause"
    match told.kind:
        case "down":
            return f"DOWN: {name}", f"{name} is down since {clock(told.since)}: {cause}."
        case "up":
            lasted = length(told.number * 60)
            return f"UP: {name}", f"{name} is up again; it was down for {lasted} from {clock(told.since)}."
        case "reminder":
            lasted = length(told.number * 60)
            return f"STILL DOWN: {name}", f"{name} has been down for {lasted}: {cause}."
        case "flapping":
            turns = count(round(told.number), "time")
            return (
                f"FLAPPING: {name}",
                f"{name} has gone up or down {turns} within a short time, last down: {cause}. No more is told"
                " until it is steady.",
            )
        case "steady":
            now = f"down: {told.cause}" if told.cause else "up"
            return f"STEADY: {name}", f"{name} no longer flaps; it is {now}."
        case "slow":
            return f"SLOW: {name}", f"{name} answers slowly: the last answer took {number(told.number)} ms."
        case "quick":
            return (
                f"NOT SLOW: {name}",
                f"{name} answers in time again, the last time in {number(told.number)} ms.",
            )
        case "certificate":
            left = count(max(0, int(told.number)), "day")
            return (
                f"CERTIFICATE: {name}, {left} left" if told.number > 0 else f"CERTIFICATE EXPIRED: {name}",
                f"The certificate of {name} ends in {left}: renew it."
                if told.number > 0
                else f"The certificate of {name} has expired: renew it.",
            )
        case "certificate_renewed":
            return f"RENEWED: {name}", f"The certificate of {name} was renewed; it ends on {day(told.since)}."
