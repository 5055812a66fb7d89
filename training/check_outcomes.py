"""What checks and scans give, worded as the project's tools word it."""

from __future__ import annotations

from random import Random
from typing import Any

from training import values
from training.outcome import Arguments, Draw, Outcome, Row, a_day, from_agent, some_ms, spelled


def _ping(a: Arguments, rng: Random, ok: bool) -> Outcome:
    target, sent = str(a["target"]), a.get("count", 4)
    sent = sent if isinstance(sent, int) else 4
    if not ok and rng.random() < 0.6:
        message = f"{target} did not answer any of {sent} pings{from_agent(a)} (100 % loss)."
        return Outcome(
            False,
            message,
            {"target": target, "sent": sent, "received": 0, "loss_pct": 100},
            "dead",
            error=rng.choice(("no reply", "100% packet loss", "request timed out", "host unreachable")),
        )
    average = some_ms(rng)
    if not ok and sent > 1:
        received = rng.randint(1, sent - 1)
        loss = round(100 * (sent - received) / sent, 1)
        message = f"{target} answered {received} of {sent} pings{from_agent(a)} ({spelled(loss)} % loss), {spelled(average)} ms on average."
        return Outcome(
            True,
            message,
            {"target": target, "sent": sent, "received": received, "loss_pct": loss, "avg_ms": average},
            "lossy",
        )
    message = f"{target} answered {sent} of {sent} pings{from_agent(a)}, {spelled(average)} ms on average."
    data = {
        "target": target,
        "sent": sent,
        "received": sent,
        "loss_pct": 0,
        "avg_ms": average,
    }
    return Outcome(True, message, data, "alive")


_REASONS = {200: "OK", 204: "No Content", 301: "Moved Permanently", 302: "Found", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
            500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}  # fmt: skip


def _http(a: Arguments, rng: Random, ok: bool) -> Outcome:
    url, took = str(a["url"]), some_ms(rng)
    if not ok and rng.random() < 0.25:
        why = rng.choice(
            (
                "the connection was refused",
                "no answer within 10,000 ms",
                "the name does not exist in DNS (NXDOMAIN)",
            )
        )
        return Outcome(
            False, f"{url} could not be reached: {why}.", {"url": url, "error": why}, "dead", error=why
        )
    if ok and rng.random() < 0.12:
        place = values.url(rng)
        status = rng.choice((301, 302))
        message = f"{url} answered {status} {_REASONS[status]} in {spelled(took)} ms{from_agent(a)}, and redirects to {place}."
        return Outcome(
            True,
            message,
            {"url": url, "status": status, "location": place, "time_ms": took},
            "redirect",
            (Row(0, place),),
        )
    status = rng.choice((200, 200, 200, 204)) if ok else rng.choice((404, 500, 502, 503, 504, 403, 401))
    message = f"{url} answered {status} {_REASONS[status]} in {spelled(took)} ms{from_agent(a)}."
    return Outcome(ok, message, {"url": url, "status": status, "time_ms": took}, "up" if ok else "error")


def _certificate(a: Arguments, rng: Random, ok: bool) -> Outcome:
    host = str(a["host"])
    issuer = rng.choice(
        (
            "R11, Let's Encrypt",
            "E6, Let's Encrypt",
            "DigiCert TLS RSA SHA256 2020 CA1",
            "Sectigo RSA DV",
            "GTS CA 1P5",
            "ZeroSSL ECC",
            values.label(rng).title() + " CA",
        )
    )
    if not ok and rng.random() < 0.6:
        date, days = a_day(rng, -200, -1)
        message = f"The certificate of {host} expired on {date} ({-days} days ago), issued by {issuer}."
        return Outcome(
            False,
            message,
            {"host": host, "valid": False, "not_after": date, "days_left": days, "issuer": issuer},
            "expired",
        )
    if not ok:
        date, days = a_day(rng, 2, 300)
        message = f"The certificate of {host} is valid until {date} ({days} days left), issued by {issuer}; note that it does not cover {host}."
        return Outcome(
            False,
            message,
            {
                "host": host,
                "valid": False,
                "not_after": date,
                "days_left": days,
                "issuer": issuer,
                "names_match": False,
            },
            "wrong",
        )
    date, days = a_day(rng, *rng.choice(((2, 14), (15, 90), (91, 380))))
    message = f"The certificate of {host} is valid until {date} ({days} days left), issued by {issuer}."
    return Outcome(
        True,
        message,
        {"host": host, "valid": True, "not_after": date, "days_left": days, "issuer": issuer},
        "soon" if days < 15 else "valid",
    )


