"""What lists, reports and changes give, worded as the project's tools word it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from providers.base import DEFAULT_NOW
from training import values
from training.nations import PLACES
from training.outcome import Arguments, Draw, Outcome, Row, some_ms, spelled

_STATES = ("up", "up", "down", "paused", "maintenance")
_KINDS = ("icmp", "https", "http", "dns", "smtp", "tcp")
_LABELS = (
    "www", "mail", "api", "shop", "vpn", "db1", "db2", "web-1", "web-2", "cam", "pi", "nas", "ftp", "ns1", "intranet", "wiki", "git",
    "relay", "cr1", "cr2", "web-a", "web-b", "gw-north", "gw-south", "printer-3", "edge-fra", "edge-lon", "backup", "voip", "ldap", "proxy",
    "mx1", "mx2", "core-sw1", "core-sw2", "cache", "billing", "staging", "portal", "grafana", "ns2", "kiosk-12", "sensor-7", "archive",
)  # fmt: skip
_NOTES = (
    "old rack", "customer site", "to be replaced", "moved in spring", "night shift only", "ask Nadia first", "spare", "test system", "cellar", "roof antenna", "leased line",
    "migrated", "second floor", "critical", "legacy", "backup line", "new in October", "do not touch", "warehouse", "branch office", "lab", "DMZ", "on battery",
)  # fmt: skip
#: Why something is down, as a monitor writes it.
CAUSES = (
    "no reply to ping", "status 503 Service Unavailable", "timeout after 5000 ms", "connection refused", "certificate expired", "HTTP 502", "HTTP 500", "HTTP 404",
    "100 % packet loss", "name not found in DNS", "no route to host", "TLS handshake failed", "HTTP 429", "HTTP 504", "response too slow", "text not found on the page",
)  # fmt: skip


def hosts(rng: Random, count: int, like: str | None = None) -> list[Row]:
    """Monitored hosts, named alike or not."""
    first = rng.choice((rng.randint(1, 90), rng.randint(100, 990), rng.randint(1000, 9000)))
    zone = like or (values.domain(rng) if rng.random() < 0.5 else None)
    found: list[Row] = []
    seen: set[str] = set()
    series = _series(rng, zone or values.domain(rng), count) if rng.random() < 0.16 else []
    while len(found) < count:
        name = (
            series.pop()
            if series
            else f"{rng.choice(_LABELS) if rng.random() < 0.9 else values.machine(rng)}.{zone}"
            if zone
            else values.host(rng)
        )
        if name in seen:
            continue
        seen.add(name)
        first += rng.choice((1, 1, 1, 2, 5, 13))
        found.append(Row(first, name))
    if rng.random() < 0.2:
        rng.shuffle(found)
    return found


def _series(rng: Random, zone: str, count: int) -> list[str]:
    """Machines of one kind, told apart by their numbers or letters."""
    stem = rng.choice(
        (
            "web",
            "db",
            "node",
            "mx",
            "cam",
            "ap",
            "sw",
            "vm",
            "edge",
            "ns",
            "worker",
            "cr",
            "printer",
            "shop",
            "app",
            "cache",
        )
    )
    width, dash = rng.choice((1, 1, 2, 2, 3)), rng.choice(("", "-", "-"))
    ends = (
        rng.sample(("a", "b", "c", "d", "east", "west", "old", "new", "eu", "us"), count)
        if rng.random() < 0.25
        else []
    )
    ends = ends or [f"{n:0{width}d}" for n in sorted(rng.sample(range(1, 30), count))]
    return [f"{stem}{dash if end.isdigit() else '-'}{end}.{zone}" for end in ends]


def _tell(
    key: str, rows: Sequence[Row], entries: list[dict[str, Any]]
) -> tuple[dict[str, Any], tuple[Row, ...]]:
    """The tools' form of rows and their traits, and the rows with these traits."""
    told = [{key: r.id, "address": r.name, **e} for r, e in zip(rows, entries, strict=True)]
    return {"hosts": told}, tuple(Row(r.id, r.name, e) for r, e in zip(rows, entries, strict=True))


