"""Calls in Python of the plainest kind, read at one glance: names, numbers, words, strings without odd signs."""

from __future__ import annotations

import re
from typing import Any

_NUMBER = r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?"
# No sign that could end the string, the list or the turn, wherever it stands.
_TEXT = r"[\w .:/?&@+%*!;~^|$=,-]*"
_VALUE = rf"{_NUMBER}|True|False|None|'{_TEXT}'|\"{_TEXT}\""
_ARGUMENT = rf"[A-Za-z_]\w{{0,63}}=(?:{_VALUE})"

_CALL = rf"([^\W\d][\w.]{{0,127}})\(((?:{_ARGUMENT}(?:, ?{_ARGUMENT}){{0,15}})?)\)"

#: A whole call without arguments or with some by name: its name, then these. What must follow it shows that it is
#: no link in Markdown, ``[f()](address)``.
SIMPLE_CALL = re.compile(rf"{_CALL}(?=,|\][^(])")
#: The same as the only one of a list, whose first bracket has been read; ``]`` ends it, or another list begins.
SIMPLE_LIST = re.compile(rf"{_CALL}(?:(?P<ended>\])(?=[^(])|, {{0,8}}(?=\[))")
_EACH = re.compile(rf"([A-Za-z_]\w{{0,63}})=({_VALUE})")
_WORDS: dict[str, Any] = {"True": True, "False": False, "None": None}


def simple_arguments(text: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Reads the arguments of a simple call; returns them with the tolerances that were needed."""
    found: dict[str, Any] = {}
    given = _EACH.findall(text)
    for name, value in given:
        if value in _WORDS:
            found[name] = _WORDS[value]
        elif value[0] in "'\"":
            found[name] = value[1:-1]
        else:
            found[name] = float(value) if "." in value else int(value)
    return found, () if len(found) == len(given) else ("duplicate-keys",)
