import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from providers.base import Message, ProviderOverloaded, Settings, collect
from providers.rate import Admission, Gate, RateLimits, TokenBucket
from providers.retry import RetryPolicy
from providers.turbollm import TurboLLM


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
    running = most = 0

    async def one() -> None:
        nonlocal running, most
        async with gate.admitted(1):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.005)
            running -= 1

    tasks = [asyncio.create_task(one()) for _ in range(20)]
    await asyncio.sleep(0.007)
    tasks[0].cancel()
    tasks[5].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert most == 3
    async with gate.admitted(1) as admission:
        assert admission.waited_s < 1


class LimitedServer:
    """Answers chat completions, at most so many in each quarter of a second; the rest gets 429."""

    def __init__(self, most: int, after: str | None) -> None:
        self.most = most
        self.after = after
        self.answered = self.refused = self.running = self.together = 0
        self._window = (0, 0)
        self._tasks: set[asyncio.Task[None] | None] = set()

    async def done(self) -> None:
        """Waits for connections that are still being answered."""
        await asyncio.gather(*(task for task in self._tasks if task))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        try:
            await self._serve(reader, writer)
        finally:
            writer.close()
            await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-l")
        )
        await reader.readexactly(length)
        number = int(time.monotonic() * 4)
        count = self._window[1] + 1 if self._window[0] == number else 1
        self._window = number, count
        self.running += 1
        self.together = max(self.together, self.running)
        if count > self.most:
            self.refused += 1
            more = f"retry-after: {self.after}\r\n" if self.after else ""
            writer.write(
                f"HTTP/1.1 429 Too Many\r\n{more}content-length: 2\r\nconnection: close\r\n\r\n{{}}".encode()
            )
        else:
            self.answered += 1
            await asyncio.sleep(0.01)
            delta = {"choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": "stop"}]}
            usage = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}}
            events = (
                "".join(f"data: {json.dumps(event)}\n\n" for event in (delta, usage)) + "data: [DONE]\n\n"
            )
            kind = "content-type: text/event-stream\r\nconnection: close"
            writer.write(f"HTTP/1.1 200 OK\r\n{kind}\r\n\r\n{events}".encode())
        self.running -= 1
        await writer.drain()


@asynccontextmanager
async def limited(
    most: int, limits: RateLimits, after: str | None = None
) -> AsyncIterator[tuple[LimitedServer, TurboLLM]]:
    kept = LimitedServer(most, after)
    server = await asyncio.start_server(kept.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    retry = RetryPolicy(attempts=6, base_s=0.25, cap_s=2)
    url = f"http://127.0.0.1:{port}/v1"
    provider = TurboLLM(api_key=SecretStr("sk-x"), model="m", base_url=url, retry=retry, limits=limits)
    try:
        yield kept, provider
    finally:
        await provider.aclose()
        await kept.done()
        server.close()
        await server.wait_closed()


async def ask(provider: TurboLLM, number: int) -> str:
    reply = await collect(provider.stream([Message("user", f"{number}")], (), Settings(max_tokens=10)))
    return reply.text


async def test_a_run_that_is_limited_slows_down_and_loses_nothing() -> None:
    async with limited(4, RateLimits(concurrency=24)) as (server, provider):
        said = await asyncio.gather(*(ask(provider, number) for number in range(60)), return_exceptions=True)
        lost = [error for error in said if isinstance(error, ProviderOverloaded)]
        assert said.count("hi") + len(lost) == 60
        assert len(lost) <= 6
        assert server.answered == said.count("hi")
        # Far fewer are refused than if all 24 kept coming; and the window came down.
        assert server.refused < 150
        assert provider.gate.window < 24


async def test_all_wait_for_as_long_as_the_server_says() -> None:
    async with limited(2, RateLimits(concurrency=8), after="1") as (server, provider):
        said = await asyncio.gather(*(ask(provider, number) for number in range(16)))
        assert said == ["hi"] * 16
        assert server.refused < 40


async def test_requests_come_at_the_rate_that_is_granted() -> None:
    async with limited(1000, RateLimits(requests_per_min=600)) as (server, provider):
        began = time.monotonic()
        await asyncio.gather(*(ask(provider, number) for number in range(110)))
        # 100 are saved up, and ten more come in a second.
        assert time.monotonic() - began >= 0.9
        assert server.refused == 0


async def test_the_wait_is_told_and_no_part_of_the_deadline() -> None:
    async with limited(1000, RateLimits(concurrency=1)) as (_, provider):
        settings = Settings(max_tokens=10, deadline_s=30)
        replies = await asyncio.gather(
            *(collect(provider.stream([Message("user", "x")], (), settings)) for _ in range(4))
        )
        waited = sorted(reply.finish.timing.queued_s for reply in replies)
        assert waited[0] < waited[-1]
        for reply in replies:
            timing = reply.finish.timing
            assert timing.queued_s <= timing.first_token_s <= timing.total_s