def _dns(a: Arguments, rng: Random, ok: bool) -> Outcome:
    name, kind = str(a["name"]), str(a.get("record_type", "A"))
    if not ok:
        message = f"{name} does not exist in DNS (NXDOMAIN); check the spelling."
        return Outcome(False, message, {}, "missing", error="NXDOMAIN")
    count = rng.choice((1, 2, 2, 3)) if kind in ("MX", "NS", "A", "AAAA", "TXT") else 1
    zone = values.domain(rng)
    traits: list[dict[str, Any]] = [{}] * count
    match kind:
        case "MX":
            labels = rng.sample(
                ("mx1", "mx2", "mx3", "relay", "backup-mx", "in", "mail", "mx-a", "mx-b", "smtp"), count
            )
            hosts = [f"{one}.{zone}" if rng.random() < 0.7 else values.fqdn(rng) for one in labels]
            steps = rng.sample((0, 1, 5, 10, 10, 20, 30, 40, 50, 100), count)
            if rng.random() < 0.6:
                steps.sort()
            traits = [{"preference": step} for step in steps]
            answers = [f"{step} {h}" for step, h in zip(steps, hosts, strict=True)]
        case "NS":
            hosts = [f"ns{i}.{zone}" if rng.random() < 0.8 else values.fqdn(rng) for i in range(1, count + 1)]
            answers = hosts
        case "A":
            hosts = answers = [values.ip4(rng) for _ in range(count)]
        case "AAAA":
            hosts = answers = [values.ip6(rng) for _ in range(count)]
        case "CNAME" | "PTR":
            hosts = answers = [values.fqdn(rng)]
        case _:
            hosts, answers = [], [f"v=spf1 include:{zone} -all"]
    one = "record" if len(answers) == 1 else "records"
    told = answers[0] if len(answers) == 1 else ", ".join(answers[:-1]) + " and " + answers[-1]
    shape = rng.random()
    if shape < 0.4:
        records: list[Any] = [{"type": kind, "value": x} for x in answers]
        if kind == "MX" and shape < 0.25:
            records = [{"host": h, **t} for h, t in zip(hosts, traits, strict=True)]
        elif shape < 0.15 and hosts:
            ttl = rng.choice((60, 300, 3600))
            records = [record | {"ttl": ttl} for record in records]
    else:
        records = list(answers)
    rows = tuple(Row(0, h, t) for h, t in zip(hosts, traits, strict=False))
    message = f"{name} has {len(answers)} {kind} {one}: {told}."
    return Outcome(True, message, {rng.choice(("answers", "records")): records}, "found", rows)


def _hop(rng: Random) -> str:
    return (
        values.ip4(rng)
        if rng.random() < 0.6
        else f"{rng.choice(('ae1', 'xe0', 'core', 'gw', 'edge', 'bb2', 'cr1', 'cr2', 'be3'))}.{rng.choice(('fra', 'lon', 'ams', 'nyc', 'par', 'vie'))}{rng.randint(1, 9)}.{values.domain(rng)}"
    )


def _hops(rng: Random, count: int) -> tuple[list[dict[str, Any]], tuple[Row, ...]]:
    """Hops whose times rise, and jump once."""
    jump, now = rng.randrange(count), rng.uniform(0.3, 4)
    told: list[dict[str, Any]] = []
    names: list[str] = []
    while len(names) < count:
        name = _hop(rng)
        if name in names:
            continue
        now += rng.uniform(60, 250) if len(names) == jump else rng.uniform(0.2, 7)
        names.append(name)
        told.append({"hop": len(names), "ip": name, "ms": round(now, 1)})
    return told, tuple(Row(0, n, {"hop": t["hop"], "ms": t["ms"]}) for n, t in zip(names, told, strict=True))


def _route(a: Arguments, rng: Random, ok: bool) -> Outcome:
    target, listed = str(a["target"]), rng.random() < 0.6
    hops = rng.randint(2, 6) if listed else rng.randint(3, 18)
    told, rows = _hops(rng, hops if listed else 1)
    if not ok:
        last = rows[-1].name
        message = f"{target} was not reached: the path ends after {hops} hops at {last}."
        data: dict[str, Any] = {"target": target, "reached": False, "hop_count": hops, "last": last}
        if listed:
            return Outcome(False, message, data | {"hops": told}, "broken", rows)
        return Outcome(False, message, data, "broken", (Row(0, last),))
    took = told[-1]["ms"] if listed else some_ms(rng)
    message = f"{target} was reached in {hops} hops{from_agent(a)} ({spelled(took)} ms)."
    data = {"target": target, "reached": True, "hop_count": hops, "ms": took}
    return Outcome(
        True, message, data | {"hops": told} if listed else data, "reached", rows if listed else ()
    )


def _port(a: Arguments, rng: Random, ok: bool) -> Outcome:
    target, port = str(a["target"]), a["port"]
    state = "open" if ok else rng.choice(("closed", "filtered", "filtered"))
    took = some_ms(rng)
    detail = {
        "open": f"({spelled(took)} ms)",
        "closed": "(the connection was refused)",
        "filtered": "(no answer within 10000 ms)",
    }[state]
    data: dict[str, Any] = {"target": target, "port": port, "state": state}
    if state == "open":
        data["time_ms"] = took
    else:
        data["reason"] = "connection refused" if state == "closed" else "no answer within 10000 ms"
    return Outcome(True, f"Port {port} on {target} is {state}{from_agent(a)} {detail}.", data, state)


