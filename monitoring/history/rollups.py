"""Sums results up by hour and by day.

An hour is summed up from its results as often as needed, always with the same outcome; a mark says up to where
that was done. Results that come in behind the mark, from an agent that was cut off, have their hour done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.statements import upsert
from monitoring.database.tables import hosts, marks, results, rollups
from monitoring.history.summary import Summary

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
HOUR_S: Final = 3600
DAY_S: Final = 86400

#: Marks: hours before are summed up; results, and hourly roll-ups, before are gone.
ROLLED: Final = "rolled_up_to"
RESULTS_FROM: Final = "results_from"
HOURS_FROM: Final = "hours_from"


def floor_to(moment: datetime, length: timedelta) -> datetime:
    """The last full hour or day (in UTC) at or before a moment."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return moment - (moment - epoch) % length


def ceil_to(moment: datetime, length: timedelta) -> datetime:
    """The first full hour or day (in UTC) at or after a moment."""
    floor = floor_to(moment, length)
    return floor if floor == moment else floor + length


async def get_mark(connection: AsyncConnection, name: str) -> datetime | None:
    """Reads how far a piece of work has come."""
    return await connection.scalar(select(marks.c.at).where(marks.c.name == name))


async def set_mark(connection: AsyncConnection, name: str, at: datetime) -> None:
    """Notes how far a piece of work has come."""
    await upsert(connection, marks, [{"name": name, "at": at}])


async def first_hour(connection: AsyncConnection) -> datetime | None:
    """The hour of the oldest result."""
    oldest = await connection.scalar(select(func.min(results.c.at)))
    return None if oldest is None else floor_to(oldest, HOUR)


async def host_ids(connection: AsyncConnection) -> Sequence[int]:
    """The ids of all hosts."""
    return (await connection.scalars(select(hosts.c.id).order_by(hosts.c.id))).all()


async def roll_hour(connection: AsyncConnection, ids: Sequence[int], hour: datetime) -> None:
    """Sums up one hour of these hosts, from their results."""
    statement = select(
        results.c.host_id, results.c.ok, results.c.response_ms, results.c.sent, results.c.received
    ).where(
        results.c.host_id.in_(ids),
        results.c.at >= hour,
        results.c.at < hour + HOUR,
        results.c.maintenance.is_(False),
    )
    await _keep(connection, HOUR_S, hour, (await connection.execute(statement)).all(), Summary.add_results)


async def roll_day(connection: AsyncConnection, ids: Sequence[int], day: datetime) -> None:
    """Sums up one day of these hosts, from its hours."""
    statement = select(rollups).where(
        rollups.c.host_id.in_(ids),
        rollups.c.length_s == HOUR_S,
        rollups.c.start >= day,
        rollups.c.start < day + DAY,
    )

    def add(summary: Summary, rows: Iterable[Any]) -> None:
        for row in rows:
            summary.add_rollup(row)

    await _keep(connection, DAY_S, day, (await connection.execute(statement)).all(), add)


async def refresh_rollups(connection: AsyncConnection, arrived: Iterable[tuple[int, datetime]]) -> None:
    """Sums hours and days up again whose sums lack results that arrived just now: hosts and moments."""
    rolled = await get_mark(connection, ROLLED)
    if rolled is None:
        return
    late = {(host_id, floor_to(at, HOUR)) for host_id, at in arrived if at < rolled}
    gone = await get_mark(connection, RESULTS_FROM)
    for host_id, hour in sorted(late):
        # What remains of an hour whose results are partly gone is not the hour.
        if gone is None or hour >= gone:
            await roll_hour(connection, [host_id], hour)
    for host_id, day in sorted({(host_id, floor_to(hour, DAY)) for host_id, hour in late}):
        if day + DAY <= rolled:
            await roll_day(connection, [host_id], day)


async def _keep(
    connection: AsyncConnection,
    length_s: int,
    start: datetime,
    rows: Iterable[Any],
    add: Callable[[Summary, Iterable[Any]], None],
) -> None:
    of_host: dict[int, list[Any]] = {}
    for row in rows:
        of_host.setdefault(row.host_id, []).append(row)
    kept: list[dict[str, Any]] = []
    for host_id, its in of_host.items():
        summary = Summary()
        add(summary, its)
        kept.append({"host_id": host_id, "length_s": length_s, "start": start, **summary.to_row()})
    await upsert(connection, rollups, kept)
