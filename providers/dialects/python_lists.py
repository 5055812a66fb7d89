"""Reads calls written as Python wherever they stand: ``[f(a="x"), g(b=1)]``, in a fence or on a line alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from providers.dialects.bodies import leads, object_ahead
from providers.dialects.jsonread import read_arguments
from providers.dialects.objects import Frame
from providers.dialects.python_calls import PythonCallReader
from providers.dialects.simple_calls import SIMPLE_LIST, simple_arguments
from providers.dialects.source import Steps, StepsToBool, markers_of
from providers.dialects.tolerant import Unreadable

_ARGUMENT_AHEAD = r"\(\s{0,32}(?:\Z|[)'\"{]|\*(?:\Z|\*)|[^\W\d]\w{0,64}\s{0,8}(?:\Z|[=(]))"
_CALL_AHEAD = rf"[^\W\d][\w.\\-]{{0,96}} {{0,4}}(?:\Z|{_ARGUMENT_AHEAD})"
# The same with what may precede it in a line of Python.
_LINE_AHEAD = rf"(?:[^\W\d]\w{{0,63}} {{0,4}}(?:\Z|= {{0,4}}))?(?:\Z|(?:await |print\()?(?:\Z|{_CALL_AHEAD}))"
_FENCE_GUARD = rf"(?=[A-Za-z_]{{0,20}}\s{{0,64}}(?:\Z|[{{\[</#]|{_LINE_AHEAD}))"
# What may follow a call that stands on a line of its own.
_LINE_END = frozenset("\n]);,<`")
# What models put before the name of a tool.
_BEFORE_NAMES = ("", "print(", "default_api.", "print(default_api.")
# A line of Python that may be a call, perhaps assigned to a name or printed.
_STATEMENT = re.compile(
    r"(?:[^\W\d]\w{0,63} {0,4}=(?!=) {0,4})?(?:await )?(?P<call>(?:print\()?(?P<name>[^\W\d][\w.]{0,127}) {0,4}\()"
)
_STATEMENT_LONGEST = 300


class PythonReader(PythonCallReader):
    """Reads calls in Python wherever they stand, besides those in JSON."""

    python: ClassVar[bool] = True

    def guards(self) -> Mapping[str, str]:
        """A bracket may also open a list of calls."""
        listed = rf"(?=\s{{0,32}}(?:\{{{object_ahead(self.call_keys)}|{_CALL_AHEAD}|\Z))"
        return {**super().guards(), "[": listed, "```": _FENCE_GUARD}

    def own_markers(self) -> Sequence[str]:
        """A tool's name with a parenthesis may open a call without brackets."""
        return [f"{before}{name}(" for name in self.tools for before in _BEFORE_NAMES]

    # Where no tag stands.

    def sign(self, sign: str) -> Steps:
        """Reads what follows a bracket, a brace, a fence or a tool's name in visible text."""
        if sign in ("{", "```"):
            return super().sign(sign)
        return self._list(sign) if sign == "[" else self._lone_call(sign)

    def _list(self, sign: str) -> Steps:
        """Reads what follows a bracket in visible text."""
        source = self.source
        if not self._may_open():
            self.say(sign)
            return
        if self._simple_list():
            return
        source.at -= 1
        if source.text[source.at + 1 : source.at + 40].lstrip()[:1] != "{":
            source.mark()
            yield from self.python_body(self.bare_frame())
            return
        source.at += 1
        yield from super().sign(sign)

    def _simple_list(self) -> bool:
        """Reads a list of one simple call, whose bracket has just been read; the same as the longer way."""
        found = SIMPLE_LIST.match(self.source.text, self.source.at)
        if found is None:
            return False
        name = self.plain_name(found[1])
        if not self.may_be_called(name):
            return False
        self.source.at = found.end()
        arguments, repairs = simple_arguments(found[2])
        if prefixed := self.named_as_offered(found[1])[1]:
            repairs = (*prefixed, *repairs)
        if self.bare_repair:
            repairs = (self.bare_repair, *repairs)
        self.whole(name, found[2], arguments, repairs if found["ended"] else (*repairs, "missing-brace"))
        self.after_space()
        return True

    def fence_body(self, frame: Frame) -> StepsToBool:
        """Reads the calls in a code fence."""
        return (yield from self.python_body(frame))

    def fenced_form(self, frame: Frame) -> StepsToBool:
        """Reads a code fence that holds calls in Python, one a line; other lines of it are left out."""
        source = self.source
        first = _STATEMENT.match((yield from source.ahead(_STATEMENT_LONGEST)))
        if first is None or (self.tools and self.plain_name(first["name"]) not in self.tools):
            return False
        begins = source.position
        source.at += first.start("name")
        yield from self.call_name()
        if not (yield from self.at_parenthesis()) or not (yield from self.fits_arguments()):
            source.rewind(begins)
            return False
        source.rewind(begins)
        yield from self._statements(frame)
        return True

    def _statements(self, frame: Frame) -> Steps:
        """Reads lines of Python up to the end of the fence."""
        source = self.source
        self.enter(frame)
        while (yield from source.space()):
            if (yield from self.scanner.at_marker()):
                self.read_close(frame)
                break
            ahead = yield from source.ahead(_STATEMENT_LONGEST)
            statement = _STATEMENT.match(ahead)
            # What is indented belongs to a program.
            indented = source.before() in " \t" and frame.tries
            if statement is None or indented or not self.may_be_called(statement["name"]):
                if not (yield from self._next_line()):
                    break
                continue
            if frame.tries:
                self.settle(*frame.extra)
                frame.extra.clear()
                source.mark()
            source.at += statement.start("call")
            frame.tries += 1
            if (yield from self._call(frame)):
                while (yield from source.ahead(1)) in tuple(");,]"):
                    source.at += 1
        self.settle(*frame.extra)
        source.unmark()
        self.after_space()

    def _next_line(self) -> StepsToBool:
        """Reads past the rest of a line, or up to the end of the fence; returns whether anything follows."""
        end = yield from markers_of(("\n", "```")).sought(self.source)
        self.source.at += end == "\n"
        return bool(end)

    def bare_frame(self) -> Frame:
        """Returns the frame of calls that no tag marks."""
        return Frame(needed=False, bare=True, repairs=(self.bare_repair,) if self.bare_repair else ())

    def _lone_call(self, opening: str) -> Steps:
        """Reads a call of a tool on offer that stands alone on its line."""
        source = self.source
        if not (leads(self.tail) or (self.at_line_start() and not self.tail.endswith((" ", "\t")))):
            # What is indented is part of a program.
            self.say(opening)
            return
        source.mark(len(opening))
        frame = self.bare_frame()
        self.enter(frame)
        name = opening[:-1].rpartition("(")[2].rpartition(".")[2]
        if name not in self.tools:
            name = opening[:-1].removeprefix("print(").removeprefix("default_api.")
        printed = opening.startswith("print(")
        begins = source.position
        self.scanner.python = True
        whole = yield from self.scanner.value("argument", inside=")")
        self.scanner.python = self.python
        self.scanner.stop = ""
        end = source.position - 1
        if printed and whole and (yield from source.ahead(1)) == ")":
            source.at += 1
        follows = (yield from source.ahead(4)).lstrip(" ")[:1] if whole and self.scanner.balanced else "?"
        try:
            if follows and follows not in _LINE_END:
                raise Unreadable("text follows the call", 0)
            arguments, repairs = self.by_name(name, read_arguments(source.between(begins, end)))
        except Unreadable:
            self.release()
            return
        self.start(name)
        self.show_arguments(source.between(begins, end))
        self.done(name, arguments, (*frame.repairs, "missing-brackets", *repairs))
        frame.tries = 1
        yield from self.python_body(frame)
