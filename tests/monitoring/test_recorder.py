"""What is finished is kept, also while the database is locked, gone or full, and never twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from monitoring.changes import Change
from monitoring.database.engine import Database
from monitoring.database.tables import alerts, changes, incidents, results, states
from monitoring.hosts.backend import WatchedHosts
from monitoring.hosts.store import load_standings
from monitoring.probe.reading import Reading
from monitoring.record.fence import RunnerLost
from monitoring.record.recorder import Recorder
from monitoring.record.steps import Step
from monitoring.record.write import write_steps
from monitoring.watch.watched import Watched, watched_from
from settings.schema import MonitoringSettings
from tools.clock import SetClock
from tools.records import HostChanges, NewHost
from tools.resolve import Resolver


class _Kept:
    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.changes: list[Change] = []

    def __call__(self, steps: Sequence[Step], news: Sequence[Change]) -> None:
        self.steps += steps
        self.changes += news


async def _watched(database: Database, hosts_: WatchedHosts, clock: SetClock, retries: int = 0) -> Watched:
    added = await hosts_.add(NewHost("127.0.0.1", "icmp", retries=retries))
    async with database.reading() as connection:
        standing = (await load_standings(connection, clock(), host_ids=[added.id]))[0]
    return watched_from(standing, MonitoringSettings())


def _steps(watched: Watched, clock: SetClock, outcomes: str) -> list[Step]:
    found: list[Step] = []
    for outcome in outcomes:
        clock.advance(timedelta(minutes=1))
        ok = outcome == "."
        found.append(watched.take(Reading(clock(), ok, 5.0 if ok else None, None if ok else "no answer")))
    return found


async def _counts(database: Database) -> dict[str, int]:
    async with database.reading() as connection:
        return {
            table.name: await connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (results, incidents, alerts, states)
        }


@pytest.fixture
async def recorder(sqlite: Database, clock: SetClock) -> AsyncIterator[tuple[Recorder, _Kept]]:
    async with sqlite.engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout=20")
    kept = _Kept()
    made = Recorder(sqlite, clock, 50, kept)
    task = asyncio.create_task(made.run(0))
    yield made, kept
    task.cancel()
    await asyncio.wait([task])


async def _settled(recorder: Recorder) -> None:
    async with asyncio.timeout(30):
        while recorder.health.waiting:
            await asyncio.sleep(0.02)


@pytest.fixture
def sqlite_hosts(
    sqlite: Database, resolver: Resolver, settings: MonitoringSettings, clock: SetClock
) -> WatchedHosts:
    return WatchedHosts(sqlite, 1, resolver, settings, clock)


async def test_a_locked_database_loses_nothing(
    sqlite: Database, sqlite_hosts: WatchedHosts, clock: SetClock, recorder: tuple[Recorder, _Kept]
) -> None:
    made, kept = recorder
    watched = await _watched(sqlite, sqlite_hosts, clock)
    assert sqlite.file is not None
    other = sqlite3.connect(sqlite.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for step in _steps(watched, clock, ".x..x"):
        made.add(step)
    async with asyncio.timeout(30):
        while made.health.problem is None:
            await asyncio.sleep(0.02)
    health = made.health
    assert "locked" in (health.problem or "") and health.waiting == 5 and health.since is not None
    assert not kept.steps, "nothing is told before it is kept"
    other.execute("ROLLBACK")
    other.close()
    await _settled(made)
    assert made.health.problem is None and made.health.recorded == 5
    assert await _counts(sqlite) == {"results": 5, "incidents": 2, "alerts": 3, "states": 1}
    assert len(kept.steps) == 5
    assert [c.kind for c in kept.changes].count("incident_opened") == 2


async def test_a_full_database_loses_nothing(
    sqlite: Database, sqlite_hosts: WatchedHosts, clock: SetClock, recorder: tuple[Recorder, _Kept]
) -> None:
    made, _ = recorder
    watched = await _watched(sqlite, sqlite_hosts, clock)
    async with sqlite.engine.connect() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar()
        await connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    # Causes long enough to need new pages at once.
    for number in range(40):
        clock.advance(timedelta(minutes=1))
        made.add(watched.take(Reading(clock(), False, None, f"{number} " + "x" * 390)))
    async with asyncio.timeout(30):
        while made.health.problem is None:
            await asyncio.sleep(0.02)
    assert "full" in (made.health.problem or "")
    await sqlite.engine.dispose()
    await _settled(made)
    assert await _counts(sqlite) == {"results": 40, "incidents": 1, "alerts": 1, "states": 1}


async def test_beyond_the_bound_results_are_dropped_and_incidents_are_not(
    sqlite: Database, sqlite_hosts: WatchedHosts, clock: SetClock
) -> None:
    kept = _Kept()
    made = Recorder(sqlite, clock, 50, kept)
    watched = await _watched(sqlite, sqlite_hosts, clock)
    for step in _steps(watched, clock, ".x.." + "." * 100 + "x" + "." * 10):
        made.add(step)
    assert made.health.waiting == 50 + 3, "the first verdict, and the incident's beginning and end"
    assert made.health.dropped == 115 - 50
    assert await made.finish(0, 30) == 0
    found = await _counts(sqlite)
    assert found["incidents"] == 2 and found["alerts"] == 4
    async with sqlite.reading() as connection:
        still_open = select(func.count()).select_from(incidents).where(incidents.c.ended.is_(None))
        assert await connection.scalar(still_open) == 0


async def test_finish_tells_what_could_not_be_kept(
    sqlite: Database, sqlite_hosts: WatchedHosts, clock: SetClock
) -> None:
    made = Recorder(sqlite, clock, 50, _Kept())
    watched = await _watched(sqlite, sqlite_hosts, clock)
    for step in _steps(watched, clock, "..."):
        made.add(step)
    assert sqlite.file is not None
    await sqlite.aclose()
    sqlite.file.unlink()
    assert await made.finish(0, 0.2) == 3


async def test_writing_the_same_again_changes_nothing(
    database: Database, hosts: WatchedHosts, clock: SetClock
) -> None:
    watched = await _watched(database, hosts, clock)
    steps = _steps(watched, clock, ".x..x.")
    await write_steps(database, 0, steps)
    before = await _counts(database)
    await write_steps(database, 0, steps)
    assert await _counts(database) == before == {"results": 6, "incidents": 2, "alerts": 3, "states": 1}


async def test_the_token_of_another_watcher_stops_this_one(
    database: Database, hosts: WatchedHosts, clock: SetClock
) -> None:
    watched = await _watched(database, hosts, clock)
    with pytest.raises(RunnerLost):
        await write_steps(database, 7, _steps(watched, clock, "."))
    assert (await _counts(database))["results"] == 0


async def test_of_a_host_that_was_changed_only_results_are_kept(
    database: Database, hosts: WatchedHosts, clock: SetClock
) -> None:
    watched = await _watched(database, hosts, clock)
    steps = _steps(watched, clock, ".x")
    await hosts.edit(1, HostChanges(enabled=False))
    news = await write_steps(database, 0, steps)
    assert news == []
    assert await _counts(database) == {"results": 2, "incidents": 0, "alerts": 0, "states": 0}


async def test_of_a_host_that_was_removed_nothing_is_kept(
    database: Database, hosts: WatchedHosts, clock: SetClock
) -> None:
    watched = await _watched(database, hosts, clock)
    await hosts.delete(1)
    await write_steps(database, 0, _steps(watched, clock, ".x"))
    assert await _counts(database) == {"results": 0, "incidents": 0, "alerts": 0, "states": 0}


async def test_writers_at_the_same_time_number_changes_in_the_order_of_commits(
    database: Database, hosts: WatchedHosts, clock: SetClock
) -> None:
    seen: list[int] = []

    async def follow() -> None:
        while len(seen) < 30:
            async with database.reading() as connection:
                newer = select(changes.c.seq).where(changes.c.seq > (seen[-1] if seen else 0))
                seen.extend((await connection.scalars(newer.order_by(changes.c.seq))).all())
            await asyncio.sleep(0)

    follower = asyncio.create_task(follow())
    await asyncio.gather(*(hosts.add(NewHost(f"127.0.0.{n + 1}", "icmp")) for n in range(30)))
    async with asyncio.timeout(30):
        await follower
    async with database.reading() as connection:
        assert (await connection.scalars(select(changes.c.seq).order_by(changes.c.seq))).all() == seen
        assert await connection.scalar(text("SELECT count(*) FROM hosts")) == 30
