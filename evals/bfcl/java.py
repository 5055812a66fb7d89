"""Java's literals, read as BFCL's rules read them: what is no literal of the type stays the text that it is."""

from __future__ import annotations

import re
from typing import Any

TYPES: dict[str, type] = {
    "byte": int, "short": int, "integer": int, "long": int, "float": float, "double": float, "boolean": bool,
    "char": str, "String": str, "any": str, "Array": list, "ArrayList": list, "Queue": list, "Stack": list,
    "Set": set, "HashMap": dict, "Hashtable": dict,
}  # fmt: skip
NESTED = ("Array", "ArrayList", "array")

_INTEGER = re.compile(r"-?\d+\n?\Z")
_LONG = re.compile(r"(-?\d+)[lL]\n?\Z")
_DOUBLE = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?\n?\Z")
_FLOAT = re.compile(r"(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[fF]\n?\Z")
_AS_LIST = re.compile(r"new\s+ArrayList<\w*>\(Arrays\.asList\((.+?)\)\)")
_ADDED = re.compile(r"new\s+ArrayList<\w*>\(\)\s*\{\{\s*(.+?)\s*\}\}", re.DOTALL)
_EMPTY_LIST = re.compile(r"new\s+ArrayList<\w*>\(\)")
_ADD = re.compile(r"add\((.+?)\)")
_ARRAY = re.compile(r"new\s+\w+\[\]\s*\{(.*?)\}")
_MAP = re.compile(r"new\s+HashMap<.*?>\s*\(\)\s*\{\s*\{?\s*(.*?)\s*\}?\s*\}", re.DOTALL)
_EMPTY_MAP = re.compile(r"new\s+HashMap<.*?>\s*\(\)")
_PUT = re.compile(r"put\(\"(.*?)\",\s*(.*?)\)")


def read(text: str, kind: str, inner: str | None = None) -> Any:
    """Reads a literal.

    Args:
        text: What stands in the source code.
        kind: BFCL's type of the parameter.
        inner: The type of the items, where it is a list.

    Raises:
        NotImplementedError: BFCL's rules do not read literals of this type.
    """
    match kind:
        case "byte" | "short" | "integer":
            return int(text) if _INTEGER.match(text) else text
        case "long":
            number = _LONG.match(text)
            return int(number[1]) if number else text
        case "float":
            number = _FLOAT.match(text)
            return float(number[1]) if number else text
        case "double":
            return float(text) if _DOUBLE.match(text) else text
        case "boolean":
            return text == "true" if text in ("true", "false") else text
        case "char" | "String" | "any":
            return text
        case "ArrayList":
            return _array_list(text, inner)
        case "Array":
            return _array(text, inner)
        case "HashMap":
            return _hash_map(text)
        case _:
            raise NotImplementedError(f"literals of {kind}")


def _array_list(text: str, inner: str | None) -> Any:
    listed = _AS_LIST.search(text)
    if listed:
        return [_item(part.strip(), inner) for part in listed[1].split(",")]
    added = _ADDED.search(text)
    if added:
        return [_item(part.strip(), inner) for part in _ADD.findall(added[1])]
    return [] if _EMPTY_LIST.search(text) else text


def _item(text: str, inner: str | None) -> Any:
    if inner in ("char", "String"):
        return text[1:-1]
    return read(text, inner) if inner else _value(text)


def _array(text: str, inner: str | None) -> Any:
    found = _ARRAY.search(text)
    if not found:
        return text
    parts = [part.strip() for part in found[1].split(",") if part.strip()]
    return [read(part, inner) if inner else _value(part) for part in parts]


def _hash_map(text: str) -> Any:
    found = _MAP.search(text)
    if found:
        return {key: _value(value.strip()) for key, value in _PUT.findall(found[1])}
    return {} if _EMPTY_MAP.search(text) else text


def _value(text: str) -> Any:
    """Reads a literal whose type is not told."""
    if text in ("true", "false"):
        return text == "true"
    if text.startswith('"') and text.endswith('"'):
        return text[1:-1]
    long, single = _LONG.match(text), _FLOAT.match(text)
    if long:
        return int(long[1])
    if single:
        return float(single[1])
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
