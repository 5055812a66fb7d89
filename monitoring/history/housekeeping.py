"""What is done once an hour: sum up what is complete, forget what is too old; a little at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Table, delete
from sqlalchemy.sql import ColumnElement

from monitoring.database.engine import Database
from monitoring.database.tables import alerts, changes, coverage, incidents, jobs, results, rollups, windows
from monitoring.history.rollups import (
    DAY,
    DAY_S,
    HOUR,
    HOUR_S,
    HOURS_FROM,
    RESULTS_FROM,
    ROLLED,
    first_hour,
    floor_to,
    get_mark,
    host_ids,
    roll_day,
    roll_hour,
    set_mark,
)
from monitoring.record.fence import check_token

#: Results of an hour may come in this much after its end before it is summed up for the first time.
GRACE: Final = timedelta(minutes=2)
_HOSTS_AT_ONCE: Final = 50
_CHANGES_KEPT: Final = timedelta(days=2)
_JOBS_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept."""

    results: timedelta
    hours: timedelta
    days: timedelta


async def roll_up(database: Database, token: int, now: datetime) -> int:
    """Sums up the hours that are complete, and the days; returns how many hours that were.

    Raises:
        RunnerLost: Another watcher has taken over.
        DatabaseUnavailable: The rest will be done by the next call.
    """
    async with database.reading() as connection:
        begun = await get_mark(connection, ROLLED) or await first_hour(connection)
        ids = await host_ids(connection)
    if begun is None:
        return 0
    done = 0
    hour = begun
    while hour + HOUR + GRACE <= now:
        full_day = floor_to(hour + HOUR, DAY) == hour + HOUR
        slices = _slices(ids) or [()]
        for place, some in enumerate(slices, start=1):
            async with database.writing() as connection:
                await check_token(connection, token)
                await roll_hour(connection, some, hour)
                if full_day:
                    await roll_day(connection, some, hour + HOUR - DAY)
                if place == len(slices):
                    await set_mark(connection, ROLLED, hour + HOUR)
            # Checks go first.
            await asyncio.sleep(0)
        hour += HOUR
        done += 1
    return done


async def forget(database: Database, token: int, now: datetime, keep: Retention) -> None:
    """Deletes what is older than it is to be kept; results only once they are summed up.

    Raises:
        RunnerLost: Another watcher has taken over.
        DatabaseUnavailable: The rest will be done by the next call.
    """
    async with database.reading() as connection:
        rolled = await get_mark(connection, ROLLED)
        ids = await host_ids(connection)
    if rolled is None:
        return
    results_from = floor_to(min(now - keep.results, rolled), HOUR)
    hours_from = floor_to(min(now - keep.hours, rolled), DAY)
    async with database.writing() as connection:
        await check_token(connection, token)
        await set_mark(connection, RESULTS_FROM, results_from)
        await set_mark(connection, HOURS_FROM, hours_from)

    def hourly(ids: Sequence[int]) -> ColumnElement[bool]:
        old = (rollups.c.length_s == HOUR_S) & (rollups.c.start < hours_from)
        return rollups.c.host_id.in_(ids) & old

    def daily(ids: Sequence[int]) -> ColumnElement[bool]:
        old = (rollups.c.length_s == DAY_S) & (rollups.c.start < now - keep.days)
        return rollups.c.host_id.in_(ids) & old

    for some in _slices(ids):
        await _delete(database, token, results, results.c.host_id.in_(some) & (results.c.at < results_from))
        await _delete(database, token, rollups, hourly(some))
        await _delete(database, token, rollups, daily(some))
        await asyncio.sleep(0)
    for table, old in (
        (coverage, coverage.c.end < now - keep.days),
        (incidents, incidents.c.ended < now - keep.days),
        (windows, windows.c.end < now - keep.days),
        (alerts, alerts.c.at < now - keep.hours),
        (changes, changes.c.at < now - _CHANGES_KEPT),
        (jobs, jobs.c.ended < now - _JOBS_KEPT),
    ):
        await _delete(database, token, table, old)


async def _delete(database: Database, token: int, table: Table, old: ColumnElement[bool]) -> None:
    async with database.writing() as connection:
        await check_token(connection, token)
        await connection.execute(delete(table).where(old))


def _slices(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + _HOSTS_AT_ONCE] for start in range(0, len(ids), _HOSTS_AT_ONCE)]
