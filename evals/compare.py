"""Runs against a baseline, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.comparison import Comparison, Grouping, accuracy, compare, repeated
from evals.loaded import LoadedRun
from evals.record import differences
from evals.tables import percent
from evals.text import visible
from evals.verdict import evidence, left_out, verdict


def compare_runs(runs: Sequence[LoadedRun], grouping: Grouping) -> list[Comparison]:
    """Each run but the first against the first."""
    return [compare(runs[0], run, grouping) for run in runs[1:]]


def as_object(
    runs: Sequence[LoadedRun], comparisons: Sequence[Comparison], grouping: Grouping
) -> dict[str, Any]:
    """What `evals compare --json` prints."""
    return {
        "baseline": runs[0].name,
        "runs": [run_object(run, grouping) for run in runs],
        "comparisons": [comparison_object(comparison) for comparison in comparisons],
    }


def run_object(run: LoadedRun, grouping: Grouping) -> dict[str, Any]:
    """A run's figures; `ci95` is clustered where cases share templates."""
    interval, repeats = accuracy(run, grouping), repeated(run)
    return {
        "name": run.name,
        "run": str(run.directory),
        "n": run.summary.overall.n,
        "accuracy": run.summary.overall.accuracy,
        "accuracy_strict": run.summary.overall.accuracy_strict,
        "ci95": None if interval is None else [interval.low, interval.high],
        "infra_errors": run.summary.infra_errors,
        "repeats": run.record.repeats,
        "pass_at_k": None if repeats is None else repeats.at_least_one,
        "pass_hat_k": None if repeats is None else repeats.all_of_them,
    }


def comparison_object(comparison: Comparison) -> dict[str, Any]:
    """A comparison as JSON; differences are parts of one, not points."""
    difference = comparison.difference
    return {
        "name": comparison.run.name,
        "baseline": comparison.baseline.name,
        "pairs": comparison.pairs,
        "cases": comparison.cases,
        "clusters": comparison.clusters,
        "difference": None if difference is None else difference.estimate,
        "ci95": None if difference is None else [difference.low, difference.high],
        "significant": comparison.significant,
        "mcnemar_p": comparison.p_value,
        "minimum_detectable_difference": comparison.detectable,
        "infra_errors": comparison.infra_errors,
        "unpaired": comparison.unpaired,
        "flips": [{**asdict(flip), "regressed": flip.regressed} for flip in comparison.flips],
        "provenance_differs": differences(comparison.baseline.record, comparison.run.record),
        "verdict": verdict(comparison),
    }


def print_comparisons(
    console: Console, runs: Sequence[LoadedRun], comparisons: Sequence[Comparison], grouping: Grouping
) -> None:
    """Prints a table of the runs, then of each its verdict and its flips."""
    console.print(_runs(runs, grouping))
    for comparison in comparisons:
        console.print()
        print_comparison(console, comparison)


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Prints a verdict and the flips behind it."""
    console.print(Text(visible(verdict(comparison)), style="bold"), soft_wrap=True)
    for sentence in (evidence(comparison), _test(comparison), left_out(comparison)):
        if sentence:
            console.print(Text(sentence), soft_wrap=True)
    for change in differences(comparison.baseline.record, comparison.run.record):
        console.print(Text(f"  {visible(change)}", style="dim"), soft_wrap=True)
    if comparison.flips:
        console.print(_flips(comparison))


def _test(comparison: Comparison) -> str:
    unit = "clusters" if comparison.clusters != comparison.cases else "cases"
    return (
        f"Worse in {comparison.worse} {unit}, better in {comparison.better}; "
        f"McNemar's exact test: p = {comparison.p_value:.2g}."
    )


def _runs(runs: Sequence[LoadedRun], grouping: Grouping) -> Table:
    table = Table("run", "n", "accuracy", "95 % CI", "strict", "pass@k", "pass^k", "infra errors")
    for column in table.columns[1:]:
        column.justify = "right"
    for run in runs:
        overall, interval, repeats = run.summary.overall, accuracy(run, grouping), repeated(run)
        table.add_row(
            Text(visible(run.name)),
            str(overall.n),
            percent(overall.accuracy),
            "none" if interval is None else f"{interval.low:.1%} … {interval.high:.1%}",
            percent(overall.accuracy_strict),
            "" if repeats is None else f"{repeats.at_least_one:.1%}",
            "" if repeats is None else f"{repeats.all_of_them:.1%} (k = {repeats.k})",
            str(run.summary.infra_errors),
        )
    return table


def _flips(comparison: Comparison) -> Table:
    table = Table("flip", "case", "repeat", "category", "before", "after")
    for flip in comparison.flips:
        direction = "regressed" if flip.regressed else "improved"
        table.add_row(
            direction, Text(visible(flip.id)), str(flip.repeat), flip.category, flip.before, flip.after
        )
    return table
