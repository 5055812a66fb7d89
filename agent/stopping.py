"""Ends waits: when the user cancels, or when time is up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Collection, Generator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

T = TypeVar("T")

#: Seconds that cancelled work has to end; after that it is left behind.
GRACE_S = 0.5


class CancelToken:
    """Lets whoever holds it end a turn, from the same event loop."""

    def __init__(self) -> None:
        """Starts not cancelled."""
        self.cancelled = False
        self._waits: set[asyncio.Timeout] = set()

    def cancel(self) -> None:
        """Ends the turn; more than once is the same as once."""
        self.cancelled = True
        for wait in self._waits:
            _end(wait)

    @contextmanager
    def watching(self, wait: asyncio.Timeout) -> Generator[None]:
        """Lets `cancel` end a wait."""
        if self.cancelled:
            _end(wait)
        self._waits.add(wait)
        try:
            yield
        finally:
            self._waits.discard(wait)


def _end(wait: asyncio.Timeout) -> None:
    if not wait.expired():
        wait.reschedule(asyncio.get_running_loop().time())


class Stopped(Exception):
    """The turn must end now."""

    def __init__(self, reason: Literal["cancelled", "time"]) -> None:
        """Says why."""
        super().__init__(reason)
        self.reason: Literal["cancelled", "time"] = reason


class Stop:
    """The end of a turn: a token that may be cancelled, and a time."""

    def __init__(self, seconds: float, token: CancelToken | None = None) -> None:
        """Starts the clock; `seconds` is the time that the turn has."""
        self._token = token or CancelToken()
        self._deadline = asyncio.get_running_loop().time() + seconds

    @property
    def seconds_left(self) -> float:
        """Seconds until time is up."""
        return max(0.0, self._deadline - asyncio.get_running_loop().time())

    def check(self) -> None:
        """Raises `Stopped` if the turn must end."""
        if self._token.cancelled:
            raise Stopped("cancelled")
        if self.seconds_left == 0:
            raise Stopped("time")

    async def wait(self, work: Awaitable[T], *, timed: bool = True) -> T:
        """Awaits something for as long as the turn may go on.

        Args:
            work: What to wait for; it is cancelled at the end of the turn.
            timed: Whether the wait counts; for people, who are asked, the clock stands still.

        Raises:
            Stopped: The turn must end.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        wait = asyncio.timeout_at(self._deadline if timed else None)
        try:
            async with wait:
                with self._token.watching(wait):
                    return await work
        except TimeoutError:
            if not wait.expired():
                raise
            raise Stopped("cancelled" if self._token.cancelled else "time") from None
        finally:
            if not timed:
                self._deadline += loop.time() - began

    async def items(self, stream: AsyncIterator[T]) -> AsyncGenerator[T, None]:
        """Yields what a stream yields for as long as the turn may go on.

        The stream runs in a task of its own, so that a stream that does not end when it is told to delays
        nobody, and so that its time-outs never hit whoever consumes this one.

        Raises:
            Stopped: The turn must end.
        """
        queue: asyncio.Queue[T | _End] = asyncio.Queue()

        async def pump() -> None:
            try:
                async for item in stream:
                    queue.put_nowait(item)
            finally:
                queue.put_nowait(_END)

        task = asyncio.create_task(pump())
        try:
            while True:
                item = await self.wait(queue.get()) if queue.empty() else queue.get_nowait()
                if isinstance(item, _End):
                    break
                self.check()
                yield item
            await task
        finally:
            await abandon([task])


class _End:
    """Marks the end of a stream."""


_END = _End()


async def abandon(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancels tasks and waits for them, but not for long."""
    for task in tasks:
        task.cancel()
        task.add_done_callback(_read)
    if tasks:
        await asyncio.wait(tasks, timeout=GRACE_S)


def _read(task: asyncio.Task[Any]) -> None:
    """Takes note of how a task ended that nobody waits for any more."""
    if not task.cancelled():
        task.exception()
