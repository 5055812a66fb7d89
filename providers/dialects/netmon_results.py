"""Tool results as the shipped family reads them: one plain form for what tools word in a hundred ways.

First the tool's sentence, then single values, then rows. The form is a reading aid, no contract: whatever cannot be
understood stands as it came, and values are never changed, so that they can be copied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from providers.dialects.netmon_keys import Number, truth_of
from providers.dialects.netmon_rows import LONGEST, Row, put, row_of, text_of, write_pairs, write_rows
from providers.dialects.netmon_tables import heads_of, lay_out

#: Keys that say only that something is inside.
_WRAPPERS = frozenset(
    "data result results response payload output body value values content return answer report info items rows records"
    " list entries objects elements found members set hosts monitors devices nodes targets checks servers machines"
    " systems endpoints inventory agents probes incidents job hops r api".split()
)
_SUCCESS = frozenset("success ok successful".split())
_SENTENCES = frozenset(("message", "msg"))
_HEADS = frozenset("columns cols fields headers header head schema".split())
#: Keys of one thing, which say nothing where it is the only object.
_THINGS = frozenset(
    "host monitor device check incident job item record entry object target node server machine system agent".split()
)
#: Keys of parts that belong to one thing, so that they are no names of rows.
_PARTS = frozenset(
    "before after old new was now from to previous current changed changes rtt timing timings time_ms times".split()
)
#: What names have and the keys of parts have not.
_NAME = re.compile(r"[0-9.:-]")
_SURROGATES = re.compile("[\ud800-\udfff]")
#: Objects in objects are gone into so far.
_DEEPEST = 5
#: What is nested deeper stands as it came.
_NESTED = 64
_STRIPPED = " \t\r\n"


@dataclass
class _Shown:
    sentences: list[str] = field(default_factory=list[str])
    failed: bool = False
    values: dict[str, str] = field(default_factory=dict[str, str])
    lists: list[str] = field(default_factory=list[str])
    lines: list[str] = field(default_factory=list[str])


def plain(content: str) -> str:
    """Writes a result in the plain form.

    Args:
        content: What the tool gave: JSON, a table in lines, or any text.
    """
    value = _read(content)
    if isinstance(value, dict | list):
        shown = _Shown()
        _walk("", "", value, shown, 0)
        values = [*(["failed"] if shown.failed else []), write_pairs(shown.values.items()), *shown.lists]
        lines = [*shown.sentences, " ".join(filter(None, values)), *shown.lines]
        written = "\n".join(filter(None, lines)) or "ok"
    elif isinstance(value, str) and not isinstance(value, Number):
        written = value.strip(_STRIPPED)
    else:
        text = content.strip(_STRIPPED)
        written = lay_out(text) or text
    return _SURROGATES.sub("\ufffd", written)


def _read(content: str) -> Any:
    """The JSON value of a result, or the objects that it has one a line; None where it is none."""
    value = _json(content)
    if value is None and content.lstrip(_STRIPPED).startswith("{"):
        lines = [_json(line) for line in content.split("\n") if line.strip(_STRIPPED)]
        return lines if all(isinstance(line, dict) for line in lines) else None
    return value


def _json(text: str) -> Any:
    try:
        value = json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)
    except (ValueError, RecursionError):
        return None
    return None if _deeper(value, _NESTED) else value


def _deeper(value: Any, depth: int) -> bool:
    match value:
        case dict():
            inner = list(cast(dict[str, Any], value).values())
        case list():
            inner = cast(list[Any], value)
        case _:
            return False
    return depth == 0 or any(_deeper(item, depth - 1) for item in inner)


def _walk(path: str, key: str, value: Any, shown: _Shown, depth: int, beside: Container[str] = ()) -> None:
    """Takes what stands behind a key, which is empty where it says nothing; a path of keys ends in a dot."""
    match value:
        case dict() if depth <= _DEEPEST and len(path) + len(key) <= LONGEST:
            _walk_object(f"{path}{key}." if key else path, cast(dict[str, Any], value), shown, depth)
        case list():
            _walk_list(path, key, cast(list[Any], value), shown)
        case _:
            put(shown.values, key or "value", value, beside, path)


def _walk_object(path: str, value: dict[str, Any], shown: _Shown, depth: int) -> None:
    if _columns(path, value, shown):
        return
    if _names_rows(value, depth):
        _add(path, [row_of(key, cast(dict[str, Any], cells).items()) for key, cells in value.items()], shown)
        return
    # Where there are several, what they are called tells them apart.
    alone = sum(isinstance(inner, dict) for inner in value.values()) == 1
    wrappers = [key for key, inner in value.items() if _wraps(key.lower(), inner, alone)]
    for key, inner in value.items():
        word = key.lower()
        if not path and _said(word, inner, shown, depth):
            continue
        _walk(path, "" if wrappers == [key] else key, inner, shown, depth + 1, value)


def _wraps(word: str, value: Any, alone: bool) -> bool:
    """Whether a key says only that something is inside."""
    match value:
        case dict():
            return word in _WRAPPERS or (alone and word in _THINGS)
        case list():
            return word in _WRAPPERS and any(isinstance(item, dict | list) for item in cast(list[Any], value))
        case _:
            return False


def _said(word: str, value: Any, shown: _Shown, depth: int) -> bool:
    """Takes what is no fact of its own: the tool's sentence, whether it went well, what is not there."""
    if value is None:
        return True
    if word in _SENTENCES and type(value) is str and depth <= 1:
        shown.sentences.append(value)
        return True
    if word in _SUCCESS and truth_of(value) is not None:
        shown.failed = shown.failed or not truth_of(value)
        return True
    return word == "truncated" and value is False


