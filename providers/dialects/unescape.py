"""Backslash escapes, as JSON has them and as models write them."""

from __future__ import annotations

import re

_SIMPLE = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_PYTHON = {"'": "'", "a": "\a", "v": "\v", "0": "\0", "\n": ""}
_HEX = {"u": re.compile(r"u([0-9a-fA-F]{4})"), "x": re.compile(r"x([0-9a-fA-F]{2})")}
_LONG = re.compile(r"U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})")
_MARKDOWN = frozenset("_*[](){}#+-.!~`|<>$&")
_ESCAPE = re.compile(r'\\(["\\/bfnrt])')


def read_escape(text: str, at: int, python: bool) -> tuple[str, int, str]:
    """Reads the escape whose backslash is at `at`.

    Returns:
        What it stands for, the offset after it, and the name of the tolerance that it needed or "".
    """
    sign = text[at + 1 : at + 2]
    if sign in _SIMPLE:
        return _SIMPLE[sign], at + 2, ""
    if sign == "u" and (unit := _HEX["u"].match(text, at + 1)):
        return _unicode(text, at, int(unit[1], 16))
    if python and sign == "x" and (unit := _HEX["x"].match(text, at + 1)):
        return chr(int(unit[1], 16)), at + 4, ""
    if python and sign == "U" and (unit := _LONG.match(text, at + 1)):
        return _safe(int(unit[1], 16), at + 10)
    if python and sign in _PYTHON:
        return _PYTHON[sign], at + 2, ""
    if sign == "'":
        return "'", at + 2, "escaped-single-quotes"
    if sign in _MARKDOWN and sign:
        return sign, at + 2, "markdown-escapes"
    # A path or a regular expression whose backslashes were not doubled.
    return "\\" + sign, at + 1 + len(sign), "invalid-escapes"


def _safe(code: int, end: int) -> tuple[str, int, str]:
    return ("\ufffd", end, "lone-surrogates") if 0xD800 <= code < 0xE000 else (chr(code), end, "")


def _unicode(text: str, at: int, code: int) -> tuple[str, int, str]:
    if 0xD800 <= code < 0xDC00 and text[at + 6 : at + 7] == "\\":
        low = _HEX["u"].match(text, at + 7)
        if low is not None and 0xDC00 <= int(low[1], 16) < 0xE000:
            return chr(0x10000 + ((code - 0xD800) << 10) + int(low[1], 16) - 0xDC00), at + 12, ""
    return _safe(code, at + 6)


def unescape_once(text: str) -> str:
    """Takes one level of escaping away."""
    return _ESCAPE.sub(lambda found: _SIMPLE[found[1]], text)
