"""Reads calls whose parameters are tags around untyped text, as Qwen3-Coder and GLM write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from providers.dialects.objects import Frame, StepsToMaybe
from providers.dialects.python_calls import PythonCallReader
from providers.dialects.source import Markers, Steps, StepsToBool, StepsToStr, markers_of
from providers.dialects.typed import properties_of, type_value

_WINDOW = 96
_KEY_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one family writes a parameter.

    Attributes:
        opens: Markers before the key.
        key_ends: What follows the key.
        between: What follows that, before the value.
        closes: What follows the value.
    """

    opens: frozenset[str]
    key_ends: str
    between: str
    closes: str


#: ``<parameter=key>value</parameter>``
XML = Grammar(frozenset(("<parameter=", "<parameter name=")), ">", "", "</parameter>")
#: DeepSeek V3.2 writes the same with signs of its own.
DSML_SIGN = "\uff5cDSML\uff5c"
DSML = Grammar(frozenset((f"<{DSML_SIGN}parameter name=",)), ">", "", f"</{DSML_SIGN}parameter>")
#: ``<arg_key>key</arg_key><arg_value>value</arg_value>``
PAIRS = Grammar(frozenset(("<arg_key>",)), "</arg_key>", "<arg_value>", "</arg_value>")


@dataclass(slots=True)
class _Given:
    """What is known of a call whose parameters are read."""

    schema: Mapping[str, Any]
    known: Mapping[str, Mapping[str, Any]]
    values: dict[str, Any]
    repairs: list[str]


