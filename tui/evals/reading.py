"""Reads runs for the screens; each function may run in a thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from evals.record import RunRecord
from evals.rows import Row
from evals.runs import list_runs, summarize
from evals.store import StoreError, read_rows
from evals.summary import Summary

#: Runs that are listed.
MOST_RUNS = 200


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list.

    Attributes:
        directory: Where it is.
        record: What it is; None where it cannot be read.
        problem: Why not.
        rows: Replies that it has; None before they were counted. The rest likewise.
        accuracy: The part of them that is right.
        interval: Its 95 % interval.
    """

    directory: Path
    record: RunRecord | None
    problem: str = ""
    rows: int | None = None
    accuracy: float | None = None
    interval: tuple[float, float] | None = None

    def with_figures(self) -> RunRow:
        """Counts its replies."""
        try:
            summary = summarize(self.directory)
        except StoreError as error:
            return replace(self, problem=str(error))
        overall = summary.overall
        return replace(
            self, rows=sum(summary.labels.values()), accuracy=overall.accuracy, interval=overall.ci95
        )


def read_runs(directory: Path) -> list[RunRow]:
    """The latest runs, the latest first, without their figures."""
    found: list[RunRow] = []
    for path, record in list_runs(directory):
        if isinstance(record, StoreError):
            found.append(RunRow(path, None, str(record)))
        else:
            found.append(RunRow(path, record))
    found.sort(key=lambda run: run.record.created if run.record else run.directory.name, reverse=True)
    return found[:MOST_RUNS]


@dataclass(frozen=True, slots=True)
class RunRows:
    """A run's replies, and its figures."""

    rows: tuple[Row, ...]
    summary: Summary


def read_run(directory: Path) -> RunRows:
    """Reads all replies of a run.

    Raises:
        StoreError: They cannot be read.
    """
    return RunRows(tuple(read_rows(directory)), summarize(directory))
