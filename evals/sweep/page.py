"""A sweep as one HTML file that needs no other and no network: the figure, the table, and what to know of them."""

from __future__ import annotations

import base64
import hashlib

from evals.report.markup import Markup, element, join
from evals.sweep.figure import figure
from evals.sweep.record import SweepRecord

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 1.5rem auto; max-width: 62rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif;
  background: #ffffff; color: #1c2024; }
h1 { font-size: 1.3rem; } .faint { color: #5f6871; } .wide { overflow-x: auto; }
svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #d6dbe0; text-align: right; white-space: nowrap; }
th[scope=row], th:nth-child(-n+3), td:nth-child(-n+3) { text-align: left; }
thead th { position: sticky; top: 0; background: inherit; }
@media (prefers-color-scheme: dark) { body { background: #14171a; color: #e6e9ec; }
  th, td { border-color: #343b42; } .faint { color: #9aa5af; } }
@media print { .wide { overflow: visible; } }
"""


def sweep_page(record: SweepRecord, heads: tuple[str, ...], rows: list[list[str]], notes: list[str]) -> str:
    """The page.

    Args:
        record: The sweep.
        heads: The table's heads.
        rows: Its cells, a row for each run; the first cell names the model.
        notes: What a reader of the table has to know.
    """
    drawing = figure(record.results)
    # The figure's own style comes with it; nothing else is allowed to be drawn with, and nothing may run.
    inner = drawing[drawing.index("<style>") + len("<style>") : drawing.index("</style>")]
    policy = f"default-src 'none'; style-src {_allowed(_STYLE)} {_allowed(inner)}; base-uri 'none'"
    title = f"Sweep of {', '.join(record.plan.suites)}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=Markup(policy)),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Markup(_STYLE)),
    )
    body = element(
        "body",
        element("h1", title),
        element("p", f"{record.created} \u00b7 {record.command}", class_="faint"),
        element("div", Markup(drawing), class_="wide", tabindex="0"),
        element("div", _table(heads, rows), class_="wide", tabindex="0"),
        element("ul", *(element("li", note) for note in notes)),
    )
    return f'<!doctype html>\n<html lang="en">\n{head}\n{body}\n</html>\n'


def _table(heads: tuple[str, ...], rows: list[list[str]]) -> Markup:
    body = [
        element("tr", element("th", row[0], scope="row"), *(element("td", cell) for cell in row[1:]))
        for row in rows
    ]
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in heads)))
    return join(element("table", head, element("tbody", *body)))


def _allowed(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
