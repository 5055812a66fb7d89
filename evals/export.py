"""A run in the forms of other programs. What a model wrote is data in all: no markup, no formula."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Literal

from evals.cases import Case
from evals.loaded import LoadedRun
from evals.questions import question_object, read_questions
from evals.rows import Row
from evals.summary import Rate
from evals.tables import percent
from evals.text import visible

Form = Literal["jsonl", "csv", "markdown"]

_COLUMNS = (
    "id", "repeat", "category", "label", "repaired", "malformed", "reason", "prompt", "expected", "calls",
    "raw", "finish", "prompt_tokens", "completion_tokens", "seconds", "attempts", "model",
)  # fmt: skip
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~&])")
_MOST_FAILURES = 50


def export(run: LoadedRun, form: Form) -> Iterator[str]:
    """The run as text, piece by piece.

    `jsonl` has a row a line with the question beside it; `csv` the same, flat, with an apostrophe before
    text that a spreadsheet would take for a formula; `markdown` is a summary for a pull request.
    """
    match form:
        case "jsonl":
            return _json_lines(run)
        case "csv":
            return _csv(run)
        case "markdown":
            return _markdown(run)


def markdown_text(text: str) -> str:
    """Text that stands in Markdown as it is: on one line, no markup, no HTML, no link."""
    escaped = _MARKDOWN.sub(r"\\\1", visible(" ".join(text.split())))
    # What is left of a link that Markdown makes of bare text, and of a mention.
    return escaped.replace("://", ":\\//").replace("@", "@\u200b").replace("www.", "www\\.")


def _json_lines(run: LoadedRun) -> Iterator[str]:
    questions, _ = read_questions(run.record)
    for row in run.rows.values():
        case = questions.get(row.id)
        question = None if case is None else question_object(case)
        yield json.dumps({**asdict(row), "model": run.record.model.name, "question": question}) + "\n"


def _csv(run: LoadedRun) -> Iterator[str]:
    questions, _ = read_questions(run.record)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for row in run.rows.values():
        cells = _cells(run, row, questions.get(row.id))
        writer.writerow([_cell(cells[name]) for name in _COLUMNS])
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def _cells(run: LoadedRun, row: Row, case: Case | None) -> Mapping[str, Any]:
    question = None if case is None else question_object(case)
    plain = asdict(row)
    return {
        **{name: plain[name] for name in _COLUMNS if name in plain},
        "prompt": "" if question is None else "\n".join(_lines(question["messages"])),
        "expected": "" if question is None else "\nor\n".join("\n".join(c) for c in question["expected"]),
        "calls": json.dumps(row.calls, ensure_ascii=False),
        "prompt_tokens": row.usage.prompt_tokens,
        "completion_tokens": row.usage.completion_tokens,
        "model": run.record.model.name,
    }


def _lines(messages: list[dict[str, Any]]) -> Iterator[str]:
    for message in messages:
        yield f"{message['role']}: {message['content']}"
        yield from (f"{message['role']} calls {call}" for call in message["calls"])


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _markdown(run: LoadedRun) -> Iterator[str]:
    record, summary = run.record, run.summary
    yield f"### {markdown_text(run.name)} on {markdown_text(record.suite.name)}\n\n"
    yield "| category | n | accuracy | 95 % CI | strict |\n| --- | --: | --: | --: | --: |\n"
    for category, rate in summary.by_category.items():
        yield _rate_line(category, rate)
    yield _rate_line("**all**", summary.overall)
    yield f"\n{sum(summary.labels.values())} of {record.total} replies; infrastructure errors: "
    yield f"{summary.infra_errors} (not in the accuracy).\n"
    wrong = [row for row in run.scored.values() if not row.correct]
    if wrong:
        yield f"\n<details><summary>{len(wrong)} wrong replies</summary>\n\n"
        yield "| case | repeat | label | why |\n| --- | --: | --- | --- |\n"
        for row in wrong[:_MOST_FAILURES]:
            yield f"| {markdown_text(row.id)} | {row.repeat} | {row.label} | {markdown_text(row.reason)} |\n"
        if len(wrong) > _MOST_FAILURES:
            yield f"\n… and {len(wrong) - _MOST_FAILURES} more\n"
        yield "\n</details>\n"


def _rate_line(name: str, rate: Rate) -> str:
    interval = "none" if rate.ci95 is None else f"{rate.ci95[0]:.1%} … {rate.ci95[1]:.1%}"
    cells = (name, str(rate.n), percent(rate.accuracy), interval, percent(rate.accuracy_strict))
    return f"| {' | '.join(cells)} |\n"
