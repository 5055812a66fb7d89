"""Checks the hosts that an agent was given, each at its interval, whether or not the server is there."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence

from monitoring.agents.messages import Result, WatchedHost

_log = logging.getLogger(__name__)

_AT_ONCE = 50

#: Checks a host once; its result has no number yet.
Probe = Callable[[WatchedHost], Awaitable[Result]]
#: Takes a finished result.
Keep = Callable[[Result], Awaitable[object]]


class Watching:
    """A task for each host; a host whose entry is unchanged keeps its task and so its beat."""

    def __init__(self, probe: Probe, keep: Keep) -> None:
        """Takes what checks a host, and who gets the results."""
        self._probe = probe
        self._keep = keep
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._tasks: dict[WatchedHost, asyncio.Task[None]] = {}

    def watch(self, hosts: Sequence[WatchedHost]) -> None:
        """Checks these hosts from now on, and no others."""
        wanted = set(hosts)
        for host in [host for host in self._tasks if host not in wanted]:
            self._tasks.pop(host).cancel()
        for host in wanted - set(self._tasks):
            task = asyncio.create_task(self._follow(host))
            task.add_done_callback(_note_failure)
            self._tasks[host] = task

    async def aclose(self) -> None:
        """Stops all checks; a check that was running leaves no result."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _follow(self, host: WatchedHost) -> None:
        loop = asyncio.get_running_loop()
        # Spread over the interval, so that many hosts are not checked all in one moment.
        due = loop.time() + random.uniform(0, min(host.interval_s, 60))  # noqa: S311 - no secret
        failures = 0
        while True:
            await asyncio.sleep(due - loop.time())
            async with self._slots:
                result = await self._probe(host)
            await self._keep(result)
            failures = 0 if result.ok else failures + 1
            # While it is not yet decided whether the host is down, checks come early.
            early = 0 < failures <= host.retries
            due = max(due + (min(host.retry_s, host.interval_s) if early else host.interval_s), loop.time())


def _note_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("A host is not checked any more, by an internal error.", exc_info=task.exception())
