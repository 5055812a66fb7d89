"""One case of a run, in full: what was asked, what the model did, what was expected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evals.cases import Case
from evals.questions import expected_lines, read_questions
from evals.record import RunRecord
from evals.rows import Row
from evals.store import StoreError, read_rows
from evals.text import visible
from providers.base import Message


@dataclass(frozen=True, slots=True)
class ShownCase:
    """A case of a run.

    Attributes:
        rows: What the model did, by repeat; at least one.
        case: What was asked; None where the suite is not what it was.
        note: Why `case` is None.
    """

    rows: tuple[Row, ...]
    case: Case | None
    note: str = ""


def read_case(directory: Path, record: RunRecord, case_id: str) -> ShownCase:
    """Finds a case of a run.

    Raises:
        StoreError: The run has no row of the case.
    """
    rows = tuple(
        sorted((row for row in read_rows(directory) if row.id == case_id), key=lambda row: row.repeat)
    )
    if not rows:
        raise StoreError(f"{directory} has no row of a case {case_id}; its results.jsonl lists those it has")
    questions, note = read_questions(record)
    return ShownCase(rows, questions.get(case_id), note)


def case_object(shown: ShownCase) -> list[dict[str, Any]]:
    """The rows as JSON has them."""
    return [asdict(row) for row in shown.rows]


def case_text(shown: ShownCase) -> str:
    """The case as text that is safe for a terminal, whatever the model wrote."""
    lines = [] if shown.case is None else list(_question(shown.case))
    if shown.note:
        lines.append(shown.note)
    for row in shown.rows:
        lines += ["", *_reply(row)]
    return visible("\n".join(lines))


def _question(case: Case) -> Iterator[str]:
    yield f"{case.id} · {case.category} · now {case.now.isoformat()} · {len(case.tools)} tools on offer"
    for message in case.messages:
        yield from _message(message)
    for number, calls in enumerate(expected_lines(case)):
        order = ", in this order" if case.ordered and len(calls) > 1 else ""
        yield f"{'or' if number else 'expected'}{order}:"
        yield from (f"  {call}" for call in calls)
        if not calls:
            yield "  no call"


def _message(message: Message) -> Iterator[str]:
    if message.content is not None:
        yield f"  {message.role}: {message.content}"
    for call in message.tool_calls:
        yield f"  {message.role} calls {call.name} {_json(call.arguments)}"


def _reply(row: Row) -> Iterator[str]:
    verdict = f"{row.label}{', repaired: ' + ', '.join(row.repairs) if row.repaired else ''}"
    yield f"repeat {row.repeat}: {verdict}"
    yield f"  {row.reason}"
    yield "made:"
    yield from (f"  {call['name']} {_json(call['arguments'])}" for call in row.calls)
    if not row.calls:
        yield "  no call"
    yield "raw:"
    yield from (f"  {line}" for line in row.raw.split("\n"))
    usage = row.usage
    yield (
        f"{usage.prompt_tokens} tokens in ({usage.cached_tokens} cached), {usage.completion_tokens} out · "
        f"{row.seconds:.2f} s · {row.attempts} attempts"
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
