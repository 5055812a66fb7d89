"""A host's results over time, for charts and uptime bars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import BigInteger, case, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.tables import results, rollups
from monitoring.database.types import from_ms, to_ms

Step = Literal["check", "hour", "day"]
_LENGTHS: dict[Step, int] = {"hour": 3600, "day": 86400}
#: Points of a series at most; a longer period of single checks is put into so many stretches.
MOST_POINTS = 1000


@dataclass(frozen=True, slots=True)
class Point:
    """Checks of a stretch of time that begins at `at`; times are None where all failed."""

    at: datetime
    checks: int
    failures: int
    avg_ms: float | None
    max_ms: float | None


async def series(
    connection: AsyncConnection, host_id: int, start: datetime, end: datetime, step: Step
) -> list[Point]:
    """Reads a host's results of a period.

    Args:
        connection: A transaction.
        host_id: The host.
        start: Where the period begins.
        end: Where it ends; not part of it.
        step: Single checks, which are kept for some days, or sums of hours or days.
    """
    if step == "check":
        return await _checks(connection, host_id, start, end)
    query = (
        select(rollups)
        .where(
            rollups.c.host_id == host_id,
            rollups.c.length_s == _LENGTHS[step],
            rollups.c.start >= start,
            rollups.c.start < end,
        )
        .order_by(rollups.c.start)
    )
    points: list[Point] = []
    for row in await connection.execute(query):
        good = row.checks - row.failures
        points.append(
            Point(
                row.start, row.checks, row.failures, round(row.sum_ms / good, 1) if good else None, row.max_ms
            )
        )
    return points


async def _checks(connection: AsyncConnection, host_id: int, start: datetime, end: datetime) -> list[Point]:
    first = to_ms(start)
    width = max(1, (to_ms(end) - first) // MOST_POINTS)
    at = type_coerce(results.c.at, BigInteger)
    place = ((at - first) // width).label("place")
    query = (
        select(
            place,
            func.min(at).label("at"),
            func.count().label("checks"),
            func.sum(case((results.c.ok, 0), else_=1)).label("failures"),
            func.avg(results.c.response_ms).label("avg_ms"),
            func.max(results.c.response_ms).label("max_ms"),
        )
        .where(results.c.host_id == host_id, results.c.at >= start, results.c.at < end)
        .group_by(place)
        .order_by(place)
    )
    return [
        Point(
            from_ms(row.at),
            row.checks,
            int(row.failures),
            None if row.avg_ms is None else round(float(row.avg_ms), 1),
            row.max_ms,
        )
        for row in await connection.execute(query)
    ]


def day_bars(points: list[Point], end: datetime, days: int) -> list[tuple[datetime, float | None]]:
    """Uptime in percent of each of the last days, the oldest first; None where nothing was checked."""
    known = {point.at.date(): point for point in points}
    bars: list[tuple[datetime, float | None]] = []
    last = end.replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(days - 1, -1, -1):
        day = last - timedelta(days=back)
        point = known.get(day.date())
        share = 100 * (1 - point.failures / point.checks) if point and point.checks else None
        bars.append((day, None if share is None else round(share, 3)))
    return bars
