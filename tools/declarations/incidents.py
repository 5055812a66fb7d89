"""The tool that tells about outages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from tools.context import ToolContext
from tools.declarations.types import HostId
from tools.formats import Instant
from tools.paging import cut
from tools.records import Incident
from tools.registry import tool
from tools.results import ToolResult, done
from tools.selection import labels, select
from tools.wording import clock, count, join, length

_DEFAULT_LIMIT = 20


@tool(effect="read")
async def get_incidents(
    context: ToolContext,
    host_id: HostId | None = None,
    address: str | None = None,
    state: Literal["open", "resolved", "all"] | None = None,
    since: Instant | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] | None = None,
) -> ToolResult:
    """Incidents (outages): when each began and ended, and its cause.

    Args:
        context: What the tool works with.
        host_id: Numeric id of a monitored host.
        address: Address of a monitored host, as it was added; * and ? match any characters.
        state: Which incidents.
        since: Only incidents that began at or after this time, ISO 8601.
        limit: At most this many, newest first.
    """
    hosts = await select(context, host_id, address, all_if_unnamed=True)
    found = [
        incident
        for incident in await context.backend.hosts.incidents([host.id for host in hosts])
        if (since is None or incident.began >= since)
        and (state in (None, "all") or (incident.ended is None) == (state == "open"))
    ]
    shown = found[: limit or _DEFAULT_LIMIT]
    named = host_id is not None or address is not None
    of = f" of {join(sorted(set(labels(hosts))), 5)}" if named else ""
    after = f" since {clock(since)}" if since is not None else ""
    noun = f"{state} incident" if state in ("open", "resolved") else "incident"
    now = context.clock()
    if found:
        # All of a host that was named by itself are its own; its name need not be said again each time.
        alone = len({incident.host_id for incident in found}) == 1 and named
        each = "; ".join(_incident_words(incident, now, named=not alone) for incident in shown[:5])
        more = f"; and {len(shown) - 5} more" if len(shown) > 5 else ""
        message = (
            f"There {'is' if len(found) == 1 else 'are'} {count(len(found), noun)}{of}{after}: {each}{more}."
        )
    else:
        message = f"There is no {noun}{of}{after}."
    result = done(message, incidents=[_incident_row(incident, now) for incident in shown], total=len(found))
    return cut(result, len(shown), len(found), "incidents, newest first")


def _incident_words(incident: Incident, now: datetime, *, named: bool) -> str:
    who = f"{incident.address} " if named else ""
    lasted = length(((incident.ended or now) - incident.began).total_seconds())
    if incident.ended is None:
        return f"{who}since {clock(incident.began)} ({lasted}, {incident.cause})"
    return f"{who}from {clock(incident.began)} for {lasted} ({incident.cause})"


def _incident_row(incident: Incident, now: datetime) -> dict[str, object]:
    return {
        "id": incident.id,
        "host_id": incident.host_id,
        "address": incident.address,
        "state": "open" if incident.ended is None else "resolved",
        "began": incident.began,
        "ended": incident.ended,
        "duration_s": round(((incident.ended or now) - incident.began).total_seconds()),
        "cause": incident.cause,
    }
