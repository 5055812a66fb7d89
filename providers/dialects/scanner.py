"""Finds where JSON values and Python literals end while they stream in; reading them comes later.

Only brackets, quotes, comments and the markers that end a body are looked at. So this costs little, holds
nothing back and goes on where a value is broken.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from functools import lru_cache
from typing import Literal

from providers.dialects.quoting import QUOTE_CHARS, Place, Quote, ends_string, plain_string, quote_at
from providers.dialects.source import Markers, Search, Source, StepsToBool, markers_of

_CLOSER = {"{": "}", "[": "]", "(": ")"}
_PLACE_AFTER: dict[str, Place] = {"}": "key", "]": "item", ")": "argument"}
_NEW_CALL = re.compile(r"""["']name["']\s*:""")
_COMMENT_BEFORE = frozenset(" \t\r\n,{}[]()")
# How far before the name of a call its bracket may stand, where the call follows a string that is not closed.
_BRACE_BACK = 8
Stop = Literal["", "marker", "end", "cut"]


@lru_cache(maxsize=256)
def _outside(firsts: frozenset[str]) -> Search:
    """Finds what means something outside strings."""
    return re.compile(f"[{re.escape(QUOTE_CHARS + '{}[](),:/#' + ''.join(sorted(firsts)))}]").search


@lru_cache(maxsize=256)
def _inside(closes: str, escapes: bool, firsts: frozenset[str]) -> Search:
    """Finds what means something inside a string."""
    stops = closes[0] + ("\\" if escapes else "") + "{" + "".join(sorted(firsts))
    return re.compile(f"[{re.escape(stops)}]").search


class Scanner:
    """Reads past values.

    Attributes:
        stop: Why the last value did not end by itself: a marker stands here, the reply ended, or the string
            was cut back to a marker inside it.
        in_string: The reply ended inside a string.
        ends: Markers that end the body.
        python: Parentheses are brackets too.
    """

    def __init__(self, source: Source, python: bool = False) -> None:
        """Reads from `source`."""
        self.stop: Stop = ""
        self.in_string = False
        self._source = source
        self.python = python
        self._stack: list[str] = []
        self._open = {"}": 0, "]": 0, ")": 0}
        # In a string: where an end marker was, and where the last opening brace was.
        self._suspect = self._brace = -1
        self._place: Place = "value"
        # Strings of a kind that were opened before this position may not hold an end marker: one of them
        # was followed up to there and proved broken. So no text is gone over more than once a kind.
        self._broken_until: dict[str, float] = {}
        self.within(markers_of(), markers_of())

    def within(self, ends: Markers, tags: Markers) -> None:
        """Sets what ends a body: `ends` outside strings, `tags` also inside strings that are not closed."""
        self.ends = ends
        self._tags = tags
        self._outside = _outside(ends.first)
        self.stop = ""
        self.in_string = False

    @property
    def balanced(self) -> bool:
        """Every bracket of the last value was closed."""
        return not self._stack

    def certain_to(self) -> int:
        """Returns up to where what was read is certain to belong to the value."""
        position = self._source.base + self._source.at
        if self._suspect < 0 and self._brace < 0:
            return position
        if self._suspect >= 0:
            return self._suspect
        return self._brace if position - self._brace <= _BRACE_BACK else position

    def at_marker(self) -> StepsToBool:
        """Says whether a marker that ends the body stands here."""
        source = self._source
        if source.text[source.at] not in self.ends.first:
            return False
        return bool((yield from self.ends.standing(source)))

    def value(self, place: Place, inside: str = "", careful: bool = False) -> StepsToBool:
        """Reads past one value; returns whether it is whole. A comma, colon or bracket after it stays.

        Args:
            place: Where the value stands.
            inside: The closing bracket, where the opening one has been read already.
            careful: It is known to be no plain string.
        """
        source, stack, outside, firsts = self._source, self._stack, self._outside, self.ends.first
        self._reset(place, inside)
        while True:
            found = outside(source.text, source.at)
            if found is None:
                source.at = len(source.text)
                if source.ended:
                    self.stop = "end"
                    return not stack
                source.awaits = outside
                yield
                continue
            source.at = found.start()
            sign = found.group()
            if sign in firsts and (yield from self.ends.standing(source)):
                self.stop = "marker"
                return not stack
            if sign in QUOTE_CHARS:
                if sign in "\"'" and not careful and self._plain(sign):
                    if stack:
                        continue
                    return True
                careful = False
                quote = yield from self._quote()
                closed = quote is None or (yield from self.string(quote, self._place))
                if not closed or (quote is not None and not stack):
                    return closed
            elif sign in "/#":
                yield from self.comment()
            elif self._structure(sign):
                return self.stop == ""

    def _reset(self, place: Place, inside: str) -> None:
        if self._stack:
            self._stack.clear()
            self._open = {"}": 0, "]": 0, ")": 0}
        self._place = place
        if inside:
            self._stack.append(inside)
            self._open[inside] = 1

    def plain(self, sign: str, place: Place) -> bool:
        """Reads past a value that is a string and needs no second look, and has begun with `sign`.

        Returns:
            Whether one stands here; if not, nothing has been read.
        """
        if sign not in "\"'" or sign in self.ends.first:
            return False
        self._reset(place, "")
        return self._plain(sign)

    def _plain(self, sign: str) -> bool:
        source = self._source
        if sign == "'" and source.before().isalnum():
            return False
        plain = plain_string(sign, self._place, self._tags.first).match(source.text, source.at)
        if plain is not None:
            source.at = plain.end()
        return plain is not None

    def _quote(self) -> Generator[None, None, Quote | None]:
        """Returns the quote that opens a string here; None where none does, and then its sign has been read."""
        source = self._source
        quote = quote_at(source.text, source.at, source.ended)
        while quote == "more":
            yield
            quote = quote_at(source.text, source.at, source.ended)
        if quote is None or (quote.opens in "'`" and source.before().isalnum()):
            source.at += 1
            return None
        return quote

    def _structure(self, sign: str) -> bool:
        """Reads a bracket, comma or colon; returns whether the value ends here."""
        stack = self._stack
        if sign in "()" and not self.python:
            pass
        elif sign in "([{":
            stack.append(_CLOSER[sign])
            self._open[stack[-1]] += 1
            self._place = _PLACE_AFTER[stack[-1]]
        elif sign in ")]}":
            return self._close(sign)
        elif not stack:
            return True
        elif sign == ",":
            self._place = _PLACE_AFTER[stack[-1]]
        elif stack[-1] == "}":
            self._place = "value"
        self._source.at += 1
        return False

    def _close(self, sign: str) -> bool:
        if not self._open[sign]:
            return True
        while True:
            closed = self._stack.pop()
            self._open[closed] -= 1
            if closed == sign:
                break
        self._source.at += 1
        return not self._stack

    def comment(self) -> StepsToBool:
        """Reads past a comment, or past a sign that opens none; returns whether it was one."""
        source = self._source
        opens = "#" if source.text[source.at] == "#" else (yield from source.ahead(2))
        if opens not in ("#", "//", "/*") or source.before() not in _COMMENT_BEFORE:
            source.at += 1
            return False
        closes = "*/" if opens == "/*" else "\n"
        source.at += len(opens)
        while True:
            end = source.text.find(closes, source.at)
            if end >= 0:
                source.at = end + len(closes)
                return True
            source.at = max(source.at, len(source.text) - len(closes) + 1)
            if source.ended:
                source.at = len(source.text)
                return True
            yield

    def string(self, quote: Quote, place: Place) -> StepsToBool:
        """Reads past a string that `quote` opens here; returns whether it is closed."""
        source = self._source
        source.at += len(quote.opens)
        closes, firsts = quote.closes, self._tags.first
        inside = _inside(closes, quote.escapes, firsts)
        self._suspect = self._brace = -1
        while True:
            found = inside(source.text, source.at)
            if found is None:
                source.at = len(source.text)
                if not source.ended:
                    source.awaits = inside
                    yield
                    continue
                closed = self._unclosed(quote)
            else:
                source.at = found.start()
                sign = found.group()
                if sign == "{" and sign not in firsts:
                    self._brace = source.base + source.at
                    source.at += 1
                    continue
                step = self._closes(quote, place) if sign == closes else self._sign(quote, place, sign)
                if step is None:
                    continue
                if step == "more":
                    yield
                    continue
                closed = step
            self._suspect = self._brace = -1
            return closed

    def _sign(self, quote: Quote, place: Place, sign: str) -> bool | Literal["more"] | None:
        """Reads a sign that matters inside a string.

        Returns:
            Whether the string is closed; None if it goes on, "more" where more text must decide.
        """
        source = self._source
        if sign == "\\" and quote.escapes:
            if source.at + 1 == len(source.text) and not source.ended:
                return "more"
            source.at = min(source.at + 2, len(source.text))
            return None
        if sign == quote.closes[0]:
            rest = source.text[source.at : source.at + len(quote.closes)]
            if rest == quote.closes:
                return self._closes(quote, place)
            if len(rest) < len(quote.closes) and not source.ended and quote.closes.startswith(rest):
                return "more"
        if sign in self._tags.first:
            found, tag = self._tags.here(source)
            if found != "none":
                return "more" if found == "begun" else self._suspected(quote, tag)
        if sign == "{":
            self._brace = source.position
        source.at += 1
        return None

    def _suspected(self, quote: Quote, tag: str) -> bool | None:
        """Notes a marker inside a string; it ends one that is known to be broken."""
        source = self._source
        if source.position < self._broken_until.get(quote.name, 0):
            return self._cut(quote, source.position, 0)
        self._suspect = source.position if self._suspect < 0 else self._suspect
        source.at += len(tag)
        return None

    def _closes(self, quote: Quote, place: Place) -> bool | Literal["more"] | None:
        """Judges a quote, by what follows it, and what it means for the string."""
        source = self._source
        after = source.at + len(quote.closes)
        ends: bool | None = True
        if quote.judged:
            ends = False
            if quote.name != "escaped" or source.before() != "\\":
                ends = ends_string(source.text, after, place, source.ended)
                if ends is False:
                    ends = self._marker_follows(after)
        if ends:
            source.at = after
            return True
        if ends is None:
            return "more"
        if self._suspect < 0 <= self._brace and source.base + source.at - self._brace <= _BRACE_BACK:
            ahead = source.text[source.at : source.at + 16]
            if len(ahead) < 16 and not source.ended:
                return "more"
            self._suspect = self._brace if _NEW_CALL.match(ahead) else -1
        if self._suspect >= 0:
            return self._cut(quote, self._suspect, source.position)
        source.at = after
        return None

    def _marker_follows(self, after: int) -> bool | None:
        source = self._source
        sign = source.text[after]
        if sign not in self.ends.first and not sign.isspace():
            return False
        rest = source.text[after : after + 64]
        begins = after + len(rest) - len(rest.lstrip())
        if begins >= len(source.text) or source.text[begins] not in self.ends.first:
            return False
        at, source.at = source.at, begins
        found, _ = self.ends.here(source)
        source.at = at
        return None if found == "begun" else found == "whole"

    def _unclosed(self, quote: Quote) -> bool:
        if self._suspect >= 0:
            return self._cut(quote, self._suspect, float("inf"))
        self.stop = "end"
        self.in_string = True
        return False

    def _cut(self, quote: Quote, position: int, broken_until: float) -> bool:
        self._broken_until[quote.name] = max(self._broken_until.get(quote.name, 0), broken_until)
        if position < self._source.position:
            self._source.rewind(position)
        self.stop = "cut"
        return False
