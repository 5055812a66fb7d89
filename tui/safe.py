"""Text of models, tools and strangers, made fit for a screen: it is shown, never obeyed.

Widgets get it as plain `Content` or `rich.text.Text`, never as a string, which Textual would read as markup.
"""

from __future__ import annotations

import unicodedata

from evals.text import visible
from tools.results import harmless

#: Characters of one text that are shown; what is longer is cut, and says so.
SHOWN_CHARS = 20_000
#: Marks on one character; more of them are a tower that covers the lines above.
_MOST_MARKS = 3
_UNKNOWN = "�"
_WRITTEN = {ord("\t"): r"\t", ord("\u2028"): r"\u2028", ord("\u2029"): r"\u2029"}
_BREAKS = {ord("\u2028"): "\n", ord("\u2029"): "\n", ord("\t"): "    "}


def flow(text: str, limit: int = SHOWN_CHARS) -> str:
    """Text of several lines: what a terminal would obey is dropped, what is too long is cut.

    Args:
        text: From whom it may be.
        limit: Characters at most, the note about the cut not counted.
    """
    cut = len(text) - limit
    text = harmless(text[:limit].replace("\r\n", "\n")).translate(_BREAKS)
    if not text.isascii():
        text = _tamed(text)
    return f"{text}… ({cut:,} more characters; copying gives all)" if cut > 0 else text


def line(text: str, limit: int = 200) -> str:
    """Text of one line; white space of any kind becomes one space."""
    # Some is lost by collapsing, so more than the limit is looked at.
    flat = " ".join(flow(text, limit * 4).split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"


def exact(text: str, limit: int = SHOWN_CHARS) -> str:
    """Text in which nothing hides: what cannot be seen is written as Python would, line feeds stay."""
    cut = len(text) - limit
    shown = visible(text[:limit]).translate(_WRITTEN)
    if not shown.isascii():
        shown = _tamed(shown)
    return f"{shown}… ({cut:,} more characters; copying gives all)" if cut > 0 else shown


def _tamed(text: str) -> str:
    """Thins towers of marks, and replaces characters whose width terminals do not agree on."""
    kept: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        if category in ("Mn", "Me", "Mc"):
            marks += 1
            if marks > _MOST_MARKS or unicodedata.name(char, "").startswith("VARIATION SELECTOR"):
                continue
        else:
            marks = 0
        kept.append(_UNKNOWN if category in ("Co", "Cn") else char)
    return "".join(kept)
