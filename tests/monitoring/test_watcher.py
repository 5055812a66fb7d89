"""The watcher on real hosts: what it sees, what it keeps, and that there is only one of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select

from monitoring.changes import Change
from monitoring.database.engine import Database
from monitoring.database.migrate import open_database
from monitoring.database.tables import agents, inbox, incidents, results, runner
from monitoring.hosts.backend import WatchedHosts
from monitoring.hosts.host import ProbeSpec
from monitoring.hosts.options import HostOptions
from monitoring.metrics.collector import WatchCollector
from monitoring.metrics.server import MetricsError, serving_metrics
from monitoring.probe.prober import Prober
from monitoring.probe.reading import Reading
from monitoring.record.fence import RunnerLost
from monitoring.watch.lock import AlreadyWatched, RunnerLock
from monitoring.watch.watcher import Watcher
from settings.schema import MonitoringSettings
from tests.monitoring.servers import Page, serving
from tools.checks.trust import Trust, load_trust
from tools.clock import SetClock, system_clock
from tools.records import HostChanges, NewHost
from tools.resolve import Resolver

_SETTINGS = MonitoringSettings(retry_interval_s=1, recovery=1)


@pytest.fixture(scope="module")
def trust() -> Trust:
    return load_trust()


@pytest.fixture
def hosts(database: Database, resolver: Resolver) -> WatchedHosts:
    return WatchedHosts(database, 1, resolver, _SETTINGS, system_clock)


class Running:
    """A watcher that runs, and what it told."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.changes: list[Change] = []
        self._task = asyncio.create_task(watcher.run(ready=lambda: self.ready.set()))
        self._listener = asyncio.create_task(self._listen())
        self.ready = asyncio.Event()

    async def _listen(self) -> None:
        async for change in self.watcher.listen():
            self.changes.append(change)

    async def until(self, happened: Callable[[], Any]) -> None:
        async with asyncio.timeout(60):
            while not happened():
                assert not self._task.done(), self._task.exception()
                await asyncio.sleep(0.02)

    def status(self, host_id: int) -> str | None:
        watched = self.watcher.hosts.get(host_id)
        return watched.status(system_clock()) if watched else None

    def kinds(self, host_id: int) -> list[str]:
        return [c.kind for c in self.changes if c.host_id == host_id and c.kind != "checked"]

    async def stop(self) -> None:
        self._task.cancel()
        self._listener.cancel()
        await asyncio.wait([self._task, self._listener])


@pytest.fixture
async def watch(
    database: Database, resolver: Resolver, trust: Trust
) -> AsyncIterator[Callable[..., Running]]:
    async with AsyncExitStack() as stack:

        def start(probe: Any = None) -> Running:
            probe = probe or Prober(resolver, trust, system_clock, pings=1).probe
            running = Running(Watcher(database, probe, _SETTINGS, system_clock))
            stack.push_async_callback(running.stop)
            return running

        yield start


async def test_down_and_up_again(
    hosts: WatchedHosts, watch: Callable[..., Running], database: Database
) -> None:
    page = Page()
    async with serving(page):
        await hosts.add(NewHost(f"http://127.0.0.1:{page.port}/", "http", interval_s=1, retries=1))
        running = watch()
        await running.until(lambda: running.status(1) == "up")
    await running.until(lambda: running.status(1) == "down")
    async with serving(page):
        await running.until(lambda: "incident_closed" in running.kinds(1))
    await running.stop()
    found = await hosts.incidents([1])
    assert len(found) == 1 and found[0].ended is not None
    assert found[0].began < found[0].ended
    assert "refused the connection" in found[0].cause
    kinds = running.kinds(1)
    assert kinds.index("incident_opened") < kinds.index("incident_closed")
    async with database.reading() as connection:
        kept = await connection.scalar(select(func.count()).select_from(results))
    told = [change for change in running.changes if change.kind == "checked"]
    assert kept == len(told) >= 4, "what was told is what was kept"
    assert running.watcher.snapshot().missed == 0