def _whois(a: Arguments, rng: Random, ok: bool) -> Outcome:
    query = str(a["query"])
    if not ok:
        return Outcome(
            False, f"{query} is not registered.", {"query": query}, "free", error="No match for domain"
        )
    registrar = rng.choice(
        ("Gandi SAS", "Namecheap", "IONOS SE", "OVH sas", "GoDaddy.com, LLC", "Key-Systems GmbH", "Tucows")
    )
    until, days = a_day(rng, 5, 900)
    owner = values.label(rng).title() + rng.choice((" GmbH", " Ltd", " Inc", " SA", ""))
    message = f"{query} is registered at {registrar} until {until} ({days} days left); its owner is {owner}."
    data = {"query": query, "registrar": registrar, "owner": owner, "expires": until, "days_left": days}
    return Outcome(True, message, data, "soon" if days < 30 else "registered")


def _quantum(a: Arguments, rng: Random, ok: bool) -> Outcome:
    where = f"{a['target']}:{a.get('port', 443)}"
    if not ok and rng.random() < 0.35:
        port = a.get("port", 443)
        return Outcome(
            False,
            f"{a['target']} refused the connection on port {port}.",
            {"port": port},
            "refused",
            error="connection refused",
        )
    group = "X25519MLKEM768" if ok else "X25519"
    message = (
        f"{where} is quantum-safe: it negotiates the post-quantum group {group}."
        if ok
        else f"{where} is not quantum-safe: it accepts none of the offered post-quantum groups; it uses {group}."
    )
    return Outcome(
        True, message, {"target": a["target"], "quantum_safe": ok, "group": group}, "safe" if ok else "unsafe"
    )


def _job(a: Arguments, rng: Random, ok: bool) -> Outcome:
    message_id = values.message_id(rng)
    target = a.get("target", "")
    what = "nmap scan" if "profile" in a else "quantum port scan"
    message = f"The {what} of {target} is running; its id is {message_id}."
    return Outcome(
        True, message, {"message_id": message_id, "state": "running"}, "job", (Row(0, message_id),)
    )


def _nmap(a: Arguments, rng: Random, ok: bool) -> Outcome:
    if rng.random() < 0.45:
        return _job(a, rng, ok)
    target, profile = str(a["target"]), a.get("profile", "quick")
    if profile == "ping":
        up = _neighbours(target, rng)
        message = f"The nmap ping scan of {target} is finished: {len(up)} hosts are up: {', '.join(up)}."
        return Outcome(
            True, message, {"target": target, "hosts_up": up}, "hosts", tuple(Row(0, h) for h in up)
        )
    if "/" in target:
        found = _neighbours(target, rng)
        entries = [{"open_ports": _open(rng)} for _ in found]
        told = "; ".join(
            f"{n}: {', '.join(map(str, e['open_ports']))}" for n, e in zip(found, entries, strict=True)
        )
        data = {"target": target, "hosts": [{"ip": n, **e} for n, e in zip(found, entries, strict=True)]}
        rows = tuple(Row(0, n, e) for n, e in zip(found, entries, strict=True))
        return Outcome(
            True, f"The nmap {profile} scan of {target} is finished: open ports: {told}.", data, "hosts", rows
        )
    ports = _open(rng)
    listed = ", ".join(str(p) for p in ports)
    message = f"The nmap {profile} scan of {target} is finished: {len(ports)} open port{'' if len(ports) == 1 else 's'}: {listed}."
    rows = tuple(Row(0, str(p), {"service": SERVICES[p]}) for p in ports)
    if rng.random() < 0.35:
        records = [{"port": p, "service": SERVICES[p]} for p in ports]
        return Outcome(True, message, {"target": target, "open_ports": records}, "ports", rows)
    rows = tuple(Row(0, str(p)) for p in ports)
    return Outcome(True, message, {"target": target, "open_ports": ports}, "ports", rows)


def _open(rng: Random) -> list[int]:
    return sorted(rng.sample(tuple(SERVICES), rng.randint(1, 4)))


def _neighbours(target: str, rng: Random) -> list[str]:
    """Addresses that a scan of a network finds."""
    if "/" not in target or ":" in target or rng.random() < 0.15:
        return values.some(rng, values.ip4, 2, 4)
    stem = target.rpartition(".")[0]
    return [f"{stem}.{n}" for n in sorted(rng.sample(range(1, 254), rng.choice((2, 2, 3, 3, 4))))]


#: Ports that scans find open, and what usually listens there.
SERVICES = {
    21: "ftp", 22: "ssh", 25: "smtp", 53: "dns", 80: "http", 110: "pop3", 143: "imap", 443: "https", 445: "smb", 993: "imaps", 3306: "mysql",
    3389: "rdp", 5432: "postgres", 6379: "redis", 8080: "http-alt", 8443: "https-alt", 5900: "vnc", 636: "ldaps", 161: "snmp", 9100: "printer",
}  # fmt: skip

#: By the name of the tool.
OUTCOMES: dict[str, Draw] = {
    "ping_host": _ping,
    "check_http": _http,
    "check_ssl_certificate": _certificate,
    "dns_lookup": _dns,
    "traceroute": _route,
    "check_port": _port,
    "whois_lookup": _whois,
    "test_quantum_safety": _quantum,
    "run_nmap": _nmap,
    "scan_quantum_ports": _job,
}
