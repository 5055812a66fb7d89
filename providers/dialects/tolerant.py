"""Reads JSON and Python literals that a model wrote carelessly, and names every tolerance that it took.

No `eval` of any kind, no recursion, time linear in the text.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from providers.dialects.quoting import Place
from providers.dialects.scalars import ScalarReader, Unreadable

#: Brackets inside each other, at most.
MAX_DEPTH = 100

_WORD_KEY = re.compile(r"[A-Za-z_$][\w$.-]*")
# Python also knows numbers as keys, and a dictionary of arguments behind two stars.
_ANY_KEY = re.compile(r"[A-Za-z_$][\w$.-]*|-?\d[\d.]*(?=\s*:)")
_ARGUMENT = re.compile(r"([A-Za-z_]\w*)\s*=(?!=)|\*\*(?=\s*\{)")
# The letters before a string of Python.
_PREFIX = re.compile(r"[rRuU](?=[\"'])")
_CLOSERS = {"{": "}", "[": "]", "(": ")"}


Mode = Literal["json", "arguments"]


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


class TolerantReader(ScalarReader):
    """Reads one value.

    Attributes:
        repairs: Names of the tolerances taken, each once, in order.
    """

    def __init__(self, text: str, *, python: bool = False, cut_off: bool = False) -> None:
        """Reads `text`: in `python` mode sets and tuples too; `cut_off` says that the reply ended with it."""
        super().__init__(text, python=python, cut_off=cut_off)
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
            argument = bool(self._stack) and self._stack[-1].closer == ""
            return True, self._prefixed(prefix, "argument" if argument else "item")
        return True, self._scalar(sign, inside=bool(self._stack))
