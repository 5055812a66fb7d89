"""Tools that list, add, change and remove monitored hosts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from tools.context import ToolContext
from tools.declarations.types import HostId, IntervalS, PageNumber, PageSize, Port, Retries, TimeoutMs
from tools.errors import Refused
from tools.formats import Email, parse_host, parse_uri
from tools.paging import paged
from tools.records import Endpoint, HostChanges, HostFilter, MonitoredHost, NewHost
from tools.registry import tool
from tools.results import ToolResult, done, failed, plain
from tools.selection import agent_name, is_pattern, labels, select
from tools.wording import count, join


@tool(effect="read")
async def get_host_list(
    context: ToolContext,
    address: str | None = None,
    endpoint: Endpoint | None = None,
    enabled: bool | None = None,
    agent_location: str | None = None,
    page: PageNumber | None = None,
    page_size: PageSize | None = None,
) -> ToolResult:
    """List the monitored hosts and how each is configured.

    Args:
        context: What the tool works with.
        address: Only hosts whose address matches; * and ? match any characters.
        endpoint: Only hosts checked with this endpoint type.
        enabled: Only enabled (true) or paused (false) hosts.
        agent_location: Only hosts checked from this probe agent.
        page: 1-based page of the result.
        page_size: Rows a page.
    """
    agent = await agent_name(context, agent_location)
    wanted = HostFilter(address=address, endpoint=endpoint, enabled=enabled, agent_location=agent)
    hosts = await context.backend.hosts.find(wanted)
    part = paged([_configuration(host) for host in hosts], page, page_size, context.limits)
    noun, place = _filter_words(wanted)
    where = "monitored" if not place and noun == "host" else f"in the list of monitored hosts{place}"
    if hosts:
        names = join(labels(hosts)[part.first : part.first + len(part.rows)])
        message = f"{count(len(hosts), noun)} {_are(hosts)} {where}{part.note}: {names}."
    else:
        message = f"No {noun} is {where}."
    result = done(message, hosts=part.rows, total=part.total, page=part.number, pages=part.pages)
    return dataclasses.replace(result, truncated=part.pages > 1, next_page=part.next_page)


@tool(effect="write")
async def add_host(
    context: ToolContext,
    address: str,
    endpoint: Endpoint,
    port: Port | None = None,
    timeout_ms: TimeoutMs | None = None,
    interval_s: IntervalS | None = None,
    retries: Retries | None = None,
    email: Email | None = None,
    agent_location: str | None = None,
) -> ToolResult:
    """Start monitoring a host continuously.

    Args:
        context: What the tool works with.
        address: Host name, IP address or URL to monitor.
        endpoint: How to check it.
        port: Port, where it is not the endpoint's usual one.
        timeout_ms: Milliseconds until a check fails.
        interval_s: Seconds between checks; 60 if omitted.
        retries: Failures in a row before the host counts as down.
        email: Where alerts go.
        agent_location: Name of the probe agent to run from, as get_agents lists it. Omitted: the default
            probe.
    """
    try:
        checked = parse_uri(address) if "://" in address else parse_host(address)
    except ValueError as error:
        raise Refused(
            f"address was {address!r}: {error}; give a host name, an IP address or a URL."
        ) from error
    agent = await agent_name(context, agent_location)
    host = await context.backend.hosts.add(
        NewHost(checked, endpoint, port, timeout_ms, interval_s, retries, email, agent)
    )
    at_port = f" on port {host.port}" if port is not None else ""
    mail = f"; alerts go to {host.email}" if host.email else ""
    return done(
        f"{host.address} is now monitored with {host.endpoint}{at_port} every {host.interval_s} s"
        f" (host {host.id}){mail}.",
        host=_configuration(host),
    )


@tool(effect="write")
async def edit_host(
    context: ToolContext,
    host_id: HostId | None = None,
    address: str | None = None,
    enabled: bool | None = None,
    endpoint: Endpoint | None = None,
    port: Port | None = None,
    timeout_ms: TimeoutMs | None = None,
    interval_s: IntervalS | None = None,
    retries: Retries | None = None,
    agent_location: str | None = None,
) -> ToolResult:
    """Change, pause or resume a monitored host. Give host_id or address, and only what changes.

    Args:
        context: What the tool works with.
        host_id: Numeric id of a monitored host.
        address: Address of a monitored host, as it was added; * and ? match any characters.
        enabled: false pauses the host, true resumes it.
        endpoint: New endpoint type.
        port: New port.
        timeout_ms: New timeout in milliseconds.
        interval_s: New seconds between checks.
        retries: New failures in a row before the host counts as down.
        agent_location: New probe agent.
    """
    agent = await agent_name(context, agent_location)
    changes = HostChanges(enabled, endpoint, port, timeout_ms, interval_s, retries, agent)
    if changes == HostChanges():
        raise Refused(
            "Nothing to change was given: give at least one of enabled, endpoint, port, timeout_ms,"
            " interval_s, retries and agent_location."
        )
    hosts = await select(context, host_id, address)
    if len(hosts) > 1 and (endpoint is not None or port is not None):
        return _several(hosts, "have their endpoint or port changed")
    changed = [await context.backend.hosts.edit(host.id, changes) for host in hosts]
    names = join(labels(changed))
    plural = len(changed) > 1
    words = _change_words(changes)
    if enabled is False:
        head = f"{names} {'are' if plural else 'is'} paused"
    elif enabled is True:
        head = f"{names} {'are' if plural else 'is'} monitored again"
    else:
        head = f"{names} now {'have' if plural else 'has'} {words}"
    also = f", with {words}" if enabled is not None and words else ""
    return done(f"{head}{also}.", hosts=[_configuration(host) for host in changed])


@tool(effect="write")
async def delete_host(
    context: ToolContext, host_id: HostId | None = None, address: str | None = None
) -> ToolResult:
    """Stop monitoring a host and remove it. Needs the user's confirmation.

    Args:
        context: What the tool works with.
        host_id: Numeric id of a monitored host.
        address: Address of a monitored host, as it was added; * and ? match any characters.
    """
    hosts = await select(context, host_id, address)
    # A pattern means all that it matches; one exact address that is watched twice leaves open which is meant.
    if len(hosts) > 1 and not is_pattern(address or ""):
        return _several(hosts, "be removed")
    for host in hosts:
        await context.backend.hosts.delete(host.id)
    verb = "are no longer monitored and were" if len(hosts) > 1 else "is no longer monitored and was"
    removed = [{"id": host.id, "address": host.address, "endpoint": host.endpoint} for host in hosts]
    return done(f"{join(labels(hosts))} {verb} removed.", removed=removed)


def _configuration(host: MonitoredHost) -> dict[str, object]:
    row = plain(host)
    return {key: value for key, value in row.items() if key not in ("status", "alert")}


def _are(hosts: Sequence[MonitoredHost]) -> str:
    return "is" if len(hosts) == 1 else "are"


def _several(hosts: Sequence[MonitoredHost], purpose: str) -> ToolResult:
    ids = join([f"{host.id} ({host.endpoint})" for host in hosts])
    return failed(
        f"{count(len(hosts), 'host')} have the address {hosts[0].address}:"
        f" say by host_id which should {purpose}: {ids}.",
        matches=[{"id": host.id, "address": host.address, "endpoint": host.endpoint} for host in hosts],
    )


def _filter_words(wanted: HostFilter) -> tuple[str, str]:
    """Names the kind of host that a filter leaves, `paused https host`, and the rest of the filter."""
    kind = {True: "enabled ", False: "paused ", None: ""}[wanted.enabled]
    kind += f"{wanted.endpoint} " if wanted.endpoint else ""
    place = f" of {wanted.agent_location}" if wanted.agent_location else ""
    place += f" that match {wanted.address}" if wanted.address else ""
    return f"{kind}host", place


def _change_words(changes: HostChanges) -> str:
    values = [
        ("the endpoint {}", changes.endpoint),
        ("port {}", changes.port),
        ("a timeout of {} ms", changes.timeout_ms),
        ("an interval of {} s", changes.interval_s),
        ("{} retries", changes.retries),
        ("the probe agent {}", changes.agent_location),
    ]
    return join([text.format(value) for text, value in values if value is not None])
