"""Makes a sweep: each file of weights is opened once and asked all that the plan has for it.

Where several models are asked at a time anyway, all runs of a model go on side by side, too: they ask the same cases
in the same order, so that the model reads each conversation once and keeps its state for the other ways to answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from evals.caching import can_be_cached
from evals.cases import Suite
from evals.kinds import open_suite
from evals.launch import Display, Options, make_run
from evals.provenance import Code, read_code
from evals.response_cache import ResponseCache
from evals.sessions import Loading, timed
from evals.store import RESULTS_FILE, RUN_FILE, StoreError, read_record, read_rows
from evals.sweep.plan import Arm, Plan
from evals.sweep.record import SweepRecord
from evals.weights import Weights
from providers.base import ProviderError, Settings
from providers.info import DescribedProvider

RUNS = "runs"


class SweepDisplay(Protocol):
    """Who is told how a sweep goes."""

    def said(self, line: str) -> None:
        """Something that people are to know."""
        ...

    def planned(self, replies: int) -> None:
        """So many replies are to be made."""
        ...

    def arm(self, arm: Arm) -> Display:
        """Who is told of one run."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What a sweep is made with.

    Attributes:
        weigh: Finds a model's file, which is made or fetched if need be.
        open_provider: Opens a model.
        open_cache: Opens the kept replies; None goes without.
        reply: How replies are made.
        display: Who is told.
        concurrency: Cases of a model under way at a time, of all its runs together.
        command: How the program was started.
    """

    weigh: Callable[[str], Awaitable[Weights]]
    open_provider: Callable[[str], Awaitable[DescribedProvider]]
    open_cache: Callable[[], ResponseCache] | None
    reply: Settings
    display: SweepDisplay
    concurrency: int
    command: str


async def run_sweep(
    directory: Path, record: SweepRecord, means: Means, save: Callable[[SweepRecord], None]
) -> SweepRecord:
    """Makes what a sweep lacks.

    Args:
        directory: Where it is kept, each run in a folder of its own.
        record: What it is.
        means: What it is made with.
        save: Told of the record when more of it is known; after each arm, too.

    Returns:
        The record, with what was skipped and which files are the same.

    Raises:
        StoreError: A run's directory cannot be used, no model can be asked, or the code has changed since.
        SuiteError: A suite is not valid.
        ProviderError: A model that has a file cannot be loaded.
    """
    suites = {name: open_suite(name) for name in record.plan.suites}
    first, same, skipped = await _distinct(record.plan, means)
    record = record.model_copy(update={"same_weights": same, "skipped": (*record.plan.skipped, *skipped)})
    for line in [*record.skipped, *(f"{name} has the weights of {other}" for name, other in same.items())]:
        means.display.said(line)
    if not first:
        raise StoreError("no model of the sweep can be asked:\n  " + "\n  ".join(record.skipped))
    todo = {model: _lacking(directory, record.plan, model, suites) for model in first}
    code = _check_code(directory, todo)
    means.display.planned(
        sum(_replies(record.plan, suites[arm.suite]) for arms in todo.values() for arm in arms)
    )
    save(record)
    places = asyncio.Semaphore(record.jobs)
    notes: list[str] = []
    asker = _Asker(directory, record, suites, means, code, lambda: save(record), notes)

    async def one(model: str) -> None:
        async with places:
            if todo[model]:
                await asker.ask(todo[model])

    await _together([one(model) for model in first])
    record = record.model_copy(update={"skipped": (*record.skipped, *dict.fromkeys(notes))})
    save(record)
    return record


async def _together(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Does all at a time; where one fails, the others are ended first."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def _distinct(plan: Plan, means: Means) -> tuple[list[str], dict[str, str], list[str]]:
    """The models to ask, the largest file first; those of like weights; and those that cannot be had."""
    weights: dict[str, Weights] = {}
    same: dict[str, str] = {}
    skipped: list[str] = []
    known: dict[str, str] = {}
    for model in plan.models:
        try:
            found = await means.weigh(model)
        except ProviderError as error:
            skipped.append(f"{model}: {error}")
            continue
        if found.sha256 is not None and found.sha256 in known:
            same[model] = known[found.sha256]
            continue
        if found.sha256 is not None:
            known[found.sha256] = model
        weights[model] = found
    return sorted(weights, key=lambda model: -weights[model].file_bytes), same, skipped


def _lacking(directory: Path, plan: Plan, model: str, suites: dict[str, Suite]) -> list[Arm]:
    """The arms of a model that are not complete."""
    return [
        arm for arm in plan.arms(model) if not _complete(directory / RUNS / arm.folder, suites[arm.suite])
    ]


def _complete(run: Path, suite: Suite) -> bool:
    if not (run / RUN_FILE).is_file() or not (run / RESULTS_FILE).is_file():
        return False
    record = read_record(run)
    if record.suite.sha256 != suite.sha256:
        raise StoreError(f"{run} is of another version of {suite.name}; begin a new sweep with --out")
    return sum(1 for _ in read_rows(run)) >= record.total


def _check_code(directory: Path, todo: dict[str, list[Arm]]) -> Code:
    """What the code is; refuses to put runs of different code side by side."""
    code = read_code()
    for file in sorted((directory / RUNS).glob(f"*/{RUN_FILE}")) if any(todo.values()) else ():
        if read_record(file.parent).code.sha256 != code.sha256:
            raise StoreError(
                f"the code has changed since {file.parent}; begin a new sweep with --out, or restore the code"
            )
    return code


def _replies(plan: Plan, suite: Suite) -> int:
    cases = len(suite.cases) if plan.limit is None else min(plan.limit, len(suite.cases))
    return cases * plan.repeats


@dataclass(frozen=True, slots=True)
class _Asker:
    """Makes the runs of one model after the other; `notes` are filled with what could not be asked."""

    directory: Path
    record: SweepRecord
    suites: dict[str, Suite]
    means: Means
    code: Code
    saved: Callable[[], None]
    notes: list[str]

    async def ask(self, arms: Sequence[Arm]) -> None:
        """Opens a model once and makes its runs."""
        provider, seconds = await timed(self.means.open_provider(arms[0].model))
        try:
            possible = [arm for arm in arms if self._possible(arm, provider)]
            # Alone on the machine, runs come one after the other: what they say of speed is to hold.
            beside = len(possible) if self.record.jobs > 1 else 1
            for start in range(0, len(possible), beside):
                some = possible[start : start + beside]
                await _together([self._run(arm, provider, seconds, len(some)) for arm in some])
        finally:
            await provider.aclose()

    def _possible(self, arm: Arm, provider: DescribedProvider) -> bool:
        if arm.constrained in provider.info.constraints:
            return True
        self.notes.append(f"{arm.model} cannot be held to {arm.constrained}")
        self.means.display.said(self.notes[-1])
        return False

    async def _run(self, arm: Arm, provider: DescribedProvider, load_s: float, beside: int) -> None:
        """Makes what a run lacks; `beside` runs share the model."""
        plan, means, run = self.record.plan, self.means, self.directory / RUNS / arm.folder
        there = (run / RUN_FILE).is_file()
        options = Options(
            model=arm.model,
            suite=arm.suite,
            limit=plan.limit,
            repeats=plan.repeats,
            constrained=arm.constrained,
            out=None if there else run,
            resume=str(run) if there else None,
            concurrency=max(1, means.concurrency // beside),
            command=means.command,
            cache=means.open_cache is not None and can_be_cached(provider.info),
        )
        await make_run(
            options, self.suites[arm.suite], provider, means.display.arm(arm), means.reply, means.open_cache,
            self.code, Loading(load_s, alone=False),
        )  # fmt: skip
        self.saved()
