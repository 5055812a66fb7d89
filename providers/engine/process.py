"""The engine's process as its parent sees it: started, spoken with, watched, ended."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import cast

from providers.base import ProviderRejected, ProviderTimeout, ProviderUnavailable
from providers.engine.protocol import Failed, FromEngine, Load, Ready, read, write

#: Bytes of one line between the processes at most.
_LINE_LIMIT = 64 * 2**20
_STDERR_KEPT = 2000
#: Seconds that the process has to end by itself: it writes states that wait to be written.
_GRACE_S = 3.0
#: What the child runs: this very package, wherever it is started, and nothing that lies in the folder it is started in.
_RUN = """import sys
if sys.argv[1] not in sys.path:
    sys.path.insert(0, sys.argv[1])
from providers.engine.worker import main
main()"""
_HOME = str(Path(__file__).parents[2])


class EngineProcess:
    """One child, from its start to its end; a new one is made after it."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self._name = name
        self._process = process
        self._stderr = b""
        self._tasks = [asyncio.create_task(self._collect_errors())]
        self._ended: asyncio.Task[None] | None = None

    @classmethod
    async def spawn(cls, name: str) -> EngineProcess:
        """Starts a child that waits for `Load`, or takes the one that was started ahead."""
        waiting = _ahead.get()
        while waiting:
            found = waiting.pop()
            if found.alive:
                found._name = name
                return found
            await found.end()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-c", _RUN, _HOME,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
        )  # fmt: skip
        return cls(name, process)

    @property
    def pid(self) -> int:
        """The child's number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs, as far as is known."""
        return self._process.returncode is None and self._ended is None

    async def load(self, load: Load, timeout_s: float) -> Ready:
        """Has the child open a model.

        Raises:
            ProviderRejected: The file cannot be loaded.
            ProviderUnavailable: The child died.
            ProviderTimeout: It took too long.
        """
        try:
            async with asyncio.timeout(timeout_s):
                with contextlib.suppress(ProviderUnavailable):
                    await self.send(write(load))
                line = await self._stdout.readline()
        except TimeoutError:
            raise ProviderTimeout(
                f"{self._name} did not load within {timeout_s:.0f} s; its process was stopped"
            ) from None
        if not line:
            raise ProviderUnavailable(await self.obituary(f"while loading {self._name}"))
        answer = read(line)
        if isinstance(answer, Failed):
            raise ProviderRejected(answer.message)
        if not isinstance(answer, Ready):
            raise ProviderUnavailable("the engine answered out of turn")
        return answer

    @property
    def _stdout(self) -> asyncio.StreamReader:
        if self._process.stdout is None:
            raise ProviderUnavailable("the engine has no pipes")
        return self._process.stdout

    async def send(self, line: bytes) -> None:
        """Sends one message.

        Raises:
            ProviderUnavailable: The child is dead.
        """
        stdin = self._process.stdin
        try:
            if stdin is None or not self.alive:
                raise BrokenPipeError
            stdin.write(line)
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise ProviderUnavailable(f"the engine of {self._name} died") from None

    def listen(self, heard: Callable[[FromEngine], None], died: Callable[[], None]) -> None:
        """Hands every message on, and tells when there will be no more."""

        async def collect() -> None:
            try:
                while line := await self._stdout.readline():
                    heard(cast("FromEngine", read(line)))
            except ValueError:
                # Half a line, or none of ours: whatever wrote it cannot be trusted to go on.
                self._process.kill()
            finally:
                died()

        self._tasks.append(asyncio.create_task(collect()))

    async def _collect_errors(self) -> None:
        stderr = self._process.stderr
        while stderr is not None and (data := await stderr.read(4096)):
            self._stderr = (self._stderr + data)[-_STDERR_KEPT:]

    async def obituary(self, when: str = "") -> str:
        """How the child ended, in words; it has said its last, so the end is near or is brought about."""
        try:
            async with asyncio.timeout(_GRACE_S):
                code = await self._process.wait()
        except TimeoutError:
            self.kill()
            code = await self._process.wait()
        # Another process may hold its pipe open.
        await asyncio.wait(self._tasks[:1], timeout=_GRACE_S)
        how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit status {code}"
        lines = self._stderr.decode("utf-8", "replace").strip().splitlines()
        last = f": {lines[-1]}" if lines else ""
        return f"the engine's process ended {how}{f' {when}' if when else ''}{last}"

    def kill(self) -> None:
        """Ends the child now; `listen` tells."""
        if self._process.returncode is None:
            self._process.kill()

    async def end(self, grace_s: float = _GRACE_S) -> None:
        """Ends the child, kindly at first, and waits for it; may be called again."""
        if self._ended is None:
            self._ended = asyncio.create_task(self._end(grace_s))
        await asyncio.shield(self._ended)

    async def _end(self, grace_s: float) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        # Closing the pipes' transports here keeps them from outliving the loop.
        transport = getattr(self._process, "_transport", None)
        if transport is not None:
            transport.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


_ahead: ContextVar[list[EngineProcess] | None] = ContextVar("started ahead", default=None)


@contextlib.asynccontextmanager
async def started_ahead() -> AsyncGenerator[None]:
    """Starts a child before it is known what it will load, so that it imports while the caller does.

    The first engine that is started in this context takes it; one that nobody took is ended with it.
    """
    waiting = [await EngineProcess.spawn("a model")]
    token = _ahead.set(waiting)
    try:
        yield
    finally:
        _ahead.reset(token)
        for process in waiting:
            await process.end(0.0)
