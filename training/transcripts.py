"""Results as the programs of a shell print them: ping, dig, traceroute, nmap, curl, openssl, whois, nc."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from training.outcome import Outcome, spelled


def transcript(found: Outcome, rng: Random) -> str | None:
    """What a program would print for an outcome; None where there is no such program."""
    for key, write in _BY_KEY:
        if key in found.data:
            return write(found, found.data, rng)
    return _dig_nothing(found, rng) if found.kind == "missing" else None


def _ping(found: Outcome, data: dict[str, Any], rng: Random) -> str:
    target, sent, received, loss = data["target"], data["sent"], data["received"], data["loss_pct"]
    average = data.get("avg_ms")
    share = f"{loss:g}%"
    draw = rng.random()
    if draw < 0.45:
        text = f"--- {target} ping statistics ---\n{sent} packets transmitted, {received} received, {share} packet loss"
        if draw < 0.2:
            text += f", time {rng.randint(1000, 5000)}ms"
        if average is not None:
            text += f"\nrtt min/avg/max/mdev = {average * 0.9:.3f}/{average:g}/{average * 1.2:.3f}/{average * 0.1:.3f} ms"
        if draw < 0.3:
            text = f"PING {target} 56(84) bytes of data.\n\n" + text
        return text
    if draw < 0.65:
        text = f"Ping statistics for {target}:\n    Packets: Sent = {sent}, Received = {received}, Lost = {sent - received} ({share} loss)"
        return text if average is None else text + f"\n    Average = {average:g}ms"
    if draw < 0.8:
        text = f"{target} : xmt/rcv/%loss = {sent}/{received}/{share}"
        return text if average is None else text + f", avg = {average:g}"
    return rng.choice(
        (
            f"{target}: {received}/{sent} replies, loss {share}" + ("" if average is None else f", avg {average:g} ms"),
            f"loss={share} sent={sent} recv={received}" + ("" if average is None else f" rtt={average:g}ms"),
            f"{received} of {sent} echo replies from {target}, {share} lost" + ("" if average is None else f" (mean {average:g} ms)"),
        )
    )  # fmt: skip


def _curl(found: Outcome, data: dict[str, Any], rng: Random) -> str:
    if "status" not in data:
        why = found.error
        return rng.choice((f"curl: (7) Failed to connect to {data['url']}: {why}", f"wget: unable to reach {data['url']} ({why})", f"request failed: {why}"))  # fmt: skip
    status, took = data["status"], data["time_ms"]
    reason = found.message.partition(f"answered {status} ")[2].partition(" in ")[0]
    lines = [f"HTTP/{rng.choice(('1.1', '2'))} {status} {reason}"]
    if rng.random() < 0.6:
        lines.append(
            f"server: {rng.choice(('nginx', 'Apache/2.4', 'cloudflare', 'Caddy', 'envoy', 'IIS/10'))}"
        )
    if "location" in data:
        lines.append(f"location: {data['location']}")
    if rng.random() < 0.3:
        lines.append(f"content-type: text/html\ncontent-length: {rng.randint(0, 90000)}")
    lines.append(
        rng.choice(("time_total: {} ms", "# {} ms", "total {}ms", "elapsed={}ms")).format(f"{took:g}")
    )
    if rng.random() < 0.3:
        lines.insert(0, rng.choice(("GET {}", "> HEAD {}", "* {}", "URL: {}")).format(data["url"]))
    return "\n".join(lines)


def _openssl(found: Outcome, data: dict[str, Any], rng: Random) -> str:
    host, until, days, issuer = data["host"], data["not_after"], data["days_left"], data["issuer"]
    lines = [
        rng.choice((f"subject=CN = {host if data.get('names_match', True) else 'localhost'}", f"depth=0 CN = {host if data.get('names_match', True) else 'localhost'}")),
        rng.choice(("issuer={}", "issuer=CN = {}", "Issuer: {}", "i:{}")).format(issuer),
        rng.choice(("notAfter={}", "Not After : {}", "expires: {}", "valid until {}")).format(until),
    ]  # fmt: skip
    lines.append(f"{days} days left" if days >= 0 else f"expired {-days} days ago")
    code = (
        "0 (ok)"
        if data["valid"]
        else "10 (certificate has expired)"
        if days < 0
        else "62 (hostname mismatch)"
    )
    lines.append(f"Verify return code: {code}")
    return "\n".join(lines) if rng.random() < 0.8 else "; ".join(lines)


def _dig(found: Outcome, data: dict[str, Any], rng: Random) -> str | None:
    kind = found.message.partition(" record")[0].rpartition(" ")[2]
    name = found.message.partition(" has ")[0]
    answers = [
        f"{row.traits['preference']} {row.name}" if "preference" in row.traits else row.name
        for row in found.rows
    ]
    if not answers:
        return None
    draw = rng.random()
    dot = "." if kind in ("MX", "NS", "CNAME", "PTR") and rng.random() < 0.6 else ""
    if draw < 0.3:
        return "\n".join(a + dot for a in answers)
    if draw < 0.7:
        ttl = rng.choice((60, 300, 3600, 86400))
        lines = [f"{name}.\t{ttl}\tIN\t{kind}\t{a}{dot}" for a in answers]
        return (";; ANSWER SECTION:\n" if draw < 0.55 else "") + "\n".join(lines)
    word = {"MX": "mail is handled by", "NS": "name server", "A": "has address", "AAAA": "has IPv6 address", "CNAME": "is an alias for", "PTR": "domain name pointer"}.get(kind, "has")  # fmt: skip
    return "\n".join(f"{name} {word} {a}{dot}" for a in answers)


def _dig_nothing(found: Outcome, rng: Random) -> str:
    name = found.message.partition(" does not")[0]
    return rng.choice(
        (f"Host {name} not found: 3(NXDOMAIN)", f";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN\n;; QUESTION: {name}", f"** server can't find {name}: NXDOMAIN", "status: NXDOMAIN", "NXDOMAIN")
    )  # fmt: skip


def _hops(found: Outcome, data: dict[str, Any], rng: Random) -> str:
    draw = rng.random()
    lines = [f"{h['hop']:>2}  {h['ip']}  {h['ms']:g} ms" if draw < 0.6 else f"{h['hop']}. {h['ip']} {h['ms']:g}ms" if draw < 0.8 else f"{h['hop']}\t{h['ms']:g}\t{h['ip']}" for h in data["hops"]]  # fmt: skip
    if not data["reached"]:
        lines.append(f"{len(lines) + 1:>2}  * * *" + rng.choice(("", "\n(not reached)", " !H")))
    if rng.random() < 0.5:
        lines.insert(0, rng.choice(("traceroute to {}, 30 hops max", "Tracing route to {}", "HOST: probe -> {}", "mtr {}")).format(data["target"]))  # fmt: skip
    return "\n".join(lines)


def _reached(found: Outcome, data: dict[str, Any], rng: Random) -> str:
    if data["reached"]:
        return f"traceroute to {data['target']}: destination reached, {data['hop_count']} hops, {data['ms']:g} ms"
    return f"traceroute to {data['target']}: {data['hop_count']} hops, last answer from {data['last']}, then * * * (not reached)"


def _nmap_ports(found: Outcome, data: dict[str, Any], rng: Random) -> str:
    lines = [f"Nmap scan report for {data['target']}", "PORT     STATE SERVICE"]
    found_open: list[Any] = data["open_ports"]
    for port in found_open:
        number, service = (port, "") if isinstance(port, int) else (port["port"], port["service"])
        lines.append(f"{number}/tcp".ljust(9) + f"open  {service}".rstrip())
    if rng.random() < 0.4:
        lines.append("Nmap done: 1 IP address (1 host up)")
    return "\n".join(lines[rng.choice((0, 0, 1, 2)) :])


def _nmap_up(found: Outcome, data: dict[str, Any], rng: Random) -> str:
    form = rng.choice(("Nmap scan report for {}\nHost is up.", "{} is up", "Host: {} ()\tStatus: Up", "{}  up", "{} alive"))  # fmt: skip
    return "\n".join(form.format(host) for host in data["hosts_up"])


def _whois(found: Outcome, data: dict[str, Any], rng: Random) -> str:
    lines = [
        rng.choice(("Domain Name: {}", "domain: {}", "Domain: {}")).format(data["query"]),
        rng.choice(("Registrar: {}", "registrar: {}", "Sponsoring Registrar: {}")).format(data["registrar"]),
        rng.choice(("Registry Expiry Date: {}", "expires: {}", "paid-till: {}", "Expiration Date: {}")).format(data["expires"]),
        rng.choice(("Registrant Organization: {}", "holder: {}", "owner: {}", "org: {}")).format(data["owner"]),
        rng.choice(("Days left: {}", "remaining days: {}", "({} days)")).format(data["days_left"]),
    ]  # fmt: skip
    return "\n".join(lines)


def _nc(found: Outcome, data: dict[str, Any], rng: Random) -> str | None:
    if "state" not in data:
        return None
    target, port, state = data["target"], data["port"], data["state"]
    if state == "open":
        took = spelled(data["time_ms"])
        return rng.choice((f"Connection to {target} {port} port [tcp/*] succeeded! ({took} ms)", f"{port}/tcp open ({took} ms)", f"{target}:{port} open, {took}ms", f"tcp connect {target}:{port} ok in {took} ms"))  # fmt: skip
    if state == "closed":
        return rng.choice((f"nc: connect to {target} port {port} (tcp) failed: Connection refused", f"{port}/tcp closed (connection refused)", f"{target}:{port} refused the connection (closed)"))  # fmt: skip
    return rng.choice((f"nc: connect to {target} port {port} (tcp) timed out after 10000 ms", f"{port}/tcp filtered (no answer within 10000 ms)", f"{target}:{port} no answer in 10000 ms, filtered"))  # fmt: skip


_Write = Callable[[Outcome, dict[str, Any], Random], str | None]
_BY_KEY: tuple[tuple[str, _Write], ...] = (
    ("sent", _ping), ("url", _curl), ("not_after", _openssl), ("answers", _dig), ("records", _dig), ("hops", _hops),
    ("reached", _reached), ("open_ports", _nmap_ports), ("hosts_up", _nmap_up), ("registrar", _whois), ("port", _nc),
)  # fmt: skip
