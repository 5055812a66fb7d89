"""Workers behind one provider: a request goes to the one that has the least to do; a lost one is replaced."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from evals.footprint import Housed
from evals.whole_reply import chunks_of
from evals.workers.messages import Answer, Failure, Opened, Request, request_of
from providers.base import (
    Chunk,
    Message,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    Settings,
    ToolSpec,
)
from providers.info import ModelInfo

log = logging.getLogger(__name__)


class WorkerLost(ProviderUnavailable):
    """A worker died, and with it every request that it had."""


class Worker(Protocol):
    """A process that has a model, somewhere."""

    async def start(self) -> Opened:
        """Starts it and its model.

        Raises:
            ProviderError: The model cannot be opened, or the worker died.
        """
        ...

    async def ask(self, request: Request) -> Answer:
        """Makes one reply.

        Raises:
            WorkerLost: It died.
        """
        ...

    async def aclose(self) -> None:
        """Ends it."""
        ...


@dataclass(eq=False, slots=True)
class _Place:
    """A place for a worker.

    Attributes:
        worker: Who is there; None while it is replaced.
        busy: Requests that it has.
        ended: Whether it could not be replaced.
        starting: Workers that have been made and are not here yet, or no more.
    """

    worker: Worker | None = None
    busy: int = 0
    ended: bool = False
    starting: set[Worker] = field(default_factory=set[Worker])


class WorkerPool:
    """Implements `providers.info.DescribedProvider` by workers.

    What a lost worker had under way raises `ProviderUnavailable`, and the run asks it again: a case that was
    answered was stored, and is not asked twice.
    """

    def __init__(
        self,
        make: Callable[[], Worker],
        count: int,
        capacity: int,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        """Prepares workers.

        Args:
            make: Makes a worker that is not started.
            count: How many there are.
            capacity: Requests that one has under way at a time.
            on_close: Called when all have ended.
        """
        self.name = "workers"
        self.info = ModelInfo("not open")
        self._make = make
        self._capacity = capacity
        self._on_close = on_close
        self._places = [_Place() for _ in range(count)]
        self._opened: Opened | None = None
        self._changed = asyncio.Condition()
        self._replacing: set[asyncio.Task[None]] = set()

    @property
    def count(self) -> int:
        """How many workers there are."""
        return len(self._places)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of the workers that are on this machine."""
        workers = [place.worker for place in self._places]
        return tuple(pid for worker in workers if isinstance(worker, Housed) for pid in worker.pids)

    async def start(self) -> None:
        """Starts all workers.

        Raises:
            ProviderRejected: They have different models or code.
            ProviderError: One cannot be started.
        """
        outcomes = await asyncio.gather(
            *(self._fill(place) for place in self._places), return_exceptions=True
        )
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failed:
            await self.aclose()
            raise failed[0]

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncGenerator[Chunk, None]:
        """Has one worker make a reply, whole; see `providers.base.Provider`.

        Raises:
            WorkerLost: The worker died.
            ProviderUnavailable: There is no worker left.
            ProviderError: As the worker's provider raised it.
        """
        place = await self._free()
        worker = place.worker
        if worker is None:
            raise ProviderUnavailable("the worker was lost before it was asked")
        try:
            answer = await worker.ask(request_of(messages, tools, settings))
        except WorkerLost:
            self._replace(place, worker)
            raise
        finally:
            place.busy -= 1
            await asyncio.shield(self._tell())
        if isinstance(answer, Failure):
            raise answer.error()
        for chunk in chunks_of(answer):
            yield chunk

    async def aclose(self) -> None:
        """Ends all workers."""
        for task in self._replacing:
            task.cancel()
        await asyncio.gather(*self._replacing, return_exceptions=True)
        workers = [worker for place in self._places for worker in (place.worker, *place.starting) if worker]
        try:
            await asyncio.gather(*(worker.aclose() for worker in workers))
        finally:
            if self._on_close is not None:
                self._on_close()

    async def _free(self) -> _Place:
        """The place of the worker with the least to do, once one has room; it counts as busy from now on."""
        async with self._changed:
            while True:
                if all(place.ended for place in self._places):
                    raise ProviderUnavailable("no worker is left; see the log for why none could be replaced")
                free = [place for place in self._places if place.worker and place.busy < self._capacity]
                if free:
                    place = min(free, key=lambda place: place.busy)
                    place.busy += 1
                    return place
                await self._changed.wait()

    def _replace(self, place: _Place, lost: Worker) -> None:
        """Begins to replace a worker; all requests that it had come here, and the first one counts."""
        if place.worker is not lost:
            return
        place.worker = None
        place.starting.add(lost)
        task = asyncio.create_task(self._refill(place, lost))
        self._replacing.add(task)
        task.add_done_callback(self._replacing.discard)

    async def _refill(self, place: _Place, lost: Worker) -> None:
        try:
            await lost.aclose()
            place.starting.discard(lost)
            await self._fill(place)
        except ProviderError as error:
            place.ended = True
            log.warning("a lost worker could not be replaced: %s", error)
        finally:
            await asyncio.shield(self._tell())

    async def _fill(self, place: _Place) -> None:
        worker = self._make()
        place.starting.add(worker)
        opened = await worker.start()
        if self._opened is None:
            self._opened = opened
            self.name, self.info = opened.provider, opened.info
        elif opened != self._opened:
            raise ProviderRejected(
                "the workers do not have the same model and code; install the same version on every machine"
            )
        place.starting.discard(worker)
        place.worker = worker

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
