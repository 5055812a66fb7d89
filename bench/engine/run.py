"""All parts, in rounds in which the systems take turns."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bench.engine.arms import measure_arms
from bench.engine.big import big_file, measure_big
from bench.engine.measure import Load, conversation, load
from bench.engine.plan import (
    OURS,
    PYTHON,
    SERVER,
    SYSTEMS,
    Plan,
    Setting,
    conversations,
    first_tokens,
    throughputs,
)
from bench.engine.report import Say, spread
from bench.engine.systems import Ask, running
from bench.engine.tuning import tune
from bench.engine.workload import behind, cases, long_prompt, token_counter
from models.catalogue import parse
from models.store import StoreOptions, resolve

#: Tokens of the fixed prompt; the schemas of 25 tools have as many.
_FIXED_TOKENS = 3000
_CASES = 400


@dataclass(frozen=True, slots=True)
class _Workload:
    """What is asked; all cases differ, for what was read before costs this engine nothing."""

    model: Path
    fixed: str
    asks: list[Ask]

    @property
    def long(self) -> list[Ask]:
        """The cases behind the fixed prompt."""
        return behind(self.fixed, self.asks)


async def run(plan: Plan, say: Say) -> dict[str, Any]:
    """Measures the parts of the plan; returns every figure, by part."""
    begun = time.perf_counter()
    model = (await resolve(parse("netmon-7m:q4_k", "netmon-7m"))).path
    work = _Workload(model, long_prompt(_FIXED_TOKENS, token_counter(model)), cases(_CASES))
    if plan.peers and {"eval", "long", "first", "turns", "cold"} & set(plan.parts):
        say("settings of the peers ...")
        plan = replace(plan, chosen=await tune(plan, model, work.asks, work.long, say))
    count = 24 if plan.quick else 128
    parts: dict[str, Callable[[], Awaitable[Any]]] = {
        "eval": lambda: throughput(
            plan, model, work.asks, list(throughputs(plan, count, 16 if plan.quick else 64, served=True)), say
        ),
        "long": lambda: throughput(
            plan, model, work.long, list(throughputs(plan, count, 4 if plan.quick else 12, served=False)), say
        ),
        "first": lambda: waits(plan, model, work.asks, say),
        "turns": lambda: turns(plan, model, work.fixed, work.asks[0].stop, say),
        "cold": lambda: cold(plan, model, work.long[0], say),
        "arms": lambda: measure_arms(model, plan.threads, 24 if plan.quick else 96, plan.rounds, say),
        "big": lambda: big(plan),
    }
    found: dict[str, Any] = {}
    for name in plan.parts:
        say(f"{name} ...")
        found[name] = await parts[name]()
    found["settings"] = {name: _settings(plan, name, model) for name in (SYSTEMS if plan.peers else [OURS])}
    found["seconds"] = time.perf_counter() - begun
    return found


def _settings(plan: Plan, name: str, model: Path) -> dict[str, Any]:
    system = plan.make(name, model, slots=16)
    system.forget()
    return system.settings


async def throughput(
    plan: Plan, model: Path, asks: list[Ask], rows: list[Setting], say: Say
) -> list[dict[str, Any]]:
    """Cases a second of every setting; servers are asked without streaming, which costs them least."""
    found, peaks = await _loads(plan, model, asks, rows, say, stream=False)
    return [
        {
            **asdict(setting),
            "cases_per_s": spread(each.cases_per_s for each in results),
            "peak_bytes": peaks[setting],
            "lost": sum(each.lost for each in results),
        }
        for setting, results in found.items()
    ]


async def waits(plan: Plan, model: Path, asks: list[Ask], say: Say) -> list[dict[str, Any]]:
    """Times to the first token where 16 and 64 clients ask at once, streamed."""
    found, _ = await _loads(plan, model, asks, first_tokens(plan), say, stream=True)
    return [
        {
            **asdict(setting),
            "first_p50_s": spread(each.first_p50_s for each in results),
            "first_p95_s": spread(each.first_p95_s for each in results),
            "longest_to_median": spread(each.longest_to_median for each in results),
            "lost": sum(each.lost for each in results),
        }
        for setting, results in found.items()
    ]


async def _loads(
    plan: Plan, model: Path, asks: list[Ask], rows: list[Setting], say: Say, *, stream: bool
) -> tuple[dict[Setting, list[Load]], dict[Setting, int]]:
    """Asks every system in every round; returns what came of it, and the most memory that each had in use."""
    found: dict[Setting, list[Load]] = defaultdict(list)
    peaks: dict[Setting, int] = defaultdict(int)
    for round_, setting in itertools.product(range(plan.rounds), rows):
        async with running(plan.make(setting.system, model, setting.slots)) as system:
            # The first request of each is not counted: buffers, and here the fixed prompt's state.
            await load(system, asks[-1:], 1, stream=stream)
            result = await load(system, asks[: setting.cases], setting.clients, stream=stream)
            found[setting].append(result)
            peaks[setting] = max(peaks[setting], system.peak_bytes())
        reached = f"p95 {1000 * result.first_p95_s:.0f} ms" if stream else f"{result.cases_per_s:.2f} cases/s"
        say(f"  {round_ + 1}/{plan.rounds} {setting}: {reached}")
    return found, peaks


async def turns(plan: Plan, model: Path, fixed: str, stop: tuple[str, ...], say: Say) -> list[dict[str, Any]]:
    """First tokens of the 10th turn behind the schemas of 25 tools, and of such a text alone, by turns."""
    tenth: dict[Setting, list[float]] = defaultdict(list)
    bare: dict[Setting, list[float]] = defaultdict(list)
    rows = conversations(plan)
    for round_, setting in itertools.product(range(plan.rounds), rows):
        async with running(plan.make(setting.system, model, setting.slots)) as system:
            numbers = itertools.count()
            # Buffers, and here the fixed prompt's state.
            await conversation(system, fixed, stop, numbers, turns=1)
            for _ in range(setting.cases):
                last, alone = await conversation(system, fixed, stop, numbers)
                tenth[setting].append(last)
                bare[setting].append(alone)
        say(f"  {round_ + 1}/{plan.rounds} {setting}: {1000 * tenth[setting][-1]:.0f} ms")
    return [
        {**asdict(row), "tenth_first_s": spread(tenth[row]), "bare_first_s": spread(bare[row])}
        for row in rows
    ]


async def cold(plan: Plan, model: Path, ask: Ask, say: Say) -> dict[str, Any]:
    """From a new Python process to the first token behind the fixed prompt, with its state on the disk and without."""
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(plan.rounds):
        done = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.engine.cold", str(model), str(plan.threads),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        told, _ = await done.communicate(ask.fixed.encode())
        for name, seconds in json.loads(told).items():
            found[name] += seconds
        for name in (SERVER, PYTHON) if plan.peers else ():
            begun = time.perf_counter()
            async with running(plan.make(name, model, slots=1)) as system:
                await system.ask(replace(ask, max_tokens=1), stream=True)
                found[f"{name}_s"].append(time.perf_counter() - begun)
        say(f"  {found['kept_s'][-1]:.2f} s with the state on the disk")
    return {name: spread(values) for name, values in found.items()}


async def big(plan: Plan) -> dict[str, Any]:
    """The 2.9B shape, with random weights."""
    path = await asyncio.to_thread(big_file, StoreOptions().cache / "random")
    return asdict(await measure_big(path, plan.threads, 256 if plan.quick else _FIXED_TOKENS))
