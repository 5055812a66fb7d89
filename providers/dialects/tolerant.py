"""Reads JSON and Python literals that a model wrote carelessly, and names every tolerance that it took.

No `eval` of any kind, no recursion, time linear in the text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

from providers.dialects.quoting import QUOTE_CHARS, Place, Quote, ends_string, plain_string, quote_at
from providers.dialects.unescape import read_escape, unescape_once

#: Brackets inside each other, at most.
MAX_DEPTH = 100

_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?(?:\*/|\Z)|#[^\n]*)*", re.DOTALL)
_WORD_KEY = re.compile(r"[A-Za-z_$][\w$.-]*")
# Python also knows numbers as keys, and a dictionary of arguments behind two stars.
_ANY_KEY = re.compile(r"[A-Za-z_$][\w$.-]*|-?\d[\d.]*(?=\s*:)")
_ARGUMENT = re.compile(r"([A-Za-z_]\w*)\s*=(?!=)|\*\*(?=\s*\{)")
_NUMBER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.])")
_STRICT_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_BARE = re.compile(r"[^\s,\[\]{}()\"'\\][^,\[\]{}\"'\n\\]*")
# The letters before a string of Python, and the white space before one that continues another.
_PREFIX = re.compile(r"[rRuU](?=[\"'])")
_NEXT_STRING = re.compile(r"\s+(?=[\"'])")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_PYTHON_WORDS: dict[str, Any] = {"True": True, "False": False, "None": None}
_CLOSERS = {"{": "}", "[": "]", "(": ")"}


@lru_cache(maxsize=32)
def _plain(stop: str, escapes: bool) -> re.Pattern[str]:
    """Matches what means nothing inside a string."""
    return re.compile(f"[^{re.escape(stop)}{re.escape(chr(92)) if escapes else ''}]*")


Mode = Literal["json", "arguments"]


class Unreadable(ValueError):
    """The text cannot be read. `position` is the offset where it broke, in characters."""

    def __init__(self, reason: str, position: int) -> None:
        """Keeps the reason, a sentence for the model, and the offset."""
        super().__init__(reason)
        self.reason = reason
        self.position = position


class _Open:
    """An object, array or argument list that is being read."""

    __slots__ = ("closer", "doubled", "items", "key", "pairs")

    def __init__(self, closer: str, keyed: bool) -> None:
        self.closer = closer
        # Braces too many that opened it.
        self.doubled = 0
        self.pairs: dict[str, Any] | None = {} if keyed else None
        self.items: list[Any] = []
        self.key: str | None = None


class TolerantReader:
    """Reads one value.

    Attributes:
        repairs: Names of the tolerances taken, each once, in order.
    """

    def __init__(self, text: str, *, python: bool = False, cut_off: bool = False) -> None:
        """Reads `text`: in `python` mode sets and tuples too; `cut_off` says that the reply ended with it."""
        self.repairs: dict[str, None] = {}
        self._text = text
        self._at = 0
        self._python = python
        self._cut_off = cut_off
        self._stack: list[_Open] = []
        self._comma = False

    def read(self, mode: Mode = "json") -> Any:
        """Reads the whole text: one value, or the arguments between the parentheses of a call.

        Returns:
            The value; for arguments a pair of those by name and those by position.

        Raises:
            Unreadable: It makes no sense.
        """
        if mode == "arguments":
            self._stack.append(_Open("", keyed=True))
            self._fill()
            frame = self._stack[0]
            return frame.pairs, frame.items
        self._space()
        done, value = self._value()
        if not done:
            value = self._fill()
        self._space()
        rest = self._text[self._at :].rstrip()
        if rest.strip("}])"):
            raise Unreadable("text follows the value", self._at)
        if rest:
            self._note("extra-brace")
        return value

    def _note(self, repair: str) -> None:
        if repair:
            self.repairs[repair] = None

    def _space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        if found and found.end() > self._at:
            if not found.group().isspace():
                self._note("comments")
            self._at = found.end()

    def _fill(self) -> Any:
        """Reads until the outermost container is closed, and returns it."""
        while True:
            self._space()
            frame = self._stack[-1]
            sign = self._text[self._at : self._at + 1]
            if not sign:
                return self._end()
            if sign == ",":
                self._at += 1
                if self._comma:
                    self._note("extra-comma")
                self._comma = True
            elif sign == "{" and frame.pairs == {} and frame.closer == "}" and not frame.items:
                # A template's doubled brace, which the model took over.
                self._at += 1
                frame.doubled += 1
                self._note("extra-brace")
            elif sign in "}])" and self._closes(sign):
                value = self._close()
                if not self._stack:
                    return value
            else:
                self._element(frame)

    def _element(self, frame: _Open) -> None:
        """Reads one item, or one key with its value, after a comma or none."""
        if (frame.items or frame.pairs) and not self._comma:
            self._note("missing-comma")
        self._comma = False
        if frame.pairs is not None:
            self._key(frame)
            self._space()
        done, value = self._value()
        if done:
            self._deliver(value)

    def _deliver(self, value: Any) -> None:
        frame = self._stack[-1]
        if frame.pairs is None or frame.key is None:
            frame.items.append(value)
            return
        if frame.key in frame.pairs:
            self._note("duplicate-keys")
        frame.pairs[frame.key] = value
        frame.key = None

    def _closes(self, sign: str) -> bool:
        """Handles a closing bracket that may not fit; returns whether the innermost container ends."""
        if self._stack[-1].closer == sign:
            self._at += 1
            return True
        closers = [frame.closer for frame in self._stack]
        if sign in closers:
            self._note("missing-brace")
            return True
        if len(closers) == 1 and closers[0] == "":
            raise Unreadable(f"the bracket {sign!r} closes nothing", self._at)
        self._note("extra-brace")
        self._at += 1
        return False

    def _close(self) -> Any:
        """Ends the innermost container and hands it to the one around it."""
        frame = self._stack.pop()
        while frame.doubled and self._text.startswith("}", self._at):
            frame.doubled -= 1
            self._at += 1
        if self._comma:
            self._note("trailing-comma")
        self._comma = False
        value: Any = frame.items if frame.pairs is None else frame.pairs
        if frame.pairs is not None and frame.items:
            if frame.pairs:
                raise Unreadable("an object has a value without a key", self._at)
            self._note("set-literal")
            value = frame.items
        if self._stack:
            self._deliver(value)
        return value

    def _end(self) -> Any:
        """The text is over: closes what is open."""
        if self._cut_off:
            if self._comma or self._text.rstrip()[-1:] in ("{", "[", "(", ":", "="):
                raise Unreadable("the call breaks off", len(self._text))
            self._note("truncated")
        if self._stack[0].closer == "":
            while len(self._stack) > 1:
                self._note("missing-brace")
                self._close()
            return None
        self._note("missing-brace")
        value: Any = None
        while self._stack:
            value = self._close()
        return value

    def _key(self, frame: _Open) -> None:
        """Reads a key and its colon; or finds that a value stands in its place."""
        start = self._at
        if frame.closer == "":
            named = _ARGUMENT.match(self._text, self._at)
            frame.key = named[1] if named else None
            self._at = named.end() if named else self._at
            return
        quote = self._quote()
        word = (_ANY_KEY if self._python else _WORD_KEY).match(self._text, self._at)
        if quote is not None:
            key = self._string(quote, "key")
        elif word is not None:
            key = word.group()
            self._at = word.end()
            self._note("unquoted-keys")
        else:
            raise Unreadable("a key was expected", self._at)
        self._space()
        if self._text.startswith(":", self._at):
            self._at += 1
            frame.key = key
        elif self._text[self._at : self._at + 1] in ("{", "["):
            self._note("missing-colon")
            frame.key = key
        elif self._python and self._text[self._at : self._at + 1] in (",", "}"):
            self._at = start
        else:
            raise Unreadable(f"a colon was expected after the key {key[:40]!r}", self._at)

    def _value(self) -> tuple[bool, Any]:
        """Reads a value; of a container only the bracket, and then the first of the pair is False."""
        sign = self._text[self._at : self._at + 1]
        if sign in ("{", "[") or (sign == "(" and self._python):
            if len(self._stack) >= MAX_DEPTH:
                raise Unreadable(f"nested deeper than {MAX_DEPTH} levels", self._at)
            self._stack.append(_Open(_CLOSERS[sign], keyed=sign == "{"))
            self._at += 1
            return False, None
        quote = self._quote()
        if quote is not None:
            place: Place = "alone"
            if self._stack:
                frame = self._stack[-1]
                place = "item" if frame.pairs is None else "argument" if frame.closer == "" else "value"
            value = self._string(quote, place)
            return True, self._continued(value) if place == "argument" else value
        prefix = _PREFIX.match(self._text, self._at) if self._python else None
        if prefix is not None:
            return True, self._prefixed(prefix)
        return True, self._scalar(sign)

    def _continued(self, value: str) -> str:
        """Appends the strings that follow one without a comma, as Python does."""
        parts = [value]
        while (found := _NEXT_STRING.match(self._text, self._at)) is not None:
            self._at = found.end()
            quote = self._quote()
            if quote is None:
                break
            parts.append(self._string(quote, "argument"))
        return "".join(parts)

    def _prefixed(self, prefix: re.Match[str]) -> str:
        """Reads a string of Python with letters before it; those of a raw string escape nothing."""
        self._at = prefix.end()
        quote = self._quote()
        if quote is None:
            raise Unreadable("a string was expected", self._at)
        if "r" in prefix.group().lower():
            quote = replace(quote, escapes=False)
        place: Place = "argument" if self._stack and self._stack[-1].closer == "" else "item"
        return self._string(quote, place)

    def _quote(self) -> Quote | None:
        if self._text[self._at : self._at + 1] not in QUOTE_CHARS or self._at >= len(self._text):
            return None
        quote = quote_at(self._text, self._at, ended=True)
        return None if quote == "more" else quote

    def _scalar(self, sign: str) -> Any:
        number = _NUMBER.match(self._text, self._at)
        if number is not None and self._ends_scalar(number.end()):
            self._at = number.end()
            self._whole(number.end())
            return self._number(number.group(), number.start())
        bare = _BARE.match(self._text, self._at)
        if bare is None:
            what = f"{sign!r} was found" if sign else "the text ends"
            raise Unreadable(f"a value was expected, {what}", self._at)
        word = bare.group().rstrip()
        self._at += len(word)
        if word in _WORDS:
            return _WORDS[word]
        if word in _PYTHON_WORDS:
            self._note("" if self._python else "python-literals")
            return _PYTHON_WORDS[word]
        self._whole(self._at)
        if (
            word in ("NaN", "Infinity", "-Infinity", "undefined")
            or not word[0].isalpha()
            or self._at_string()
        ):
            raise Unreadable(f"{word[:40]!r} is no JSON value", self._at - len(word))
        self._note("unquoted-values")
        return word

    def _at_string(self) -> bool:
        return self._text[self._at : self._at + 1] in ("'", '"', "\\", "{", "[")

    def _ends_scalar(self, at: int) -> bool:
        after = self._text[at : at + 64].lstrip(" \t\r")
        return not after or after[0] in ",]})\n/#" or after[0] in "\"'"

    def _whole(self, end: int) -> None:
        if self._cut_off and self._stack and end == len(self._text):
            raise Unreadable("the call breaks off inside a value", end)

    def _number(self, text: str, start: int) -> int | float:
        if not _STRICT_NUMBER.fullmatch(text):
            self._note("loose-number")
            text = text.replace("_", "")
        try:
            if text.lstrip("+-")[:2].lower() == "0x":
                return int(text, 16)
            number = float(text) if any(c in ".eE" for c in text) else int(text)
        except ValueError:
            raise Unreadable("a number is too long", start) from None
        if number in (float("inf"), float("-inf")):
            raise Unreadable("a number is too large", start)
        return number

    def _string(self, quote: Quote, place: Place) -> str:
        start = self._at
        self._note("" if self._python and quote.name == "single" else quote.repair)
        if quote.opens in "\"'":
            simple = plain_string(quote.opens, place).match(self._text, start)
            if simple is not None:
                self._at = simple.end()
                return simple[1]
        self._at += len(quote.opens)
        parts: list[str] = []
        text, closes, plain = self._text, quote.closes, _plain(quote.closes[0], quote.escapes)
        while True:
            found = plain.match(text, self._at)
            if found is not None:
                parts.append(found.group())
                self._at = found.end()
            at = self._at
            if at >= len(text):
                raise Unreadable("a string is not closed", start)
            if text[at] == "\\" and quote.escapes:
                piece, self._at, repair = read_escape(text, at, self._python or quote.name != "double")
                self._note(repair)
                parts.append(piece)
            elif text.startswith(closes, at):
                self._at = at + len(closes)
                if not self._inner(quote, at, place):
                    break
                self._note("unescaped-quotes")
                parts.append(closes)
            else:
                parts.append(text[at])
                self._at += 1
        value = "".join(parts)
        if quote.name == "escaped":
            value = unescape_once(unescape_once(value))
        elif not self._python and quote.name == "double" and any(c < " " for c in value):
            self._control(text[start : self._at])
        return value

    def _inner(self, quote: Quote, end: int, place: Place) -> bool:
        """Says whether a quote is part of the string that it could end."""
        if not quote.judged:
            return False
        if quote.name == "escaped" and self._text[end - 1 : end] == "\\":
            return True
        return not ends_string(self._text, self._at, place, ended=True)

    def _control(self, raw: str) -> None:
        if any(c < " " for c in raw):
            self._note("raw-control-characters")
