"""Fills the slots of a template: which kind of value each name stands for, in which tool."""

from __future__ import annotations

from random import Random

from training import times, values
from training.bank import schemas
from training.hosts import service
from training.values import Filled
from training.words import KEX_GROUPS

_PORTS = (
    22,
    25,
    53,
    80,
    110,
    143,
    443,
    465,
    587,
    993,
    995,
    3306,
    3389,
    5432,
    6379,
    8080,
    8443,
    9000,
    9090,
    27017,
)
_HOST_LIKE = frozenset({"target", "host", "address", "bare", "fqdn", "domain", "ip", "cidr", "pattern"})


def fill(name: str, tool: str, rng: Random) -> Filled:
    """Draws a value for slot `name` of a template for `tool`; `tool` is empty in a dialogue."""
    if name.startswith("x:"):
        return Filled(values.distractor(rng, name[2:].rstrip("0123456789")), {})
    if name in _HOST_LIKE or name in ("name", "query", "url", "addresses"):
        return _host_like(name, tool, rng)
    match name:
        case "timeout_ms":
            return _pair(name, *values.amount(rng, values.TIMEOUTS, "ms"))
        case "interval_s":
            return _pair(name, *values.amount(rng, values.INTERVALS, "s"))
        case "duration_min":
            return _pair(name, *values.amount(rng, values.LENGTHS, "m"))
        case "start":
            return _pair(name, *times.point(rng, past=False))
        case "since" | "date_start" | "date_end":
            return _pair(name, *times.point(rng, past=True))
        case "window" | "range" | "ago":
            return _span(name, tool, rng)
        case "ports":
            return _ports(tool, rng)
        case "locations" | "algorithms":
            draw = values.agent if name == "locations" else _group
            items = values.some(rng, draw)
            return Filled(values.listed(rng, items), {name: items})
        case _:
            return _simple(name, rng)


def _span(name: str, tool: str, rng: Random) -> Filled:
    if name == "window":
        text, start, length = times.window(rng)
        return Filled(text, {"start": start, "duration_min": length})
    if name == "range":
        text, start, end = times.period(rng)
        return Filled(text, {"date_start": start, "date_end": end})
    text, spelling = values.amount(rng, values.AGOS)
    parameter = "since" if tool == "get_incidents" else "date_start"
    return Filled(text.removeprefix("a ").removeprefix("an "), {parameter: "-" + spelling})


def _simple(name: str, rng: Random) -> Filled:
    match name:
        case "group":
            return _pair(name, *[_group(rng)] * 2)
        case "agent_location" | "agent":
            return _pair(name, *[values.agent(rng)] * 2)
        case "email":
            return _pair(name, *[values.email(rng)] * 2)
        case "message_id":
            return _pair(name, *[values.message_id(rng)] * 2)
        case "resolver":
            common = ("8.8.8.8", "1.1.1.1", "9.9.9.9", "8.8.4.4", "1.0.0.1")
            return _pair(name, *[rng.choice(common) if rng.random() < 0.4 else values.ip(rng)] * 2)
        case "expect_text":
            return _pair(name, *[values.phrase(rng)] * 2)
        case "time" | "person" | "company":
            return _pair(name, *[values.distractor(rng, name)] * 2)
        case _ if (number := _number(name, rng)) is not None:
            words = 0.0 if name in ("port", "host_id", "expect_status", "num") else 0.15
            return Filled(values.number_text(rng, number, words), {name: number})
        case _:
            return _enum(name, rng)


def _pair(name: str, text: str, value: str) -> Filled:
    return Filled(text, {name: value})


def _group(rng: Random) -> str:
    return rng.choice(KEX_GROUPS)


def _number(name: str, rng: Random) -> int | None:
    match name:
        case "port":
            return rng.choice(_PORTS) if rng.random() < 0.55 else rng.randint(1, 65535)
        case "host_id":
            return rng.choice(
                (rng.randint(1, 12), rng.randint(1, 99), rng.randint(1, 999), rng.randint(1, 9999))
            )
        case "num":
            return rng.choice((rng.randint(1, 12), rng.randint(2, 99), rng.randint(2, 9999)))
        case "page":
            return rng.randint(1, 20)
        case "page_size" | "limit":
            return rng.choice((3, 5, 10, 15, 20, 25, 30, 50, 100, rng.randint(1, 100)))
        case "count":
            return rng.choice((1, 2, 3, 5, 8, 10, 12, 20, 25, 30, 50, 100, rng.randint(1, 100)))
        case "max_hops":
            return rng.choice((5, 8, 10, 12, 15, 20, 25, 40, 64, rng.randint(2, 64)))
        case "retries":
            return rng.randint(0, 10)
        case "expect_status":
            return rng.choice(
                (200, 200, 201, 204, 301, 302, 401, 403, 404, 418, 500, 503, rng.randint(200, 599))
            )
        case _:
            return None


