"""The report as a file: everything in it, nothing fetched, nothing run but its own script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from evals.collecting import uncollected
from evals.compare import compare_runs
from evals.comparison import Grouping
from evals.loaded import LoadedRun
from evals.report import cases, figures, sections
from evals.report.asked import Questions
from evals.report.markup import Markup, element, join
from evals.report.told import told
from evals.store import write_atomically

_HERE = Path(__file__).parent


def write_report(path: Path, runs: Sequence[LoadedRun], grouping: Grouping) -> None:
    """Writes the report of some runs of one suite; the first is the baseline.

    Raises:
        OSError: The file cannot be written.
    """
    with uncollected():
        write_atomically(path, (piece.encode() for piece in page(runs, grouping)))


def page(runs: Sequence[LoadedRun], grouping: Grouping) -> Iterator[str]:
    """The report, piece by piece."""
    style = (_HERE / "report.css").read_text("utf-8")
    script = (_HERE / "report.js").read_text("utf-8")
    questions = Questions(runs[0].record)
    keys = cases.keys_of(runs)
    others = ", ".join(run.name for run in runs[1:])
    title = f"{others}{' against ' if others else ''}{runs[0].name} on {runs[0].record.suite.name}"
    yield '<!doctype html>\n<html lang="en">\n'
    yield _head(title, style, script)
    yield "\n<body>\n"
    comparisons = compare_runs(runs, grouping)
    yield element("header", element("h1", title), sections.verdicts(runs, comparisons, grouping))
    yield "\n<main>\n"
    yield _section("runs", "Runs", sections.runs_table(runs, grouping))
    if runs[0].record.suite.kind != "calls":
        yield _section("told", "What the suite tells beside", told(runs))
    yield _section("sizes", "Accuracy and file size", figures.scatter(runs, grouping))
    yield _section("tools", "Accuracy by tool", sections.heat_map(runs, questions))
    yield _section("labels", "What went wrong", figures.labels_chart(runs))
    yield _section("cases", "Cases", _cases())
    yield _section("provenance", "Where the numbers come from", sections.provenance(runs))
    yield "\n</main>\n"
    yield cases.index(runs, keys, questions)
    for piece in cases.pieces(runs, keys, questions):
        yield "\n" + piece
    yield "\n"
    yield element("script", Markup(script))
    yield "\n</body>\n</html>\n"


def _head(title: str, style: str, script: str) -> Markup:
    # Even if markup got in, it could load nothing and run nothing: only these two texts are allowed.
    policy = (
        f"default-src 'none'; style-src {_allowed(style)}; script-src {_allowed(script)}; base-uri 'none'"
    )
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=Markup(policy)),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name_="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(style)),
    )


def _allowed(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _section(name: str, title: str, content: Markup) -> Markup:
    return element("section", element("h2", title), content, id=name)


def _cases() -> Markup:
    """Where the script puts the list of cases."""
    return join(
        element("noscript", element("p", "The list of cases needs JavaScript; all else is here without.")),
        element("form", id="filters", class_="filters"),
        element("p", id="count", class_="note", role="status"),
        element("div", id="list"),
        element("p", element("button", "Show more", type="button", id="more"), class_="more"),
    )
