"""What there is to run, and what has been run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.cases import SUITES, suite_names
from evals.kinds import other_suites
from evals.record import RunRecord
from evals.runs import list_runs, summarize
from evals.store import StoreError
from evals.tables import percent
from evals.text import visible


def read_listing(directory: Path) -> dict[str, list[dict[str, Any]]]:
    """The shipped suites, and the runs in a directory, oldest first."""
    suites = [{"suite": name, "cases": _lines(SUITES / f"{name}.jsonl")} for name in suite_names()]
    suites += [{"suite": name, "cases": count} for name, count in other_suites().items()]
    return {"suites": suites, "runs": [_run(path, record) for path, record in list_runs(directory)]}


def print_listing(console: Console, listing: dict[str, list[dict[str, Any]]]) -> None:
    """Prints what `read_listing` found."""
    suites = Table("suite", "cases")
    for suite in listing["suites"]:
        suites.add_row(suite["suite"], str(suite["cases"]))
    runs = Table("run", "model", "suite", "replies", "accuracy", "infra errors")
    for run in listing["runs"]:
        if "problem" in run:
            runs.add_row(Text(visible(run["run"])), Text(visible(run["problem"])))
            continue
        replies = f"{run['rows']} of {run['total']}"
        runs.add_row(
            Text(visible(run["run"])),
            Text(visible(run["model"])),
            Text(visible(run["suite"])),
            replies,
            percent(run["accuracy"]),
            str(run["infra_errors"]),
        )
    console.print(suites)
    console.print(runs if listing["runs"] else Text("no runs yet: evals run --model q4_k"))


def _run(directory: Path, record: RunRecord | StoreError) -> dict[str, Any]:
    if isinstance(record, StoreError):
        return {"run": str(directory), "problem": str(record)}
    summary = summarize(directory)
    return {
        "run": str(directory),
        "created": record.created,
        "model": record.model.name,
        "suite": record.suite.name,
        "rows": sum(summary.labels.values()),
        "total": record.total,
        "accuracy": summary.overall.accuracy,
        "infra_errors": summary.infra_errors,
    }


def _lines(path: Path) -> int:
    return sum(1 for line in path.read_bytes().split(b"\n") if line.strip())
