"""Scans as tasks of this process: started, followed and cancelled by their message id."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tools.backend import Checks
from tools.checks.nmap import Nmap
from tools.clock import Clock
from tools.errors import CheckFailed, NotFound, Refused, ToolError
from tools.groups import POST_QUANTUM
from tools.records import (
    Job,
    JobRequest,
    JobState,
    NmapRequest,
    QuantumScanRequest,
    ScannedHost,
    ScannedPort,
)
from tools.resolve import Resolver
from tools.wording import hint

_log = logging.getLogger(__name__)

#: Seconds within which a scan comes back finished instead of as a job.
INLINE_JOB_S = 5.0
_MOST_RUNNING = 4
_MOST_KEPT = 1000
_PORTS_AT_ONCE = 5


@dataclass(slots=True)
class _Entry:
    message_id: str
    function: str
    request: JobRequest
    started: datetime
    addresses: int
    percent: int = 0
    found: tuple[ScannedHost, ...] = ()
    error: str | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def state(self) -> JobState:
        if self.task is None or not self.task.done():
            return "running"
        if self.task.cancelled():
            return "cancelled"
        return "failed" if self.error is not None else "finished"

    def note_failure(self, task: asyncio.Task[None]) -> None:
        """Keeps an error that is not the scan's but ours, so that the job shows as failed."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("The job %s failed.", self.message_id, exc_info=error)
            self.error = f"it ended by an internal error ({type(error).__name__}), which the log has"


class ScanJobs:
    """Implements `tools.backend.Jobs`; jobs live as long as this process."""

    def __init__(
        self,
        nmap: Nmap,
        checks: Checks,
        resolver: Resolver,
        clock: Clock,
        say: Callable[[str], None],
        inline_s: float = INLINE_JOB_S,
    ) -> None:
        """Takes what scans.

        Args:
            nmap: Scans with nmap.
            checks: Tests one port for post-quantum key exchange.
            resolver: Finds and judges addresses.
            clock: Gives the present time.
            say: Is told how a scan had to be done.
            inline_s: Seconds to wait for a scan that was just started.
        """
        self._nmap = nmap
        self._checks = checks
        self._resolver = resolver
        self._clock = clock
        self._say = say
        self._inline_s = inline_s
        self._jobs: dict[str, _Entry] = {}

    async def start(self, function: str, request: JobRequest) -> Job:
        """Starts a scan; one that is short comes back finished.

        Raises:
            Refused: The target may not be scanned, or too many scans are running.
            CheckFailed: Its name does not resolve.
        """
        running = [entry.message_id for entry in self._jobs.values() if entry.state == "running"]
        if len(running) >= _MOST_RUNNING:
            raise Refused(
                f"{len(running)} scans are running ({', '.join(running)}), and no more may; wait for one or"
                " cancel it."
            )
        if isinstance(request, NmapRequest):
            addresses = (await self._nmap.size(request.target)).addresses
        else:
            await self._resolver.find(request.target)
            addresses = 1
        entry = _Entry(f"m-{secrets.token_hex(4)}", function, request, self._clock(), addresses)
        self._forget_oldest()
        self._jobs[entry.message_id] = entry
        entry.task = asyncio.create_task(self._work(entry))
        entry.task.add_done_callback(entry.note_failure)
        await asyncio.wait([entry.task], timeout=self._inline_s)
        return self._view(entry)

    async def get(self, message_id: str) -> Job:
        """Finds a job."""
        return self._view(self._find(message_id))

    async def cancel(self, message_id: str) -> Job:
        """Stops a job; returns when its program is gone."""
        entry = self._find(message_id)
        if entry.task is None or entry.state != "running":
            words = "was already cancelled" if entry.state == "cancelled" else f"has already {entry.state}"
            raise Refused(f"{message_id} {words}, so there is nothing to cancel.", {"state": entry.state})
        entry.task.cancel()
        await asyncio.wait([entry.task])
        return self._view(entry)

    async def aclose(self) -> None:
        """Stops all jobs."""
        tasks = [entry.task for entry in self._jobs.values() if entry.task and not entry.task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _work(self, entry: _Entry) -> None:
        try:
            if isinstance(entry.request, NmapRequest):
                await self._scan(entry, entry.request)
            else:
                await self._quantum(entry, entry.request)
        except ToolError as error:
            entry.error = str(error).rstrip(".")

    async def _scan(self, entry: _Entry, request: NmapRequest) -> None:
        def tell(percent: int) -> None:
            entry.percent = percent

        scan = await self._nmap.scan(request, tell)
        for note in scan.notes:
            self._say(note)
        entry.found, entry.percent = scan.hosts, 100

    async def _quantum(self, entry: _Entry, request: QuantumScanRequest) -> None:
        slots = asyncio.Semaphore(_PORTS_AT_ONCE)
        done = 0

        async def one(port: int) -> ScannedPort | None:
            nonlocal done
            async with slots:
                try:
                    outcome = await self._checks.quantum(request.target, port, POST_QUANTUM)
                except CheckFailed:
                    return None
                finally:
                    done += 1
                    entry.percent = min(99, 100 * done // len(request.ports))
            return ScannedPort(port, "tls", group=outcome.group, quantum_safe=outcome.quantum_safe)

        ports = await asyncio.gather(*(one(port) for port in request.ports))
        address = str((await self._resolver.find(request.target)).address)
        kept = tuple(port for port in ports if port is not None)
        entry.found, entry.percent = (ScannedHost(address, request.target, kept),), 100

    def _find(self, message_id: str) -> _Entry:
        if message_id in self._jobs:
            return self._jobs[message_id]
        raise NotFound(
            f"No long-running call has the message_id {message_id}.{hint(message_id, self._jobs)}"
            " Use the id that the call returned when it was started."
        )

    def _forget_oldest(self) -> None:
        ended = [key for key, entry in self._jobs.items() if entry.state != "running"]
        for key in ended[: max(0, len(self._jobs) - _MOST_KEPT + 1)]:
            del self._jobs[key]

    def _view(self, entry: _Entry) -> Job:
        state = entry.state
        elapsed = (self._clock() - entry.started).total_seconds()
        known = state == "running" and entry.percent > 0
        return Job(
            message_id=entry.message_id,
            function=entry.function,
            request=entry.request,
            state=state,
            progress_pct=100 if state == "finished" else entry.percent,
            started=entry.started,
            seconds_left=elapsed * (100 - entry.percent) / entry.percent if known else None,
            addresses=entry.addresses,
            found=entry.found if state == "finished" else (),
            error=entry.error,
        )
