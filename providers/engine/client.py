"""The parent's side of the engine: starts its process when it is needed, talks to it, survives its death."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from pathlib import Path

from providers.base import (
    ContextOverflow,
    ProviderError,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from providers.engine.backoff import BackOff
from providers.engine.limits import allowance, machine_bytes, resident_bytes
from providers.engine.metrics import EngineMetrics
from providers.engine.process import EngineProcess
from providers.engine.protocol import (
    Accepted,
    Beat,
    Cancel,
    Done,
    Error,
    Failed,
    FromEngine,
    Generate,
    Load,
    Log,
    Piece,
    Queued,
    Ready,
    write,
)

log = logging.getLogger(__name__)

#: A pause before the next start that a request waits for; at longer ones it is refused.
_PATIENCE_S = 1.0
_WATCH_S = 1.0
_ERRORS: dict[str, type[ProviderError]] = {
    "rejected": ProviderRejected,
    "too_long": ContextOverflow,
    "overloaded": ProviderOverloaded,
    "timeout": ProviderTimeout,
    "failed": ProviderUnavailable,
}


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How a model is run.

    Attributes:
        threads: Threads of llama.cpp; no more than there are processors.
        slots: Sequences that are decoded together.
        context: Tokens of one sequence at most; a recurrent model takes what it was trained for.
        state_bytes: Memory that kept states may take.
        state_dir: Folder where states are kept on the disk; None keeps none.
        state_disk_bytes: Bytes that they may take there.
        load_timeout_s: Seconds that opening the file may take.
        queue: Requests that may wait; more are refused.
        queue_wait_s: Seconds that a request may wait for its turn.
        stall_s: Seconds without a sign of life, while there is work, after which the process is ended.
        memory_bytes: Memory that the process may take; None works it out from the file's size.
        deterministic: The same output whatever else runs: each request is decoded alone.
        speculate: Drafts from the prompt where that pays.
    """

    threads: int = 6
    slots: int = 16
    context: int = 8192
    state_bytes: int = 256 * 2**20
    state_dir: Path | None = None
    state_disk_bytes: int = 2 * 2**30
    load_timeout_s: float = 120.0
    queue: int = 256
    queue_wait_s: float = 300.0
    stall_s: float = 120.0
    memory_bytes: int | None = None
    deterministic: bool = False
    speculate: bool = True


@dataclass(slots=True, eq=False)
class _Pending:
    """A request that was sent; None in its inbox says that the process died."""

    inbox: asyncio.Queue[Queued | Piece | Done | Error | None] = field(
        default_factory=lambda: asyncio.Queue[Queued | Piece | Done | Error | None]()
    )
    accepted: bool = False
    started: bool = False


