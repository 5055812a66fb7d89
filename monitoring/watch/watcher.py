"""Watches hosts: checks each at its interval, judges what was found, and hands it to the recorder."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from monitoring.changes import FROM_OUTSIDE, Broadcast, Change, changes_after, last_change
from monitoring.database.engine import Database
from monitoring.database.errors import DatabaseUnavailable
from monitoring.history.housekeeping import Retention, forget, roll_up
from monitoring.hosts.host import ProbeSpec
from monitoring.hosts.store import MOST_IDS, load_standings
from monitoring.notify.notifier import Notifier
from monitoring.probe.reading import Reading
from monitoring.record.recorder import Recorder
from monitoring.record.steps import Step
from monitoring.watch.inbox import Inbox
from monitoring.watch.lock import RunnerLock
from monitoring.watch.scheduler import Scheduler
from monitoring.watch.snapshot import Snapshot
from monitoring.watch.watched import Watched, watched_from
from settings.schema import MonitoringSettings
from tools.clock import Clock

_log = logging.getLogger(__name__)

_POLL_S: Final = 1.0
_HOUSEKEEPING_S: Final = 60.0
#: Hosts whose time has come while nobody watched are checked at this rate at the start.
_FIRST_CHECKS_A_SECOND: Final = 25.0
_FINISH_S: Final = 10.0

#: Checks a host once.
Probe = Callable[[ProbeSpec], Awaitable[Reading]]


class Watcher:
    """The scheduler on a database; one at a time."""

    def __init__(
        self,
        database: Database,
        probe: Probe,
        settings: MonitoringSettings,
        clock: Clock,
        notifier: Notifier | None = None,
    ) -> None:
        """Takes what it works with.

        Args:
            database: Where hosts and results are.
            probe: Checks a host once, from this machine.
            settings: The configuration.
            clock: Gives the present time.
            notifier: Sends alerts; None: nobody is told.
        """
        self._database = database
        self._probe = probe
        self._settings = settings
        self._clock = clock
        self._notifier = notifier
        self._broadcast = Broadcast()
        self._hosts: dict[int, Watched] = {}
        self._recorder = Recorder(database, clock, settings.keep_in_memory, self._publish)
        self._scheduler = Scheduler(self._check, settings.checks_at_once)
        self._inbox = Inbox(database)
        self._seen = 0
        self._lost = 0

    @property
    def hosts(self) -> Mapping[int, Watched]:
        """The hosts in memory, by id; not to be changed."""
        return self._hosts

    @property
    def lost(self) -> int:
        """Results that could not be kept before the watcher ended."""
        return self._lost

    def listen(self) -> AsyncGenerator[Change]:
        """Tells what changes, checks too, as it is kept, until it is closed."""
        return self._broadcast.listen()

    def snapshot(self) -> Snapshot:
        """Tells how it is doing."""
        now = self._clock()
        counters = self._scheduler.counters
        # A copy: others than the loop may ask.
        known = list(self._hosts.values())
        return Snapshot(
            at=now,
            hosts=Counter(watched.status(now) for watched in known),
            elsewhere=sum(watched.host.agent_location is not None for watched in known),
            running=self._scheduler.running,
            started=counters.started,
            missed=counters.missed,
            faults=counters.faults,
            latest_s=counters.latest_s,
            recorder=self._recorder.health,
        )

    async def run(self, *, standby: bool = False, ready: Callable[[], None] | None = None) -> None:
        """Watches until cancelled; what was finished is kept before it returns.

        Args:
            standby: Wait for the end of another watcher instead of giving up.
            ready: Is called when this one watches.

        Raises:
            AlreadyWatched: Another watcher runs on the database.
            RunnerLost: Another watcher has taken over.
            DatabaseUnavailable: The database did not answer at the start.
        """
        lock = RunnerLock(self._database, self._clock)
        token = await lock.acquire(wait=standby)
        try:
            self._seen = await last_change(self._database)
            await self._load()
            if ready is not None:
                ready()
            try:
                await self._work(lock, token)
            finally:
                self._lost = await self._recorder.finish(token, _FINISH_S)
        finally:
            await lock.release()

    async def _work(self, lock: RunnerLock, token: int) -> None:
        jobs = [
            lock.keep(),
            self._recorder.run(token),
            self._scheduler.run(),
            self._follow(),
            self._keep_house(token),
        ]
        if self._notifier is not None:
            jobs.append(self._notifier.run())
        try:
            async with asyncio.TaskGroup() as group:
                for job in jobs:
                    group.create_task(job)
        except ExceptionGroup as failures:
            # They all end with the first; that one says why.
            raise failures.exceptions[0] from None

    async def _check(self, host_id: int) -> float | None:
        watched = self._hosts[host_id]
        reading = await self._probe(watched.host.spec)
        current = self._hosts.get(host_id)
        self._recorder.add(watched.take(reading))
        # One that was changed meanwhile has a new state and new times.
        return watched.again_s(self._settings) if current is watched else None

    def _publish(self, steps: Sequence[Step], changes: Sequence[Change]) -> None:
        if self._notifier is not None and any(change.kind == "alert" for change in changes):
            self._notifier.wake()
        self._inbox.done(step.inbox_id for step in steps)
        if self._broadcast.heard:
            self._broadcast.publish([_checked(step) for step in steps])
            self._broadcast.publish(changes)

    async def _follow(self) -> None:
        """Sees what others change, and what agents send."""
        while True:
            await asyncio.sleep(_POLL_S)
            try:
                await self._see_changes()
                await self._take_inbox()
            except DatabaseUnavailable:
                # The recorder says so.
                continue

    async def _see_changes(self) -> None:
        while news := await changes_after(self._database, self._seen):
            outside = [change for change in news if change.kind in FROM_OUTSIDE]
            if outside:
                await self._load(sorted({change.host_id for change in outside}))
                self._broadcast.publish(outside)
            self._seen = news[-1].seq or self._seen

    async def _take_inbox(self) -> None:
        for arrived in await self._inbox.fetch():
            watched = self._hosts.get(arrived.host_id)
            if watched is None:
                await self._load([arrived.host_id])
                watched = self._hosts.get(arrived.host_id)
            if watched is not None:
                self._recorder.add(watched.take(arrived.reading, arrived.agent, arrived.id))

    async def _load(self, host_ids: Sequence[int] | None = None) -> None:
        """Reads hosts anew, all or some; those that are gone are forgotten."""
        now = self._clock()
        async with self._database.reading() as connection:
            if host_ids is None:
                found = await load_standings(connection, now)
            else:
                parts = [host_ids[i : i + MOST_IDS] for i in range(0, len(host_ids), MOST_IDS)]
                found = [s for part in parts for s in await load_standings(connection, now, host_ids=part)]
        for host_id in set(self._hosts if host_ids is None else host_ids) - {s.host.id for s in found}:
            self._hosts.pop(host_id, None)
            self._scheduler.remove(host_id)
        fresh: list[Watched] = []
        for standing in found:
            known = self._hosts.get(standing.host.id)
            if known is not None and known.host.revision == standing.host.revision:
                continue
            watched = watched_from(standing, self._settings)
            if known is not None:
                watched.reading = known.reading
            self._hosts[standing.host.id] = watched
            fresh.append(watched)
        self._plan(fresh)

    def _plan(self, fresh: Iterable[Watched]) -> None:
        """Says when hosts are due first: where they would be due anyway, those that are overdue one by one."""
        overdue: list[Watched] = []
        now = self._clock()
        for watched in fresh:
            host = watched.host
            if not host.enabled or host.agent_location is not None:
                self._scheduler.remove(host.id)
                continue
            last = watched.state.last_check
            due_s = 0.0 if last is None else (last - now + timedelta(seconds=host.interval_s)).total_seconds()
            if due_s <= 0 or due_s > host.interval_s:
                overdue.append(watched)
            else:
                self._scheduler.put(host.id, host.interval_s, due_s)
        # In any order: neighbours by number are often neighbours on the network.
        random.shuffle(overdue)
        for place, watched in enumerate(overdue):
            self._scheduler.put(watched.host.id, watched.host.interval_s, place / _FIRST_CHECKS_A_SECOND)

    async def _keep_house(self, token: int) -> None:
        settings = self._settings
        keep = Retention(
            timedelta(days=settings.keep_results_days),
            timedelta(days=settings.keep_hours_days),
            timedelta(days=settings.keep_days_days),
        )
        while True:
            try:
                if await roll_up(self._database, token, self._clock()):
                    await forget(self._database, token, self._clock(), keep)
            except DatabaseUnavailable as error:
                _log.info("Housekeeping is put off: %s", error)
            await asyncio.sleep(_HOUSEKEEPING_S)


def _checked(step: Step) -> Change:
    reading = step.reading
    data = {
        "ok": reading.ok,
        "response_ms": reading.response_ms,
        "cause": reading.cause,
        "status": "maintenance" if step.maintenance else step.state.status,
        "agent": step.agent,
    }
    return Change("checked", reading.at, step.host.owner_id, step.host.id, data)
