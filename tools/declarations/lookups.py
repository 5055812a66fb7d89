"""Tools that look things up: names, paths, registrations."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tools.context import ToolContext
from tools.errors import Refused
from tools.formats import Host, Ip, parse_address, parse_host
from tools.records import DnsOutcome, RecordType, RegistrationOutcome, RouteOutcome
from tools.registry import tool
from tools.results import ToolResult, done, plain_dict
from tools.selection import agent_name
from tools.wording import count, day, from_agent, join, ms

_DEFAULT_HOPS = 30


@tool(effect="read")
async def dns_lookup(
    context: ToolContext,
    name: str,
    record_type: RecordType | None = None,
    resolver: Ip | None = None,
    agent_location: str | None = None,
) -> ToolResult:
    """Query DNS once, now.

    Args:
        context: What the tool works with.
        name: Domain name; for PTR an IP address.
        record_type: Record type; A if omitted.
        resolver: IP address of the DNS server to ask.
        agent_location: Name of the probe agent to run from, as get_agents lists it. Omitted: the default
            probe.
    """
    kind = record_type or "A"
    if kind == "PTR" and not parse_address(name):
        raise Refused(f"name was {name!r}: a PTR lookup takes an IP address; for a name ask for A or AAAA.")
    _domain("name", name)
    if kind != "PTR" and parse_address(name):
        raise Refused(f"name was the IP address {name}: ask for record_type PTR to get its name.")
    agent = await agent_name(context, agent_location)
    outcome = await context.backend.checks.dns(name, kind, resolver, agent)
    return done(
        f"{_dns_words(outcome, resolver, agent)}.",
        name=outcome.name,
        record_type=outcome.record_type,
        answers=outcome.answers,
        ttl_s=outcome.ttl_s,
        resolver=outcome.resolver,
        agent_location=agent,
    )


@tool(effect="read")
async def traceroute(
    context: ToolContext,
    target: Host,
    max_hops: Annotated[int, Field(ge=1, le=64)] | None = None,
    agent_location: str | None = None,
) -> ToolResult:
    """Trace the network path to a host once, now.

    Args:
        context: What the tool works with.
        target: Host name or IP address.
        max_hops: Hops to follow at most; 30 if omitted.
        agent_location: Name of the probe agent to run from, as get_agents lists it. Omitted: the default
            probe.
    """
    agent = await agent_name(context, agent_location)
    limit = max_hops or _DEFAULT_HOPS
    outcome = await context.backend.checks.traceroute(target, limit, agent)
    data = plain_dict(
        {
            "target": outcome.target,
            "address": outcome.address,
            "reached": outcome.reached,
            "hops": [
                plain_dict({"n": h.number, "ip": h.address, "name": h.name, "ms": h.rtt_ms})
                for h in outcome.hops
            ],
            "method": outcome.method,
            "agent_location": agent,
        }
    )
    return ToolResult(outcome.reached, f"{_route_words(outcome, limit, agent)}.", data)


@tool(effect="read")
async def whois_lookup(context: ToolContext, query: str) -> ToolResult:
    """Registration data of a domain or IP address: registrar, owner, creation and expiry dates.

    Args:
        context: What the tool works with.
        query: Registered domain name or IP address.
    """
    _domain("query", query)
    outcome = await context.backend.checks.whois(query)
    days_left = (outcome.expires - context.clock()).days if outcome.expires else None
    return done(
        f"{_registration_words(outcome, days_left)}.",
        query=outcome.query,
        registrar=outcome.registrar,
        owner=outcome.owner,
        created=day(outcome.created) if outcome.created else None,
        expires=day(outcome.expires) if outcome.expires else None,
        days_left=days_left,
        name_servers=outcome.name_servers or None,
        network=outcome.network,
        source=outcome.source,
    )


def _domain(parameter: str, value: str) -> None:
    try:
        parse_host(value)
    except ValueError as error:
        raise Refused(
            f"{parameter} was {value!r}: {error}; give a domain name such as example.org, or an IP address."
        ) from error


def _dns_words(outcome: DnsOutcome, resolver: str | None, agent: str | None) -> str:
    kind = outcome.record_type
    by = (f" according to {resolver}" if resolver else "") + (f", asked{from_agent(agent)}" if agent else "")
    if not outcome.answers:
        return f"{outcome.name} has no {kind} record{by}"
    if len(outcome.answers) == 1:
        return f"{outcome.name} has the {kind} record {outcome.answers[0]}{by}"
    return f"{outcome.name} has {len(outcome.answers)} {kind} records{by}: {join(outcome.answers)}"


def _route_words(outcome: RouteOutcome, limit: int, agent: str | None) -> str:
    hops = count(len(outcome.hops), "hop")
    if outcome.reached:
        last = outcome.hops[-1].rtt_ms
        took = f" ({ms(last)})" if last is not None else ""
        return f"{outcome.target} was reached in {hops}{took}{from_agent(agent)}"
    answered = [hop for hop in outcome.hops if hop.address]
    if not answered:
        return f"{outcome.target} was not reached{from_agent(agent)} within {limit} hops; no hop answered"
    last_hop = answered[-1]
    return (
        f"{outcome.target} was not reached{from_agent(agent)} within {limit} hops; the last to answer was hop"
        f" {last_hop.number}, {last_hop.name or last_hop.address}"
    )


def _registration_words(outcome: RegistrationOutcome, days_left: int | None) -> str:
    owner = f"; its owner is {outcome.owner}" if outcome.owner else ""
    if outcome.network:
        holder = outcome.owner or "an unnamed holder"
        held = f"held by {holder} and registered at {outcome.registrar}"
        return f"{outcome.query} belongs to {outcome.network}, {held}"
    if outcome.expires is None or days_left is None:
        return f"{outcome.query} is registered at {outcome.registrar}{owner}"
    if days_left < 0:
        expired = f"expired on {day(outcome.expires)}{owner}"
        return f"The registration of {outcome.query} at {outcome.registrar} {expired}"
    until = f"until {day(outcome.expires)} ({count(days_left, 'day')} left){owner}"
    return f"{outcome.query} is registered at {outcome.registrar} {until}"
