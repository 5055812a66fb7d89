"""All scenarios, in rounds in which the systems take turns."""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.engine.arms import measure_arms
from bench.engine.big import big_file, measure_big
from bench.engine.measure import bare_prompt, load, tenth_turn
from bench.engine.systems import Ask, LlamaCppPythonServer, LlamaCppServer, Ours, System
from bench.engine.workload import behind, cases, long_prompt, token_counter
from models.catalogue import parse
from models.store import StoreOptions, resolve

Say = Callable[[str], None]
_FIXED_TOKENS = 3000
_CASES = 400


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, and how thoroughly.

    Attributes:
        quick: Fewer cases, and a shorter prompt for the big shape.
        rounds: How often everything is measured.
        threads: Threads of every system.
        skip: Scenarios that are left out.
    """

    quick: bool
    rounds: int
    threads: int
    skip: frozenset[str]


@dataclass(frozen=True, slots=True)
class Setting:
    """A system with so many slots, asked by so many clients."""

    system: str
    slots: int
    clients: int
    cases: int

    def make(self, model: Path, threads: int) -> System:
        """Makes the system."""
        if self.system == Ours.__name__:
            return Ours(model, threads=threads, slots=self.slots)
        kind = LlamaCppServer if self.system == LlamaCppServer.__name__ else LlamaCppPythonServer
        return kind(model, threads=threads, slots=self.slots)


def settings(plan: Plan, whole: int, slow: int) -> Iterator[Setting]:
    """Every system at its number of slots and of clients; slow ones are asked fewer cases."""
    ours, server, python = Ours.__name__, LlamaCppServer.__name__, LlamaCppPythonServer.__name__
    for clients in (1, 4, 16, 64):
        yield Setting(ours, 16, clients, max(whole, 2 * clients))
    if "peers" in plan.skip:
        return
    for slots in (1, 4, 16):
        yield Setting(server, slots, slots, max(slow, slots))
    yield Setting(server, 1, 16, max(slow, 16))
    for clients in (1,) if plan.quick else (1, 4):
        yield Setting(python, 1, clients, max(slow // 2, 4))


async def run(plan: Plan, say: Say) -> dict[str, Any]:
    """Measures all that the plan does not skip; returns every figure by scenario."""
    begun = time.perf_counter()
    model = (await resolve(parse("netmon-7m:q4_k", "netmon-7m"))).path
    fixed = long_prompt(_FIXED_TOKENS, token_counter(model))
    count = 24 if plan.quick else 128
    found: dict[str, Any] = {"settings": {}}
    # All different: a prompt that was read before costs this engine nothing.
    asks = cases(_CASES)
    work: list[tuple[str, Callable[[], Awaitable[Any]]]] = [
        ("eval workload", lambda: throughput(plan, model, asks, count, 16 if plan.quick else 64, say)),
        ("first token", lambda: first_tokens(plan, model, asks, say)),
    ]
    if "long" not in plan.skip:
        long = behind(fixed, asks)
        work.append(
            (
                "behind 3,000 tokens",
                lambda: throughput(plan, model, long, count, 4 if plan.quick else 12, say),
            )
        )
    if "turns" not in plan.skip:
        work.append(("turns", lambda: turns(plan, model, fixed, asks[0].stop, say)))
    if "cold" not in plan.skip:
        work.append(("cold start", lambda: cold(plan, model, fixed, say)))
    if "arms" not in plan.skip:
        work.append(
            ("arms", lambda: measure_arms(model, plan.threads, 24 if plan.quick else 96, plan.rounds, say))
        )
    for name, measure in work:
        say(f"{name} ...")
        found[name] = await measure()
    if "big" not in plan.skip:
        say("2.9B shape ...")
        path = big_file(StoreOptions().cache / "random")
        found["2.9B shape"] = asdict(await measure_big(path, plan.threads, 256 if plan.quick else 3000))
    for setting in settings(plan, 1, 1):
        found["settings"][setting.system] = setting.make(model, plan.threads).settings
    found["seconds"] = time.perf_counter() - begun
    return found


@asynccontextmanager
async def running(system: System) -> AsyncGenerator[System, None]:
    """Starts a system and ends it."""
    await system.start()
    try:
        yield system
    finally:
        await system.stop()
        if isinstance(system, Ours):
            system.forget()


async def throughput(
    plan: Plan, model: Path, asks: list[Ask], whole: int, slow: int, say: Say
) -> list[dict[str, Any]]:
    """Cases a second of every setting; servers are asked without streaming, which costs them least."""
    rates: dict[Setting, list[float]] = defaultdict(list)
    peaks: dict[Setting, int] = {}
    lost: dict[Setting, int] = defaultdict(int)
    for round_ in range(plan.rounds):
        for setting in settings(plan, whole, slow):
            async with running(setting.make(model, plan.threads)) as system:
                # The first request of each is not counted: buffers, and here the fixed prompt's state.
                await load(system, asks[-1:], 1, stream=False)
                result = await load(system, asks[: setting.cases], setting.clients, stream=False)
                rates[setting].append(result.cases_per_s)
                lost[setting] += result.lost
                peaks[setting] = max(peaks.get(setting, 0), system.peak_bytes())
            say(f"  {round_ + 1}/{plan.rounds} {_named(setting)}: {result.cases_per_s:.2f} cases/s")
    return [
        {**asdict(s), "cases_per_s": spread(values), "peak_bytes": peaks[s], "lost": lost[s]}
        for s, values in rates.items()
    ]


async def first_tokens(plan: Plan, model: Path, asks: list[Ask], say: Say) -> list[dict[str, Any]]:
    """Times to the first token where 16 and 64 clients ask at once, streamed."""
    found: dict[Setting, list[Any]] = defaultdict(list)
    # Many more than the first ones, which all begin at once and wait for each other.
    few = 96 if plan.quick else _CASES
    rows = [Setting(Ours.__name__, 16, 16, few), Setting(Ours.__name__, 16, 64, 2 * few)]
    if "peers" not in plan.skip:
        rows += [Setting(LlamaCppServer.__name__, slots, 16, few) for slots in (4, 16)]
        rows += [Setting(LlamaCppServer.__name__, 16, 64, few)]
    for round_ in range(plan.rounds):
        for setting in rows:
            async with running(setting.make(model, plan.threads)) as system:
                await load(system, asks[-1:], 1, stream=True)
                result = await load(system, asks[: setting.cases], setting.clients, stream=True)
                found[setting].append(result)
            say(f"  {round_ + 1}/{plan.rounds} {_named(setting)}: p95 {1000 * result.first_p95_s:.0f} ms")
    return [
        {
            **asdict(setting),
            "first_p50_s": spread([each.first_p50_s for each in results]),
            "first_p95_s": spread([each.first_p95_s for each in results]),
            "longest_to_median": spread([each.longest_to_median for each in results]),
            "lost": sum(each.lost for each in results),
        }
        for setting, results in found.items()
    ]


async def turns(plan: Plan, model: Path, fixed: str, stop: tuple[str, ...], say: Say) -> list[dict[str, Any]]:
    """First tokens of the 10th turn behind the schemas of 25 tools, and of the same text alone."""
    rows = [Setting(Ours.__name__, 16, 1, 0)]
    if "peers" not in plan.skip:
        rows += [Setting(LlamaCppServer.__name__, 4, 1, 0), Setting(LlamaCppPythonServer.__name__, 1, 1, 0)]
    tenth: dict[Setting, list[float]] = defaultdict(list)
    bare: dict[Setting, list[float]] = defaultdict(list)
    for round_ in range(plan.rounds):
        for setting in rows:
            async with running(setting.make(model, plan.threads)) as system:
                bare[setting] += [await bare_prompt(system, 20 + number, stop) for number in range(5)][1:]
                tenth[setting].append(await tenth_turn(system, fixed, stop))
            say(f"  {round_ + 1}/{plan.rounds} {_named(setting)}: {1000 * tenth[setting][-1]:.0f} ms")
    return [{**asdict(s), "tenth_first_s": spread(tenth[s]), "bare_first_s": spread(bare[s])} for s in rows]


async def cold(plan: Plan, model: Path, fixed: str, say: Say) -> dict[str, Any]:
    """From the start of a Python process to the first token, with the fixed prompt's state on the disk and without."""
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(plan.rounds):
        done = subprocess.run(  # noqa: ASYNC221 - nothing else runs meanwhile, on purpose
            [sys.executable, "-m", "bench.engine.cold", str(model), str(plan.threads)],
            input=fixed, capture_output=True, text=True, check=True,
        )  # fmt: skip
        for name, seconds in json.loads(done.stdout).items():
            found[name].append(seconds)
        say(f"  {found['kept_s'][-1]:.2f} s with the state on the disk")
    return {name: spread(values) for name, values in found.items()}


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and most."""
    known = [value for value in values if not math.isnan(value)] or [math.nan]
    return {"median": statistics.median(known), "least": min(known), "most": max(known)}


def _named(setting: Setting) -> str:
    return f"{setting.system}, {setting.slots} slots, {setting.clients} clients"
