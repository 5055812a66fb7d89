"""The data of a result as a table, where it is one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from rich.table import Table
from rich.text import Text

from tui.safe import exact, line

#: Rows and columns that are shown; the rest is named.
MOST_ROWS = 40
_MOST_COLUMNS = 8
_CELL_CHARS = 60
_VALUE_CHARS = 1200


def result_tables(data: Mapping[str, Any]) -> list[Table]:
    """Makes tables of a result's data: one of the plain facts, and one of each list of records."""
    facts = {key: value for key, value in data.items() if not _is_records(value)}
    tables = [_facts(facts)] if facts else []
    return tables + [_records(key, value) for key, value in data.items() if _is_records(value)]


def _is_records(value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(item, dict) for item in cast("list[Any]", value))


def _facts(facts: Mapping[str, Any]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True, max_width=24, overflow="ellipsis")
    table.add_column(overflow="fold", ratio=1)
    shown = list(facts.items())[:MOST_ROWS]
    for key, value in shown:
        table.add_row(Text(line(_words(key), 24)), Text(exact(_cell(value), _VALUE_CHARS)))
    if len(facts) > len(shown):
        table.add_row(Text("…"), Text(f"{len(facts) - len(shown)} more"))
    return table


def _records(key: str, records: Sequence[Mapping[str, Any]]) -> Table:
    names = list(dict.fromkeys(name for record in records[:MOST_ROWS] for name in record))
    columns = names[:_MOST_COLUMNS]
    left_out = [f"{len(records) - MOST_ROWS} more rows"] if len(records) > MOST_ROWS else []
    left_out += [f"{len(names) - len(columns)} more columns"] if len(names) > len(columns) else []
    caption = f"{' and '.join(left_out)}: copy the call to see all" if left_out else None
    table = Table(
        title=Text(line(_words(key), 40), style="bold"),
        caption=None if caption is None else Text(caption),
        box=None,
        title_justify="left",
        caption_justify="left",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for name in columns:
        numbers = all(isinstance(record.get(name, 0), int | float) for record in records[:MOST_ROWS])
        table.add_column(
            Text(line(_words(name), 20)),
            justify="right" if numbers else "left",
            overflow="fold",
            header_style="italic",
        )
    for record in records[:MOST_ROWS]:
        table.add_row(*(Text(line(_cell(record.get(name)), _CELL_CHARS)) for name in columns))
    return table


def _words(key: str) -> str:
    return key.replace("_", " ")


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case float():
            return f"{value:g}"
        case list() if all(isinstance(item, str | int | float) for item in cast("list[Any]", value)):
            return ", ".join(str(item) for item in cast("list[Any]", value))
        case _:
            return json.dumps(value, ensure_ascii=False)
