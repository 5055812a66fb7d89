"""What came of a sweep: as figures, and as tables for people and programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.export import markdown_text
from evals.record import RunRecord
from evals.repeats import repeated
from evals.runs import summarize
from evals.store import RESULTS_FILE, RUN_FILE, read_record, write_atomically
from evals.summary import Summary
from evals.sweep.figure import figure
from evals.sweep.page import sweep_page
from evals.sweep.plan import Arm
from evals.sweep.record import Result, SweepRecord, write_sweep
from evals.sweep.run import RUNS
from evals.tables import percent
from evals.text import visible

_HEADS = (
    "model", "calls held to", "suite", "n", "accuracy", "95 % CI", "strict", "irrelevant", "MB", "tokens/s",
    "peak MiB", "load s", "infra errors",
)  # fmt: skip


class Results:
    """The figures of a sweep's runs, each read anew only when its files have changed."""

    def __init__(self, directory: Path) -> None:
        """Reads nothing yet; `directory` is the sweep's."""
        self._directory = directory
        self._read: dict[Path, tuple[tuple[int, ...], RunRecord, Summary]] = {}

    def collect(self, record: SweepRecord) -> SweepRecord:
        """The record with the figures of all runs that are there.

        Raises:
            StoreError: A run cannot be read.
        """
        results: list[Result] = []
        for model in record.plan.models:
            for arm in record.plan.arms(model):
                asked = arm.model_copy(update={"model": record.same_weights.get(model, model)})
                run = self._directory / RUNS / asked.folder
                if (run / RUN_FILE).is_file() and (run / RESULTS_FILE).is_file():
                    results.append(_result(arm, asked, run, *self._figures(run)))
        return record.model_copy(update={"results": tuple(results)})

    def _figures(self, run: Path) -> tuple[RunRecord, Summary]:
        stats = [(run / name).stat() for name in (RUN_FILE, RESULTS_FILE)]
        state = tuple(value for stat in stats for value in (stat.st_mtime_ns, stat.st_size, stat.st_ino))
        known = self._read.get(run)
        if known is None or known[0] != state:
            known = self._read[run] = state, read_record(run), summarize(run)
        return known[1], known[2]


def collect_results(directory: Path, record: SweepRecord) -> SweepRecord:
    """The record with the figures of all runs that are there, read once.

    Raises:
        StoreError: A run cannot be read.
    """
    return Results(directory).collect(record)


def write_results(directory: Path, record: SweepRecord) -> None:
    """Writes `sweep.json`, the tables and the figure.

    Raises:
        OSError: A file cannot be written.
    """
    write_sweep(directory, record)
    write_tables(directory, record)
    rows = [_cells(result) for result in record.results]
    write_atomically(directory / "sweep.html", sweep_page(record, _HEADS, rows, notes(record)).encode())


def write_tables(directory: Path, record: SweepRecord) -> None:
    """Writes the tables and the figure.

    Raises:
        OSError: A file cannot be written.
    """
    write_atomically(directory / "table.md", markdown(record).encode())
    write_atomically(directory / "table.csv", comma_separated(record.results).encode())
    write_atomically(directory / "figure.svg", figure(record.results).encode())


def markdown(record: SweepRecord) -> str:
    """The table for a pull request, with what was left out below it."""
    lines = [f"| {' | '.join(_HEADS)} |", f"| --- | --- | --- |{' --: |' * (len(_HEADS) - 3)}"]
    for result in record.results:
        lines.append(f"| {' | '.join(markdown_text(cell) for cell in _cells(result))} |")
    lines += ["", *(f"- {markdown_text(note)}" for note in notes(record))]
    return "\n".join(lines) + "\n"


def comma_separated(results: Sequence[Result]) -> str:
    """All figures, a line each."""
    text = io.StringIO()
    names = [name for name in Result.model_fields if name != "ci95"]
    writer = csv.DictWriter(text, [*names, "ci95_low", "ci95_high"], lineterminator="\n")
    writer.writeheader()
    for result in results:
        low, high = result.ci95 or (None, None)
        plain = result.model_dump(exclude={"ci95"})
        writer.writerow({**plain, "ci95_low": low, "ci95_high": high})
    return text.getvalue()


