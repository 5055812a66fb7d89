"""Tools that silence and clear alerts."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from tools.context import ToolContext
from tools.declarations.types import HostId
from tools.errors import Refused
from tools.formats import Instant
from tools.records import HostFilter, MonitoredHost
from tools.registry import tool
from tools.results import ToolResult, done
from tools.selection import labels, select
from tools.wording import clock, join


@tool(effect="write")
async def set_maintenance(
    context: ToolContext,
    addresses: list[str],
    start: Instant | None = None,
    *,
    duration_min: Annotated[int, Field(ge=0, le=43200)],
) -> ToolResult:
    """Silence alerts of hosts during a maintenance window.

    Args:
        context: What the tool works with.
        addresses: Addresses of the monitored hosts.
        start: Start of the window, ISO 8601; now if omitted.
        duration_min: Length in minutes; 0 ends a window now.
    """
    if not addresses:
        raise Refused("addresses is empty: name at least one monitored host.")
    # Every name is looked up before anything changes, so that a slip in one changes nothing.
    chosen: dict[int, MonitoredHost] = {}
    for address in addresses:
        chosen |= {host.id: host for host in await select(context, None, address)}
    hosts = list(chosen.values())
    names = join(sorted({host.address for host in hosts}))
    if duration_min == 0:
        ended = [host for host in hosts if await context.backend.hosts.end_maintenance(host.id)]
        if not ended:
            return done(f"{names} had no maintenance window, so nothing changed.", ended=[])
        rows = [{"id": host.id, "address": host.address} for host in ended]
        return done(f"The maintenance of {join(sorted({h.address for h in ended}))} has ended.", ended=rows)
    begin = start or context.clock()
    end = begin + timedelta(minutes=duration_min)
    if end <= context.clock():
        raise Refused(
            f"That window ended at {clock(end)}, before now ({clock(context.clock())}):"
            " give a start in the future."
        )
    windows = [await context.backend.hosts.set_maintenance(host.id, begin, end) for host in hosts]
    return done(
        f"Alerts of {names} are silenced from {clock(begin)} to {clock(end)} ({duration_min} min).",
        windows=windows,
        duration_min=duration_min,
    )


@tool(effect="write")
async def reset_alerts(
    context: ToolContext,
    host_id: HostId | None = None,
    address: str | None = None,
    all_hosts: bool | None = None,
) -> ToolResult:
    """Clear active alerts of one monitored host or of all.

    Args:
        context: What the tool works with.
        host_id: Numeric id of a monitored host.
        address: Address of a monitored host, as it was added; * and ? match any characters.
        all_hosts: true clears every host's alerts.
    """
    named = host_id is not None or address is not None
    if all_hosts and named:
        raise Refused("Give either a host (host_id or address) or all_hosts=true, not both.")
    if all_hosts:
        hosts = await context.backend.hosts.find(HostFilter())
    elif named:
        hosts = await select(context, host_id, address)
    else:
        raise Refused("No host was named: give host_id or address, or all_hosts=true for every host.")
    cleared = [host for host in hosts if await context.backend.hosts.reset_alert(host.id)]
    rows = [{"id": host.id, "address": host.address} for host in cleared]
    if not cleared:
        who = "No host" if all_hosts or not hosts else join(labels(hosts))
        verb = "has an active alert" if all_hosts or not hosts else "had no active alert"
        return done(f"{who} {verb}, so nothing was cleared.", cleared=rows)
    plural = "s" if len(cleared) > 1 else ""
    return done(
        f"The alert{plural} of {join(labels(cleared))} {'were' if plural else 'was'} cleared.", cleared=rows
    )
