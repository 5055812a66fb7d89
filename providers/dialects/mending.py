"""Puts back quotes and separators that a model left out, where JSON cannot be read even with every tolerance.

Each rule needs the words around the place to show what was meant; a text that none of them fits stays broken.
"""

from __future__ import annotations

import re

#: Characters of a text that is mended, at most.
LONGEST = 20_000

_QUOTES = (
    # {city": or , city":
    (re.compile(r'([{,]\s{0,32})([A-Za-z_]\w{0,63})"(?=\s{0,32}:)'), r'\1"\2"'),
    # {"city: "Oslo"
    (re.compile(r'([{,]\s{0,32}"[A-Za-z_]\w{0,63}):(?=\s{0,32}["\[{\d])'), r'\1":'),
    # "name": "get_weather, "arguments":
    (
        re.compile(
            r'("(?:name|function)"\s{0,32}:\s{0,32}"[\w.-]{1,64}),(?=\s{0,32}"(?:arguments|parameters)")'
        ),
        r'\1",',
    ),
)
_SEPARATORS = (
    (re.compile(r'"\s{0,32}=(?=\s{0,32}["\[{\d-])'), '":'),
    (re.compile(r'(["}\]\d]\s{0,32});(?=\s{0,32}")'), r"\1,"),
)
_CLOSERS = "}]);, \t\r\n"
# What follows an object and is no part of it.
_AFTER = ";, \t\r\n"
_ESCAPED = re.compile(r"\\.", re.DOTALL)


def mended(text: str, cut_off: bool) -> tuple[str, tuple[str, ...]] | None:
    """Mends a text.

    Args:
        text: What could not be read.
        cut_off: The reply ended with it, so a last string may be only half of one.

    Returns:
        The mended text and the names of the tolerances taken; None where nothing could be mended.
    """
    if len(text) > LONGEST or '"' not in text:
        return None
    found, repairs = text, dict[str, None]()
    for rules, repair in ((_QUOTES, "missing-quotes"), (_SEPARATORS, "wrong-separators")):
        for pattern, put in rules:
            found, count = pattern.subn(put, found)
            if count:
                repairs[repair] = None
    if not cut_off and _ESCAPED.sub("", found).count('"') % 2:
        kept = found.rstrip(_CLOSERS)
        if kept and kept[-1] != '"':
            found = f'{kept}"{found[len(kept) :].rstrip(_AFTER)}'
            repairs["missing-quotes"] = None
    return (found, tuple(repairs)) if repairs else None
