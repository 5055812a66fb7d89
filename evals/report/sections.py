"""The parts of a report that stand without a script: verdicts, tables, provenance."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from evals.comparison import Comparison, Grouping, accuracy, repeated
from evals.loaded import LoadedRun
from evals.record import RunRecord, Session, differences
from evals.report.asked import Questions
from evals.report.figures import megabytes
from evals.report.markup import Markup, element, join
from evals.summary import wilson
from evals.tables import percent
from evals.verdict import evidence, left_out, verdict
from providers.base import Usage
from providers.prices import PriceError, load_prices

NO_CALL = "(no call)"


def verdicts(runs: Sequence[LoadedRun], comparisons: Sequence[Comparison], grouping: Grouping) -> Markup:
    """What the report says first: each run against the baseline, or how well the only run does."""
    if not comparisons:
        return element("p", _alone(runs[0], grouping), class_="verdict")
    parts: list[Markup] = []
    for comparison in comparisons:
        parts.append(element("p", verdict(comparison), class_="verdict"))
        regressed = sum(flip.regressed for flip in comparison.flips)
        sentences = [
            evidence(comparison),
            f"{regressed} replies regressed and {len(comparison.flips) - regressed} improved; "
            f"McNemar's exact test: p = {comparison.p_value:.2g}.",
            left_out(comparison),
        ]
        parts.append(element("p", " ".join(sentence for sentence in sentences if sentence)))
    return join(*parts)


def runs_table(runs: Sequence[LoadedRun], grouping: Grouping) -> Markup:
    """The figures of each run."""
    heads = (
        "run", "replies", "accuracy", "95 % CI", "strict", "irrelevant", "pass^k", "tokens/s",
        "latency p50", "p95", "file", "peak memory", "load", "cost", "infra errors",
    )  # fmt: skip
    return _table(heads, [_run_cells(run, grouping) for run in runs])


def heat_map(runs: Sequence[LoadedRun], questions: Questions) -> Markup:
    """Accuracy of each run by the tool that a case expects; a case of several tools is in each of them."""
    if not questions:
        return element("p", "The suite is not at hand as it was, so which tools it expects is not known.")
    counts = [_by_tool(run, questions) for run in runs]
    tools = sorted({tool for count in counts for tool in count}, key=lambda tool: (tool == NO_CALL, tool))
    rows: list[list[str]] = []
    for tool in tools:
        cells = [_heat(*count.get(tool, (0, 0))) for count in counts]
        rows.append([tool, *cells])
    return _table(["tool", *(run.name for run in runs)], rows)


def provenance(runs: Sequence[LoadedRun]) -> Markup:
    """Where the numbers come from; what differs from the first run stands out."""
    facts = [_facts(run.record) for run in runs]
    rows: list[list[str]] = []
    for name in dict.fromkeys(name for fact in facts for name in fact):
        values = [fact.get(name, "") for fact in facts]
        rows.append([name, *(value if value == values[0] else element("mark", value) for value in values)])
    table = _table(["", *(run.name for run in runs)], rows)
    notes = [
        element("li", f"{run.name}: {change}")
        for run in runs[1:]
        for change in differences(runs[0].record, run.record)
    ]
    return join(table, element("ul", *notes, class_="note") if notes else "")


def _alone(run: LoadedRun, grouping: Grouping) -> str:
    interval = accuracy(run, grouping)
    if interval is None:
        return f"{run.name} has no scored reply."
    bounds = f"95 % CI {100 * interval.low:.1f}…{100 * interval.high:.1f}"
    infra = run.summary.infra_errors
    return (
        f"{run.name} is right in {100 * interval.estimate:.1f} % of {run.summary.overall.n} replies, "
        f"{bounds}; infrastructure errors: {infra}, not among them."
    )


def _run_cells(run: LoadedRun, grouping: Grouping) -> list[str]:
    overall, interval, repeats = run.summary.overall, accuracy(run, grouping), repeated(run)
    irrelevant = run.summary.by_category.get("irrelevant")
    seconds = sorted(row.seconds for row in run.scored.values())
    size = run.record.model.file_bytes
    return [
        run.name,
        f"{len(run.rows)} of {run.record.total}",
        percent(overall.accuracy),
        "none" if interval is None else f"{interval.low:.1%} … {interval.high:.1%}",
        percent(overall.accuracy_strict),
        "none" if irrelevant is None else percent(irrelevant.accuracy),
        "asked once" if repeats is None else f"{repeats.all_of_them:.1%} (k = {repeats.k})",
        f"{run.summary.tokens_per_s:.0f}",
        _quantile(seconds, 0.5),
        _quantile(seconds, 0.95),
        "not known" if size is None else megabytes(size),
        _mebibytes(run.record.model_mib),
        "not known" if run.record.load_s is None else f"{run.record.load_s:.2f} s",
        _cost(run),
        str(run.summary.infra_errors),
    ]


def _mebibytes(size: float | None) -> str:
    return "not known" if size is None else f"{size:.0f} MiB"


def _cost(run: LoadedRun) -> str:
    """What a run's replies cost, those kept from earlier runs as they did then; only hosted models cost money."""
    model = run.record.model
    if model.server is None:
        return "none"
    rows = run.rows.values()
    usage = Usage(
        sum(row.usage.prompt_tokens for row in rows),
        sum(row.usage.cached_tokens for row in rows),
        sum(row.usage.completion_tokens for row in rows),
    )
    try:
        return f"${load_prices().cost(usage, model.name):.4f}"
    except PriceError:
        return "not known"


