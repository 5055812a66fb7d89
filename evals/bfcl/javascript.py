"""JavaScript's literals, read as BFCL's rules read them: what is no literal of the type stays the text it is."""

from __future__ import annotations

import re
from typing import Any

TYPES: dict[str, type] = {
    "String": str, "integer": int, "float": float, "Bigint": int, "Boolean": bool, "dict": dict,
    "array": list, "any": str,
}  # fmt: skip
NESTED = ("array",)

_INTEGER = re.compile(r"-?\d+\n?\Z")
_FLOAT = re.compile(r"-?\d+(\.\d+)?\n?\Z")
_BIGINT = re.compile(r"(-?\d+)n\n?\Z")
_TABLE = re.compile(r"\[\s*\[.*?\]\s*(,\s*\[.*?\]\s*)*\]|\bnew\s+Array\(\s*\[.*?\]\s*(,\s*\[.*?\]\s*)*\)")
_LIST = re.compile(r"\[(.*?)\]|\bnew\s+Array\((.*?)\)")
_ROW = re.compile(r"\[(.*?)\]")
_OBJECT = re.compile(r"\{(.*?)\}")
_PAIR = re.compile(r"([^:]+):\s*(.*?)(?:,\s*(?=[^,]+:)|$)")


def read(text: str, kind: str, inner: str | None = None) -> Any:
    """Reads a literal.

    Args:
        text: What stands in the source code.
        kind: BFCL's type of the parameter.
        inner: The type of the items, where it is a list.

    Raises:
        ValueError: BFCL's rules know no such type.
    """
    match kind:
        case "String":
            return text[1:-1] if _quoted(text) else text
        case "integer":
            return int(text) if _INTEGER.match(text) else text
        case "float":
            return float(text) if _FLOAT.match(text) else text
        case "Bigint":
            number = _BIGINT.match(text)
            return int(number[1]) if number else text
        case "Boolean":
            return text == "true" if text in ("true", "false") else text
        case "any":
            return text
        case "array":
            return _array(text.strip(), inner)
        case "dict":
            return _object(text.strip())
        case _:
            raise ValueError(f"no type {kind}")


def _array(text: str, inner: str | None) -> Any:
    table = _TABLE.match(text)
    if table:
        rows = [row.strip() for row in _ROW.findall(table[0])]
        # The first row still has the bracket that opens the table.
        rows[:1] = [row.removeprefix("[") for row in rows[:1]]
        return [[_value(item) for item in row.split(",")] for row in rows]
    found = _LIST.match(text)
    if not found:
        return text
    listed = (found[1] if found[1] is not None else found[2]).strip()
    parts = [part.strip() for part in listed.split(",")] if listed else []
    try:
        return [_item(part, inner) for part in parts]
    except ValueError:
        return text


def _item(text: str, inner: str | None) -> Any:
    return read(text, inner) if inner else _value(text)


def _object(text: str) -> Any:
    if text == "{}":
        return {}
    found = _OBJECT.match(text)
    if not found:
        return text
    pairs = [(key.strip().strip("'\""), value.strip()) for key, value in _PAIR.findall(found[1])]
    return {key: _field(value) for key, value in pairs}


def _field(text: str) -> Any:
    if text.startswith("[") and text.endswith("]"):
        return _array(text, None)
    if text.startswith("{") and text.endswith("}"):
        return _object(text)
    return _value(text.strip("'\""))


def _value(text: str) -> Any:
    """Reads a literal whose type is not told."""
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    if _quoted(text):
        return text[1:-1]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _quoted(text: str) -> bool:
    return any(text.startswith(mark) and text.endswith(mark) for mark in "\"'")
