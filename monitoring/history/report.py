"""How hosts have done over a time: sums and percentiles from roll-ups, uptime from what was watched and was down."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.tables import coverage, incidents, results, rollups, states, windows
from monitoring.database.types import to_ms
from monitoring.history.rollups import (
    DAY,
    DAY_S,
    HOUR,
    HOUR_S,
    HOURS_FROM,
    RESULTS_FROM,
    ROLLED,
    ceil_to,
    floor_to,
    get_mark,
)
from monitoring.history.spans import Span, common, total, united, without
from monitoring.history.summary import Summary

_HOSTS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Reached:
    """How well a host was reached.

    Attributes:
        watched_s: Seconds in which it was watched, maintenance left out.
        down_s: Seconds of those in which it was down.
        outages: Incidents that fall into them.
    """

    watched_s: float
    down_s: float
    outages: int


@dataclass(frozen=True, slots=True)
class _Sources:
    """Where the sums of a time come from: stretches of results, of hours and of days."""

    results: list[tuple[datetime, datetime]] = field(default_factory=list[tuple[datetime, datetime]])
    hours: list[tuple[datetime, datetime]] = field(default_factory=list[tuple[datetime, datetime]])
    days: list[tuple[datetime, datetime]] = field(default_factory=list[tuple[datetime, datetime]])


async def summaries(
    connection: AsyncConnection, host_ids: Sequence[int], start: datetime, end: datetime
) -> dict[int, Summary]:
    """Sums up the results of a time, by host; what is older than the results is summed up by whole hours or days."""
    sources = await _sources(connection, start, end)
    found = {host_id: Summary() for host_id in host_ids}
    for first in range(0, len(host_ids), _HOSTS_AT_ONCE):
        some = host_ids[first : first + _HOSTS_AT_ONCE]
        await _add_results(connection, some, sources.results, found)
        await _add_rollups(connection, some, HOUR_S, sources.hours, found)
        await _add_rollups(connection, some, DAY_S, sources.days, found)
        # Adding up is work for the processor; checks go on in between.
        await asyncio.sleep(0)
    return found


async def _sources(connection: AsyncConnection, start: datetime, end: datetime) -> _Sources:
    rolled = await get_mark(connection, ROLLED)
    results_from = await get_mark(connection, RESULTS_FROM)
    hours_from = await get_mark(connection, HOURS_FROM)
    if rolled is None:
        return _Sources(results=[(start, end)])
    # Of an hour whose results are gone only the whole is known.
    gone = results_from is not None and start < results_from
    first_hour = floor_to(start, HOUR) if gone else ceil_to(start, HOUR)
    last_hour = min(floor_to(end, HOUR), rolled)
    if first_hour >= last_hour:
        return _Sources(results=[(start, end)])
    hours_gone = hours_from is not None and first_hour < hours_from
    first_day = floor_to(first_hour, DAY) if hours_gone else ceil_to(first_hour, DAY)
    last_day = floor_to(last_hour, DAY)
    sources = _Sources([] if gone else [(start, first_hour)], [], [])
    sources.results.append((last_hour, end))
    if first_day >= last_day:
        sources.hours.append((first_hour, last_hour))
        return sources
    sources.hours.extend([(min(first_hour, first_day), first_day), (last_day, last_hour)])
    sources.days.append((first_day, last_day))
    return sources


async def _add_results(
    connection: AsyncConnection,
    ids: Sequence[int],
    stretches: Sequence[tuple[datetime, datetime]],
    found: dict[int, Summary],
) -> None:
    for start, end in stretches:
        if start >= end:
            continue
        statement = select(
            results.c.host_id, results.c.ok, results.c.response_ms, results.c.sent, results.c.received
        ).where(
            results.c.host_id.in_(ids),
            results.c.at >= start,
            results.c.at < end,
            results.c.maintenance.is_(False),
        )
        of_host: dict[int, list[Any]] = {}
        for row in await connection.execute(statement):
            of_host.setdefault(row.host_id, []).append(row)
        for host_id, rows in of_host.items():
            found[host_id].add_results(rows)


async def _add_rollups(
    connection: AsyncConnection,
    ids: Sequence[int],
    length_s: int,
    stretches: Sequence[tuple[datetime, datetime]],
    found: dict[int, Summary],
) -> None:
    for start, end in stretches:
        if start >= end:
            continue
        statement = select(rollups).where(
            rollups.c.host_id.in_(ids),
            rollups.c.length_s == length_s,
            rollups.c.start >= start,
            rollups.c.start < end,
        )
        for row in await connection.execute(statement):
            found[row.host_id].add_rollup(row)


async def reached(
    connection: AsyncConnection,
    intervals_s: dict[int, int],
    start: datetime,
    end: datetime,
    now: datetime,
) -> dict[int, Reached]:
    """Tells how well hosts were reached over a time, exactly.

    Args:
        connection: A transaction.
        intervals_s: Seconds between checks, by host: all hosts that are asked for.
        start: Start of the time.
        end: Its end.
        now: The present time.
    """
    period = [(to_ms(start), to_ms(min(end, now)))]
    watched: dict[int, list[Span]] = {host_id: [] for host_id in intervals_s}
    down: dict[int, list[Span]] = {host_id: [] for host_id in intervals_s}
    kept: dict[int, list[Span]] = {host_id: [] for host_id in intervals_s}
    ids = list(intervals_s)
    past = select(coverage).where(coverage.c.host_id.in_(ids), coverage.c.end > start, coverage.c.start < end)
    for row in await connection.execute(past):
        watched[row.host_id].append((to_ms(row.start), to_ms(row.end)))
    going_on = select(states.c.host_id, states.c.watched_since, states.c.last_check).where(
        states.c.host_id.in_(ids)
    )
    for row in await connection.execute(going_on):
        if row.watched_since is not None and row.last_check is not None:
            until = min(now, row.last_check + timedelta(seconds=intervals_s[row.host_id]))
            watched[row.host_id].append((to_ms(row.watched_since), to_ms(until)))
    outages = select(incidents).where(
        incidents.c.host_id.in_(ids),
        incidents.c.began < end,
        or_(incidents.c.ended.is_(None), incidents.c.ended > start),
    )
    for row in await connection.execute(outages):
        down[row.host_id].append((to_ms(row.began), to_ms(row.ended or now)))
    silent = select(windows).where(windows.c.host_id.in_(ids), windows.c.end > start, windows.c.start < end)
    for row in await connection.execute(silent):
        kept[row.host_id].append((to_ms(row.start), to_ms(row.end)))
    return {
        host_id: _reached(common(united(watched[host_id]), period), united(kept[host_id]), down[host_id])
        for host_id in ids
    }


def _reached(watched: list[Span], maintained: list[Span], down: list[Span]) -> Reached:
    counted = without(watched, maintained)
    each = [total(common([span], counted)) for span in down]
    return Reached(
        watched_s=total(counted) / 1000,
        down_s=total(common(united(down), counted)) / 1000,
        outages=sum(length > 0 for length in each),
    )
