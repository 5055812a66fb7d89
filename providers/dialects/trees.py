"""Values that are written as elements inside elements, as MiniMax M3 writes objects and arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from providers.dialects.parameters import MINIMAX_SIGN
from providers.dialects.typed import Schema, properties_of, resolve, type_value, types_of

#: The name of an element that is an item of an array.
ITEM = "item"
_SIGN = re.escape(MINIMAX_SIGN)
_TAG = re.compile(rf"{_SIGN}<(?P<close>/)?(?P<name>[^\s<>/]{{1,64}})>")
_DEEPEST = 32


def typed_elements(text: str, schema: Schema | None, root: Schema) -> tuple[Any, tuple[str, ...]] | None:
    """Reads the text of a parameter as the elements it holds.

    Args:
        text: What stands between the parameter's tags.
        schema: The parameter's schema; None if there is none.
        root: The schema of the tool.

    Returns:
        The value and the tolerances taken; None where it is no tree of elements, or the schema wants text.
    """
    if MINIMAX_SIGN not in text or (schema is not None and "string" in types_of(schema, root)):
        return None
    return _value(text, schema, root, 0)


def _value(text: str, schema: Schema | None, root: Schema, depth: int) -> tuple[Any, tuple[str, ...]] | None:
    children = list(_children(text)) if MINIMAX_SIGN in text and depth < _DEEPEST else []
    if not children:
        return None if MINIMAX_SIGN in text else type_value(text, schema, root)
    options = list(_options(schema, root)) if schema is not None else []
    is_list = all(name == ITEM for name, _ in children) and not any(ITEM in properties_of(o) for o in options)
    repairs: list[str] = []
    values: list[tuple[str, Any]] = []
    for name, inner in children:
        if name is None:
            return None
        part = _part(name, options, is_list)
        read = _value(inner, part, root, depth + 1)
        if read is None:
            return None
        values.append((name, read[0]))
        repairs.extend(read[1])
    return ([value for _, value in values] if is_list else dict(values)), tuple(repairs)


def _children(text: str) -> Iterator[tuple[str | None, str]]:
    """Yields name and text of each element; None as the name of what is none."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        opening = _TAG.match(text, at)
        end = _end(text, opening) if opening is not None and not opening["close"] else None
        if opening is None or end is None:
            yield None, text[at:]
            return
        yield opening["name"], text[opening.end() : end.start()]
        at = end.end()


def _end(text: str, opening: re.Match[str]) -> re.Match[str] | None:
    """Finds the tag that closes an element, past others of the same name in it."""
    depth = 1
    for tag in _TAG.finditer(text, opening.end()):
        if tag["name"] == opening["name"]:
            depth += -1 if tag["close"] else 1
            if not depth:
                return tag
    return None


def _part(name: str, options: list[Schema], is_list: bool) -> Schema | None:
    """Returns the schema of an element, from that of what holds it."""
    if not is_list:
        return next((properties_of(o)[name] for o in options if name in properties_of(o)), None)
    return next((cast("Schema", o["items"]) for o in options if isinstance(o.get("items"), dict)), None)


def _options(schema: Schema, root: Schema, depth: int = 0) -> Iterator[Schema]:
    """Yields a schema and those that it refers to, or is a choice of."""
    yield schema
    target = resolve(schema.get("$ref"), root)
    if target is not None and depth < _DEEPEST:
        yield from _options(target, root, depth + 1)
    for key in ("anyOf", "oneOf", "allOf") if depth < _DEEPEST else ():
        choices = schema.get(key)
        for choice in cast("list[Any]", choices) if isinstance(choices, list) else []:
            if isinstance(choice, dict):
                yield from _options(cast("Schema", choice), root, depth + 1)
