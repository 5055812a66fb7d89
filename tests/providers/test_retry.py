"""Retries: what is waited for, how long, and when not."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import ProviderOverloaded, ProviderTimeout, ProviderUnavailable
from providers.retry import AttemptFailed, RetryPolicy, passing, retry_after_s, retrying

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_which_statuses_pass() -> None:
    assert [status for status in range(100, 600) if passing(status)] == [408, 409, 429, *range(500, 600)]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.25", 0.25),
        (" 3 ", 3.0),
        ("Sun, 22 Nov 2026 12:01:00 GMT", 60.0),
        ("Sunday, 22-Nov-26 12:01:00 GMT", 60.0),
        ("Sun, 22 Nov 2026 13:01:00 +0100", 60.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("\N{SUPERSCRIPT TWO}", None),
        ("nan", None),
        (".", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after_s(httpx2.Headers([("Retry-After", value.encode("utf-8"))]), NOW) == seconds


@given(st.integers(0, 10**6))
def test_a_date_means_as_many_seconds_as_it_is_ahead(seconds: int) -> None:
    value = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after_s({"retry-after": value}, NOW) == retry_after_s({"retry-after": str(seconds)}, NOW)


@given(st.text())
def test_no_header_breaks_it(value: str) -> None:
    found = retry_after_s({"retry-after": value}, NOW)
    assert found is None or found >= 0


@given(st.integers(1, 2000), st.floats(0, 1))
def test_pauses_grow_and_stay_below_the_cap(failed: int, chance: float) -> None:
    policy = RetryPolicy(base_s=0.5, cap_s=20.0)
    longest = min(20.0, 0.5 * 2.0 ** min(failed - 1, 100))
    assert longest / 2 <= policy.pause_s(failed, chance) <= longest


class Attempts:
    """Attempts that fail as told, then one that yields numbers."""

    def __init__(self, *failures: AttemptFailed, yields_first: int = 0) -> None:
        self.made = 0
        self._failures = failures
        self._yields_first = yields_first

    async def __call__(self) -> AsyncGenerator[int, None]:
        self.made += 1
        if self.made <= len(self._failures):
            for number in range(self._yields_first):
                yield number
            raise self._failures[self.made - 1]
        yield 1
        yield 2


def failed(*, again: bool = True, after_s: float | None = None) -> AttemptFailed:
    return AttemptFailed(ProviderUnavailable("down"), again=again, after_s=after_s)


QUICK = RetryPolicy(attempts=3, base_s=0.01)


async def run(attempts: Attempts, deadline_s: float = 1.0) -> list[int]:
    return [number async for number in retrying(attempts, QUICK, deadline_s, who="it")]


async def test_it_goes_on_after_failures() -> None:
    attempts = Attempts(failed(), failed())
    assert await run(attempts) == [1, 2]
    assert attempts.made == 3


async def test_it_gives_up_after_the_last_attempt_and_says_so() -> None:
    attempts = Attempts(failed(), failed(), failed(), failed())
    with pytest.raises(ProviderUnavailable, match="after 3 attempts"):
        await run(attempts)
    assert attempts.made == 3


async def test_what_cannot_pass_is_not_tried_again() -> None:
    attempts = Attempts(failed(again=False))
    with pytest.raises(ProviderUnavailable, match=r"^down$"):
        await run(attempts)
    assert attempts.made == 1


async def test_nothing_is_tried_again_once_something_was_yielded() -> None:
    attempts = Attempts(failed(), yields_first=1)
    with pytest.raises(ProviderUnavailable):
        await run(attempts)
    assert attempts.made == 1


async def test_a_pause_beyond_the_deadline_is_not_begun() -> None:
    error = AttemptFailed(ProviderOverloaded("busy"), again=True, after_s=60.0)
    with pytest.raises(ProviderOverloaded, match="beyond the deadline"):
        await run(Attempts(error))


async def test_the_deadline_covers_all_attempts_together() -> None:
    attempts = Attempts(*[failed(after_s=0.15)] * 2, failed())
    with pytest.raises((ProviderTimeout, ProviderUnavailable)):
        await run(attempts, deadline_s=0.25)
    assert attempts.made == 2
