"""A run's figures for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.record import RunRecord
from evals.repeats import repeated
from evals.summary import Rate, Summary
from evals.text import visible


def as_object(directory: Path, record: RunRecord, summary: Summary) -> dict[str, Any]:
    """A run's figures as the JSON object that `--json` prints."""
    overall, repeats = summary.overall, repeated(summary.outcomes, record.repeats)
    return {
        "run": str(directory),
        "model": record.model.name,
        "parameters": record.model.parameters,
        "file_bytes": record.model.file_bytes,
        "n": overall.n,
        "accuracy": overall.accuracy,
        "accuracy_strict": overall.accuracy_strict,
        "ci95": overall.ci95,
        "by_category": {category: _rate(rate) for category, rate in summary.by_category.items()},
        "labels": summary.labels,
        "cases_per_s": summary.cases_per_s,
        "seconds": summary.seconds,
        "infra_errors": summary.infra_errors,
        "cached": summary.cached,
        "completion_tokens": summary.completion_tokens,
        "tokens_per_s": summary.tokens_per_s,
        "suite": record.suite.name,
        "repeats": record.repeats,
        "pass_at_k": None if repeats is None else repeats.at_least_one,
        "pass_hat_k": None if repeats is None else repeats.all_of_them,
        "constrained": record.constrained,
        "data_sha256": record.model.data_sha256,
        "load_s": record.load_s,
        "model_mib": record.model_mib,
        "own_mib": record.own_mib,
        "complete": sum(summary.labels.values()) == record.total,
    }


def print_run(
    console: Console, directory: Path, record: RunRecord, summary: Summary, told: Sequence[str] = ()
) -> None:
    """Prints a run's figures: a line for the model, tables of categories and labels, speed, and what is told."""
    model = record.model
    facts = [visible(model.name), f"suite {visible(record.suite.name)}"]
    if model.parameters is not None:
        facts.append(f"{_scaled(model.parameters)} parameters")
    if model.file_bytes is not None:
        facts.append(f"{_scaled(model.file_bytes)}B")
    facts.append(f"calls constrained: {record.constrained}")
    console.print(Text(" · ".join(facts), style="bold"))
    console.print(_categories(summary))
    console.print(_labels(summary))
    rows = sum(summary.labels.values())
    console.print(
        Text(
            f"{rows} of {record.total} replies in {summary.seconds:.1f} s · "
            f"{summary.cases_per_s:.1f} cases/s · {summary.tokens_per_s:.0f} tokens/s · "
            f"infra errors: {summary.infra_errors} (not in the accuracy)"
        )
    )
    for sentence in (taken(record), _repeats(record, summary), _cached(summary), *told):
        if sentence:
            console.print(Text(visible(sentence)))
    console.print(Text(f"run {directory}"), soft_wrap=True)


def _repeats(record: RunRecord, summary: Summary) -> str:
    repeats = repeated(summary.outcomes, record.repeats)
    if repeats is None:
        return ""
    lacking = f"; {repeats.left_out} cases lack a repeat" if repeats.left_out else ""
    return (
        f"of {repeats.k} repeats at least one is right in {repeats.at_least_one:.1%} of the cases (pass@k), "
        f"all in {repeats.all_of_them:.1%} (pass^k){lacking}"
    )


def taken(record: RunRecord) -> str:
    """What loading took, and the most memory; empty where the run does not say."""
    loaded = "" if record.load_s is None else f"model ready in {record.load_s:.1f} s"
    peaks = [(record.model_mib, "model"), (record.own_mib, "program")]
    memory = ", ".join(f"{said:.0f} MiB {what}" for said, what in peaks if said is not None)
    return " \u00b7 ".join(part for part in (loaded, memory and f"peak memory: {memory}") if part)


def _cached(summary: Summary) -> str:
    return (
        f"{summary.cached} replies were kept from earlier runs; times are those of then"
        if summary.cached
        else ""
    )


def percent(value: float | None) -> str:
    """A part of one, for people."""
    return "none" if value is None else f"{value:.1%}"


def _categories(summary: Summary) -> Table:
    table = Table("category", "n", "accuracy", "95 % CI", "strict")
    for column in table.columns[1:]:
        column.justify = "right"
    for category, rate in summary.by_category.items():
        table.add_row(category, *_cells(rate))
    table.add_section()
    table.add_row("all", *_cells(summary.overall), style="bold")
    return table


def _labels(summary: Summary) -> Table:
    table = Table("label", "replies")
    table.columns[1].justify = "right"
    for label, count in reversed(summary.labels.items()):
        table.add_row(label, str(count))
    return table


def _cells(rate: Rate) -> list[str]:
    interval = "none" if rate.ci95 is None else f"{rate.ci95[0]:.1%} … {rate.ci95[1]:.1%}"
    return [str(rate.n), percent(rate.accuracy), interval, percent(rate.accuracy_strict)]


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "n": rate.n,
        "accuracy": rate.accuracy,
        "accuracy_strict": rate.accuracy_strict,
        "ci95": rate.ci95,
    }


def _scaled(number: int) -> str:
    """A number with three digits and an SI prefix, such as `6.91 M`."""
    value = float(number)
    for prefix in ("", "k", "M"):
        if value < 999.5:
            return f"{value:.3g} {prefix}"
        value /= 1000
    return f"{value:.3g} G"