def _columns(path: str, value: dict[str, Any], shown: _Shown) -> bool:
    """Takes `{"columns": [...], "data": [[...], ...]}` as rows; False where it is none."""
    heads = next((key for key, inner in value.items() if key.lower() in _HEADS and _texts(inner)), None)
    if heads is None or not value[heads]:
        return False
    names = cast(list[str], value[heads])
    for key, table in value.items():
        if key != heads and table and _rectangle(table, len(names)):
            rows = [row_of("", zip(names, row, strict=True)) for row in cast(list[list[Any]], table)]
            _walk_object(path, {k: v for k, v in value.items() if k not in (heads, key)}, shown, 1)
            _add(path, rows, shown)
            return True
    return False


def _walk_list(path: str, key: str, value: list[Any], shown: _Shown) -> None:
    whole = f"{path}{key}."
    if value and all(isinstance(item, dict) for item in value):
        pairs = _named_values(cast(list[dict[str, Any]], value))
        for name, inner in pairs.items():
            put(shown.values, name, inner, pairs, "" if key in _HEADS else whole.lstrip("."))
        if not pairs:
            _add(whole, [row_of("", cast(dict[str, Any], item).items()) for item in value], shown)
    elif len(value) > 1 and _texts(value[0]) and heads_of(value[0]) and _rectangle(value, len(value[0])):
        names, *rows = cast(list[list[Any]], value)
        _add(whole, [row_of("", zip(names, row, strict=True)) for row in rows], shown)
    elif value and all(isinstance(item, list) for item in value):
        rows = [" ".join(map(text_of, cast(list[Any], item))) for item in value]
        _head(whole, shown)
        shown.lines += [f"{number}. {row}" for number, row in enumerate(rows, 1)]
    elif key:
        put(shown.values, key, value, (), path)
    else:
        shown.lists.append(text_of(value))


def _named_values(value: list[dict[str, Any]]) -> dict[str, Any]:
    """The pairs of `[{"k": key, "v": value}, ...]`; empty where it is none."""
    for key, inner in (("k", "v"), ("key", "value"), ("field", "value")):
        if all(item.keys() == {key, inner} and type(item[key]) is str for item in value):
            found = {cast(str, item[key]): item[inner] for item in value}
            return found if len(found) == len(value) else {}
    return {}


def _add(path: str, rows: list[Row], shown: _Shown) -> None:
    _head(path, shown)
    shown.lines += write_rows(rows)


def _head(path: str, shown: _Shown) -> None:
    """Heads a table with the path of keys that leads to it, which ends in a dot."""
    name = path.strip(".")
    if name:
        shown.lines.append(f"{text_of(name)}:")


def _names_rows(value: Mapping[str, Any], depth: int) -> bool:
    """Whether the keys of an object are names, of rows that are alike, and no parts of one thing."""
    cells = [cast(dict[str, Any], inner) for inner in value.values() if isinstance(inner, dict) and inner]
    if not cells or len(cells) < len(value):
        return False
    if any(key.lower() in _PARTS or key.lower() in _WRAPPERS for key in value):
        return False
    names = sum(bool(_NAME.search(key)) for key in value)
    alike = len(cells) > 1 and all(cells[0].keys() & row.keys() for row in cells)
    return names == len(value) or (alike and (depth > 0 or names > 0))


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is str for item in cast(list[Any], value))


def _rectangle(value: Any, width: int) -> bool:
    return isinstance(value, list) and all(
        isinstance(row, list) and len(cast(list[Any], row)) == width for row in cast(list[Any], value)
    )
