"""Starts each check when it is due, and counts what could not be started in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from monitoring.watch.timetable import Timetable

_log = logging.getLogger(__name__)

_IDLE_S: Final = 3600.0

#: Checks a host, by its id; returns the seconds after which to check it again before its next turn, if at all.
CheckHost = Callable[[int], Awaitable[float | None]]


@dataclass(slots=True)
class Counters:
    """What the scheduler has done.

    Attributes:
        started: Checks that were started.
        missed_late: Ticks that went by because this process was too late.
        missed_busy: Ticks that went by because the host was still being checked.
        faults: Checks that ended by an error of ours.
        latest_s: The longest that a check had to wait for its start.
    """

    started: int = 0
    missed_late: int = 0
    missed_busy: int = 0
    faults: int = 0
    latest_s: float = 0.0

    @property
    def missed(self) -> int:
        """All missed ticks."""
        return self.missed_late + self.missed_busy


class Scheduler:
    """Runs checks at their times."""

    def __init__(self, check: CheckHost, at_once: int) -> None:
        """Takes what checks a host, and how many checks may run at the same time."""
        self._check = check
        self._slots = asyncio.Semaphore(at_once)
        self._timetable = Timetable()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self.counters = Counters()

    @property
    def running(self) -> int:
        """Checks that run now, or wait for a place."""
        return len(self._running)

    def put(self, host_id: int, interval_s: float, first_in_s: float) -> None:
        """Checks a host from so many seconds on at its interval."""
        self._timetable.put(host_id, interval_s, asyncio.get_running_loop().time() + first_in_s)
        self._changed.set()

    def remove(self, host_id: int) -> None:
        """Checks a host no more; a check that runs is stopped."""
        self._timetable.remove(host_id)
        task = self._running.get(host_id)
        if task is not None:
            task.cancel()

    async def run(self) -> None:
        """Runs until cancelled, and then stops what still runs."""
        try:
            while True:
                self._start_due()
                await self._sleep()
        finally:
            await self._stop()

    def _start_due(self) -> None:
        loop = asyncio.get_running_loop()
        while (due := self._timetable.pop(loop.time())) is not None:
            self.counters.missed_late += due.missed
            self.counters.latest_s = max(self.counters.latest_s, due.late_s)
            if due.host_id in self._running:
                self.counters.missed_busy += not due.extra
                continue
            self.counters.started += 1
            task = loop.create_task(self._one(due.host_id))
            self._running[due.host_id] = task
            task.add_done_callback(lambda done, host_id=due.host_id: self._ended(host_id, done))

    async def _one(self, host_id: int) -> None:
        async with self._slots:
            again_s = await self._check(host_id)
        if again_s is not None:
            self._timetable.retry(host_id, asyncio.get_running_loop().time() + again_s)
            self._changed.set()

    def _ended(self, host_id: int, task: asyncio.Task[None]) -> None:
        del self._running[host_id]
        if not task.cancelled() and task.exception() is not None:
            self.counters.faults += 1
            _log.error("The check of host %d ended by an internal error.", host_id, exc_info=task.exception())

    async def _sleep(self) -> None:
        self._changed.clear()
        moment = self._timetable.next_time()
        now = asyncio.get_running_loop().time()
        wait_s = _IDLE_S if moment is None else moment - now
        if wait_s <= 0:
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(wait_s):
                await self._changed.wait()
        except TimeoutError:
            pass

    async def _stop(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