class ParameterReader(PythonCallReader):
    """Reads calls with tagged parameters, besides JSON calls."""

    #: Tags that may enclose a whole call, and how they close.
    call_tags: ClassVar[Mapping[str, str]] = {
        "<tool_call>": "</tool_call>",
        "<seed:tool_call>": "</seed:tool_call>",
        "<minimax:tool_call>": "</minimax:tool_call>",
    }
    #: How calls are opened inside them.
    function_tags: ClassVar[tuple[str, ...]] = ("<function=", "<function name=", "<invoke name=")
    #: How those close.
    function_ends: ClassVar[frozenset[str]] = frozenset(("</function>", "</invoke>"))
    #: How the parameters of those are written.
    grammar: ClassVar[Grammar] = XML

    #: Tolerances that calls in tags, and calls in JSON, need inside a tag.
    xml_repair: ClassVar[str] = "other-form"
    json_repair: ClassVar[str] = ""

    # In a value: where a tag was that may end it, though what follows does not fit.
    _doubtful = -1

    def call_tag(self, opening: str, repairs: tuple[str, ...] = ()) -> Steps:
        """Reads what follows a tag that encloses calls, just read: JSON or function tags."""
        source = self.source
        source.mark(len(opening))
        close = self.call_tags[opening]
        if (yield from source.space()) and source.text[source.at] == "<":
            tag = yield from markers_of(self.function_tags).standing(source)
            if tag:
                source.at += len(tag)
                foreign = (self.xml_repair,) if self.xml_repair else ()
                frame = Frame(self.function_ends | {close}, repairs=(*repairs, *foreign))
                if not (yield from self._function(tag, frame, close)):
                    position = source.marked_length
                    self.enter(frame)
                    yield from self.abandon(frame)
                    self.broken(source.marked(), "this is no function with parameters", position)
                    yield from self.close(frame)
                    yield from self._close_outer(close)
                return
        foreign = (self.json_repair,) if self.json_repair else ()
        yield from self.body(Frame(frozenset((close,)), repairs=(*repairs, *foreign)))

    def function_tag(self, opening: str, native: bool) -> StepsToBool:
        """Reads a function tag that stands alone; returns False where it was given back as text."""
        self.source.mark(len(opening))
        repairs = () if native else ("missing-start-tag",)
        accepted = yield from self._function(opening, Frame(self.function_ends, repairs=repairs), "")
        if not accepted:
            self.release()
        return accepted

    def _function(self, opening: str, frame: Frame, outer: str) -> StepsToBool:
        """Reads the rest of a function tag and its body; returns False where none follows."""
        source = self.source
        name = _attribute((yield from self.header(_HEADER_ENDS)))
        if not name or "<" in name:
            return False
        if source.text[source.at] == ">":
            source.at += 1
        elif (yield from source.space()) and (yield from markers_of(self.grammar.opens).standing(source)):
            frame.repairs += ("missing-end-tag",)
        else:
            return False
        if not (yield from source.space()):
            if outer:
                self.start(name)
                self.broken(
                    source.marked(), "the call breaks off before its parameters", source.marked_length
                )
                source.unmark()
            return bool(outer)
        sign = source.text[source.at]
        if sign in "{`":
            yield from self.named(name, frame)
        else:
            if not (yield from markers_of(self.grammar.opens, frame.closes).standing(source)):
                return False
            self.enter(frame)
            yield from self.parameters(name, frame, self.grammar)
        if outer:
            yield from self._close_outer(outer)
        return True

    def _close_outer(self, outer: str) -> Steps:
        if (yield from self.source.space()):
            tag = yield from markers_of((outer,)).standing(self.source)
            self.source.at += len(tag)

    def parameters(self, name: str, frame: Frame, grammar: Grammar) -> Steps:
        """Reads the parameters of a call whose name has been read; the attempt begins at the mark."""
        source = self.source
        frame.tries = 1
        name, prefixed = self.named_as_offered(name)
        frame.repairs += prefixed
        schema = self.tools.get(name, {})
        given = _Given(schema, properties_of(schema), {}, [])
        self.start(name)
        self.stream()
        while (yield from self.gap()):
            marker = yield from markers_of(grammar.opens).standing(source)
            if not marker:
                break
            source.at += len(marker)
            reason = yield from self._parameter(given, frame, grammar)
            if reason:
                self.stop_stream()
                position = source.marked_length
                yield from self.abandon(frame)
                self.broken(source.marked(), reason, position)
                yield from self.close(frame)
                return
        self.stop_stream()
        if source.at == len(source.text) and source.ended:
            if not given.values:
                self.broken(source.marked(), "the call breaks off", source.marked_length)
                return
            given.repairs.append("truncated")
        self.done(name, given.values, (*frame.repairs, *given.repairs))
        yield from self.close(frame)

    def gap(self) -> StepsToBool:
        """Reads past white space, written or spelled out as an escape; returns whether anything follows it."""
        source = self.source
        while (yield from source.space()):
            if source.text[source.at] != "\\" or (yield from source.ahead(2)) != "\\n":
                return True
            source.at += 2
        return False

    def _parameter(self, given: _Given, frame: Frame, grammar: Grammar) -> StepsToStr:
        """Reads one parameter; returns what is wrong with it, or nothing."""
        source = self.source
        stops = markers_of((grammar.key_ends, grammar.between) if grammar.between else (grammar.key_ends,))
        key = _attribute((yield from self.header(stops, _KEY_LONGEST)))
        if not key or "<" in key or "\n" in key:
            return "the name of a parameter is not closed"
        ends = yield from markers_of((grammar.key_ends,)).standing(source)
        source.at += len(ends)
        if not ends:
            given.repairs.append("missing-end-tag")
        if grammar.between:
            yield from self.gap()
            between = yield from markers_of((grammar.between,)).standing(source)
            if not between:
                return f"the parameter {key[:60]!r} has no value"
            source.at += len(between)
        begins = source.position
        closed = yield from self._value(given, frame, grammar)
        if closed is None:
            return f"the call breaks off inside the parameter {key[:60]!r}"
        text = source.between(begins, source.position)
        if closed:
            source.at += len(grammar.closes)
        else:
            given.repairs.append("missing-end-tag")
        if key in given.values:
            given.repairs.append("duplicate-keys")
        text, trimming = _trimmed(text, grammar, closed)
        value, repairs = type_value(text, given.known.get(key), given.schema)
        given.values[key] = value
        given.repairs.extend((*trimming, *repairs))
        return ""

    def certain_to(self) -> int:
        """Returns up to where what was read is certain to belong to the arguments."""
        return self._doubtful if self._doubtful >= 0 else super().certain_to()

    def _value(self, given: _Given, frame: Frame, grammar: Grammar) -> StepsToMaybe:
        """Reads up to the end of a value; returns whether its own tag ends it, None where nothing does."""
        source = self.source
        markers = markers_of((grammar.closes,), grammar.opens, frame.closes, self.call_tags.values())
        follow = markers_of(grammar.opens, frame.closes, self.call_tags, self.call_tags.values())
        self._doubtful = -1
        closed: bool | None = False
        while closed is False:
            found = markers.find(source)
            if found is None or not found[2]:
                source.at = found[0] if found else len(source.text)
                if not source.ended:
                    yield
                    continue
                closed = None
            else:
                source.at, marker = found[0], found[1]
                if marker == grammar.closes and (yield from self._followed(len(marker), follow)):
                    closed = True
                elif marker == grammar.closes:
                    self._doubtful = source.position if self._doubtful < 0 else self._doubtful
                    source.at += len(marker)
                elif (yield from self._breaks(marker, given, grammar, follow)):
                    break
                else:
                    source.at += len(marker)
        if self._doubtful >= 0 and not closed:
            # No better end than this tag, though what follows it is odd.
            source.rewind(self._doubtful)
            closed = True
        self._doubtful = -1
        return closed

    def _followed(self, length: int, follow: Markers) -> StepsToBool:
        """Says whether, after a tag, something comes that may follow it; what else comes makes it text."""
        source = self.source
        while True:
            window = source.text[source.at + length : source.at + length + _WINDOW]
            rest = window.lstrip()
            certain = source.ended or len(window) == _WINDOW
            if any(rest.startswith(marker) for marker in follow.all):
                return True
            if certain or (rest and not any(marker.startswith(rest) for marker in follow.all)):
                return not rest
            yield

    def _breaks(self, marker: str, given: _Given, grammar: Grammar, follow: Markers) -> StepsToBool:
        """Says whether a tag inside a value shows that the value was never closed."""
        source = self.source
        if marker not in grammar.opens:
            return (yield from self._followed(len(marker), follow))
        ahead = yield from source.ahead(len(marker) + _WINDOW)
        key, ends, _ = ahead[len(marker) :].partition(grammar.key_ends)
        key = _attribute(key)
        if given.known:
            return bool(ends) and key in given.known and key not in given.values
        return bool(ends) and source.before() == "\n"


_HEADER_ENDS = markers_of((">", "\n"))
_QUOTED = re.compile(r"""(?P<sign>["'])(?P<name>[^"']+)(?P=sign)(?=\s)""")
_INDENTED = re.compile(r"\n(?P<lines>.*)\n(?P<indent>[ \t]+)", re.DOTALL)


def _attribute(written: str) -> str:
    """Takes a name out of a tag: as it stands, or the first of its quoted attributes."""
    text = written.strip()
    quoted = _QUOTED.match(text)
    return (quoted["name"] if quoted else text.strip("\"'")).replace("\\_", "_")


def _trimmed(text: str, grammar: Grammar, closed: bool) -> tuple[str, tuple[str, ...]]:
    """Takes the line breaks away that belong to the tags, and the indentation that the value shares with them."""
    if grammar.between:
        if closed:
            return (text[1:-1] if len(text) > 1 and text[0] == text[-1] == "\n" else text), ()
        return text.removesuffix("\n"), ()
    indented = _INDENTED.fullmatch(text)
    if indented is None:
        return text.removeprefix("\n").removesuffix("\n"), ()
    indent = indented["indent"]
    lines = [line.removeprefix(indent) for line in indented["lines"].split("\n")]
    return "\n".join(lines), ("indented",)
