"""The cases of a report: a short index of all, and the rest in pieces that are only read when opened."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.json_text import dumped
from evals.loaded import LoadedRun
from evals.record import RunRecord
from evals.report.asked import Questions
from evals.report.markup import Markup, data
from evals.report.sections import NO_CALL
from evals.rows import Key, Row
from evals.scorer import ROW_LABELS

PIECE = 200
_LABEL_NUMBERS: Mapping[str, int] = {name: number for number, name in enumerate(ROW_LABELS)}


def keys_of(runs: Sequence[LoadedRun]) -> list[Key]:
    """Every case and repeat that any of the runs has, repeats of a case together."""
    if len(runs) == 1 and runs[0].record.repeats == 1:
        return list(runs[0].rows)
    order: dict[str, int] = {}
    for run in runs:
        for case, _ in run.rows:
            order.setdefault(case, len(order))
    keys = {key for run in runs for key in run.rows}
    return sorted(keys, key=lambda key: (order[key[0]], key[1]))


def index(runs: Sequence[LoadedRun], keys: Sequence[Key], questions: Questions) -> Markup:
    """What the list of cases shows and filters by; labels, categories and tools by number."""
    tools = [*questions.all_tools(), NO_CALL]
    numbers = {tool: number for number, tool in enumerate(tools)}
    categories: dict[str, int] = {}
    entries: list[Any] = []
    for key in keys:
        rows = [run.rows.get(key) for run in runs]
        category = next(row.category for row in rows if row is not None)
        named = (questions.tools(key[0]) or (NO_CALL,)) if key[0] in questions else ()
        entries.append(
            [
                *key,
                categories.setdefault(category, len(categories)),
                [numbers[tool] for tool in named],
                [-1 if row is None else _LABEL_NUMBERS[row.label] for row in rows],
                questions.words(key[0]),
            ]
        )
    content = {
        "runs": [run.name for run in runs],
        "labels": ROW_LABELS,
        "categories": list(categories),
        "tools": tools,
        "piece": PIECE,
        "note": questions.note,
        "cases": entries,
    }
    return data(dumped(content), id="index")


def pieces(runs: Sequence[LoadedRun], keys: Sequence[Key], questions: Questions) -> Iterator[Markup]:
    """What a case shows when it is opened, `PIECE` of them in each."""
    commands = [_Command(run.record) for run in runs]
    for start in range(0, len(keys), PIECE):
        part = keys[start : start + PIECE]
        asked = ",".join(
            f"{dumped(case)}:{questions.whole(case)}" for case in dict(part) if case in questions
        )
        rows = [
            [
                _row(run.rows[key], command) if key in run.rows else None
                for run, command in zip(runs, commands, strict=True)
            ]
            for key in part
        ]
        yield data(f'{{"questions":{{{asked}}},"rows":{dumped(rows)}}}', id=f"piece-{start // PIECE}")


def reproduce(record: RunRecord, case: str, repeat: int) -> str:
    """The command that asks a run's model the same again."""
    return _Command(record).of(case, repeat)


class _Command:
    """The commands that ask a run's model again, put together once but for the case."""

    def __init__(self, record: RunRecord) -> None:
        model = record.requested or record.model.name
        self._before = shlex.join(["evals", "run", "--model", model, "--suite", record.suite.path, "--case"])
        self._after = shlex.join(["--constrained", record.constrained])
        self._seed = record.seed

    def of(self, case: str, repeat: int) -> str:
        return f"{self._before} {shlex.quote(case)} --seed {self._seed + repeat} {self._after}"


def _row(row: Row, command: _Command) -> dict[str, Any]:
    return {
        "reason": row.reason,
        "calls": row.calls,
        "repairs": row.repairs,
        "raw": row.raw,
        "finish": row.finish,
        "tokens": [row.usage.prompt_tokens, row.usage.completion_tokens],
        "seconds": round(row.seconds, 3),
        "attempts": row.attempts,
        "cached": row.cached,
        "reproduce": command.of(row.id, row.repeat),
    }
