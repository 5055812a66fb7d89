"""Reads calls written as Python: ``[f(a="x"), g(b=1)]``, tagged or bare."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from providers.dialects.bodies import OBJECT_AHEAD
from providers.dialects.jsonread import Read, read_arguments
from providers.dialects.named import NamedReader
from providers.dialects.objects import Frame, StepsToMaybe
from providers.dialects.source import Steps, StepsToBool, StepsToStr
from providers.dialects.tolerant import Unreadable
from providers.dialects.typed import properties_of

_AHEAD = 96
_NAME = re.compile(r"[^\W\d](?:[\w.-]|\\_){0,160}")
# What follows the name of a call: no arguments, one by name, or one by position. The text may end within.
_NONE_GIVEN = re.compile(r"\(\s*\)\s*(?P<after>,|\](?P<link>.)?)?", re.DOTALL)
_BY_NAME = re.compile(r"\(\s*(?:[^\W\d]\w*\s*(?:=(?P<value>[^=])?)?)?")
_BY_POSITION = re.compile(r"\(\s*['\"{]")
_ARGUMENT_AHEAD = r"\(\s{0,32}(?:\Z|[)'\"{]|[^\W\d]\w{0,64}\s{0,8}(?:\Z|=))"
_CALL_AHEAD = rf"[^\W\d][\w.\\-]{{0,96}} {{0,4}}(?:\Z|{_ARGUMENT_AHEAD})"
_LIST_GUARD = rf"(?=\s{{0,32}}(?:\{{{OBJECT_AHEAD}|{_CALL_AHEAD}|\Z))"
# What may follow a call that stands on a line of its own.
_LINE_END = frozenset("\n]);,<")


class PythonReader(NamedReader):
    """Reads calls in Python, besides those in JSON."""

    python: ClassVar[bool] = True

    def guards(self) -> Mapping[str, str]:
        """A bracket may also open a list of calls."""
        return {**super().guards(), "[": _LIST_GUARD}

    def own_markers(self) -> Sequence[str]:
        """A tool's name with a parenthesis may open a call without brackets."""
        return [f"{name}(" for name in self.tools]

    def python_body(self, frame: Frame) -> StepsToBool:
        """Reads the calls of one body; the attempt begins at the mark.

        Returns:
            False where it held no call and was given back as text.
        """
        source = self.source
        self.enter(frame)
        ended = False
        while (yield from source.space()):
            if (yield from self.scanner.at_marker()):
                ended = self.read_close(frame)
                break
            if source.text[source.at] == "_" or source.text[source.at].isalpha():
                goes_on = yield from self._call_step(frame)
            else:
                goes_on = yield from self._step(frame)
            if goes_on is None:
                return frame.tries > 0
            if not goes_on:
                break
        return (yield from self.leave(frame, ended))

    def _call_step(self, frame: Frame) -> StepsToMaybe:
        if frame.tries:
            if frame.bare and not frame.listed:
                return False
            self.settle(*frame.extra)
            frame.extra.clear()
            self.source.mark()
        if (yield from self._call(frame)):
            frame.tries += 1
            return True
        if frame.bare and not frame.tries:
            self.release()
            return None
        if frame.listed or frame.tries:
            return (yield from self._skip(frame))
        return (yield from self._no_call(frame))

    def _skip(self, frame: Frame) -> StepsToBool:
        """Reads past what should be a call and is none, up to the next comma or the end."""
        frame.tries += 1
        yield from self.scanner.value("item")
        self.scanner.stop = ""
        self.broken(self.source.marked(), "a call must be written name(parameter=value)", 0)
        return True

    def _call(self, frame: Frame) -> StepsToBool:
        """Reads one call; returns False, with nothing but its name read, where none stands here."""
        source = self.source
        name = yield from self._name()
        opened = yield from self._at_parenthesis()
        if not opened or (frame.bare and not frame.tries and not (yield from self._plausible(name))):
            return False
        source.at += 1
        name = self.plain_name(name)
        self.start(name)
        begins = source.position
        offset = source.marked_length
        self.stream()
        yield from self.scanner.value("argument", inside=")")
        self._read_call(name, frame, begins, offset)
        return True

    def _read_call(self, name: str, frame: Frame, begins: int, offset: int) -> None:
        source = self.source
        back = 1 if self.scanner.balanced else 0
        self.stop_stream(back)
        stop, self.scanner.stop = self.scanner.stop, ""
        try:
            read = read_arguments(source.between(begins, source.position - back), cut_off=stop == "end")
            arguments, repairs = self._by_name(name, read)
        except Unreadable as error:
            self.broken(source.marked(), error.reason, offset + error.position)
            return
        missing = () if back else ("missing-parenthesis",)
        self.done(name, arguments, (*frame.repairs, *repairs, *missing))

    def _name(self) -> StepsToStr:
        source = self.source
        while True:
            found = _NAME.match(source.text, source.at)
            end = found.end() if found else source.at
            cut = source.text[end:] == "\\" if end + 1 == len(source.text) else end == len(source.text)
            if not cut or source.ended:
                name = source.text[source.at : end]
                source.at = end
                return name.replace("\\_", "_")
            yield

    def _at_parenthesis(self) -> StepsToBool:
        """Reads past blanks; says whether a parenthesis follows."""
        source = self.source
        while source.at < len(source.text) or not source.ended:
            if source.at == len(source.text):
                yield
            elif source.text[source.at] != " ":
                return source.text[source.at] == "("
            else:
                source.at += 1
        return False

    def _plausible(self, name: str) -> StepsToBool:
        """Says whether what follows the name of an unmarked call looks like arguments."""
        source = self.source
        if not self.may_be_called(name):
            return False
        while True:
            window = source.text[source.at : source.at + _AHEAD]
            verdict = _looks_like_arguments(window, name in self.tools, source.ended or len(window) == _AHEAD)
            if verdict is not None:
                return verdict
            yield

    def _by_name(self, name: str, read: Read) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Gives arguments by position the names that the tool's schema has for them."""
        named, positional = cast("tuple[dict[str, Any], list[Any]]", read.value)
        if not positional:
            return named, read.repairs
        if len(positional) == 1 and not named and isinstance(positional[0], dict):
            return cast("dict[str, Any]", positional[0]), (*read.repairs, "positional-arguments")
        names = list(properties_of(self.tools.get(name, {})))
        if len(positional) > len(names):
            raise Unreadable("arguments must be given by name", 0)
        given = dict(zip(names, positional, strict=False))
        return {**given, **named}, (*read.repairs, "positional-arguments")

    # Where no tag stands.

    def sign(self, sign: str) -> Steps:
        """Reads what follows a bracket, a brace, a fence or a tool's name in visible text."""
        source = self.source
        if sign == "[":
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

    def bare_frame(self) -> Frame:
        """Returns the frame of calls that no tag marks."""
        return Frame(needed=False, bare=True, repairs=(self.bare_repair,) if self.bare_repair else ())

    def _lone_call(self, opening: str) -> Steps:
        """Reads a call of a tool on offer that stands alone on its line."""
        source = self.source
        if not self.at_line_start():
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
            arguments, repairs = self._by_name(
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


def _looks_like_arguments(window: str, known: bool, certain: bool) -> bool | None:
    """Judges what follows the name of a call, parenthesis included; None where more text must decide."""
    none_given = _NONE_GIVEN.match(window)
    if none_given:
        if none_given["after"] is None:
            return (True if certain else None) if none_given.end() == len(window) else False
        if none_given["after"] == "]" and not certain:
            return None
        # ``[f()](address)`` is a link in Markdown.
        return none_given["link"] != "("
    if _BY_POSITION.match(window):
        return known
    by_name = _BY_NAME.match(window)
    if by_name and by_name["value"]:
        return True
    return None if by_name and by_name.end() == len(window) and not certain else False
