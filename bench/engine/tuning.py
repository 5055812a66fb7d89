"""Finds out which settings suit a peer on this machine, so that it is measured with its best ones."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from bench.engine.measure import load
from bench.engine.plan import PYTHON, SERVER, Plan, Setting
from bench.engine.report import Say
from bench.engine.systems import Ask, running

#: Tokens of one batch of llama.cpp that are tried.
_BATCHES = (512, 2048)
_ROUNDS = 2


async def tune(
    plan: Plan, model: Path, asks: list[Ask], long: list[Ask], say: Say
) -> dict[str, dict[str, Any]]:
    """Tries threads and batches of each peer in turns, on short and on long prompts; returns the quickest.

    A model this small may be served faster by one thread than by all. This engine finds that out while it runs.
    """
    chosen: dict[str, dict[str, Any]] = {}
    for setting in (Setting(SERVER, 4, 4, 16), Setting(PYTHON, 1, 1, 4)):
        candidates = [
            {"threads": threads, "batch": batch}
            for threads, batch in itertools.product(sorted({1, plan.threads}), _BATCHES)
        ]
        seconds = [float("inf")] * len(candidates)
        for _, index in itertools.product(range(1 if plan.quick else _ROUNDS), range(len(candidates))):
            tried = Plan(plan.quick, plan.rounds, plan.threads, chosen={setting.system: candidates[index]})
            async with running(tried.make(setting.system, model, setting.slots)) as system:
                work = asks[: setting.cases] + long[: max(setting.cases // 4, 1)]
                rate = (await load(system, work, setting.clients, stream=False)).cases_per_s
            seconds[index] = min(seconds[index], len(work) / rate if rate else float("inf"))
        best = min(range(len(candidates)), key=seconds.__getitem__)
        chosen[setting.system] = candidates[best]
        say(f"  {setting.system} is quickest with {candidates[best]}")
    return chosen