def _asked_for(a: Arguments, rows: list[Row]) -> list[Row]:
    """One row where one host was asked for."""
    number, address = a.get("host_id"), a.get("address")
    if isinstance(number, int):
        return [Row(number, str(address or rows[0].name))]
    if isinstance(address, str) and "*" not in address and "?" not in address:
        return [Row(rows[0].id, address)]
    return rows


def _labels(rows: Sequence[Row], word: str) -> str:
    texts = [f"{row.name} ({row.traits[word]}, host {row.id})" if word else row.name for row in rows]
    return texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + " and " + texts[-1]


def _host_list(a: Arguments, rng: Random, ok: bool) -> Outcome:
    pattern = a.get("address")
    like = str(pattern)[2:] if isinstance(pattern, str) and pattern.startswith("*.") else None
    rows = _asked_for(a, hosts(rng, rng.choice((1, 2, 2, 3, 3, 4)), like))
    enabled = a.get("enabled")
    extra = rng.sample(
        ("interval_s", "port", "note", "agent_location", "retries"), rng.choice((0, 0, 1, 1, 2))
    )
    switch = rng.random() < 0.75
    told: list[dict[str, Any]] = []
    for _ in rows:
        entry: dict[str, Any] = {"endpoint": str(a.get("endpoint", rng.choice(_KINDS)))}
        if "port" in extra:
            entry["port"] = rng.choice((22, 25, 53, 80, 443, 443, 8443, 8080, 5432, 993))
        if "interval_s" in extra:
            entry["interval_s"] = rng.choice((10, 30, 60, 60, 120, 300, 300, 600, 900, 1800, 3600))
        if switch:
            entry["enabled"] = enabled if isinstance(enabled, bool) else rng.random() < 0.7
        if "note" in extra:
            entry["note"] = rng.choice(_NOTES)
        if "agent_location" in extra:
            entry["agent_location"] = str(a.get("agent_location", values.agent(rng)))
        if "retries" in extra:
            entry["retries"] = rng.randint(0, 6)
        told.append(entry)
    data, shown = _tell("id", rows, told)
    message = f"{len(rows)} host{' is' if len(rows) == 1 else 's are'} monitored: {_labels(shown, rng.choice(('', 'endpoint')))}."
    return Outcome(True, message, data, "hosts", shown)


def _host_data(a: Arguments, rng: Random, ok: bool) -> Outcome:
    rows = _asked_for(a, hosts(rng, rng.choice((1, 2, 2, 3, 3))))
    extra = rng.sample(
        (
            "response_ms",
            "response_ms",
            "loss_pct",
            "loss_pct",
            "alert_flag",
            "days_left",
            "since",
            "endpoint",
            "error",
        ),
        rng.choice((1, 1, 2, 2, 3)),
    )
    told: list[dict[str, Any]] = []
    for _ in rows:
        status = "down" if a.get("alert_flag") is True else rng.choice(_STATES)
        entry: dict[str, Any] = {"status": status}
        if "response_ms" in extra:
            entry["response_ms"] = None if status in ("down", "paused") else some_ms(rng)
        if "loss_pct" in extra:
            entry["loss_pct"] = 100 if status == "down" else rng.choice((0, 0, 0, 0, rng.randint(1, 60)))
        if "days_left" in extra:
            entry["days_left"] = rng.choice((rng.randint(-40, -1), rng.randint(1, 29), rng.randint(30, 300)))
        if "since" in extra:
            entry["since"] = _moment(rng)
        if "endpoint" in extra:
            entry["endpoint"] = rng.choice(_KINDS)
        if "error" in extra:
            entry["error"] = rng.choice(CAUSES) if status == "down" else None
        if "alert_flag" in extra:
            entry["alert_flag"] = status == "down"
        told.append(entry)
    data, shown = _tell("id", rows, told)
    message = "; ".join(f"{r.name} is {r.traits['status']}" for r in shown) + "."
    return Outcome(True, message, data, "hosts", shown)


def _moment(rng: Random) -> str:
    day = (DEFAULT_NOW - timedelta(days=rng.randint(0, 6))).strftime("%Y-%m-%d")
    return f"{day}T{rng.randint(0, 11):02d}:{rng.randint(0, 59):02d}:00Z"