def _enum(name: str, rng: Random) -> Filled:
    for parameters in schemas().values():
        enum = parameters.get(name, {}).get("enum")
        if isinstance(enum, list):
            value = str(rng.choice([v for v in enum if v != "PTR"]))
            return Filled(values.enum_text(rng, name, value), {name: value})
    raise ValueError(f"no values for the slot {name!r}")


def _ports(tool: str, rng: Random) -> Filled:
    numbers = [
        rng.choice(_PORTS) if rng.random() < 0.6 else rng.randint(1, 65535) for _ in range(rng.randint(2, 4))
    ]
    if tool == "scan_quantum_ports":
        ports = list(dict.fromkeys(numbers))
        return Filled(values.listed(rng, [str(p) for p in ports]), {"ports": ports})
    kind = rng.random()
    if kind < 0.35:
        low = rng.choice((1, 20, 80, 8000, rng.randint(1, 60000)))
        high = low + rng.choice((99, 100, 1023, 1000, rng.randint(5, 4000)))
        text = rng.choice((f"{low}-{high}", f"{low} to {high}", f"{low}-{high}", f"{low} - {high}"))
        return Filled(text, {"ports": f"{low}-{high}"})
    numbers = list(dict.fromkeys(numbers))
    if kind < 0.5:
        # Single ports and a range, the range anywhere.
        low = rng.choice((1, 80, 3000, 8000, rng.randint(1, 60000)))
        high = low + rng.choice((99, 100, 10, 1000, rng.randint(2, 4000)))
        at = rng.randint(0, len(numbers))
        items = [str(n) for n in numbers]
        said = [
            *items[:at],
            rng.choice((f"{low}-{high}", f"{low} to {high}", f"{low}-{high}", f"{low} through {high}")),
            *items[at:],
        ]
        spelled = ",".join([*items[:at], f"{low}-{high}", *items[at:]])
        return Filled(spelled if rng.random() < 0.3 else values.listed(rng, said), {"ports": spelled})
    joined = ",".join(str(n) for n in numbers)
    return Filled(joined if kind < 0.7 else values.listed(rng, [str(n) for n in numbers]), {"ports": joined})


def _host_like(name: str, tool: str, rng: Random) -> Filled:
    if name == "addresses":
        items = values.some(rng, values.host) if rng.random() < 0.7 else [values.host(rng)]
        return Filled(values.listed(rng, items), {name: items})
    if name == "url":
        if tool and rng.random() < 0.45:
            bare = values.fqdn(rng) + values.path(rng)
            return Filled(bare, {name: f"https://{bare}"})
        return _pair(name, *[values.url(rng)] * 2)
    text = _host_text(name, tool, rng)
    schema = schemas().get(tool, {}).get(name, {})
    if schema.get("format") == "host" and rng.random() < 0.05:
        # People paste the whole URL where a host is meant.
        where = values.fqdn(rng)
        return Filled(f"https://{where}{values.path(rng)}", {name: where})
    return Filled(text, {name: text})


_DRAWN = {
    "ip": values.ip,
    "cidr": values.cidr,
    "domain": values.domain,
    "bare": values.machine,
    "fqdn": values.fqdn,
    "pattern": values.pattern,
}


def _host_text(name: str, tool: str, rng: Random) -> str:
    kind = rng.random()
    if name in _DRAWN:
        return _DRAWN[name](rng)
    match name:
        case "name" if kind < 0.05:
            return service(rng)
        case "name":
            return values.fqdn(rng) if kind < 0.5 else values.domain(rng)
        case "query":
            return values.fqdn(rng) if kind < 0.35 else values.domain(rng) if kind < 0.75 else values.ip(rng)
        case "target" if tool == "run_nmap":
            return values.cidr(rng) if kind < 0.3 else values.host(rng)
        case "address" if tool == "add_host":
            return values.url(rng) if kind < 0.2 else values.host(rng)
        case "address" if tool.startswith("get_") and kind < 0.08:
            return values.pattern(rng)
        case _:
            return values.host(rng)
