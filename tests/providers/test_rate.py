import asyncio
import random
import selectors
from collections import Counter
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from providers.base import Message, ProviderOverloaded, Settings, collect
from providers.hosted import HostedOptions, HostedProvider
from providers.hosted_reply import ChunkForm
from providers.rate import Admission, Gate, RateLimits, TokenBucket
from providers.retry import RetryPolicy

T = TypeVar("T")


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 40)), max_size=60), st.floats(6, 6000))
def test_no_more_is_granted_than_flows_in(takes: list[tuple[float, float]], per_min: float) -> None:
    clock = Clock()
    bucket = TokenBucket(per_min, clock)
    most = max(1.0, per_min / 6)
    began, granted = clock.now, 0.0
    for pause, amount in takes:
        clock.now += pause
        amount = min(amount, most)
        wait = bucket.take(amount)
        assert wait >= 0
        clock.now += wait
        granted += amount
        # A full bucket, and what has flowed in since.
        assert granted <= most + (clock.now - began) * per_min / 60 + 1e-6


def test_a_bucket_without_a_rate_makes_nobody_wait() -> None:
    bucket = TokenBucket(0)
    assert [bucket.take(10**9) for _ in range(3)] == [0.0, 0.0, 0.0]
    bucket.give(5)
    bucket.slow_down()
    bucket.recover()


def test_takers_wait_one_behind_the_other_and_more_than_a_bucketful_waits_for_a_full_one() -> None:
    clock = Clock()
    bucket = TokenBucket(60, clock)
    assert bucket.take(10) == 0
    assert [round(bucket.take(1), 6) for _ in range(3)] == [1, 2, 3]
    clock.now += 13
    assert bucket.take(10) == 0
    clock.now += 10
    assert bucket.take(100) == 0
    assert bucket.take(1) == pytest.approx(91)


def test_what_was_not_used_comes_back_and_a_refusal_halves_the_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(60, clock)
    bucket.take(10)
    bucket.give(4)
    assert bucket.take(4) == 0
    bucket.slow_down()
    assert bucket.take(1) == pytest.approx(2)
    for _ in range(100):
        bucket.recover()
    clock.now += 2
    assert bucket.take(1) == pytest.approx(0, abs=1)


async def test_the_window_halves_once_for_requests_that_were_refused_together_and_grows_again() -> None:
    clock = Clock()
    gate = Gate(RateLimits(concurrency=16), clock)
    together = [Admission(1, 0, clock.now) for _ in range(16)]
    clock.now += 1
    gate._running = 16  # pyright: ignore
    for admission in together:
        await gate.refused(admission, None)
    assert gate.window == 8
    clock.now += 1
    gate._running = 8  # pyright: ignore
    await gate.refused(Admission(1, 0, clock.now), None)
    assert gate.window == 4
    for _ in range(400):
        gate.answered(Admission(1, 0, clock.now), 1)
    assert gate.window == 16


async def test_no_more_are_let_in_than_the_window_holds() -> None:
    gate = Gate(RateLimits(concurrency=3))
    running = most = done = 0
    go_on = asyncio.Event()

    async def one() -> None:
        nonlocal running, most, done
        async with gate.admitted(1):
            running += 1
            most = max(most, running)
            try:
                await go_on.wait()
                # Long enough for another one to come in too many.
                await asyncio.sleep(0.005)
            finally:
                running -= 1
        done += 1

    async with asyncio.timeout(60):
        tasks = [asyncio.create_task(one()) for _ in range(20)]
        while running < 3:
            await asyncio.sleep(0)
        # One that is in, and one that waits.
        tasks[0].cancel()
        tasks[5].cancel()
        go_on.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (most, running, done) == (3, 0, 18)
        # All places are free again.
        async with gate.admitted(1), gate.admitted(1), gate.admitted(1):
            pass


class _Skipping(selectors.DefaultSelector):
    """Puts its clock forward where others would sleep; nothing outside the loop can be waited for."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everything waits for ever"
        self.now += max(timeout, 0.0)
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """A loop whose time passes only while everything sleeps: how fast the machine is makes no difference."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now


def timeless(work: Coroutine[Any, Any, T]) -> T:
    """Runs it, by a clock of its own and with pauses that are the same each time."""
    state = random.getstate()
    random.seed(5)
    try:
        with asyncio.Runner(loop_factory=SkippingLoop) as runner:
            return runner.run(work)
    finally:
        random.setstate(state)