def print_results(console: Console, directory: Path, record: SweepRecord) -> None:
    """Prints the table, what was left out, and where the files are."""
    # A terminal is narrow: the files have the rest.
    several = len(record.plan.suites) > 1
    table = Table(
        "model", "held to", *(["suite"] if several else []), "accuracy", "95 % CI", "MB", "tokens/s"
    )
    for column in table.columns[-4:]:
        column.justify, column.no_wrap = "right", True
    for result in record.results:
        model, held, suite, _, accuracy, interval, _, _, size, speed, *_ = _cells(result)
        cells = (model, held, *([suite] if several else []), accuracy, interval, size, speed)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    console.print(table)
    for note in notes(record):
        console.print(Text(visible(note)), soft_wrap=True)
    console.print(
        Text(f"sweep {directory}: sweep.html, sweep.json, table.md, table.csv, figure.svg"), soft_wrap=True
    )


def notes(record: SweepRecord) -> list[str]:
    """What a reader of the table has to know."""
    said = [f"{name}: the file of {other}, asked once" for name, other in record.same_weights.items()]
    said += [f"left out: {line}" for line in record.skipped]
    if record.jobs > 1:
        ways = len(record.plan.constrained) * len(record.plan.suites)
        said.append(
            f"speeds are those of {record.jobs} models side by side on one machine, "
            f"each with its {ways} runs at a time; --jobs 1 measures each alone"
        )
    cached = sum(result.cached for result in record.results if result.same_as is None)
    if cached:
        said.append(f"{cached} replies were kept from earlier runs; their times are those of then")
    lacking = sum(not result.complete for result in record.results)
    if lacking:
        said.append(f"{lacking} runs are not complete")
    return said


def _result(arm: Arm, asked: Arm, run: Path, record: RunRecord, summary: Summary) -> Result:
    overall, irrelevant = summary.overall, summary.by_category.get("irrelevant")
    repeats = repeated(summary.outcomes, record.repeats)
    return Result(
        model=arm.model,
        constrained=arm.constrained,
        suite=arm.suite,
        same_as=None if asked == arm else asked.model,
        run=f"{RUNS}/{run.name}",
        parameters=record.model.parameters,
        format=record.model.format if asked == arm else arm.model.rpartition(":")[2],
        file_bytes=record.model.file_bytes,
        weights_sha256=record.model.weights_sha256,
        data_sha256=record.model.data_sha256,
        complete=sum(summary.labels.values()) >= record.total,
        n=overall.n,
        accuracy=overall.accuracy,
        ci95=overall.ci95,
        accuracy_strict=overall.accuracy_strict,
        pass_hat_k=None if repeats is None else repeats.all_of_them,
        irrelevant=None if irrelevant is None else irrelevant.accuracy,
        infra_errors=summary.infra_errors,
        cached=summary.cached,
        tokens_per_s=summary.tokens_per_s,
        cases_per_s=summary.cases_per_s,
        load_s=record.load_s,
        model_mib=record.model_mib,
    )


def _cells(result: Result) -> list[str]:
    interval = "none" if result.ci95 is None else f"{result.ci95[0]:.1%} … {result.ci95[1]:.1%}"
    size = "not known" if result.file_bytes is None else f"{result.file_bytes / 1e6:.1f}"
    return [
        result.model + (f" (= {result.same_as})" if result.same_as else ""),
        result.constrained,
        result.suite,
        str(result.n) + ("" if result.complete else ", not complete"),
        percent(result.accuracy),
        interval,
        percent(result.accuracy_strict),
        percent(result.irrelevant),
        size,
        f"{result.tokens_per_s:.0f}",
        "not known" if result.model_mib is None else f"{result.model_mib:.0f}",
        "not known" if result.load_s is None else f"{result.load_s:.1f}",
        str(result.infra_errors),
    ]
