"""Values and hostile text, put into words that are safe to show."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

_KEPT = "\n\t"


def describe(value: Any, limit: int = 80) -> str:
    """A JSON value for a sentence, cut at `limit` characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def json_type(value: Any) -> str:
    """The JSON type of a value, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a number with a fraction"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def visible(text: str) -> str:
    """Text that a model or a tool wrote, safe for a terminal.

    Control and format characters (escape sequences, text-direction overrides), lone surrogates and
    private-use characters become escapes that Python would write; line feeds and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char in _KEPT or not unicodedata.category(char).startswith("C") else _escape(char)
        for char in text
    )


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