def _by_tool(run: LoadedRun, questions: Questions) -> dict[str, tuple[int, int]]:
    """Right replies and all scored ones, by tool."""
    counts: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in run.scored.values():
        for tool in (questions.tools(row.id) or (NO_CALL,)) if row.id in questions else ():
            right, n = counts[tool]
            counts[tool] = right + row.correct, n + 1
    return dict(counts)


def _heat(right: int, n: int) -> Markup:
    if not n:
        return element("span", "none", class_="faint")
    low, high = wilson(right / n, n)
    said = f"{right} of {n}, 95 % CI {low:.0%} … {high:.0%}"
    return element("span", f"{right / n:.0%}", class_=f"heat h{round(10 * right / n)}", title=said)


def _facts(record: RunRecord) -> dict[str, str]:
    code, hardware = record.code, record.hardware
    revision = code.revision or "not in a checkout"
    facts: dict[str, Any] = {
        "run": record.created,
        "command": record.command,
        "suite": f"{record.suite.name}, SHA-256 {record.suite.sha256}",
        "model": record.model.name,
        "weights SHA-256": record.model.weights_sha256,
        "training data SHA-256": record.model.data_sha256,
        "prompt hash": record.model.prompt_hash,
        "tools SHA-256": record.tools_sha256,
        "calls constrained": record.constrained,
        "seed, repeats": f"{record.seed}, {record.repeats}",
        "sampler": ", ".join(f"{name} {value}" for name, value in record.sampler.items()),
        "code": f"{revision}{', changed since' if code.changed else ''}; SHA-256 {code.sha256}",
        "packages": ", ".join(f"{name} {version}" for name, version in record.packages.items()),
        "hardware": f"{hardware.processor or hardware.machine}, {hardware.processors} processors, "
        f"{hardware.system}",
    }
    for number, session in enumerate(record.sessions, start=1):
        facts[f"session {number}"] = _session(session)
    if record.rescored:
        last = record.rescored[-1]
        facts["scored anew"] = f"{last.at}, code SHA-256 {last.code.sha256}; before: {last.kept}"
    return {name: "not known" if value is None else str(value) for name, value in facts.items()}


def _session(session: Session) -> str:
    """What a start or a resume took."""
    said = [f"{session.at}: {session.rows} rows"]
    if session.start_s is not None:
        said.append(f"first question {session.start_s:.2f} s after the program's start")
    if session.load_s is not None:
        said.append(f"model ready in {session.load_s:.2f} s")
    said.append(f"peak memory of the model {_mebibytes(session.model_mib)}, of the program")
    return ", ".join(said) + f" {_mebibytes(session.own_mib)}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in heads)))
    body = [
        element("tr", element("th", row[0], scope="row"), *(element("td", cell) for cell in row[1:]))
        for row in rows
    ]
    table = element("table", head, element("tbody", *body))
    return element("div", table, class_="wide", tabindex="0")


def _quantile(ordered: Sequence[float], part: float) -> str:
    """The value that so great a part of the values does not exceed, in seconds."""
    if not ordered:
        return "none"
    return f"{ordered[max(0, math.ceil(part * len(ordered)) - 1)]:.2f} s"