async def test_what_others_change_is_seen(hosts: WatchedHosts, watch: Callable[..., Running]) -> None:
    running = watch()
    await running.ready.wait()
    async with serving(Page()) as page:
        url = f"http://127.0.0.1:{page.port}/"
        await hosts.add(NewHost(url, "http", interval_s=86400, retries=0))
        await running.until(lambda: running.status(1) == "up")
        await hosts.set_maintenance(1, system_clock(), system_clock() + timedelta(hours=1))
        await running.until(lambda: running.status(1) == "maintenance")
        await hosts.end_maintenance(1)
        await running.until(lambda: running.status(1) == "up")
        await hosts.edit(1, HostChanges(enabled=False))
        await running.until(lambda: running.status(1) == "paused")
        asked = len(page.requests)
        await hosts.edit(1, HostChanges(enabled=True, interval_s=1))
        await running.until(lambda: len(page.requests) > asked)
        await hosts.delete(1)
        await running.until(lambda: running.status(1) is None)
    assert not running.watcher.hosts and len(page.requests) > asked


async def test_what_agents_send_is_judged_once(
    hosts: WatchedHosts, watch: Callable[..., Running], database: Database
) -> None:
    async with database.writing() as connection:
        row = {
            "owner_id": None, "name": "oslo", "city": "", "country": "", "token_hash": "x", "abilities": ["icmp"],
            "version": "1", "load_pct": 0, "online": True, "created": system_clock(),
        }  # fmt: skip
        agent_id = await connection.scalar(agents.insert().values(row).returning(agents.c.id))
    await hosts.add(NewHost("127.0.0.1", "icmp", interval_s=60, retries=1, agent_location="oslo"))
    running = watch()
    await running.ready.wait()
    begin = system_clock() - timedelta(minutes=10)
    readings = [
        Reading(begin + timedelta(minutes=n), ok, 5.0 if ok else None, None if ok else "no reply")
        for n, ok in enumerate([True, True, False, False, False, True, True])
    ]
    async with database.writing() as connection:
        await connection.execute(
            inbox.insert(),
            [{"agent_id": agent_id, "host_id": 1, "at": r.at, "reading": r.to_json()} for r in readings],
        )
    await running.until(lambda: len([c for c in running.changes if c.kind == "checked"]) == len(readings))
    assert running.watcher.snapshot().started == 0, "the watcher does not check it by itself"
    async with database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(inbox)) == 0
        assert (await connection.scalars(select(results.c.agent).distinct())).all() == ["oslo"]
        closed = (await connection.execute(select(incidents))).one()
    assert (closed.began, closed.ended) == (
        readings[2].at.replace(microsecond=readings[2].at.microsecond // 1000 * 1000),
        readings[5].at.replace(microsecond=readings[5].at.microsecond // 1000 * 1000),
    )


async def test_a_slow_host_misses_its_own_ticks_only(
    hosts: WatchedHosts, watch: Callable[..., Running]
) -> None:
    stuck = asyncio.Event()

    async def probe(spec: ProbeSpec) -> Reading:
        if spec.address == "127.0.0.1":
            await stuck.wait()
        return Reading(system_clock(), True, 1.0)

    await hosts.add(NewHost("127.0.0.1", "icmp", interval_s=1))
    await hosts.add(NewHost("127.0.0.2", "icmp", interval_s=1))
    running = watch(probe)
    await running.until(lambda: running.watcher.snapshot().missed >= 1)
    assert running.status(2) == "up" and running.status(1) == "pending"
    await running.until(lambda: len([c for c in running.changes if c.kind == "checked"]) >= 2)


async def test_an_error_of_ours_in_one_check_leaves_the_others(
    hosts: WatchedHosts, watch: Callable[..., Running], caplog: pytest.LogCaptureFixture
) -> None:
    async def probe(spec: ProbeSpec) -> Reading:
        if spec.address == "127.0.0.1":
            raise RuntimeError("a mistake")
        return Reading(system_clock(), True, 1.0)

    await hosts.add(NewHost("127.0.0.1", "icmp", interval_s=1))
    await hosts.add(NewHost("127.0.0.2", "icmp", interval_s=1))
    running = watch(probe)
    await running.until(lambda: running.status(2) == "up" and running.watcher.snapshot().faults)
    assert "The check of host 1 ended by an internal error." in caplog.text


async def test_a_second_watcher_is_refused_and_a_standby_takes_over(
    database: Database, database_url: str
) -> None:
    first = RunnerLock(database, system_clock)
    token = await first.acquire()
    async with await open_database(database_url) as other:
        second = RunnerLock(other, system_clock)
        with pytest.raises(AlreadyWatched, match=r"Another watcher runs on .*process \d+ since .*--standby"):
            await second.acquire()
        standby = asyncio.create_task(second.acquire(wait=True))
        await asyncio.sleep(0.1)
        assert not standby.done()
        await first.release()
        async with asyncio.timeout(30):
            assert await standby > token
        await second.release()


async def test_a_broken_connection_to_postgresql_is_made_anew_or_found_taken(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitoring.watch.lock._LIVENESS_S", 0.1)
    database = await open_database(postgresql_url)
    lock = RunnerLock(database, system_clock)
    await lock.acquire()
    keeping = asyncio.create_task(lock.keep())
    killer = await asyncpg.connect(postgresql_url)
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7251902"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    held = kill.replace("pg_terminate_backend(pid)", "count(*)")
    await killer.execute(kill)
    async with asyncio.timeout(30):
        while not await killer.fetchval(held):
            await asyncio.sleep(0.05)
    assert not keeping.done(), "taken anew"
    await killer.execute(kill)
    async with asyncio.timeout(30):
        while not await killer.fetchval("SELECT pg_try_advisory_lock(7251902)"):
            await killer.execute(kill)
        with pytest.raises(RunnerLost):
            await keeping
    await killer.close()
    await lock.release()
    await database.aclose()


async def test_who_runs_is_written_down(database: Database, clock: SetClock) -> None:
    lock = RunnerLock(database, clock)
    assert await lock.acquire() == 1
    async with database.reading() as connection:
        row = (await connection.execute(select(runner))).one()
    assert row.token == 1 and "process" in row.holder and row.since == clock()
    await lock.release()


async def test_metrics_have_blackbox_exporters_names(
    hosts: WatchedHosts, watch: Callable[..., Running]
) -> None:
    async with serving(Page()) as page:
        url = f"http://bob:hunter2@127.0.0.1:{page.port}/"
        await hosts.add_with(NewHost(url, "http"), HostOptions(name='the "shop"'))
        await hosts.add(NewHost("127.0.0.1", "tcp", port=1, retries=0))
        running = watch()
        await running.until(lambda: running.status(1) == "up" and running.status(2) == "down")
        with serving_metrics(WatchCollector(running.watcher), "127.0.0.1", 0) as (host, port):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
            text = (await reader.read()).decode()
            writer.close()
            await writer.wait_closed()
            with (
                pytest.raises(MetricsError, match="cannot be served"),
                serving_metrics(WatchCollector(running.watcher), "127.0.0.1", port),
            ):
                pass
    assert "hunter2" not in text
    values = {
        (
            sample.name,
            sample.labels.get("host_id"),
            sample.labels.get("phase") or sample.labels.get("status"),
        ): (sample.value)
        for family in text_string_to_metric_families(text.partition("\r\n\r\n")[2])
        for sample in family.samples
    }
    assert values["probe_success", "1", None] == 1 and values["probe_success", "2", None] == 0
    assert values["probe_http_status_code", "1", None] == 200
    assert values["probe_http_duration_seconds", "1", "connect"] > 0
    assert values["probe_duration_seconds", "2", None] > 0
    assert values["smallwatch_hosts", None, "up"] == 1 and values["smallwatch_hosts", None, "down"] == 1
    assert values["smallwatch_database_up", None, None] == 1
    assert values["smallwatch_missed_ticks_total", None, None] == 0
