"""Smallwatch's suites inside Inspect: `inspect eval smallwatch/suite -T suite=netmon-dev --model …`.

Inspect's model answers; tools are offered, conversations are had and replies are scored as `evals run` does.
"""

from __future__ import annotations

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import (
    Score,
    Scorer,
    Target,
    accuracy,
    grouped,
    scorer,
    stderr,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver

from evals.cases import Case, Suite, select
from evals.inspect_messages import InspectProvider, chat_message
from evals.inspect_rows import conversation
from evals.inspect_scores import score_of
from evals.kinds import examiner, open_suite
from evals.questions import expected_lines
from evals.rows import parse_row
from providers.base import Settings

_ROW = "smallwatch_row"


@task
def suite(suite: str = "netmon-dev", cases: str = "", max_tokens: int = 512, send_now: bool = False) -> Task:
    """A suite of Smallwatch.

    Args:
        suite: What `evals run --suite` takes: `netmon-dev`, `scenarios`, `bfcl:live`, a path.
        cases: Ids of the only cases, with commas between; all if empty.
        max_tokens: Tokens of a reply at most.
        send_now: Send each case's time beside its messages too; for a model of `smallwatch engine serve`.

    Raises:
        SuiteError: There is no such suite, or it is not valid.
    """
    chosen = select(open_suite(suite), [part.strip() for part in cases.split(",") if part.strip()])
    return Task(
        dataset=MemoryDataset([_sample(case) for case in chosen.cases], name=chosen.name),
        solver=examine(chosen, max_tokens, send_now),
        scorer=verdict(),
        name=f"smallwatch-{chosen.name}".replace(":", "-"),
        metadata={"suite": chosen.name, "suite_sha256": chosen.sha256, "kind": chosen.kind},
    )


@solver
def examine(suite: Suite, max_tokens: int, send_now: bool) -> Solver:
    """Puts a case to Inspect's model as `evals run` does, and keeps the row that comes of it."""
    cases = {case.id: case for case in suite.cases}
    judge = examiner(suite.kind)

    def provider() -> InspectProvider:
        return InspectProvider(get_model(), send_now=send_now)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        case = cases[str(state.sample_id)]
        settings = Settings(max_tokens=max_tokens, now=case.now, seed=state.epoch - 1)
        row = await judge.examine(provider(), case, state.epoch - 1, settings)
        state.store.set(_ROW, row.to_line().decode())
        state.output.completion = row.raw
        state.messages = [chat_message(message) for message in conversation(case, row)]
        return state

    return solve


@scorer(metrics=[accuracy(), stderr(), grouped(accuracy(), "category")])
def verdict() -> Scorer:
    """The score that Smallwatch gives: correct or not, with its label and its reason."""

    async def score(state: TaskState, target: Target) -> Score:
        return score_of(parse_row(str(state.store.get(_ROW)).encode()))

    return score


def _sample(case: Case) -> Sample:
    return Sample(
        id=case.id,
        input=[chat_message(message) for message in case.messages],
        target=["\n".join(calls) or "no call" for calls in expected_lines(case)],
        metadata={"category": case.category, "tools": [tool.name for tool in case.tools]},
    )
