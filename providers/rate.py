"""How fast a hosted model is asked: token buckets for what its vendor grants, and less of it after a 429.

The buckets are the usual ones (Turner 1986): filled at a steady rate up to what ten seconds grant, emptied by each
request. How many requests are under way adapts as TCP's window does (Chiu and Jain 1989): halved when a request is
refused, grown by one for each round of answers. After a refusal nothing is asked for as long as the server says, or
for a pause that doubles with each further one; then those that were refused come before those that never came.
`providers.retry` stays the one owner of trying again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

_BURST_S = 10.0
_SLOWER = 0.5
#: Part of the granted rate that each answer brings back after a refusal.
_RECOVERY = 0.02
_SLOWEST = 0.05
_LONGEST_PAUSE_S = 120.0
# How long all wait after a refusal that does not say how long: at first, and at most.
_SHORT_PAUSE_S, _DOUBLED_PAUSE_S = 0.25, 8.0


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What a vendor grants; 0 is no limit.

    Attributes:
        requests_per_min: Requests a minute.
        tokens_per_min: Tokens a minute, those of the prompt and those that may be written.
        concurrency: Requests under way at a time.
    """

    requests_per_min: float = 0.0
    tokens_per_min: float = 0.0
    concurrency: int = 0


class TokenBucket:
    """A bucket that fills at a steady rate; taking more than it holds leaves a debt that has to be waited for."""

    def __init__(self, per_min: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Starts full.

        Args:
            per_min: What flows in a minute; 0 never makes anyone wait.
            clock: Tells seconds.
        """
        self._full_rate = per_min / 60
        self._share = 1.0
        self._clock = clock
        self._held = self._most
        self._at = clock()

    @property
    def _most(self) -> float:
        return max(1.0, self._full_rate * _BURST_S)

    def take(self, amount: float) -> float:
        """Takes an amount and says after how many seconds it may be used; later takers wait behind it."""
        if not self._full_rate:
            return 0.0
        self._fill()
        self._held -= amount
        # What is larger than the bucket waits until the bucket is full, or it would wait for ever.
        lacking = -self._held - max(0.0, amount - self._most)
        return max(0.0, lacking / (self._full_rate * self._share))

    def give(self, amount: float) -> None:
        """Gives back what was taken and not used; a negative amount is taken besides."""
        if self._full_rate:
            self._fill()
            self._held = min(self._most, self._held + amount)

    def slow_down(self) -> None:
        """Halves the rate, and empties what was saved up: the vendor counts otherwise than this bucket."""
        if self._full_rate:
            self._fill()
            self._share = max(_SLOWEST, self._share * _SLOWER)
            self._held = min(self._held, 0.0)

    def recover(self) -> None:
        """Brings a part of the rate back."""
        if self._full_rate:
            self._fill()
            self._share = min(1.0, self._share + _RECOVERY)

    def _fill(self) -> None:
        now = self._clock()
        self._held = min(self._most, self._held + (now - self._at) * self._full_rate * self._share)
        self._at = now


@dataclass(slots=True)
class Admission:
    """A request that may be made.

    Attributes:
        tokens: What was taken for it.
        waited_s: Seconds that it waited.
        at: When its present attempt was let in.
        inside: Whether it has a place now; between two attempts it has none.
        returning: It was refused, and comes before those that have no place yet.
    """

    tokens: float
    waited_s: float
    at: float
    inside: bool = True
    returning: bool = False


class Gate:
    """Lets requests to one server in, as fast as it takes them."""

    def __init__(self, limits: RateLimits, clock: Callable[[], float] = time.monotonic) -> None:
        """Starts at what is granted."""
        self._requests = TokenBucket(limits.requests_per_min, clock)
        self._tokens = TokenBucket(limits.tokens_per_min, clock)
        self._most = float(limits.concurrency) if limits.concurrency else float("inf")
        self._window = self._most
        self._running = 0
        self._clock = clock
        self._paused_until = 0.0
        self._pause_s = _SHORT_PAUSE_S
        # How many were refused and have not come back yet.
        self._returning = 0
        self._slowed_at = float("-inf")
        self._room = asyncio.Condition()

    @property
    def window(self) -> float:
        """How many requests may be under way now."""
        return self._window

    @asynccontextmanager
    async def admitted(self, tokens: float) -> AsyncGenerator[Admission]:
        """Waits for a place and for what the buckets grant; no deadline runs meanwhile.

        Args:
            tokens: What the request may cost at most, prompt included.
        """
        began = self._clock()
        admission = Admission(tokens, 0.0, began, inside=False)
        try:
            await self._enter(admission)
            await self._granted(tokens)
            admission.at = self._clock()
            admission.waited_s = admission.at - began
            yield admission
        finally:
            self._leave(admission)
            # Shielded, or a cancelled request would leave those that wait asleep.
            await asyncio.shield(self._tell())

    async def again(self, admission: Admission) -> None:
        """Waits until a request that was refused may be tried again; its own pause is over, not perhaps the gate's."""
        await self._enter(admission)
        await self._granted(admission.tokens)
        admission.at = self._clock()

    async def _enter(self, admission: Admission) -> None:
        async with self._room:
            before = 0 if admission.returning else 1
            await self._room.wait_for(lambda: self._running + before * self._returning < self._window)
            self._running += 1
            self._returning -= admission.returning
            admission.inside, admission.returning = True, False

    def _leave(self, admission: Admission) -> None:
        self._running -= admission.inside
        self._returning -= admission.returning
        admission.inside = admission.returning = False

    async def _granted(self, tokens: float) -> None:
        """Waits for the buckets, and for the end of a pause, which may grow meanwhile."""
        await self._rested()
        await asyncio.sleep(max(self._requests.take(1.0), self._tokens.take(tokens)))
        await self._rested()

    async def _rested(self) -> None:
        while (pause := self._paused_until - self._clock()) > 0:  # noqa: ASYNC110 - it may grow meanwhile
            await asyncio.sleep(pause)

    def answered(self, admission: Admission, tokens: float) -> None:
        """A request was answered and cost so many tokens: what it did not use comes back, the pace recovers."""
        self._tokens.give(admission.tokens - tokens)
        self._requests.recover()
        self._tokens.recover()
        self._pause_s = _SHORT_PAUSE_S
        if self._window < self._most:
            self._window = min(self._most, self._window + 1 / max(1.0, self._window))

    async def refused(self, admission: Admission, after_s: float | None) -> None:
        """The server limits the rate: all requests wait for as long as it says, then come more slowly.

        The request gives its place up, as fewer places are left than were refused; it has the first claim to one.

        Requests that were under way together are refused together; the first of them slows down, once.
        """
        now = self._clock()
        pause = after_s
        if admission.at > self._slowed_at:
            self._slowed_at = now
            self._window = max(1.0, min(self._window, float(self._running)) * _SLOWER)
            self._requests.slow_down()
            self._tokens.slow_down()
            if pause is None:
                pause, self._pause_s = self._pause_s, min(_DOUBLED_PAUSE_S, self._pause_s * 2)
        self._paused_until = max(self._paused_until, now + min(pause or 0.0, _LONGEST_PAUSE_S))
        self._leave(admission)
        admission.returning = True
        self._returning += 1
        await asyncio.shield(self._tell())

    async def _tell(self) -> None:
        async with self._room:
            self._room.notify_all()
