"""The cases of a report: a short index of all, and the rest in pieces that are only read when opened."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.case_file import CATEGORIES
from evals.cases import Case
from evals.loaded import LoadedRun
from evals.questions import expected_tools, question_object
from evals.record import RunRecord
from evals.report.markup import Markup, data
from evals.report.sections import NO_CALL
from evals.rows import Key, Row
from evals.scorer import LABELS

PIECE = 200
_SHOWN = 140
_CATEGORY_NUMBERS: Mapping[str, int] = {name: number for number, name in enumerate(CATEGORIES)}
_LABEL_NUMBERS: Mapping[str, int] = {name: number for number, name in enumerate(LABELS)}


def keys_of(runs: Sequence[LoadedRun]) -> list[Key]:
    """Every case and repeat that any of the runs has, repeats of a case together."""
    order: dict[str, int] = {}
    for run in runs:
        for case, _ in run.rows:
            order.setdefault(case, len(order))
    keys = {key for run in runs for key in run.rows}
    return sorted(keys, key=lambda key: (order[key[0]], key[1]))


def index(runs: Sequence[LoadedRun], keys: Sequence[Key], questions: Mapping[str, Case], note: str) -> Markup:
    """What the list of cases shows and filters by; labels, categories and tools by number."""
    tools = [*dict.fromkeys(tool for case in questions.values() for tool in expected_tools(case)), NO_CALL]
    numbers = {tool: number for number, tool in enumerate(tools)}
    entries: list[Any] = []
    for key in keys:
        rows = [run.rows.get(key) for run in runs]
        case = questions.get(key[0])
        category = next(row.category for row in rows if row is not None)
        named = (expected_tools(case) or (NO_CALL,)) if case else ()
        entries.append(
            [
                *key,
                _CATEGORY_NUMBERS[category],
                [numbers[tool] for tool in named],
                [-1 if row is None else _LABEL_NUMBERS[row.label] for row in rows],
                "" if case is None else _asked(case),
            ]
        )
    content = {
        "runs": [run.name for run in runs],
        "labels": LABELS,
        "categories": CATEGORIES,
        "tools": tools,
        "piece": PIECE,
        "note": note,
        "cases": entries,
    }
    return data(content, id="index")


def pieces(runs: Sequence[LoadedRun], keys: Sequence[Key], questions: Mapping[str, Case]) -> Iterator[Markup]:
    """What a case shows when it is opened, `PIECE` of them in each."""
    for start in range(0, len(keys), PIECE):
        part = keys[start : start + PIECE]
        asked = {case: question_object(questions[case]) for case in dict(part) if case in questions}
        rows = [[_row(run, run.rows[key]) if key in run.rows else None for run in runs] for key in part]
        yield data({"questions": asked, "rows": rows}, id=f"piece-{start // PIECE}")


def reproduce(record: RunRecord, case: str, repeat: int) -> str:
    """The command that asks a run's model the same again."""
    parts = ["evals", "run", "--model", record.requested or record.model.name, "--suite", record.suite.path]
    parts += ["--case", case, "--seed", str(record.seed + repeat), "--constrained", record.constrained]
    return shlex.join(parts)


def _row(run: LoadedRun, row: Row) -> dict[str, Any]:
    return {
        "reason": row.reason,
        "calls": row.calls,
        "repairs": row.repairs,
        "raw": row.raw,
        "finish": row.finish,
        "tokens": [row.usage.prompt_tokens, row.usage.completion_tokens],
        "seconds": round(row.seconds, 3),
        "attempts": row.attempts,
        "reproduce": reproduce(run.record, row.id, row.repeat),
    }


def _asked(case: Case) -> str:
    """The user's last message, cut."""
    said = next((message.content for message in reversed(case.messages) if message.role == "user"), "") or ""
    said = " ".join(said.split())
    return said if len(said) <= _SHOWN else said[: _SHOWN - 1] + "…"
