"""Reads calls written as Python wherever they stand: ``[f(a="x"), g(b=1)]``, in a fence or on a line alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from providers.dialects.bodies import OBJECT_AHEAD, begins_name
from providers.dialects.jsonread import read_arguments
from providers.dialects.objects import Frame
from providers.dialects.python_calls import PythonCallReader
from providers.dialects.simple_calls import SIMPLE_LIST
from providers.dialects.source import Steps, StepsToBool
from providers.dialects.tolerant import Unreadable

_ARGUMENT_AHEAD = r"\(\s{0,32}(?:\Z|[)'\"{]|\*(?:\Z|\*)|[^\W\d]\w{0,64}\s{0,8}(?:\Z|=))"
_CALL_AHEAD = rf"[^\W\d][\w.\\-]{{0,96}} {{0,4}}(?:\Z|{_ARGUMENT_AHEAD})"
_LIST_GUARD = rf"(?=\s{{0,32}}(?:\{{{OBJECT_AHEAD}|{_CALL_AHEAD}|\Z))"
_FENCE_GUARD = rf"(?=[A-Za-z_]{{0,20}}\s{{0,64}}(?:\Z|[{{\[<]|{_CALL_AHEAD}))"
# What may follow a call that stands on a line of its own.
_LINE_END = frozenset("\n]);,<")


class PythonReader(PythonCallReader):
    """Reads calls in Python wherever they stand, besides those in JSON."""

    python: ClassVar[bool] = True

    def guards(self) -> Mapping[str, str]:
        """A bracket may also open a list of calls."""
        return {**super().guards(), "[": _LIST_GUARD, "```": _FENCE_GUARD}

    def own_markers(self) -> Sequence[str]:
        """A tool's name with a parenthesis may open a call without brackets."""
        return [f"{name}(" for name in self.tools]

    # Where no tag stands.

    def sign(self, sign: str) -> Steps:
        """Reads what follows a bracket, a brace, a fence or a tool's name in visible text."""
        source = self.source
        if sign == "[":
            if self._simple_list():
                return
            source.at -= 1
            listed = self._may_open() and (yield from self._fits(sign))
            if listed and source.text[source.at + 1 : source.at + 40].lstrip()[:1] != "{":
                source.mark()
                yield from self.python_body(self.bare_frame())
                return
            source.at += 1
        elif sign not in ("{", "```"):
            yield from self._lone_call(sign)
            return
        yield from super().sign(sign)

    def _simple_list(self) -> bool:
        """Reads a list of one simple call, whose bracket has just been read; the same as the longer way."""
        found = SIMPLE_LIST.match(self.source.text, self.source.at)
        if found is None or not self._may_open() or not self.may_be_called(self.plain_name(found[1])):
            return False
        self.simple(found, (self.bare_repair,) if self.bare_repair else ())
        self.settle()
        self.after_space()
        return True

    def fence_body(self, frame: Frame) -> StepsToBool:
        """Reads the calls in a code fence."""
        return (yield from self.python_body(frame))

    def fenced_form(self, frame: Frame) -> StepsToBool:
        """Reads a code fence that holds calls in Python."""
        if not begins_name(self.source.text[self.source.at]):
            return False
        begins = self.source.position
        name = yield from self.call_name()
        known = not self.tools or self.plain_name(name) in self.tools
        opened = known and (yield from self.at_parenthesis())
        if not opened or not (yield from self.fits_arguments()):
            return False
        self.source.rewind(begins)
        yield from self.python_body(frame)
        return True

    def bare_frame(self) -> Frame:
        """Returns the frame of calls that no tag marks."""
        return Frame(needed=False, bare=True, repairs=(self.bare_repair,) if self.bare_repair else ())

    def _lone_call(self, opening: str) -> Steps:
        """Reads a call of a tool on offer that stands alone on its line."""
        source = self.source
        if not self.at_line_start() or self.tail.endswith((" ", "\t")):
            # What is indented is part of a program.
            self.say(opening)
            return
        source.mark(len(opening))
        frame = self.bare_frame()
        self.enter(frame)
        name = opening[:-1]
        begins = source.position
        whole = yield from self.scanner.value("argument", inside=")")
        self.scanner.stop = ""
        follows = (yield from source.ahead(4)).lstrip(" ")[:1] if whole and self.scanner.balanced else "?"
        try:
            if follows and follows not in _LINE_END:
                raise Unreadable("text follows the call", 0)
            arguments, repairs = self.by_name(
                name, read_arguments(source.between(begins, source.position - 1))
            )
        except Unreadable:
            self.release()
            return
        self.start(name)
        self.show_arguments(source.between(begins, source.position - 1))
        self.done(name, arguments, (*frame.repairs, "missing-brackets", *repairs))
        frame.tries = 1
        yield from self.python_body(frame)
