"""The parent's side of the engine: starts its process, talks to it, survives its death."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

from providers.base import ProviderRejected, ProviderTimeout, ProviderUnavailable
from providers.engine.protocol import Cancel, Done, Error, Failed, Generate, Load, Piece, Ready, read, write

#: Bytes of one line between the processes at most.
_LINE_LIMIT = 64 * 2**20
_STDERR_KEPT = 2000


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How a model is run.

    Attributes:
        threads: Threads of llama.cpp; no more than there are processors.
        slots: Sequences that are decoded together.
        context: Tokens of one sequence at most.
        state_bytes: Bytes that kept states may take.
        load_timeout_s: Seconds that opening the file may take.
    """

    threads: int = 6
    slots: int = 16
    context: int = 8192
    state_bytes: int = 256 * 2**20
    load_timeout_s: float = 120.0


class Engine:
    """One model in a process of its own, started when first used and again after it died."""

    def __init__(self, path: Path, options: EngineOptions) -> None:
        self._path = path
        self._options = options
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._ids = itertools.count(1)
        self._inboxes: dict[int, asyncio.Queue[Piece | Done | Error | None]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stderr = b""
        self.ready: Ready | None = None

    async def start(self) -> Ready:
        """Starts the process, if it does not run, and returns what the file says of itself.

        Raises:
            ProviderRejected: The file cannot be loaded.
            ProviderUnavailable: The process died while loading.
            ProviderTimeout: Loading took too long.
        """
        async with self._starting:
            if self._process is None or self._process.returncode is not None or self.ready is None:
                await self._start()
            if self.ready is None:
                raise ProviderUnavailable(f"the engine for {self._path.name} did not start")
            return self.ready

    async def _start(self) -> None:
        await self._stop()
        self._stderr = b""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "providers.engine.worker",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
        )  # fmt: skip
        self._process = process
        self._tasks = [asyncio.create_task(self._collect_errors(process))]
        options = self._options
        load = Load(str(self._path), options.threads, options.slots, options.context, options.state_bytes)
        try:
            async with asyncio.timeout(options.load_timeout_s):
                line = await self._ask(process, load)
        except TimeoutError:
            await self._stop()
            raise ProviderTimeout(
                f"{self._path.name} did not load within {options.load_timeout_s:.0f} s; its process was stopped"
            ) from None
        if not line:
            raise ProviderUnavailable(await self._obituary(process, f"while loading {self._path.name}"))
        answer = read(line)
        if isinstance(answer, Failed):
            await self._stop()
            raise ProviderRejected(answer.message)
        if not isinstance(answer, Ready):
            await self._stop()
            raise ProviderUnavailable("the engine answered out of turn")
        self.ready = answer
        self._tasks.append(asyncio.create_task(self._collect(process)))

    async def _ask(self, process: asyncio.subprocess.Process, message: Load) -> bytes:
        if process.stdin is None or process.stdout is None:
            raise ProviderUnavailable("the engine has no pipes")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(write(message))
            await process.stdin.drain()
        return await process.stdout.readline()

    async def generate(self, request: Generate) -> AsyncGenerator[Piece | Done, None]:
        """Makes one completion.

        Args:
            request: What is asked; its id is replaced.

        Yields:
            Pieces, then one `Done`. Closing the iterator cancels the request.

        Raises:
            ProviderRejected: The request cannot be served.
            ProviderUnavailable: The engine's process died.
        """
        await self.start()
        request = replace(request, id=next(self._ids))
        inbox: asyncio.Queue[Piece | Done | Error | None] = asyncio.Queue()
        self._inboxes[request.id] = inbox
        finished = False
        try:
            await self._send(write(request))
            while True:
                message = await inbox.get()
                if message is None:
                    finished = True
                    raise ProviderUnavailable(
                        f"the engine of {self._path.name} died; the next request starts it again"
                    )
                if isinstance(message, Error):
                    finished = True
                    raise ProviderRejected(message.message)
                finished = isinstance(message, Done)
                yield message
                if finished:
                    return
        finally:
            del self._inboxes[request.id]
            if not finished:
                with contextlib.suppress(ProviderUnavailable):
                    await self._send(write(Cancel(request.id)))

    async def _send(self, line: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None or process.returncode is not None:
            raise ProviderUnavailable(f"the engine of {self._path.name} is not running")
        try:
            process.stdin.write(line)
            await process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise ProviderUnavailable(f"the engine of {self._path.name} died") from None

    async def _collect(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        while line := await process.stdout.readline():
            message = read(line)
            if isinstance(message, Piece | Done | Error) and message.id in self._inboxes:
                self._inboxes[message.id].put_nowait(message)
        self.ready = None
        for inbox in self._inboxes.values():
            inbox.put_nowait(None)

    async def _collect_errors(self, process: asyncio.subprocess.Process) -> None:
        if process.stderr is None:
            return
        while data := await process.stderr.read(4096):
            self._stderr = (self._stderr + data)[-_STDERR_KEPT:]

    async def _obituary(self, process: asyncio.subprocess.Process, when: str) -> str:
        code = await process.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit status {code}"
        lines = self._stderr.decode("utf-8", "replace").strip().splitlines()
        last = f": {lines[-1]}" if lines else ""
        return f"the engine's process ended {how} {when}{last}"

    async def _stop(self) -> None:
        process, self._process, self.ready = self._process, None, None
        if process is not None and process.returncode is None:
            process.kill()
        if process is not None:
            await process.wait()
            # Closing the pipes' transports here keeps them from outliving the loop.
            transport = getattr(process, "_transport", None)
            if transport is not None:
                transport.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def aclose(self) -> None:
        """Ends the process."""
        await self._stop()