def _agents(a: Arguments, rng: Random, ok: bool) -> Outcome:
    count = rng.choice((2, 2, 3, 3, 4, 5))
    told: list[dict[str, Any]] = []
    if rng.random() < 0.5:
        extra = rng.sample(("city", "country", "country", "load_pct", "online", "checks"), rng.randint(1, 3))
        city_named = rng.random() < 0.3
        places = rng.sample(PLACES, count)
        for number, (city, code, *_) in enumerate(places, rng.randint(1, 30)):
            stem = city.lower().replace(" ", "")
            name = (
                stem
                if city_named
                else rng.choice(
                    (
                        f"probe-{number:02d}",
                        f"{stem[:3]}-{number}",
                        f"{code.lower()}{number}",
                        f"node{number}",
                        f"agent-{number}",
                    )
                )
            )
            entry: dict[str, Any] = {"name": name}
            if "city" in extra:
                entry["city"] = city
            if "country" in extra:
                entry["country"] = code
            if "load_pct" in extra:
                entry["load_pct"] = rng.randint(1, 97)
            if "online" in extra:
                entry["online"] = rng.random() < 0.8
            if "checks" in extra:
                entry["checks"] = rng.randint(3, 900)
            told.append(entry)
    else:
        online = rng.random() < 0.5
        told = [
            {"name": n, "online": True} if online else {"name": n}
            for n in values.some(rng, values.agent, 2, 4)
        ]
    names = [str(t["name"]) for t in told]
    rows = tuple(
        Row(0, n, {k: v for k, v in t.items() if k != "name"}) for n, t in zip(names, told, strict=True)
    )
    message = f"There are {len(names)} probe agents: {', '.join(names[:-1])} and {names[-1]}."
    if all(t.get("online") for t in told):
        message = f"{len(names)} probe agents are online: {', '.join(names[:-1])} and {names[-1]}."
    return Outcome(True, message, {"agents": told}, "agents", rows)


def _incidents(a: Arguments, rng: Random, ok: bool) -> Outcome:
    rows = _asked_for(a, hosts(rng, rng.choice((1, 1, 2, 3))))
    wanted = a.get("state")
    told: list[dict[str, Any]] = []
    for _ in rows:
        state = wanted if wanted in ("open", "resolved") else rng.choice(("open", "resolved"))
        entry = {"state": state, "began": _moment(rng), "cause": rng.choice(CAUSES)}
        if rng.random() < 0.2:
            del entry["state"]
        told.append(entry)
    if any("state" not in t for t in told):
        for entry in told:
            entry.pop("state", None)
    data, shown = _tell("host_id", rows, told)
    message = (
        f"There {'is 1 incident' if len(told) == 1 else f'are {len(told)} incidents'}: "
        + "; ".join(
            f"{r.name} since {r.traits['began'][:16].replace('T', ' ')} UTC ({r.traits['cause']})"
            for r in shown
        )
        + "."
    )
    return Outcome(True, message, {"incidents": data["hosts"]}, str(told[0].get("state", "open")), shown)


def _uptime(a: Arguments, rng: Random, ok: bool) -> Outcome:
    who = str(a.get("address") or (f"host {a['host_id']}" if "host_id" in a else "All hosts"))
    share = round(rng.choice((100.0, rng.uniform(99, 100), rng.uniform(90, 99.9))), 2)
    outages = 0 if share == 100 else rng.randint(1, 12)
    words = {
        "24h": "the last 24 hours",
        "7d": "the last 7 days",
        "30d": "the last 30 days",
        "90d": "the last 90 days",
    }[str(a.get("period", "30d"))]
    message = f"{who} was up {spelled(share)} % of {words}, with {outages or 'no'} outage{'' if outages == 1 else 's'}."
    return Outcome(True, message, {"uptime_pct": share, "outages": outages}, "uptime")


def _added(a: Arguments, rng: Random, ok: bool) -> Outcome:
    number = rng.choice((rng.randint(10, 99), rng.randint(100, 999), rng.randint(1000, 9999)))
    who = str(a["address"])
    message = (
        f"{who} is now monitored with {a['endpoint']} every {a.get('interval_s', '60s')} (host {number})."
    )
    data = (
        {"id": number}
        if rng.random() < 0.5
        else {"host": {"id": number, "address": who, "endpoint": a["endpoint"]}}
    )
    return Outcome(True, rng.choice((message, "Host added", message)), data, "added", (Row(number, who),))


