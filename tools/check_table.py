"""Shows a tool's result to people: its sentence, then its facts as tables."""

from __future__ import annotations

from typing import Any, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.results import ToolResult
from tools.wording import number

_LONGEST_CELL = 300


def print_result(result: ToolResult, console: Console | None = None) -> None:
    """Prints a result; nothing in it is taken for markup or control characters.

    Args:
        result: What to print.
        console: Where to; standard output if None.
    """
    out = console or Console(highlight=False)
    mark = Text("✓ ", style="green") if result.success else Text("✗ ", style="red")
    out.print(mark + Text(result.message))
    # The sentence has told what is wrong with the arguments.
    data = {key: value for key, value in result.data.items() if key != "problems"}
    plain = {key: value for key, value in data.items() if not _rows(value)}
    if plain:
        table = Table(show_header=False, box=None)
        for key, value in plain.items():
            table.add_row(Text(_heading(key), style="bold"), Text(_cell(value)))
        out.print(table)
    for key, value in data.items():
        if _rows(value):
            out.print(_table(_heading(key), _rows(value)))


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    table = Table(title=Text(title), title_justify="left")
    for column in columns:
        table.add_column(Text(_heading(column)))
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    return table


def _rows(value: object) -> list[dict[str, Any]]:
    """Returns a list of objects as it is; of anything else, nothing."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    rows = [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]
    return rows if len(rows) == len(items) else []


def _heading(key: str) -> str:
    return key.replace("_", " ")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value, 3)
    if isinstance(value, list):
        items = cast("list[object]", value)
        between = "\n" if any(isinstance(item, dict) for item in items) else ", "
        return between.join(map(_cell, items))
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value)
        return ", ".join(f"{_heading(key)} {_cell(item)}" for key, item in pairs.items())
    text = str(value)
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"
