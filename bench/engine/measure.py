"""Measures one system: throughput, first tokens, waits, conversations."""

from __future__ import annotations

import asyncio
import itertools
import math
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.engine.systems import Ask, LostError, Sample, System
from bench.engine.workload import ended, turn

#: Tokens of an answer within a conversation, so that all systems make turns of one length.
_TURN_REPLY = 16


@dataclass(frozen=True, slots=True)
class Load:
    """What came of asking a system many things at once.

    Attributes:
        cases_per_s: Completions a second.
        first_p50_s: Median time to the first token; NaN where it was not streamed.
        first_p95_s: 95th percentile of it.
        longest_to_median: Longest time to the first token divided by the median.
        lost: Requests that were not answered.
    """

    cases_per_s: float
    first_p50_s: float
    first_p95_s: float
    longest_to_median: float
    lost: int


async def load(system: System, asks: Sequence[Ask], clients: int, *, stream: bool) -> Load:
    """Has so many clients ask everything once, each the next thing as soon as it has its answer."""
    waiting, samples, lost = iter(asks), list[Sample](), 0

    async def client() -> None:
        nonlocal lost
        for ask in waiting:
            try:
                samples.append(await system.ask(ask, stream=stream))
            except LostError:
                lost += 1

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    rate = len(samples) / (time.perf_counter() - begun)
    firsts = sorted(sample.first_s for sample in samples if not math.isnan(sample.first_s))
    if not firsts:
        return Load(rate, math.nan, math.nan, math.nan, lost)
    median = statistics.median(firsts)
    return Load(rate, median, firsts[int(0.95 * (len(firsts) - 1))], firsts[-1] / median, lost)


async def conversation(
    system: System, fixed: str, stop: tuple[str, ...], numbers: Iterator[int], turns: int = 10
) -> tuple[float, float]:
    """Seconds to the first token of the last of so many turns behind a fixed prompt, and of such a text alone.

    Args:
        system: What is asked.
        fixed: The fixed prompt.
        stop: Strings that end a reply.
        numbers: Makes all texts differ: what was read before costs this engine nothing.
        turns: Turns of the conversation.
    """
    said, sample = "", Sample(math.nan, math.nan, "")
    for number in itertools.islice(numbers, turns):
        said += turn(number)
        sample = await system.ask(Ask(fixed, said, _TURN_REPLY, stop), stream=True)
        said += ended(sample.text)
    bare = await system.ask(Ask("", turn(next(numbers)), _TURN_REPLY, stop), stream=True)
    return sample.first_s, bare.first_s
