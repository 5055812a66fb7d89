"""Where runs are kept, and how they are found again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from evals.record import RunRecord
from evals.store import RUN_FILE, StoreError, read_record, read_rows
from evals.summary import Summary, Tally

RUNS = Path("runs")


def find_run(path_or_name: str, runs: Path = RUNS) -> Path:
    """The directory of a run: a path, or a name in `runs`.

    Raises:
        StoreError: There is no such run.
    """
    for directory in (Path(path_or_name), runs / path_or_name):
        if (directory / RUN_FILE).is_file():
            return directory
    raise StoreError(f"no run {path_or_name}, here or in {runs}; `evals list` shows the runs that there are")


def list_runs(runs: Path = RUNS) -> Iterator[tuple[Path, RunRecord | StoreError]]:
    """The runs in a directory, oldest first; of one that cannot be read, why."""
    for file in sorted(runs.glob(f"*/{RUN_FILE}")):
        try:
            yield file.parent, read_record(file.parent)
        except StoreError as error:
            yield file.parent, error


def new_directory(model: str, suite: str, runs: Path = RUNS) -> Path:
    """A directory for a new run, named after its time, model and suite."""
    time = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{time}-{model}-{suite}")
    directory, number = runs / name, 1
    while directory.exists():
        number += 1
        directory = runs / f"{name}-{number}"
    return directory


def summarize(directory: Path) -> Summary:
    """The figures of a run.

    Raises:
        StoreError: Its results cannot be read.
    """
    tally = Tally()
    for row in read_rows(directory):
        tally.add(row)
    return tally.summary()
