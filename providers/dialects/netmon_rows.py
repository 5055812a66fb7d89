"""Rows and pairs of the shipped family's plain form, whatever shape the tool gave them.

A row is written as its number, its name where it has one, and `key=value` pairs. Of a column of numbers the greatest
and the least are marked, since a model this small cannot compare numbers that it reads at different times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from providers.dialects.netmon_keys import Number, pair_of

MOST, LEAST = "(most)", "(least)"
#: A path of keys beyond it is not gone deeper into.
LONGEST = 100
_NUMBER = re.compile(r'"?(-?[0-9]+(?:\.[0-9]+)?) ?(ms|s|%|days|d)?"?')
_ID = re.compile(r"[0-9]+")
#: Columns that people compare; others hold numbers that are names.
_COMPARED = re.compile(
    r"(?:^|[_.])(?:ms|loss|load|busy|cpu|pct|percent|days|uptime|availability|sla|outages|incidents|failures|checks|jobs|count"
    r"|time|interval|timeout|retries|preference|priority|pref|min|max|avg|size|rate|score|tokens|age|duration)(?:$|[_.])"
)
#: Python's white space and the browser's differ, so that it is named.
_SPACES = "\\x00-\\x20\\x7f-\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
_QUOTED = re.compile(rf'[{_SPACES}="]')
_QUOTED_ITEM = re.compile(rf'[{_SPACES}=",]')


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its name, empty where it has none, and its cells as they are written."""

    name: str
    cells: tuple[tuple[str, str], ...]


def row_of(name: str, cells: Iterable[tuple[str, Any]]) -> Row:
    """Makes a row out of keys and values as a tool wrote them; nested objects are flattened."""
    found: dict[str, str] = {}
    pairs = list(cells)
    beside = {spelling for spelling, _ in pairs}
    for spelling, value in pairs:
        put(found, spelling, value, beside)
    if _ID.fullmatch(name) and "id" not in found:
        return Row("", (("id", name), *found.items()))
    return Row(name, tuple(found.items()))


def put(
    found: dict[str, str], spelling: str, value: Any, beside: Container[str] = (), path: str = ""
) -> None:
    """Adds what stands behind a key; no two values share a key.

    Args:
        found: What was added before.
        spelling: The key as the tool wrote it.
        value: Any JSON value.
        beside: All keys of the object that this is one of: what is the family's word for one of them is no other's.
        path: The keys that lead to the object, each with a dot behind it.
    """
    if isinstance(value, dict) and value and len(path) + len(spelling) <= LONGEST:
        inside = cast(dict[str, Any], value)
        for inner, deeper in inside.items():
            put(found, inner, deeper, inside, f"{path}{spelling}.")
        return
    key, value = pair_of(spelling, value)
    key = path + (spelling if key in beside or path + key in found else key)
    count = len(found)
    while key in found:
        key, count = f"{path}{spelling}#{count}", count + 1
    found[key] = text_of(value)


def text_of(value: Any) -> str:
    """A value in a row: bare where it can be, quoted where it holds spaces."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case Number():
            return str(value)
        case str():
            return _quote(value) if not value or _QUOTED.search(value) else value
        case list() if not any(isinstance(item, list | dict) for item in cast(list[Any], value)):
            return ",".join(_item(item) for item in cast(list[Any], value)) or "none"
        case _:
            return _json(value)


def _item(value: Any) -> str:
    return _quote(value) if type(value) is str and _QUOTED_ITEM.search(value) else text_of(value)


def _json(value: Any) -> str:
    match value:
        case dict():
            pairs = cast(dict[str, Any], value).items()
            return "{" + ",".join(f"{_quote(key)}:{_json(inner)}" for key, inner in pairs) + "}"
        case list():
            return "[" + ",".join(_json(item) for item in cast(list[Any], value)) + "]"
        case str() if not isinstance(value, Number):
            return _quote(value)
        case _:
            return text_of(value)


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def write_pairs(cells: Iterable[tuple[str, str]]) -> str:
    """Writes pairs in a line."""
    return " ".join(f"{text_of(key)}={value}" for key, value in cells)


def write_rows(rows: Sequence[Row]) -> list[str]:
    """Writes rows, a line each, numbered from 1."""
    marks = _marks(rows)
    lines: list[str] = []
    for index, row in enumerate(rows):
        cells = write_pairs((key, value + marks.get((index, key), "")) for key, value in row.cells)
        lines.append(" ".join(filter(None, (f"{index + 1}.", row.name and text_of(row.name), cells))))
    return lines


def _marks(rows: Sequence[Row]) -> Mapping[tuple[int, str], str]:
    columns: dict[str, dict[int, tuple[float, str]]] = {}
    for index, row in enumerate(rows):
        for key, value in row.cells:
            number = _NUMBER.fullmatch(value)
            if number and _COMPARED.search(key):
                columns.setdefault(key, {})[index] = float(number[1]), number[2] or ""
    found: dict[tuple[int, str], str] = {}
    for key, cells in columns.items():
        numbers = {index: number for index, (number, _) in cells.items()}
        least, most = min(numbers.values()), max(numbers.values())
        if least < most and len({unit for _, unit in cells.values()}) == 1:
            found |= {
                (i, key): MOST if n == most else LEAST for i, n in numbers.items() if n in (least, most)
            }
    return found
