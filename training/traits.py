"""How people point at a row by what is special about it: its state, its numbers, its place, a part of its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from training.nations import COUNTRIES, PLACES
from training.outcome import Row

#: By key and value, for one row alone; `one` may become another noun.
_WORDS: dict[str, dict[Any, tuple[str, ...]]] = {
    "status": {
        "up": ("the one that is up", "the one that works", "the healthy one", "the one that's up", "the running one", "the one that is fine", "the good one", "the one still alive", "the green one", "the one without problems", "whichever is up", "the online one", "the one that's ok", "the only one that works", "the working one"),
        "down": ("the one that is down", "the broken one", "the dead one", "the one that's down", "the failing one", "the down one", "the red one", "the one with the problem", "the one that fails", "the faulty one", "whichever is down", "the offline one", "the one in trouble", "the problem child", "the one not working", "the sick one", "the unreachable one", "the culprit", "the one that died", "the bad one"),
        "paused": ("the paused one", "the one that is paused", "the disabled one", "the suspended one", "the one that's off", "the inactive one", "the one that's switched off", "the sleeping one", "the one on hold", "the one nobody checks right now"),
        "maintenance": ("the one in maintenance", "the one that's in maintenance", "the one being worked on", "the one with the maintenance window", "the one under maintenance", "the silenced one"),
    },
    "enabled": {
        False: ("the paused one", "the one that is paused", "the disabled one", "the suspended one", "the one that's off", "the inactive one", "the one that isn't checked", "the one switched off", "the one on hold", "the sleeping one", "the one that's not active", "the deactivated one"),
        True: ("the active one", "the enabled one", "the one that is on", "the one that's being checked", "the running one", "the one that isn't paused", "the one still active", "the one that's switched on", "the live one"),
    },
    "alert_flag": {
        True: ("the one with the alert", "the alerting one", "the one that raised the alarm", "the one in alarm", "the one that is alerting", "the noisy one"),
        False: ("the one without an alert", "the quiet one", "the one that isn't alerting", "the one with no alarm"),
    },
    "online": {
        True: ("the one that is online", "the connected one", "the online one", "the one that's up", "the reachable one"),
        False: ("the offline one", "the one that's offline", "the one not connected", "the dead one"),
    },
    "state": {
        "open": ("the open one", "the one that's still open", "the one still going on", "the unresolved one", "the ongoing one", "the one that's not over", "the one not fixed yet", "the current one"),
        "resolved": ("the resolved one", "the one that is over", "the one that's been fixed", "the closed one", "the finished one", "the one that is solved", "the past one"),
    },
    "endpoint": {
        "icmp": ("the ping one", "the icmp one", "the one that is pinged", "the one checked by ping", "the one on ping", "the pinged one", "the icmp check"),
        "https": ("the https one", "the one checked over https", "the secure site", "the https check", "the one on https", "the one with https"),
        "http": ("the http one", "the one on plain http", "the one without https", "the plain http check", "the unencrypted one"),
        "dns": ("the dns one", "the name check", "the one with the dns check", "the dns check", "the one for name resolution"),
        "smtp": ("the mail one", "the smtp one", "the mail server", "the smtp check", "the one checked over smtp"),
        "tcp": ("the tcp one", "the port check", "the one with the tcp check", "the tcp check", "the one checked by tcp"),
    },
}  # fmt: skip

#: By key: the row with the largest and the row with the smallest number.
_EXTREMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "response_ms": (
        ("the slow one", "the slowest one", "the slowest", "the laggy one", "the one that takes longest", "the one with the worst latency", "the one with the highest latency", "whichever is slowest", "the one that lags most", "the sluggish one", "the one with the worst response time", "the snail", "the one farthest away", "the most distant one", "the one that needs the most time"),
        ("the fastest one", "the fast one", "the quickest", "the quickest one", "the one with the best latency", "the one that answers fastest", "the one with the lowest latency", "whichever is fastest", "the snappiest one", "the closest one", "the nearest one", "the one with the shortest response time"),
    ),
    "ms": (
        ("the one that takes longest", "the slowest one", "the slowest hop", "the hop with the highest time", "the one with the most ms"),
        ("the fastest one", "the quickest hop", "the one with the lowest time"),
    ),
    "loss_pct": (
        ("the one that loses most", "the one with the most loss", "the one with the highest loss", "the one losing the most packets", "the lossiest one", "the worst one for loss", "the one with the worst packet loss"),
        ("the one with the least loss", "the one that loses fewest packets", "the one with the lowest loss"),
    ),
    "interval_s": (
        ("the one checked least often", "the one with the longest interval", "the rarely checked one", "the one polled most rarely", "the laziest check"),
        ("the one checked most often", "the one with the shortest interval", "the most frequently checked one", "the busiest check"),
    ),
    "retries": (("the one with the most retries",), ("the one with the fewest retries",)),
    "days_left": (
        ("the one with the most days left", "the one that lasts longest", "the one that's good for longest", "the freshest one", "the one with the longest validity"),
        ("the one that runs out first", "the one expiring first", "the most urgent one", "the one with the fewest days left", "the one that ends soonest", "the one closest to expiry", "the next to expire"),
    ),
    "load_pct": (
        ("the busiest one", "the busiest", "the one with the highest load", "the most loaded one", "the overloaded one", "the one that's working hardest", "the one under the most load"),
        ("the idlest one", "the one with the least load", "the least busy one", "the one with the lowest load", "the one with the most headroom", "the freest one", "the one that has the least to do", "the quietest one"),
    ),
    "checks": (("the one with the most checks", "the one that runs most checks", "the one with the most jobs"), ("the one with the fewest checks", "the one with the fewest jobs", "the least used one")),
    "preference": (
        ("the one with the highest preference number", "the backup one", "the last resort", "the fallback", "the least preferred one", "the one with the largest priority value", "the backup MX"),
        ("the one with the lowest preference", "the preferred one", "the primary one", "the main one", "the primary MX", "the one with the lowest number", "the lowest preference", "the most preferred one", "the one with the best priority", "the first choice"),
    ),
    "began": (
        ("the latest one", "the most recent one", "the newest one", "the one that began last", "the last to start", "the freshest one"),
        ("the oldest one", "the one that began first", "the earliest one", "the one that has been going longest", "the longest running one"),
    ),
    "since": (
        ("the one that changed last", "the one with the latest change", "the most recent one"),
        ("the one that's been like that longest", "the one unchanged for longest", "the one in that state the longest"),
    ),
    "hop": (("the last hop", "the final one", "the last one"), ("the first hop", "the first router", "the nearest one")),
}  # fmt: skip

#: By key: the row with exactly this number.
_NUMBERS: dict[str, tuple[str, ...]] = {
    "port": ("the one on port {}", "the one on {}", "the port {} one", "the {} one", "the one that uses port {}", "the one with port {}", "the one listening on {}"),
    "preference": ("the one with preference {}", "the {} one", "the one with priority {}", "the MX {}", "the prio {} one"),
    "loss_pct": ("the one with {} % loss", "the one losing {}%", "the {}% one", "the one at {} percent loss"),
    "response_ms": ("the {} ms one", "the one with {} ms", "the one at {} ms", "the one that took {}"),
    "load_pct": ("the one at {} %", "the one with {}% load", "the {} percent one"),
    "retries": ("the one with {} retries", "the one that retries {} times"),
    "days_left": ("the one with {} days left", "the one that has {} days", "the {} day one"),
    "hop": ("hop {}", "hop number {}", "the hop at {}", "no. {}", "router {}"),
    "ms": ("the {} ms one", "the one at {} ms", "the hop with {} ms"),
    "checks": ("the one with {} checks",),
}  # fmt: skip

_EVERY = ("the one checked every {}", "the one with the {} interval", "the {} one", "the one that runs every {}", "the one polled every {}")  # fmt: skip
_NOTED = ("the one marked {!r}", "the one noted as {}", "the {} one", "the one whose note says {}", "the one with the note \"{}\"", "the one labelled {}", "the {}")  # fmt: skip
_CAUSED = ("the one with {}", "the {} one", "the one that has {}", "the one where it says {}", "the one that failed with {}")  # fmt: skip
_CAUSES: dict[str, tuple[str, ...]] = {
    "no reply to ping": ("no ping reply", "the ping problem"), "status 503 Service Unavailable": ("the 503", "the HTTP 503", "503"), "timeout after 5000 ms": ("the timeout", "a timeout"),
    "connection refused": ("the refused connection", "connection refused"), "certificate expired": ("the expired certificate", "the cert problem", "the expired cert"), "HTTP 502": ("the HTTP 502", "the 502", "the bad gateway"),
    "HTTP 500": ("the 500", "the HTTP 500", "the server error"), "HTTP 404": ("the 404", "the page not found", "the HTTP 404"), "100 % packet loss": ("total packet loss", "the packet loss"), "name not found in DNS": ("the DNS error", "the DNS problem", "the missing name"),
    "no route to host": ("no route", "the routing problem"), "TLS handshake failed": ("the TLS error", "the handshake failure", "the failed handshake"), "HTTP 429": ("the 429", "the rate limit"), "HTTP 504": ("the 504", "the gateway timeout"),
    "response too slow": ("the slow response", "the slowness"), "text not found on the page": ("the missing text", "the wrong page text"),
}  # fmt: skip
_PLACED = ("the one in {}", "the {} one", "{}", "whatever is in {}", "the one from {}")
_PORT_WORDS = {
    22: ("the one with ssh", "the one where ssh is open", "the ssh one"), 25: ("the mail server", "the one with smtp open"), 53: ("the DNS server", "the one that does DNS"), 3389: ("the one with RDP", "the one with remote desktop open"),
    5432: ("the postgres one", "the one with postgres"), 3306: ("the mysql one", "the one with mysql"), 445: ("the one with file sharing", "the smb one"), 9100: ("the printer", "the one that prints"), 5900: ("the one with VNC",), 6379: ("the redis one",),
    21: ("the ftp one", "the one with ftp open"), 161: ("the one with snmp",),
}  # fmt: skip

_NOUNS = {"host": ("host", "machine", "box", "server", "system"), "agent": ("probe", "agent", "location", "probe"), "hop": ("hop", "router"), "found": ("address", "server", "record")}  # fmt: skip
_TLD = re.compile(r"[a-z]{2,}\Z")


def span(seconds: int, rng: Random) -> str:
    """Seconds as people say them."""
    if seconds % 3600 == 0:
        return rng.choice(("hour", "hour", "60 min")) if seconds == 3600 else f"{seconds // 3600} hours"
    if seconds % 60 == 0:
        minutes = seconds // 60
        return rng.choice(("minute", "60 s", "60 seconds")) if minutes == 1 else f"{minutes} {rng.choice(('minutes', 'min', 'mins'))}"  # fmt: skip
    return f"{seconds} {rng.choice(('seconds', 's', 'sec'))}"


def ways(row: Row, rows: Sequence[Row], whole: bool, rng: Random, kind: str = "host") -> list[str]:
    """Words that point at this row and no other, by its traits as they are shown."""
    found: list[str] = []
    keys = list(row.traits)
    start = int(rng.random() * len(keys))
    for key in (*keys[start:], *keys[:start]):
        value = row.traits[key]
        if value is None or isinstance(value, list):
            continue
        if len(found) > 1:
            break
        others = [r.traits.get(key) for r in rows if r is not row]
        if value in others or not others:
            continue
        if key in ("began", "since") and any(other and other[11:16] == value[11:16] for other in others):
            continue
        write = _WRITE.get(key)
        if write is not None:
            found += [write(value, rng)]
        if (words := _WORDS.get(key)) is not None and value in words and whole:
            found += [rng.choice(words[value]), rng.choice(words[value])]
        if (forms := _NUMBERS.get(key)) is not None:
            found.append(rng.choice(forms).format(f"{value:g}" if isinstance(value, float) else value))
        if whole and key in _EXTREMES:
            found += _extreme(key, value, others, rng)
    found += _by_ports(row, rows, rng)
    if whole and found and rng.random() < 0.2:
        noun = rng.choice(_NOUNS.get(kind, _NOUNS["host"]))
        found = [re.sub(r"\bone\b", noun, text) for text in found]
    return found


def _extreme(key: str, value: Any, others: Sequence[Any], rng: Random) -> list[str]:
    known = [other for other in others if other is not None]
    if not known:
        return []
    most, least = _EXTREMES[key]
    found: list[str] = []
    if value > max(known) and not (key == "loss_pct" and value == 0):
        found = [rng.choice(most), rng.choice(most)]
        if key == "loss_pct" and not any(known):
            found.append(rng.choice(("the one with loss", "the one that loses packets", "the lossy one", "the one with packet loss", "the one dropping packets")))  # fmt: skip
    elif value < min(known):
        found = [rng.choice(least), rng.choice(least)]
        if key == "loss_pct" and value == 0:
            found = [rng.choice(("the one without loss", "the one that loses nothing", "the clean one", "the loss free one"))] * 2  # fmt: skip
        elif key == "days_left" and value < 0 and all(other >= 0 for other in known):
            found.append(rng.choice(("the expired one", "the one that has expired", "the one already expired", "the one that ran out")))  # fmt: skip
    return found


def _by_ports(row: Row, rows: Sequence[Row], rng: Random) -> list[str]:
    ports: list[int] = row.traits.get("open_ports", [])
    taken = {p for r in rows if r is not row for p in r.traits.get("open_ports", ())}
    own = [p for p in ports if p not in taken]
    found: list[str] = []
    for port in own[:2]:
        found.append(rng.choice(("the one with {} open", "the one where {} is open", "the one with port {}", "the one that has {}", "the one listening on {}")).format(port))  # fmt: skip
        found += rng.sample(_PORT_WORDS[port], 1) if port in _PORT_WORDS else []
    return found


def _country(code: str, rng: Random) -> str:
    name, people = COUNTRIES[code]
    return rng.choice((f"the one in {name}", f"the {people} one", f"the one in {name}", f"the {code} one", f"whatever you have in {name}"))  # fmt: skip


def _caused(cause: str, rng: Random) -> str:
    words = rng.choice(_CAUSES[cause])
    form = rng.choice(_CAUSED)
    return form.format(words.removeprefix("the ").removeprefix("a ") if form.startswith("the {}") else words)


_WRITE: dict[str, Callable[[Any, Random], str]] = {
    "interval_s": lambda v, rng: rng.choice(_EVERY).format(span(v, rng)),
    "note": lambda v, rng: rng.choice(_NOTED).format(v),
    "cause": _caused,
    "error": _caused,
    "agent_location": lambda v, rng: rng.choice(
        (
            "the one checked from {}",
            "the one on {}",
            "the {} one",
            "the one monitored from {}",
            "the one that {} checks",
        )
    ).format(v),
    "city": lambda v, rng: rng.choice(_PLACED).format(v),
    "country": _country,
    "began": lambda v, rng: rng.choice(
        ("the one from {}", "the one that began at {}", "the {} one", "the one since {}")
    ).format(v[11:16]),
    "since": lambda v, rng: rng.choice(("the one since {}", "the one that changed at {}")).format(v[11:16]),
}


def by_name(row: Row, rows: Sequence[Row], rng: Random) -> list[str]:
    """Words that are a part of the row's name and of no other's."""
    name = row.name
    others = [r.name for r in rows if r is not row]
    if name.replace(".", "").isdigit():
        last = name.rpartition(".")[2]
        if any(o.rpartition(".")[2] == last for o in others):
            return []
        return [rng.choice((".{}", "the .{}", "the one ending in {}", "the .{} one", "...{}", "the one with {} at the end")).format(last)]  # fmt: skip
    label, dot, rest = name.partition(".")
    found: list[str] = []
    forms = ("{}", "{}", "the {} one", "the {}", "the one called {}", "{}, that is", "that {}")
    if dot and not any(o.partition(".")[0] == label for o in others):
        found += [rng.choice(forms).format(label)] * 2
    pieces = [p for p in re.split(r"[-_.]", label) if len(p) > 1]
    for piece in pieces if len(pieces) > 1 else re.findall(r"[a-zA-Z]{3,}", label):
        if piece != label and not any(piece.lower() in o.lower() for o in others):
            found.append(rng.choice(forms).format(piece))
    digits = re.search(r"\d+\Z", label)
    if digits and not any(digits[0] in o for o in others):
        found.append(rng.choice(("the one with {} in its name", "the {}", "the one ending in {}", "the {} one")).format(digits[0]))  # fmt: skip
    if dot and _TLD.search(rest) and not any(o.endswith("." + rest.rpartition(".")[2]) for o in others):
        found.append(
            rng.choice(("the .{} one", "the .{}", "the one under .{}")).format(rest.rpartition(".")[2])
        )
    middle = rest.rpartition(".")[0]
    if middle and "." not in middle and not any(middle in o for o in others):
        found.append(
            rng.choice(("the {} one", "the one at {}", "the one of {}", "the one in {}")).format(middle)
        )
    return found


_SEVERAL: dict[str, dict[Any, tuple[str, ...]]] = {
    "status": {
        "up": ("those that are up", "all that are up", "the ones that work", "every one that is up", "the healthy ones", "the ones that are fine", "the good ones", "whatever is up", "the green ones"),
        "down": ("those that are down", "the ones that are down", "everything that's down", "all the dead ones", "the broken ones", "every one that is down", "whatever is down", "the failing ones", "the red ones", "all down hosts"),
        "paused": ("the paused ones", "those that are paused", "everything that's paused", "all the disabled ones", "the inactive ones", "all paused ones", "whatever is paused"),
        "maintenance": ("the ones in maintenance", "those in maintenance", "everything in maintenance"),
    },
    "enabled": {
        False: ("the paused ones", "those that are paused", "all paused ones", "the disabled ones", "the ones that are off", "everything that's paused", "the inactive ones", "whatever is paused"),
        True: ("the active ones", "those that are active", "all enabled ones", "the ones that are on", "everything that isn't paused", "the running ones"),
    },
    "endpoint": {kind: (f"the {kind} ones", f"all {kind} checks", f"those checked with {kind}", f"every {kind} one") for kind in ("icmp", "https", "http", "dns", "smtp", "tcp")},
    "alert_flag": {True: ("the alerting ones", "those with an alert", "everything in alarm", "the ones that raise alarms"), False: ("the quiet ones", "those without an alert")},
    "state": {"open": ("the open ones", "those still open", "the unresolved ones", "the ongoing ones"), "resolved": ("the resolved ones", "those that are over", "the closed ones", "the ones already fixed")},
    "online": {True: ("those online", "the ones that are online", "the online ones"), False: ("the offline ones", "those that are offline")},
}  # fmt: skip


def groups(rows: Sequence[Row], whole: bool, rng: Random) -> list[tuple[str, list[Row]]]:
    """Words that point at several rows, by a trait that they share, and these rows; empty where there are none."""
    found: list[tuple[str, list[Row]]] = []
    if not whole:
        return found
    for key in rows[0].traits:
        values = [r.traits.get(key) for r in rows]
        if key in _SEVERAL:
            for value, words in _SEVERAL[key].items():
                chosen = [r for r, v in zip(rows, values, strict=True) if v == value]
                if 1 < len(chosen) < len(rows):
                    found.append((rng.choice(words), chosen))
        elif key in ("loss_pct", "response_ms", "days_left") and None not in values:
            found += _split(key, rows, rng)
    return found


def _split(key: str, rows: Sequence[Row], rng: Random) -> list[tuple[str, list[Row]]]:
    if key == "loss_pct":
        lossy = [r for r in rows if r.traits[key] > 0]
        words = ("those with loss", "the ones that lose packets", "every one with loss", "the lossy ones", "all that drop packets", "whatever has packet loss")  # fmt: skip
        return [(rng.choice(words), lossy)] if 1 < len(lossy) < len(rows) else []
    ordered = sorted(rows, key=lambda r: r.traits[key])
    count = len(ordered) - 1
    if count < 2:
        return []
    low, high = ordered[count - 1].traits[key], ordered[count].traits[key]
    if key == "days_left":
        limit = next((n for n in (0, 7, 14, 30, 60, 90) if low < n < high), None)
        words = (
            "those with less than {} days left",
            "the ones that run out within {} days",
            "all under {} days",
        )
        if limit == 0:
            return [
                (
                    rng.choice(("the expired ones", "those that have expired", "all expired ones")),
                    ordered[:count],
                )
            ]
    else:
        limit = next((n for n in (10, 20, 50, 100, 150, 200, 300, 500) if low < n < high), None)
        words = ("those under {} ms", "the ones below {} ms", "everything faster than {} ms", "all that answer within {} ms")  # fmt: skip
    chosen = [r for r in rows if r in ordered[:count]]
    return [(rng.choice(words).format(limit), chosen)] if limit is not None else []


def in_city(name: str, rng: Random) -> list[str]:
    """Words that point at an agent by the city that its name holds."""
    for city, _, country, people, _ in PLACES:
        if city.lower() in name.lower():
            return [
                f"the {people} one",
                f"the one in {city}",
                f"the one in {country}",
                rng.choice((city, city.lower())),
            ]
    return []