def _edited(a: Arguments, rng: Random, ok: bool) -> Outcome:
    who = str(a.get("address") or f"host {a.get('host_id')}")
    match a.get("enabled"):
        case False:
            message = f"{who} is paused."
        case True:
            message = f"{who} is monitored again."
        case _:
            message = f"{who} was changed."
    return Outcome(True, message, {}, "changed")


def _deleted(a: Arguments, rng: Random, ok: bool) -> Outcome:
    who = str(a.get("address") or f"host {a.get('host_id')}")
    return Outcome(True, f"{who} is no longer monitored and was removed.", {}, "removed")


def _silenced(a: Arguments, rng: Random, ok: bool) -> Outcome:
    found = a.get("addresses")
    who = ", ".join(str(x) for x in found) if isinstance(found, list) else "the host"
    return Outcome(True, f"Alerts of {who} are silenced.", {}, "silenced")


def _cleared(a: Arguments, rng: Random, ok: bool) -> Outcome:
    who = str(a.get("address") or (f"host {a['host_id']}" if "host_id" in a else "all hosts"))
    return Outcome(True, f"The alert of {who} was cleared.", {"cleared": 1}, "cleared")


def _account(a: Arguments, rng: Random, ok: bool) -> Outcome:
    plan = rng.choice(("Free", "Standard", "Professional"))
    tokens, used, limit = rng.randint(0, 200000), rng.randint(0, 40), rng.choice((10, 50, 100))
    message = f"You are logged in on the {plan} plan with {tokens:,} tokens left, and {used} of {limit} hosts in use."
    return Outcome(
        True, message, {"plan": plan, "tokens": tokens, "hosts_used": used, "host_limit": limit}, "account"
    )


def _status(a: Arguments, rng: Random, ok: bool) -> Outcome:
    state = "finished" if ok else "running"
    message = f"The scan ({a['message_id']}) is {state}."
    return Outcome(
        True, message, {"message_id": a["message_id"], "state": state}, state, (Row(0, str(a["message_id"])),)
    )


def _cancelled(a: Arguments, rng: Random, ok: bool) -> Outcome:
    return Outcome(
        True, f"The scan ({a['message_id']}) was cancelled.", {"message_id": a["message_id"]}, "cancelled"
    )


def _compared(a: Arguments, rng: Random, ok: bool) -> Outcome:
    places = a["locations"]
    names = [str(p) for p in places] if isinstance(places, list) else [str(places)]
    times = [some_ms(rng) for _ in names]
    told = "; ".join(f"{n}: {spelled(t)} ms" for n, t in zip(names, times, strict=True))
    best = names[times.index(min(times))]
    entries: list[dict[str, Any]] = [{"response_ms": t} for t in times]
    if rng.random() < 0.3:
        for entry in entries:
            entry["loss_pct"] = rng.choice((0, 0, rng.randint(1, 75)))
    rows = tuple(Row(0, n, e) for n, e in zip(names, entries, strict=True))
    message = f"{str(a['check']).title()} check of {a['target']} from {len(names)} locations: {told}; the fastest is {best}."
    return Outcome(
        True,
        message,
        {"results": [{"agent": n, **e} for n, e in zip(names, entries, strict=True)]},
        "compared",
        rows,
    )


def _endpoints(a: Arguments, rng: Random, ok: bool) -> Outcome:
    kinds = sorted(rng.sample((*_KINDS, "quantum", "httphtml"), rng.randint(3, 8)))
    message = f"Hosts can be monitored with {', '.join(kinds[:-1])} and {kinds[-1]}."
    return Outcome(True, message, {"endpoints": kinds}, "endpoints")


#: By the name of the tool.
OUTCOMES: dict[str, Draw] = {
    "get_host_list": _host_list,
    "get_host_data": _host_data,
    "get_agents": _agents,
    "get_incidents": _incidents,
    "get_uptime_report": _uptime,
    "add_host": _added,
    "edit_host": _edited,
    "delete_host": _deleted,
    "set_maintenance": _silenced,
    "reset_alerts": _cleared,
    "get_user_info": _account,
    "get_function_status": _status,
    "cancel_function": _cancelled,
    "compare_locations": _compared,
    "get_available_endpoints": _endpoints,
}
