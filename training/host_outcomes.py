"""What lists, reports and changes give, worded as the project's tools word it."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from providers.base import DEFAULT_NOW
from training import values
from training.outcome import Arguments, Draw, Outcome, Row, some_ms, spelled

_STATES = ("up", "up", "down", "paused", "maintenance")
_KINDS = ("icmp", "https", "http", "dns", "smtp", "tcp")


def hosts(rng: Random, count: int, like: str | None = None) -> list[Row]:
    """Monitored hosts, with states and endpoint types that tell some of them apart."""
    first = rng.choice((rng.randint(1, 90), rng.randint(100, 990), rng.randint(1000, 9000)))
    zone = like or (values.domain(rng) if rng.random() < 0.5 else None)
    found: list[Row] = []
    seen: set[str] = set()
    while len(found) < count:
        label = rng.choice(
            (
                "www",
                "mail",
                "api",
                "shop",
                "vpn",
                "db1",
                "db2",
                "web-1",
                "web-2",
                "cam",
                "pi",
                "nas",
                "ftp",
                "ns1",
                "intranet",
                "wiki",
                "git",
                values.machine(rng),
            )
        )
        name = f"{label}.{zone}" if zone else values.host(rng)
        if name in seen:
            continue
        seen.add(name)
        first += rng.choice((1, 1, 1, 2, 5, 13))
        found.append(Row(first, name, {"endpoint": rng.choice(_KINDS), "status": rng.choice(_STATES)}))
    return found


def _asked_for(a: Arguments, rows: list[Row]) -> list[Row]:
    """One row where one host was asked for."""
    number, address = a.get("host_id"), a.get("address")
    if isinstance(number, int):
        return [Row(number, rows[0].name, rows[0].traits)]
    if isinstance(address, str) and "*" not in address and "?" not in address:
        return [Row(rows[0].id, address, rows[0].traits)]
    return rows


def _labels(rows: list[Row], word: str) -> str:
    texts = [f"{row.name} ({row.traits[word]}, host {row.id})" if word else row.name for row in rows]
    return texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + " and " + texts[-1]


def _host_list(a: Arguments, rng: Random, ok: bool) -> Outcome:
    pattern = a.get("address")
    like = str(pattern)[2:] if isinstance(pattern, str) and pattern.startswith("*.") else None
    rows = _asked_for(a, hosts(rng, rng.choice((1, 2, 2, 3, 3, 4)), like))
    enabled = a.get("enabled")
    told = []
    for row in rows:
        endpoint = str(a.get("endpoint", row.traits["endpoint"]))
        on = enabled if isinstance(enabled, bool) else row.traits["status"] != "paused"
        entry = {"id": row.id, "address": row.name, "endpoint": endpoint, "enabled": on}
        told.append(entry)
    rows = [
        Row(r.id, r.name, {"endpoint": t["endpoint"], "status": "up" if t["enabled"] else "paused"})
        for r, t in zip(rows, told, strict=True)
    ]
    if rng.random() < 0.25:
        told = [{"id": t["id"], "address": t["address"], "endpoint": t["endpoint"]} for t in told]
        rows = [Row(r.id, r.name, {"endpoint": r.traits["endpoint"]}) for r in rows]
    message = f"{len(rows)} host{' is' if len(rows) == 1 else 's are'} monitored: {_labels(rows, rng.choice(('', 'endpoint')))}."
    return Outcome(True, message, {"hosts": told}, "hosts", tuple(rows))


def _host_data(a: Arguments, rng: Random, ok: bool) -> Outcome:
    rows = _asked_for(a, hosts(rng, rng.choice((1, 2, 2, 3))))
    told = [
        {
            "id": r.id,
            "address": r.name,
            "status": r.traits["status"],
            rng.choice(("response_ms", "rtt_avg_ms")): some_ms(rng),
            "alert_flag": r.traits["status"] == "down",
        }
        for r in rows
    ]
    if rng.random() < 0.4:
        told = [{k: v for k, v in t.items() if k != "alert_flag"} for t in told]
    message = "; ".join(f"{r.name} is {r.traits['status']}" for r in rows) + "."
    return Outcome(
        True,
        message,
        {"hosts": told},
        "hosts",
        tuple(Row(r.id, r.name, {"status": r.traits["status"]}) for r in rows),
    )


def _agents(a: Arguments, rng: Random, ok: bool) -> Outcome:
    names = values.some(rng, values.agent, 2, 4)
    rows = tuple(Row(0, n) for n in names)
    message = f"{len(names)} probe agents are online: {', '.join(names[:-1])} and {names[-1]}."
    return Outcome(
        True,
        message,
        {"agents": [{"name": n, "online": True} if rng.random() < 0.5 else {"name": n} for n in names]},
        "agents",
        rows,
    )


def _incidents(a: Arguments, rng: Random, ok: bool) -> Outcome:
    rows = _asked_for(a, hosts(rng, rng.choice((1, 1, 2, 3))))
    causes = (
        "no reply to ping",
        "status 503 Service Unavailable",
        "timeout after 5000 ms",
        "connection refused",
        "certificate expired",
    )
    told = []
    for row in rows:
        day = (DEFAULT_NOW - timedelta(days=rng.randint(0, 6))).strftime("%Y-%m-%d")
        told.append(
            {
                "host_id": row.id,
                "address": row.name,
                "state": rng.choice(("open", "resolved")),
                "began": f"{day}T{rng.randint(0, 11):02d}:{rng.randint(0, 59):02d}:00Z",
                "cause": rng.choice(causes),
            }
        )
    first = told[0]
    message = (
        f"There {'is 1 incident' if len(told) == 1 else f'are {len(told)} incidents'}: "
        + "; ".join(
            f"{t['address']} since {t['began'][:16].replace('T', ' ')} UTC ({t['cause']})" for t in told
        )
        + "."
    )
    return Outcome(
        True, message, {"incidents": told}, str(first["state"]), tuple(Row(r.id, r.name) for r in rows)
    )


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
    best, worst = names[times.index(min(times))], names[times.index(max(times))]
    rows = tuple(Row(0, n, {"speed": "fast" if n == best else "slow" if n == worst else ""}) for n in names)
    message = f"{str(a['check']).title()} check of {a['target']} from {len(names)} locations: {told}; the fastest is {best}."
    return Outcome(
        True,
        message,
        {"results": [{"agent": n, "ms": t} for n, t in zip(names, times, strict=True)]},
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