class Engine:
    """One model in a process of its own, started when first used and again after it died."""

    def __init__(self, path: Path, options: EngineOptions, weights: str = "") -> None:
        """Starts nothing.

        Args:
            path: The model's file.
            options: How it is run.
            weights: SHA-256 of the file; without it no states are kept on the disk.
        """
        self._path = path
        self._options = options
        self._weights = weights
        self._process: EngineProcess | None = None
        self._starting = asyncio.Lock()
        self._ids = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._backoff = BackOff()
        self._watcher: asyncio.Task[None] | None = None
        self._heard = 0.0
        self._last_words = ""
        self._burials: set[asyncio.Task[None]] = set()
        self.ready: Ready | None = None
        self.metrics = EngineMetrics()

    @property
    def busy(self) -> bool:
        """Whether requests are under way."""
        return bool(self._pending)

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.alive

    @property
    def pid(self) -> int:
        """The process's number; 0 where there is none."""
        return self._process.pid if self._process is not None else 0

    @property
    def resident_bytes(self) -> int:
        """Memory that the process has in use; 0 where there is none."""
        return (resident_bytes(self._process.pid) or 0) if self._process is not None else 0

    async def start(self) -> Ready:
        """Starts the process, if it does not run, and returns what the file says of itself.

        Raises:
            ProviderRejected: The file cannot be loaded.
            ProviderUnavailable: The process died while loading, or too often to be started again at once.
            ProviderTimeout: Loading took too long.
        """
        async with self._starting:
            if not self.running or self.ready is None:
                await self._start()
            if self.ready is None:
                raise ProviderUnavailable(f"the engine for {self._path.name} did not start")
            return self.ready

    async def _start(self) -> None:
        if self._process is not None:
            # Dead, as is known, but what it said last is not read to its end yet.
            self._mourn(self._process)
        self._check_size()
        wait_s = self._backoff.wait_s()
        if wait_s > _PATIENCE_S:
            raise ProviderUnavailable(
                f"the engine of {self._path.name} ended {self._backoff.deaths} times in a row and is not started "
                f"for {wait_s:.0f} s: {self._last_words}"
            )
        await asyncio.sleep(wait_s)
        await self._end_process()
        process = self._process = await EngineProcess.spawn(self._path.name)
        self.metrics.starts += 1
        try:
            self.ready = await process.load(self._load(), self._options.load_timeout_s)
        except BaseException as error:
            if not isinstance(error, asyncio.CancelledError | ProviderRejected):
                self._count_death(str(error))
            process.kill()
            await self._end_process()
            raise
        self._heard = asyncio.get_running_loop().time()
        process.listen(self._hear, lambda: self._mourn(process))
        self._watcher = asyncio.create_task(self._watch(process))

    def _check_size(self) -> None:
        have = machine_bytes()
        try:
            size = self._path.stat().st_size
        except OSError as error:
            raise ProviderRejected(f"{self._path} cannot be read: {error.strerror}") from None
        if have is not None and size > have:
            raise ProviderRejected(
                f"{self._path.name} has {size / 2**30:.1f} GiB and this machine {have / 2**30:.1f} GiB of memory; "
                "take a smaller format"
            )

    def _load(self) -> Load:
        options = self._options
        memory = options.memory_bytes
        return Load(
            path=str(self._path),
            weights=self._weights,
            threads=options.threads,
            slots=options.slots,
            context=options.context,
            state_bytes=options.state_bytes,
            state_dir=None if options.state_dir is None else str(options.state_dir),
            state_disk_bytes=options.state_disk_bytes,
            memory_bytes=allowance(self._path.stat().st_size, options.state_bytes)
            if memory is None
            else memory,
            queue=options.queue,
            queue_wait_s=options.queue_wait_s,
            deterministic=options.deterministic,
            speculate=options.speculate,
        )

    async def generate(self, request: Generate) -> AsyncGenerator[Queued | Piece | Done, None]:
        """Makes one completion.

        Args:
            request: What is asked; its id is replaced.

        Yields:
            The request's place in the queue, where it waits; pieces; then one `Done`. Closing the iterator
            cancels the request.

        Raises:
            ProviderRejected: The request cannot be served; `ContextOverflow` if it is too long.
            ProviderOverloaded: Too many wait already.
            ProviderTimeout: The deadline passed.
            ProviderUnavailable: The engine's process died.
        """
        for last_try in (False, True):
            pending = _Pending()
            pieces = self._generate(replace(request, id=next(self._ids)), pending)
            try:
                async for message in pieces:
                    yield message
                return
            except ProviderUnavailable:
                # What a dying process never read, another one may serve.
                if last_try or pending.accepted or not pending.started:
                    raise
            finally:
                await pieces.aclose()

    async def _generate(
        self, request: Generate, pending: _Pending
    ) -> AsyncGenerator[Queued | Piece | Done, None]:
        await self.start()
        pending.started = True
        self._pending[request.id] = pending
        if len(self._pending) == 1:
            self._heard = asyncio.get_running_loop().time()
        finished = False
        try:
            await self._send(write(request))
            while not finished:
                message = await pending.inbox.get()
                finished = message is None or isinstance(message, Error | Done)
                yield self._checked(message)
        finally:
            del self._pending[request.id]
            if not finished:
                with contextlib.suppress(ProviderUnavailable):
                    await self._send(write(Cancel(request.id)))

    def _checked(self, message: Queued | Piece | Done | Error | None) -> Queued | Piece | Done:
        if message is None:
            self.metrics.requests["died"] += 1
            raise ProviderUnavailable(
                f"the engine of {self._path.name} died; the next request starts it again"
            )
        if isinstance(message, Error):
            self.metrics.requests[message.kind] += 1
            raise _ERRORS[message.kind](message.message)
        if isinstance(message, Done):
            self._backoff.served()
        return message

    async def _send(self, line: bytes) -> None:
        if self._process is None:
            raise ProviderUnavailable(f"the engine of {self._path.name} is not running")
        await self._process.send(line)

    def _hear(self, message: FromEngine) -> None:
        self._heard = asyncio.get_running_loop().time()
        match message:
            case Queued() | Piece() | Done() | Error():
                if isinstance(message, Done):
                    self.metrics.count(message)
                if message.id in self._pending:
                    self._pending[message.id].inbox.put_nowait(message)
            case Accepted():
                if message.id in self._pending:
                    self._pending[message.id].accepted = True
            case Beat():
                self.metrics.beat = message
            case Log():
                log.log(logging.WARNING if message.level == "warning" else logging.INFO, message.message)
            case Ready() | Failed():
                pass

    def _mourn(self, process: EngineProcess) -> None:
        # One that was ended on purpose, or is mourned already, is not the engine's any more.
        if process is not self._process:
            return
        self._count_death("its process ended while it ran")
        self._process, self.ready = None, None
        for pending in self._pending.values():
            pending.inbox.put_nowait(None)
        self._burials.add(burial := asyncio.create_task(self._bury(process)))
        burial.add_done_callback(self._burials.discard)

    async def _bury(self, process: EngineProcess) -> None:
        self._last_words = await process.obituary()
        log.warning("%s: %s", self._path.name, self._last_words)
        await process.end(0.0)

    def _count_death(self, how: str) -> None:
        self._backoff.died()
        self._last_words = how
        self.metrics.deaths += 1

    async def _watch(self, process: EngineProcess) -> None:
        """Ends a process that has work and shows no sign of life."""
        while True:
            await asyncio.sleep(_WATCH_S)
            silent = asyncio.get_running_loop().time() - self._heard
            if self._pending and silent > self._options.stall_s:
                log.warning("the engine of %s was silent for %.0f s and is ended", self._path.name, silent)
                process.kill()
                return

    async def _end_process(self) -> None:
        process, self._process, self.ready = self._process, None, None
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None
        for pending in self._pending.values():
            pending.inbox.put_nowait(None)
        if process is not None:
            await process.end()

    async def aclose(self) -> None:
        """Ends the process; states that wait to be written are written."""
        await self._end_process()
        await asyncio.gather(*self._burials, return_exceptions=True)
