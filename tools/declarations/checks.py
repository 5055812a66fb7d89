"""Tools that check one thing once: a page, a certificate, an echo, a port."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from tools.context import ToolContext
from tools.declarations.types import DEFAULT_TIMEOUT_MS, Port, TimeoutMs
from tools.errors import NotFound, Refused, ToolError
from tools.formats import Host, Uri, parse_host, parse_uri
from tools.records import Agent, CertificateOutcome, HttpMethod, HttpOutcome, PingOutcome, StartTls
from tools.registry import tool
from tools.results import ToolResult, done, failed, plain, plain_dict
from tools.selection import agent_name
from tools.wording import clock, count, day, from_agent, join, ms, number

_EXCERPT_CHARS = 600
_OLD_PROTOCOLS = ("SSLv3", "TLSv1.0", "TLSv1.1")


@tool(effect="read")
async def check_http(
    context: ToolContext,
    url: Uri,
    method: HttpMethod | None = None,
    expect_status: Annotated[int, Field(ge=100, le=599)] | None = None,
    expect_text: str | None = None,
    timeout_ms: TimeoutMs | None = None,
    agent_location: str | None = None,
) -> ToolResult:
    """Request a URL once, now: status code, timing, redirects, body match.

    Args:
        context: What the tool works with.
        url: Absolute http or https URL.
        method: HTTP method.
        expect_status: Status code that counts as success.
        expect_text: Text that the body must contain.
        timeout_ms: Milliseconds until the check fails.
        agent_location: Name of the probe agent to run from, as get_agents lists it. Omitted: the default
            probe.
    """
    agent = await agent_name(context, agent_location)
    wait = timeout_ms or DEFAULT_TIMEOUT_MS
    outcome = await context.backend.checks.http(url, method or "GET", wait, agent)
    status_ok = outcome.status == expect_status if expect_status is not None else outcome.status < 400
    found = None if expect_text is None else expect_text in outcome.body
    message = _http_words(outcome, agent, None if status_ok else expect_status, expect_text, found)
    return ToolResult(
        status_ok and found is not False,
        message,
        plain_dict(
            {
                "url": outcome.url,
                "status": outcome.status,
                "time_ms": outcome.total_ms,
                "final_url": outcome.final_url if outcome.redirects else None,
                "redirects": outcome.redirects or None,
                "address": outcome.address,
                "phases": outcome.phases,
                "tls": outcome.tls,
                "server": outcome.server,
                "title": outcome.title,
                "body_bytes": outcome.body_bytes,
                "body_truncated": outcome.body_truncated,
                "body_start": outcome.body[:_EXCERPT_CHARS] or None,
                "text_found": found,
                "agent_location": agent,
            }
        ),
    )


@tool(effect="read")
async def check_ssl_certificate(
    context: ToolContext, host: Host, port: Port | None = None, starttls: StartTls | None = None
) -> ToolResult:
    """Fetch and check a server's TLS certificate once, now: issuer, names, expiry, chain, protocol versions.

    Args:
        context: What the tool works with.
        host: Host name or IP address.
        port: TCP port; 443 if omitted.
        starttls: Upgrade a plain connection first.
    """
    outcome = await context.backend.checks.certificate(host, port or 443, starttls)
    now = context.clock()
    left = outcome.not_after - now
    # Whole days, also of the time since: half a day ago is 0, not -1.
    days_left = left.days if left >= timedelta(0) else -(-left).days
    good = outcome.not_before <= now < outcome.not_after and outcome.names_match and outcome.chain_ok
    data = {"valid": good, "days_left": days_left, **plain(outcome)}
    return ToolResult(good, _certificate_words(outcome, now, days_left), data)


@tool(effect="read")
async def ping_host(
    context: ToolContext,
    target: Host,
    count: Annotated[int, Field(ge=1, le=100)] | None = None,
    agent_location: str | None = None,
) -> ToolResult:
    """Ping a host once, now: loss and round-trip times.

    Args:
        context: What the tool works with.
        target: Host name or IP address.
        count: Echo requests to send; 4 if omitted.
        agent_location: Name of the probe agent to run from, as get_agents lists it. Omitted: the default
            probe.
    """
    agent = await agent_name(context, agent_location)
    outcome = await context.backend.checks.ping(target, count or 4, agent)
    loss = 100 * (outcome.sent - outcome.received) / outcome.sent
    data = plain_dict({**plain(outcome), "loss_pct": round(loss, 1), "agent_location": agent})
    return ToolResult(outcome.received > 0, f"{_ping_words(outcome, agent)}.", data)


@tool(effect="read")
async def check_port(
    context: ToolContext,
    target: Host,
    port: Port,
    timeout_ms: TimeoutMs | None = None,
    agent_location: str | None = None,
) -> ToolResult:
    """Try one TCP connection, now: open, closed or filtered.

    Args:
        context: What the tool works with.
        target: Host name or IP address.
        port: TCP port.
        timeout_ms: Milliseconds until the check fails.
        agent_location: Name of the probe agent to run from, as get_agents lists it. Omitted: the default
            probe.
    """
    agent = await agent_name(context, agent_location)
    wait = timeout_ms or DEFAULT_TIMEOUT_MS
    outcome = await context.backend.checks.port(target, port, wait, agent)
    detail = {
        "open": f"({ms(outcome.connect_ms or 0)})",
        "closed": "(the connection was refused)",
        "filtered": f"(no answer within {wait} ms)",
    }[outcome.state]
    return done(
        f"Port {port} on {target} is {outcome.state}{from_agent(agent)} {detail}.",
        **plain(outcome),
        agent_location=agent,
    )


@tool(effect="read")
async def compare_locations(
    context: ToolContext, target: str, check: Literal["ping", "http", "dns"], locations: list[str]
) -> ToolResult:
    """Run the same check from several probe agents at once and compare the results.

    Args:
        context: What the tool works with.
        target: Host name, IP address or, for http, URL.
        check: Which check.
        locations: Probe agents to run from; every one named here is used.
    """
    if not locations:
        raise Refused("locations is empty: name at least one probe agent; get_agents lists them.")
    subject = _subject(target, check)
    agents = await _agents(context, locations)
    rows = await asyncio.gather(*(_one_location(context, subject, check, agent) for agent in agents.values()))
    good = [row for row in rows if row["ok"]]
    told = "; ".join(f"{row['agent']}: {row['summary']}" for row in rows)
    fastest = min(good, key=lambda row: float(str(row["ms"]))) if len(good) > 1 and check != "dns" else None
    best = f"; the fastest is {fastest['agent']}" if fastest else ""
    answers = {str(row["summary"]) for row in good}
    if check == "dns" and len(good) > 1:
        best = "; all of them agree" if len(answers) == 1 else "; the answers differ"
    kind = {"ping": "Ping", "http": "HTTP", "dns": "DNS"}[check]
    message = f"{kind} check of {subject} from {count(len(rows), 'location')}: {told}{best}."
    ok = len(good) == len(rows)
    return (done if ok else failed)(message, target=subject, check=check, results=rows)


async def _agents(context: ToolContext, names: Sequence[str]) -> dict[str, Agent]:
    """Finds all agents that are named; every name that none has is told at once."""
    found: dict[str, Agent] = {}
    unknown: list[str] = []
    for name in dict.fromkeys(names):
        try:
            agent = await context.backend.agents.get(name)
        except NotFound as error:
            unknown.append(str(error))
        else:
            found[agent.name] = agent
    if unknown:
        raise NotFound(" ".join(unknown))
    return found


async def _one_location(
    context: ToolContext, subject: str, check: Literal["ping", "http", "dns"], agent: Agent
) -> dict[str, object]:
    """Runs the check from one agent; what fails there is a row, so that the others still count."""
    checks = context.backend.checks
    if not agent.online:
        return {
            "agent": agent.name,
            "ok": False,
            "ms": None,
            "summary": f"offline since {clock(agent.last_contact)}",
        }
    ok = True
    took: float | None = None
    try:
        if check == "ping":
            ping = await checks.ping(subject, 4, agent.name)
            took, ok = ping.avg_ms, ping.received > 0
            words = f"{ping.received} of 4 pings" + (f", {ms(took)}" if took is not None else "")
        elif check == "http":
            answer = await checks.http(subject, "GET", DEFAULT_TIMEOUT_MS, agent.name)
            took, ok = answer.total_ms, answer.status < 400
            words = f"{answer.status} in {ms(took)}"
        else:
            found = await checks.dns(subject, "A", None, agent.name)
            words = join(sorted(found.answers)) or "no A record"
    except ToolError as error:
        ok, words = False, str(error).rstrip(".")
    return {"agent": agent.name, "ok": ok, "ms": took, "summary": words}


def _subject(target: str, check: str) -> str:
    """Checks what is compared: a host, or for http also a URL; a host becomes an https URL there."""
    try:
        if check == "http":
            return parse_uri(target if "://" in target else f"https://{target}")
        return parse_host(target)
    except ValueError as error:
        kinds = "a URL or host name" if check == "http" else "a host name or IP address"
        raise Refused(f"target was {target!r}: {error}; a {check} check takes {kinds}.") from error


def _http_words(
    outcome: HttpOutcome, agent: str | None, expected: int | None, text: str | None, found: bool | None
) -> str:
    status = f"{outcome.status} {outcome.reason}".rstrip()
    words = f"{outcome.url} answered {status} in {ms(outcome.total_ms)}{from_agent(agent)}"
    if outcome.redirects:
        words += f", after {count(len(outcome.redirects), 'redirect')} to {outcome.final_url}"
    if expected is not None:
        words += f"; {expected} was expected"
    if found is not None:
        words += f"; the body {'contains' if found else 'does not contain'} {text!r}"
    return f"{words}."


def _certificate_words(outcome: CertificateOutcome, now: datetime, days_left: int) -> str:
    where = outcome.host if outcome.port == 443 else f"{outcome.host}:{outcome.port}"
    issued = f", issued by {outcome.issuer}"
    if now >= outcome.not_after:
        ago = count((now - outcome.not_after).days, "day")
        words = f"The certificate of {where} expired on {day(outcome.not_after)} ({ago} ago){issued}"
    elif now < outcome.not_before:
        words = f"The certificate of {where} is not valid before {day(outcome.not_before)}{issued}"
    else:
        left = count(days_left, "day")
        words = f"The certificate of {where} is valid until {day(outcome.not_after)} ({left} left){issued}"
    faults = _certificate_faults(outcome)
    return f"{words}{'; note that ' + join(faults) if faults else ''}."


def _certificate_faults(outcome: CertificateOutcome) -> Sequence[str]:
    faults: list[str] = []
    if not outcome.names_match:
        faults.append(f"it does not cover {outcome.host}, only {join(outcome.names, 5)}")
    if not outcome.chain_ok:
        faults.append(f"it is not trusted: {outcome.problem or 'the chain is incomplete'}")
    old = [name for name in outcome.protocols if name in _OLD_PROTOCOLS]
    if old:
        faults.append(f"the server still accepts {join(old)}")
    return faults


def _ping_words(outcome: PingOutcome, agent: str | None) -> str:
    pings = "ping" if outcome.sent == 1 else "pings"
    if not outcome.received or outcome.avg_ms is None:
        none = "the ping" if outcome.sent == 1 else f"any of {outcome.sent} pings"
        return f"{outcome.target} did not answer {none}{from_agent(agent)} (100 % loss)"
    lost = outcome.sent - outcome.received
    loss = f" ({number(100 * lost / outcome.sent)} % loss)" if lost else ""
    return (
        f"{outcome.target} answered {outcome.received} of {outcome.sent} {pings}{from_agent(agent)}{loss},"
        f" {ms(outcome.avg_ms)} on average"
    )