class LimitedServer(HostedProvider):
    """A model whose server answers so many requests in each quarter of a second; the rest gets 429."""

    def __init__(self, most: int, limits: RateLimits, after: str | None = None) -> None:
        retry = RetryPolicy(attempts=6, base_s=0.25, cap_s=2)
        super().__init__("limited", "Limited", HostedOptions("m", SecretStr("x"), "KEY", None, retry=retry))
        self._time = asyncio.get_running_loop().time
        self.gate = Gate(limits, self._time)
        self.most = most
        self.after = after
        self.answered = self.refused = 0
        #: When each request came.
        self.came: list[float] = []

    async def _open(self, request: dict[str, Any], deadline_s: float) -> AsyncGenerator[ChunkForm, None]:
        now = self._time()
        self.came.append(now)
        if sum(int(at * 4) == int(now * 4) for at in self.came) > self.most:
            self.refused += 1
            # As long on its way as an answer: others are under way together with it.
            await asyncio.sleep(0.01)
            raise self._server.refused(429, {"retry-after": self.after} if self.after else {}, "slow down")
        self.answered += 1
        await asyncio.sleep(0.01)
        yield ChunkForm.model_validate(
            {"choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": "stop"}]}
        )
        usage = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
        yield ChunkForm.model_validate({"choices": [], "usage": usage})

    async def aclose(self) -> None:
        """There is nothing to close."""


async def ask(provider: HostedProvider, number: int) -> str:
    reply = await collect(provider.stream([Message("user", f"{number}")], (), Settings(max_tokens=10)))
    return reply.text


def test_a_run_that_is_limited_slows_down_and_loses_nothing() -> None:
    async def work() -> None:
        server = LimitedServer(4, RateLimits(concurrency=24))
        said = await asyncio.gather(*(ask(server, number) for number in range(60)), return_exceptions=True)
        lost = [error for error in said if isinstance(error, ProviderOverloaded)]
        assert said.count("hi") + len(lost) == 60
        assert len(lost) <= 6
        assert server.answered == said.count("hi")
        # At first all 24 come at once, then never more than half as many; and the window came down.
        crowds = Counter(server.came)
        assert crowds.pop(0.0) == 24
        assert max(crowds.values()) <= 12
        assert server.gate.window < 24

    timeless(work())


def test_all_wait_for_as_long_as_the_server_says() -> None:
    async def work() -> None:
        server = LimitedServer(2, RateLimits(concurrency=8), after="1")
        said = await asyncio.gather(*(ask(server, number) for number in range(16)))
        assert said == ["hi"] * 16
        # If they did not wait, or all came again together, it would be more than 45, and some would be lost.
        assert server.refused < 40

    timeless(work())


def test_requests_come_at_the_rate_that_is_granted() -> None:
    async def work() -> None:
        server = LimitedServer(1000, RateLimits(requests_per_min=600))
        await asyncio.gather(*(ask(server, number) for number in range(110)))
        # 100 are saved up, and ten more come in a second.
        assert server.came[99] == 0
        assert server.came[100:] == pytest.approx([number / 10 for number in range(1, 11)])

    timeless(work())


def test_the_wait_is_told_and_no_part_of_the_deadline() -> None:
    async def work() -> None:
        server = LimitedServer(1000, RateLimits(concurrency=1))
        # Each takes 10 ms; the last one waits for longer than it may take itself.
        settings = Settings(max_tokens=10, deadline_s=0.015)
        replies = await asyncio.gather(
            *(collect(server.stream([Message("user", "x")], (), settings)) for _ in range(4))
        )
        waited = sorted(reply.finish.timing.queued_s for reply in replies)
        assert waited == pytest.approx([0.0, 0.01, 0.02, 0.03])
        for reply in replies:
            timing = reply.finish.timing
            assert timing.queued_s <= timing.first_token_s <= timing.total_s

    timeless(work())


def test_after_a_refusal_all_wait_and_the_refused_come_first() -> None:
    async def work() -> None:
        clock = asyncio.get_running_loop().time
        gate = Gate(RateLimits(concurrency=1), clock)
        came: list[tuple[str, float]] = []

        async def refused_first() -> None:
            async with gate.admitted(1) as admission:
                await gate.refused(admission, 2.0)
                await gate.again(admission)
                came.append(("again", clock()))

        async def new() -> None:
            async with gate.admitted(1):
                came.append(("new", clock()))

        await asyncio.gather(refused_first(), new())
        assert [who for who, _ in came] == ["again", "new"]
        assert all(at >= 2.0 for _, at in came)

    timeless(work())
