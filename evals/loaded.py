"""Runs as commands that compare them need them: read whole, with names that tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.collecting import uncollected
from evals.record import RunRecord
from evals.rows import Key, Row
from evals.runs import find_run
from evals.store import StoreError, read_record, read_rows
from evals.summary import Summary, Tally


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """A run and its rows.

    Attributes:
        name: What it is called beside the other runs: its model, or its directory where models are alike.
        directory: Where it is.
        record: What it is.
        rows: Its rows by case and repeat.
        summary: Its figures.
    """

    name: str
    directory: Path
    record: RunRecord
    rows: Mapping[Key, Row]
    summary: Summary

    @property
    def scored(self) -> Mapping[Key, Row]:
        """The rows that are evidence about the model: all but infrastructure errors."""
        return {key: row for key, row in self.rows.items() if row.label != "infra_error"}


def load_runs(paths_or_names: Sequence[str]) -> list[LoadedRun]:
    """Reads runs of one suite.

    Raises:
        StoreError: There is no such run, it cannot be read, or the runs are of different suites.
    """
    directories = [find_run(name) for name in paths_or_names]
    records = [read_record(directory) for directory in directories]
    for directory, record in zip(directories, records, strict=True):
        if record.suite.sha256 != records[0].suite.sha256:
            raise StoreError(
                f"{directory} is of another suite than {directories[0]}: {_suite(record)}, "
                f"not {_suite(records[0])}; runs are compared case by case, so run both on one suite"
            )
    models = Counter(record.model.name for record in records)
    loaded: list[LoadedRun] = []
    for directory, record in zip(directories, records, strict=True):
        tally, rows = Tally(), dict[Key, Row]()
        with uncollected():
            for row in read_rows(directory):
                tally.add(row)
                rows[row.key] = row
        name = record.model.name
        if models[name] > 1:
            name = f"{name} ({directory.name or directory.resolve().name})"
        loaded.append(LoadedRun(name, directory, record, rows, tally.summary()))
    return loaded


def _suite(record: RunRecord) -> str:
    return f"{record.suite.name} ({record.suite.sha256[:12]})"
