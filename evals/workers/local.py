"""The run's side of a worker on this machine."""

from __future__ import annotations

import asyncio
import itertools
import signal
import sys

from evals.workers.messages import Answer, Failure, Opened, Opening, Request
from evals.workers.pool import WorkerLost
from evals.workers.process import frame, read_frame
from providers.base import ProviderUnavailable

_STDERR_KEPT = 2000
_END_S = 5.0


class LocalWorker:
    """A process with one model; implements `evals.workers.pool.Worker`."""

    def __init__(self, opening: Opening) -> None:
        """Starts nothing yet."""
        self._opening = opening
        self._process: asyncio.subprocess.Process | None = None
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stderr = b""
        self._lost = ""

    @property
    def pids(self) -> tuple[int, ...]:
        """The process, while it runs."""
        running = self._process is not None and self._process.returncode is None
        return (self._process.pid,) if self._process is not None and running else ()

    async def start(self) -> Opened:
        """Starts the process and its model.

        Raises:
            ProviderError: The model cannot be opened, or the process died.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "evals.workers.process",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._process = process
        self._tasks.append(asyncio.create_task(self._collect_errors(process)))
        await self._send(self._opening)
        opened = None if process.stdout is None else await read_frame(process.stdout)
        if isinstance(opened, Failure):
            await self.aclose()
            raise opened.error()
        if not isinstance(opened, Opened):
            said = await self._obituary(process)
            await self.aclose()
            raise ProviderUnavailable(f"{said} before it could open its model")
        self._tasks.append(asyncio.create_task(self._collect(process)))
        return opened

    async def ask(self, request: Request) -> Answer:
        """Makes one reply.

        Raises:
            WorkerLost: The process died.
        """
        number = next(self._numbers)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        try:
            if self._lost:
                raise WorkerLost(self._lost)
            await self._send((number, request))
            return await answered
        except asyncio.CancelledError:
            await asyncio.shield(self._send((number, None)))
            raise
        finally:
            del self._waiting[number]

    async def aclose(self) -> None:
        """Ends the process, at first by closing its input."""
        process = self._process
        if process is not None and process.returncode is None:
            if process.stdin is not None:
                process.stdin.close()
            try:
                async with asyncio.timeout(_END_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _send(self, value: object) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return
        try:
            process.stdin.write(frame(value))
            await process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            # Its end is told by `_collect`, to all who wait.
            return

    async def _collect(self, process: asyncio.subprocess.Process) -> None:
        while process.stdout is not None and (message := await read_frame(process.stdout)) is not None:
            number, answered = message
            if number in self._waiting and not self._waiting[number].done():
                self._waiting[number].set_result(answered)
        self._lost = await self._obituary(process)
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(WorkerLost(self._lost))

    async def _collect_errors(self, process: asyncio.subprocess.Process) -> None:
        while process.stderr is not None and (data := await process.stderr.read(4096)):
            self._stderr = (self._stderr + data)[-_STDERR_KEPT:]

    async def _obituary(self, process: asyncio.subprocess.Process) -> str:
        code = await process.wait()
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit status {code}"
        lines = self._stderr.decode("utf-8", "replace").strip().splitlines()
        return f"a worker's process ended {how}{': ' + lines[-1] if lines else ''}"
