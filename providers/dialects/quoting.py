"""Where strings begin and end in what a model wrote, with the quotes that models use and misuse.

A quote inside a string should be escaped; models forget. So a quote ends a string only where what follows can
follow a string. Correct JSON always passes that test, so it is read as the standard says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

#: Where a string stands: as a key, a value of an object, an item of an array, an argument, or alone.
Place = Literal["key", "value", "item", "argument", "alone"]

#: Characters that are looked at, at most, to decide whether a quote ends its string.
WINDOW = 128


@dataclass(frozen=True, slots=True)
class Quote:
    """A pair of quotes; `repair` names the tolerance where JSON does not know it."""

    name: str
    opens: str
    closes: str
    repair: str = ""
    escapes: bool = True
    judged: bool = True


DOUBLE = Quote("double", '"', '"')
SINGLE = Quote("single", "'", "'", "single-quotes")
TRIPLE = Quote("triple", '"""', '"""', "triple-quotes", judged=False)
TRIPLE_SINGLE = Quote("triple-single", "'''", "'''", "triple-quotes", judged=False)
CURLY = Quote("curly", "\u201c", "\u201d", "curly-quotes", escapes=False)
ESCAPED = Quote("escaped", '\\"', '\\"', "escaped-quotes", escapes=False)
BACKTICK = Quote("backtick", "`", "`", "backtick-quotes", escapes=False)
TAGGED = Quote("tagged", "<escape>", "<escape>", escapes=False, judged=False)
BARRED = Quote("barred", '<|"|>', '<|"|>', escapes=False, judged=False)

_BY_FIRST = {
    '"': (TRIPLE, DOUBLE),
    "'": (TRIPLE_SINGLE, SINGLE),
    "\u201c": (CURLY,),
    "\\": (ESCAPED,),
    "`": (BACKTICK,),
    "<": (TAGGED, BARRED),
}

#: Characters that may open a string.
QUOTE_CHARS = "".join(_BY_FIRST)

_BLANK = re.compile(rf"\s{{0,{WINDOW}}}")
_JUDGED = frozenset(",])\"'")
_KEY_AHEAD = re.compile(r"[A-Za-z_$][\w$.-]*\s*(?P<sign>[:=])?")
_WORD_AHEAD = re.compile(r"(?P<word>-?[\w.]*)\s*(?P<sign>[,)])?")
_LITERAL = re.compile(r"-?\d[\d.]*|True|False|None")
_CALL_AHEAD = re.compile(r"[A-Za-z_][\w.]*(?P<open>\()?")
_QUOTED_KEY_AHEAD = re.compile(r"""["'][^"'\\\n]{1,64}(?P<end>["']\s*(?P<colon>:)?)?""")


def quote_at(text: str, at: int, ended: bool) -> Quote | Literal["more"] | None:
    """Returns the quote that opens a string at `at`; "more" where more text must decide."""
    kinds = _BY_FIRST.get(text[at])
    if kinds is None:
        return None
    for kind in kinds:
        opens = kind.opens
        if text.startswith(opens, at):
            return kind
        if not ended and len(text) - at < len(opens) and opens.startswith(text[at:]):
            return "more"
    return None


def ends_string(text: str, at: int, place: Place, ended: bool) -> bool | None:
    """Says whether a quote before `at` ends its string, from what follows; None where more text must decide.

    What it says of a text it also says of every longer one.
    """
    if place == "alone":
        return True
    begins, follows = at, text[at : at + 1]
    certain = ended or len(text) - at >= WINDOW
    if not follows or follows.isspace():
        blank = _BLANK.match(text, at)
        begins = blank.end() if blank else at
        if begins >= len(text) or begins - at >= WINDOW:
            return True if certain else None
        follows = text[begins]
    if follows not in _JUDGED:
        return follows in _FOLLOWERS[place]
    rest = text[begins : at + WINDOW]
    if follows in "\"'":
        if place == "argument" and begins > at:
            return _concatenated(rest, certain)
        return place == "item" or (place != "key" and _quoted_key(rest, certain))
    beyond = rest[1:].lstrip()
    if follows == "," and place == "argument":
        literal = _before_literal(beyond, certain)
        return _before_key(beyond, certain) if literal is False else literal
    if follows == "," and place == "value":
        return _before_key(beyond, certain)
    if follows == "]" and place == "argument":
        return _nothing_or(beyond, "<\n", certain)
    if follows == ")" and place != "key":
        return _before_call_end(beyond.lstrip(") \t\r\n"), certain)
    return follows in _FOLLOWERS[place]


# What follows a string that certainly ends, by its place.
_CERTAIN_END: dict[Place, str] = {
    "key": r"(?=\s*:)",
    "value": r"(?=\s*(?:[}\]]|,\s*[\"']))",
    "item": r"(?=\s*[,\]}])",
    "argument": r"(?!)",
    "alone": "",
}


@lru_cache(maxsize=512)
def plain_string(quote: str, place: Place, stops: frozenset[str] = frozenset()) -> re.Pattern[str]:
    """Matches a string that needs no second look: no escapes, none of `stops`, and a clear end."""
    outside = re.escape(quote + "\\" + "".join(sorted(stops)))
    return re.compile(f"{quote}([^{outside}\x00-\x1f]+){quote}{_CERTAIN_END[place]}")


#: What else may follow the string, by its place.
_FOLLOWERS: dict[Place, str] = {
    "key": ":,}])[{-0123456789",
    "value": "}]",
    "item": ",}]",
    "argument": "",
    "alone": "",
}


def _nothing_or(rest: str, allowed: str, certain: bool) -> bool | None:
    if not rest:
        return True if certain else None
    return rest[0] in allowed


def _before_key(rest: str, certain: bool) -> bool | None:
    """After the comma of an object or an argument list only a key, or the end, may come."""
    if not rest or rest[0] in "\"'}])\u201c\\/#<{":
        return True if rest or certain else None
    word = _KEY_AHEAD.match(rest)
    if word is None:
        return False
    if word["sign"]:
        return True
    return None if word.end() == len(rest) and not certain else False


def _before_literal(rest: str, certain: bool) -> bool | None:
    """After the comma of an argument list an argument without a name may come too."""
    word = _WORD_AHEAD.match(rest)
    if word is None or (word.end() < len(rest) and not word["sign"]):
        return False
    if word.end() == len(rest) and not word["sign"] and not certain:
        return None
    return _LITERAL.fullmatch(word["word"]) is not None


def _before_call_end(rest: str, certain: bool) -> bool | None:
    """After the parenthesis that ends a call only another call, or the end of the list, may come."""
    if not rest or rest[0] in ",];|<`":
        return True if rest or certain else None
    word = _CALL_AHEAD.match(rest)
    if word is None:
        return False
    if word["open"]:
        return True
    return None if word.end() == len(rest) and not certain else False


def _concatenated(rest: str, certain: bool) -> bool | None:
    """Another string after white space continues the argument in Python; it must be whole, and end the argument."""
    end = rest.find(rest[0], 1)
    after = rest[end + 1 :].lstrip() if end > 0 else ""
    if after:
        return after[0] in ",)\"'"
    return end > 0 if certain else None


def _quoted_key(rest: str, certain: bool) -> bool | None:
    """A key that follows without a comma ends the string all the same."""
    key = _QUOTED_KEY_AHEAD.match(rest)
    if key is None:
        return None if len(rest) == 1 and not certain else False
    if key["colon"]:
        return True
    return None if key.end() == len(rest) and not certain else False
