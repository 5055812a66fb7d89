"""The one place that tries again: back-off with jitter, Retry-After, and one deadline over all attempts."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from providers.base import ProviderError, ProviderTimeout

T = TypeVar("T")

#: Beyond so many doublings any pause is at its cap, and a float soon at its end.
_DOUBLINGS = 64

#: HTTP statuses after which the same request may well succeed; so may it after any status from 500.
PASSING_STATUSES = frozenset((408, 409, 429))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how fast a request is tried again.

    Attributes:
        attempts: Attempts at most, the first one included.
        base_s: Seconds of the first pause at most; each further one doubles it.
        cap_s: Seconds of any pause at most, where the server does not say how long.
    """

    attempts: int = 4
    base_s: float = 0.5
    cap_s: float = 20.0

    def pause_s(self, failed: int, chance: float) -> float:
        """Seconds to wait after a number of failed attempts.

        Args:
            failed: Attempts that failed so far, from 1.
            chance: A random number from 0 to 1; half of the pause depends on it, so that clients spread out.
        """
        longest = min(self.cap_s, self.base_s * 2.0 ** min(failed - 1, _DOUBLINGS))
        return longest * (0.5 + 0.5 * chance)


class AttemptFailed(Exception):
    """One attempt failed.

    Attributes:
        error: What it comes to where it is not tried again.
        again: Whether the same request may succeed later.
        after_s: Seconds that the server asked to wait, if it did.
    """

    def __init__(self, error: ProviderError, *, again: bool = False, after_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.again = again
        self.after_s = after_s


def passing(status: int) -> bool:
    """Whether an HTTP status says that the same request may succeed later."""
    return status in PASSING_STATUSES or status >= 500


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a `Retry-After` header asks to wait, given as seconds or as an HTTP date.

    Args:
        headers: The headers of a response, looked up whatever their case if the mapping does so.
        now: The time that a date is counted from, with its zone.

    Returns:
        Seconds, not below 0; None where there is no such header or it cannot be read.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.replace(".", "", 1).isdigit():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


async def retrying(
    attempt: Callable[[], AsyncGenerator[T, None]],
    policy: RetryPolicy,
    deadline_s: float,
    *,
    who: str,
    chance: Callable[[], float] = random.random,
) -> AsyncGenerator[T, None]:
    """Streams what an attempt yields, and begins another one where it failed before it yielded anything.

    Args:
        attempt: Begins an attempt; it raises `AttemptFailed`.
        policy: How often and how fast.
        deadline_s: Seconds that all of it may take, pauses included.
        who: Names the server in errors.
        chance: Makes random numbers from 0 to 1.

    Raises:
        ProviderTimeout: The deadline passed.
        ProviderError: The last attempt's error, where trying again is of no use or not possible in time.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + deadline_s
    for number in itertools.count(1):
        began = False
        try:
            async with aclosing(attempt()) as items:
                while True:
                    try:
                        # Around each step, not around the loop: the consumer's code must not be cancelled.
                        async with asyncio.timeout_at(end):
                            item = await anext(items)
                    except StopAsyncIteration:
                        return
                    began = True
                    yield item
        except AttemptFailed as failure:
            pause = failure.after_s if failure.after_s is not None else policy.pause_s(number, chance())
            if began or not failure.again or number >= policy.attempts:
                raise _said(failure, f"after {number} attempts" if number > 1 else "") from None
            if clock() + pause >= end:
                raise _said(failure, f"no retry: its pause of {pause:.3g} s is beyond the deadline") from None
        except TimeoutError:
            raise ProviderTimeout(
                f"{who} gave no whole reply within {deadline_s:g} s; allow more time, or ask for fewer tokens"
            ) from None
        await asyncio.sleep(pause)


def _said(failure: AttemptFailed, more: str) -> ProviderError:
    return type(failure.error)(f"{failure.error} ({more})") if more else failure.error
