"""Scores a finished run anew from its stored calls, after the scorer has changed; no model is asked."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evals.cases import Suite, SuiteError
from evals.kinds import examiner, open_suite
from evals.provenance import read_code
from evals.record import Rescoring, RunRecord
from evals.rows import Row
from evals.store import RESULTS_FILE, RUN_FILE, StoreError, locked, read_record, read_rows, write_atomically
from evals.summary import Tally


@dataclass(frozen=True, slots=True)
class Rescored:
    """What a new scoring has changed.

    Attributes:
        rows: All rows of the run.
        changed: Rows that are not what they were.
        labels: How often a label became another.
        before: Accuracy as it was; None where nothing is scored.
        after: Accuracy as it is.
        kept: Where the old rows are; None where no row has changed and nothing was written.
    """

    rows: int
    changed: int
    labels: Mapping[tuple[str, str], int]
    before: float | None
    after: float | None
    kept: Path | None


def rescore(directory: Path) -> Rescored:
    """Scores a run anew, in place; the old rows are kept beside the new ones.

    The new file takes the place of the old one in one step, and `run.json` then names the code that scored.

    Raises:
        StoreError: The run cannot be read or written, another process writes it, or its suite or its tools
            are no longer what they were.
    """
    with locked(directory) as lock:
        done = _rescore(directory)
        os.close(lock)
    return done


def rescored_object(directory: Path, rescored: Rescored) -> dict[str, Any]:
    """What `evals rescore --json` prints."""
    return {
        "run": str(directory),
        "rows": rescored.rows,
        "changed": rescored.changed,
        "labels": [
            {"before": before, "after": after, "rows": count}
            for (before, after), count in rescored.labels.items()
        ],
        "accuracy_before": rescored.before,
        "accuracy": rescored.after,
        "kept": None if rescored.kept is None else str(rescored.kept),
    }


def rescored_text(rescored: Rescored) -> str:
    """What has changed, for people."""
    if rescored.kept is None:
        return f"no row of {rescored.rows} changed; nothing was written"
    lines = [f"{rescored.changed} of {rescored.rows} rows changed; the old rows are in {rescored.kept}"]
    lines += [f"  {before} → {after}: {count}" for (before, after), count in rescored.labels.items()]
    if rescored.before is not None and rescored.after is not None:
        lines.append(f"accuracy {rescored.before:.1%} → {rescored.after:.1%}")
    return "\n".join(lines)


def _rescore(directory: Path) -> Rescored:
    record = read_record(directory)
    cases = {case.id: case for case in _suite(record).cases}
    old = list(read_rows(directory))
    strange = next((row.id for row in old if row.id not in cases), None)
    if strange is not None:
        raise StoreError(f"{directory / RESULTS_FILE} has a row of {strange}, which is no case of its suite")
    judge = examiner(record.suite.kind)
    # An infrastructure error stays one: there is nothing to score.
    new = [row if row.label == "infra_error" else judge.rescored(cases[row.id], row) for row in old]
    changed = [(before, after) for before, after in zip(old, new, strict=True) if before != after]
    kept = None
    if changed:
        kept = _keep(directory)
        write_atomically(directory / RESULTS_FILE, b"".join(row.to_line() for row in new))
        note = Rescoring(
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            code=read_code(),
            changed=len(changed),
            kept=kept.name,
        )
        noted = record.model_copy(update={"rescored": (*record.rescored, note)})
        write_atomically(directory / RUN_FILE, noted.model_dump_json(indent=1).encode() + b"\n")
    labels = Counter((a.label, b.label) for a, b in changed if a.label != b.label)
    return Rescored(len(old), len(changed), labels, _accuracy(old), _accuracy(new), kept)


def _suite(record: RunRecord) -> Suite:
    try:
        suite = open_suite(record.suite.path)
    except SuiteError as error:
        raise StoreError(f"the run's suite cannot be read: {error}") from error
    if suite.sha256 != record.suite.sha256:
        raise StoreError(
            f"{suite.path} has changed since the run: was {record.suite.sha256[:12]}, is "
            f"{suite.sha256[:12]}; restore it, or run the new suite"
        )
    if suite.toolset.sha256 != record.tools_sha256:
        raise StoreError(
            "the tools have changed since the run, and with them what the model was offered; "
            "restore them, or run the suite again"
        )
    return suite


def _keep(directory: Path) -> Path:
    """Gives the rows file a second name, so that it outlives the first."""
    number = 1
    while (kept := directory / f"results.{number}.jsonl").exists():
        number += 1
    os.link(directory / RESULTS_FILE, kept)
    return kept


def _accuracy(rows: list[Row]) -> float | None:
    tally = Tally()
    for row in rows:
        tally.add(row)
    return tally.accuracy
