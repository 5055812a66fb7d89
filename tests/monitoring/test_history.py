"""Roll-ups, percentiles and uptime against a plain reading of every result."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from monitoring.database.engine import Database
from monitoring.database.tables import coverage, hosts, incidents, results, rollups, states, windows
from monitoring.history.housekeeping import Retention, forget, roll_up
from monitoring.history.report import reached, summaries
from monitoring.history.rollups import refresh_rollups
from monitoring.history.sketch import ACCURACY, pack, quantile, sketch_of, unpack
from monitoring.history.spans import Span, common, total, united, without
from monitoring.history.summary import Summary
from monitoring.record.fence import RunnerLost

_START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
_Spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def _points(spans: list[Span]) -> set[int]:
    return {moment for start, end in spans for moment in range(start, end)}


@given(left=_Spans, right=_Spans)
def test_sets_of_time(left: list[Span], right: list[Span]) -> None:
    one, two = united(left), united(right)
    assert _points(one) == _points(left)
    assert _points(common(one, two)) == _points(left) & _points(right)
    assert _points(without(one, two)) == _points(left) - _points(right)
    assert total(one) == len(_points(left))
    assert all(a[1] < b[0] for a, b in itertools.pairwise(one))


@given(
    values=st.lists(st.floats(0.01, 100_000), min_size=1, max_size=300),
    cut=st.integers(0, 300),
    percent=st.sampled_from([1, 50, 95, 99, 100]),
)
def test_quantiles_lie_within_one_percent_however_they_were_added(
    values: list[float], cut: int, percent: int
) -> None:
    whole = sketch_of(values[:cut])
    whole.update(unpack(pack(sketch_of(values[cut:]))))
    found = quantile(whole, percent)
    exact = sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]
    assert found is not None
    assert abs(found - exact) <= exact * ACCURACY * 1.001 + 0.05, "and rounded to a tenth"


def test_no_values_have_no_quantile() -> None:
    assert quantile(sketch_of([]), 50) is None
    assert Summary().avg_ms is None


@dataclass(frozen=True)
class _Row:
    at: datetime
    ok: bool
    response_ms: float | None
    sent: int
    received: int
    maintenance: bool


async def _host(database: Database, clock_now: datetime) -> int:
    async with database.writing() as connection:
        row = {
            "owner_id": 1, "address": "127.0.0.1", "endpoint": "icmp", "port": None, "timeout_ms": 1000,
            "interval_s": 60, "retries": 1, "enabled": True, "options": {}, "created": clock_now, "revision": 1,
        }  # fmt: skip
        return int(await connection.scalar(hosts.insert().values(row).returning(hosts.c.id)) or 0)


def _some_results(seed: int, minutes: int) -> list[_Row]:
    chance = random.Random(seed)
    rows: list[_Row] = []
    for minute in range(minutes):
        if chance.random() < 0.03:
            continue
        ok = chance.random() > 0.1
        took = round(chance.lognormvariate(3, 1), 1) if ok else None
        at = _START + timedelta(minutes=minute, milliseconds=chance.randrange(60_000))
        rows.append(_Row(at, ok, took, 3, 3 if ok else chance.randrange(2), chance.random() < 0.1))
    return rows


async def _keep(database: Database, host_id: int, rows: list[_Row]) -> None:
    values = [{"host_id": host_id, "cause": None, "agent": None, **vars(row)} for row in rows]
    async with database.writing() as connection:
        for first in range(0, len(values), 1000):
            await connection.execute(results.insert(), values[first : first + 1000])


def _expected(rows: list[_Row], start: datetime, end: datetime) -> dict[str, Any]:
    inside = [r for r in rows if start <= r.at < end and not r.maintenance]
    times = sorted(r.response_ms for r in inside if r.response_ms is not None)
    return {
        "checks": len(inside),
        "failures": sum(not r.ok for r in inside),
        "sent": sum(r.sent for r in inside),
        "received": sum(r.received for r in inside),
        "sum_ms": pytest.approx(sum(times)),
        "max_ms": max(times, default=None),
    }


def _found(summary: Summary) -> dict[str, Any]:
    return {
        key: getattr(summary, key) for key in ("checks", "failures", "sent", "received", "sum_ms", "max_ms")
    }


@pytest.mark.parametrize("hours", [1, 24, 51, 70])
async def test_sums_are_the_same_however_they_are_stored(database: Database, hours: int) -> None:
    host_id = await _host(database, _START)
    rows = _some_results(hours, 72 * 60)
    await _keep(database, host_id, rows)
    end = _START + timedelta(hours=72, minutes=7)
    start = end - timedelta(hours=hours)
    async with database.reading() as connection:
        before = (await summaries(connection, [host_id], start, end))[host_id]
    assert _found(before) == _expected(rows, start, end)
    done = await roll_up(database, 0, end)
    assert done == 72
    async with database.reading() as connection:
        after = (await summaries(connection, [host_id], start, end))[host_id]
        counted = select(rollups.c.length_s, func.count()).group_by(rollups.c.length_s)
        by_length = {row[0]: row[1] for row in await connection.execute(counted)}
    assert _found(after) == _expected(rows, start, end)
    assert by_length == {3600: done, 86400: 3}
    assert after.sketch == before.sketch


async def test_results_that_come_late_are_summed_up_too(database: Database) -> None:
    host_id = await _host(database, _START)
    rows = _some_results(5, 60 * 40)
    early, late = rows[::2], rows[1::2]
    await _keep(database, host_id, early)
    end = _START + timedelta(hours=40)
    await roll_up(database, 0, end)
    await _keep(database, host_id, late)
    async with database.writing() as connection:
        await refresh_rollups(connection, {(host_id, row.at) for row in late})
    async with database.reading() as connection:
        found = (await summaries(connection, [host_id], _START, end))[host_id]
    assert _found(found) == _expected(rows, _START, end)


async def test_rolling_up_goes_on_where_it_stopped_and_needs_the_token(database: Database) -> None:
    host_id = await _host(database, _START)
    await _keep(database, host_id, _some_results(1, 600))
    assert await roll_up(database, 0, _START + timedelta(hours=5)) == 5
    assert await roll_up(database, 0, _START + timedelta(hours=5)) == 0
    assert await roll_up(database, 0, _START + timedelta(hours=8)) == 3
    with pytest.raises(RunnerLost):
        await roll_up(database, 1, _START + timedelta(hours=10))


async def test_what_is_old_is_forgotten_and_sums_stay(database: Database) -> None:
    host_id = await _host(database, _START)
    rows = _some_results(2, 60 * 24 * 8)
    await _keep(database, host_id, rows)
    now = _START + timedelta(days=8)
    await roll_up(database, 0, now)
    keep = Retention(timedelta(days=2), timedelta(days=4), timedelta(days=1000))
    await forget(database, 0, now, keep)
    async with database.reading() as connection:
        oldest = await connection.scalar(select(func.min(results.c.at)))
        oldest_hour = await connection.scalar(
            select(func.min(rollups.c.start)).where(rollups.c.length_s == 3600)
        )
        start = datetime(2026, 11, 21, tzinfo=UTC)
        found = (await summaries(connection, [host_id], start, now))[host_id]
        # A start within what is gone counts from the full hour, or day, before.
        partly = (await summaries(connection, [host_id], start + timedelta(hours=3, minutes=20), now))[
            host_id
        ]
    assert oldest is not None and oldest >= now - timedelta(days=2, hours=1)
    assert oldest_hour == datetime(2026, 11, 24, tzinfo=UTC)
    assert _found(found) == _expected(rows, start, now)
    assert _found(partly) == _expected(rows, start, now)


async def test_uptime_counts_what_was_watched_and_leaves_maintenance_out(database: Database) -> None:
    host_id = await _host(database, _START)

    def at(minute: float) -> datetime:
        return _START + timedelta(minutes=minute)

    async with database.writing() as connection:
        # Watched 0-100 and, without an end yet, from 200; down 50-60, 90-210 (unwatched in between) and from 290.
        await connection.execute(coverage.insert().values(host_id=host_id, start=at(0), end=at(100)))
        state = {
            "host_id": host_id, "status": "down", "last_check": at(299.5), "alert": True,
            "watched_since": at(200), "memory": {},
        }  # fmt: skip
        await connection.execute(states.insert().values(state))
        for began, ended in ((50, at(60)), (90, at(210)), (290, None)):
            await connection.execute(
                incidents.insert().values(host_id=host_id, began=at(began), ended=ended, cause="x")
            )
        # Maintained 55-70, which hides half of the first outage.
        await connection.execute(windows.insert().values(host_id=host_id, start=at(55), end=at(70)))
    async with database.reading() as connection:
        whole = (await reached(connection, {host_id: 60}, at(-1000), at(300), at(300)))[host_id]
        part = (await reached(connection, {host_id: 60}, at(56), at(95), at(300)))[host_id]
        none = (await reached(connection, {host_id: 60}, at(110), at(190), at(300)))[host_id]
    assert (whole.watched_s, whole.down_s, whole.outages) == (60 * (85 + 100), 60 * (5 + 10 + 10 + 10), 3)
    assert (part.watched_s, part.down_s, part.outages) == (60 * 25, 60 * 5, 1)
    assert (none.watched_s, none.down_s, none.outages) == (0, 0, 0)
