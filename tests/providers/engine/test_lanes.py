"""Several contexts of one small model, decoded at the same time. Real llama.cpp, real weights."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from providers.engine.lane import LlamaError, Run
from providers.engine.llama import Llama
from providers.engine.protocol import Done, Error, FromEngine, Generate, Piece, Sampling
from providers.engine.scheduler import Bounds, Scheduler
from providers.engine.states import MemoryStates, StateCache
from tests.providers.engine.support import SHIPPED, ask, call_of

CONTEXT = 2048


class Served:
    """A scheduler in this process, and what it said."""

    def __init__(self, llama: Llama, *, deterministic: bool = False) -> None:
        self.said: dict[int, str] = {}
        self.ends: list[tuple[int, str]] = []
        cache = StateCache(llama, MemoryStates(64 * 2**20), None)
        self.scheduler = Scheduler(llama, cache, Bounds(deterministic=deterministic), self._hear)

    def _hear(self, message: FromEngine) -> None:
        if isinstance(message, Piece):
            self.said[message.id] = self.said.get(message.id, "") + message.text
        elif isinstance(message, Done):
            self.ends.append((message.id, message.reason))
        elif isinstance(message, Error):
            self.ends.append((message.id, message.kind))

    def work(self) -> None:
        while self.scheduler.busy:
            self.scheduler.step()


@pytest.fixture
def two_lanes() -> Llama:
    llama = Llama(SHIPPED, threads=2, slots=8, context=CONTEXT)
    assert llama.lanes == 2
    return llama


def requests(count: int, **changes: object) -> list[Generate]:
    return [replace(ask(f"ping web-{n:02}"), id=n, **changes) for n in range(count)]  # type: ignore[arg-type]


def test_a_single_conversation_opens_no_second_lane(two_lanes: Llama) -> None:
    served = Served(two_lanes)
    for request in requests(3):
        served.scheduler.submit(request)
        served.work()
    assert two_lanes.open_lanes == 1
    assert served.said == {n: call_of(f"web-{n:02}") for n in range(3)}


def test_both_lanes_are_filled_alike_and_all_are_answered(two_lanes: Llama) -> None:
    served = Served(two_lanes)
    for request in requests(20):
        served.scheduler.submit(request)
    served.scheduler.step()
    assert two_lanes.open_lanes == 2
    served.work()
    assert served.said == {n: call_of(f"web-{n:02}") for n in range(20)}
    assert sorted(served.ends) == [(n, "stop") for n in range(20)]


@pytest.mark.parametrize("seed", range(2))
def test_whoever_comes_and_goes_everyone_has_one_end(two_lanes: Llama, seed: int) -> None:
    """Cancels come between steps, also of those whose lane is decoding."""
    chance, served = random.Random(seed), Served(two_lanes)
    waiting = [replace(each, max_tokens=chance.randint(1, 40)) for each in requests(40)]
    cancelled: set[int] = set()
    alive: list[int] = []
    while waiting or served.scheduler.busy:
        for _ in range(chance.randint(0, 4)):
            if waiting:
                alive.append(waiting[-1].id)
                served.scheduler.submit(waiting.pop())
        if alive and chance.random() < 0.2:
            cancelled.add(gone := chance.choice(alive))
            served.scheduler.cancel(gone)
        if served.scheduler.busy:
            served.scheduler.step()
    assert sorted(number for number, _ in served.ends) == list(range(40))
    for number, reason in served.ends:
        whole = call_of(f"web-{number:02}")
        assert reason in ("stop", "length") or (reason == "cancelled" and number in cancelled)
        assert whole.startswith(served.said.get(number, "")) and (
            reason != "stop" or served.said[number] == whole
        )


def test_a_state_of_one_lane_goes_on_in_another(two_lanes: Llama) -> None:
    tokens = two_lanes.tokenize(ask("ping web-01").fixed + ask("ping web-01").rest)
    two_lanes.open_lane()
    first, second = (two_lanes.first(lane) for lane in range(2))
    two_lanes.compute(0, [Run(first, 0, tokens[:-4], 0)], alone=False)
    two_lanes.restore(second, two_lanes.save(first))
    ends = [
        two_lanes.compute(lane, [Run(two_lanes.first(lane), len(tokens) - 4, tokens[-4:], 1)], alone=False)
        for lane in range(2)
    ]
    assert np.array_equal(ends[0].rows, ends[1].rows)
    assert ends[0].best == ends[1].best


class _Poor(Llama):
    """A model for whose second lane there is no memory."""

    def open_lane(self) -> int:
        if self.open_lanes:
            raise LlamaError("no context: it needs more memory")
        return super().open_lane()


def test_without_memory_for_it_there_is_one_lane_less() -> None:
    llama = _Poor(SHIPPED, threads=2, slots=8, context=CONTEXT)
    served = Served(llama)
    for request in requests(10):
        served.scheduler.submit(request)
    served.work()
    assert served.said == {n: call_of(f"web-{n:02}") for n in range(10)}


def test_deterministic_replies_are_the_same_in_any_lane(two_lanes: Llama) -> None:
    hot = Sampling(temperature=1.5, seed=3)
    found: list[dict[int, str]] = []
    for together in (1, 12):
        served = Served(two_lanes, deterministic=True)
        for request in requests(12, sampling=hot, stop=(), max_tokens=24):
            served.scheduler.submit(request)
            if together == 1:
                served.work()
        served.work()
        found.append(served.said)
    assert found[0] == found[1]
