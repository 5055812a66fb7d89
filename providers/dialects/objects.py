"""Reads calls that are JSON objects, alone or in arrays, tagged, fenced or bare."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import ClassVar, Literal, TypeAlias

from providers.base import ToolSpec
from providers.dialects.envelope import (
    ARGUMENT_KEYS,
    CALL_KEYS,
    LONGEST_NAME,
    NAMELESS,
    USUAL_ARGUMENTS,
    FoundCall,
    calls_by_name,
    calls_of,
    is_schema,
    speaks_of_call,
)
from providers.dialects.jsonread import read_json
from providers.dialects.mending import mended
from providers.dialects.reader import TURN_ENDS, Convert, Reader
from providers.dialects.source import Markers, Steps, markers_of
from providers.dialects.tolerant import Unreadable
from providers.dialects.typed import properties_of

# What an object without a tag is held back for, at most, before it is taken as text.
_HOLD = 65_536
# Up to the last separator: "functions.", "default_api:".
_PREFIX = re.compile(r"[^.:/]*[.:/](?:.*[.:/])?")
_SCHEMA_AHEAD = re.compile(r"""\{\s*["']?(?:type|properties|\$schema|required)\b""")

# A string that stands for itself, and what may be no comment nor a bracket too many behind it.
_PLAIN_STRING = re.compile(r'"([^"\\\x00-\x1f]*)"(?:(?<!"")\s*([^\s/#}\])]))?')

_ARGUMENTS = frozenset(ARGUMENT_KEYS)
_AS_OFFERED: tuple[str, ...] = ()
_PREFIXED = ("prefixed-name",)

#: Markers that are no words of their own: they open a call only where the context agrees.
SIGNS = frozenset(("{", "[", "```"))


@lru_cache(maxsize=64)
def _words(openers: frozenset[str]) -> frozenset[str]:
    return openers - SIGNS


#: Steps to an answer that may be missing.
StepsToMaybe: TypeAlias = Generator[None, None, bool | None]
#: Steps to a key as it is written, if one stands there.
StepsToKey: TypeAlias = Generator[None, None, str | None]
Over = Literal["", "closed", "marker", "end", "next", "list", "refused"]


@dataclass(slots=True)
class Frame:
    """What is known of a body that holds calls.

    Attributes:
        closes: Markers that end it.
        needed: It should end with one of them.
        bare: Nothing but their form shows that what it holds are calls.
        repairs: Tolerances that every call in it needed.
        listed: How many arrays are open.
        was_listed: An array has been opened.
        tries: Attempts so far, good or bad.
        fenced: A code fence has been opened in it.
        keyed: The calls in it are keyed by the name of the tool.
        printed: How many times `print` stands around the last call.
        extra: Tolerances that the last call needed at its end.
    """

    closes: frozenset[str] = frozenset()
    needed: bool = True
    bare: bool = False
    repairs: tuple[str, ...] = ()
    listed: int = 0
    was_listed: bool = False
    tries: int = 0
    fenced: bool = False
    keyed: bool = False
    printed: int = 0
    extra: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Entry:
    """An object that is being read: where it begins, and what is known of it.

    Attributes:
        begins: Position of its brace.
        candidate: It may prove to be no call; then it is text.
        name: The tool's name.
        started: The call has been announced.
        held: Where arguments lie that came before the name.
        over: Why it ended.
    """

    begins: int
    candidate: bool
    name: str | None = None
    started: bool = False
    held: tuple[int, int] | None = None
    over: Over = ""

    @property
    def open(self) -> bool:
        """It can still be taken as text."""
        return self.candidate and not self.started


class ObjectReader(Reader):
    """Reads one JSON object as a call."""

    #: The keys that the family gives to the arguments, and to the name if that is not "name".
    native_arguments: ClassVar[tuple[str, ...]] = ("arguments",)
    #: What nothing marks as a call is one only if it names a tool on offer.
    bare_known_only: ClassVar[bool] = True

    def __init__(self, tools: Sequence[ToolSpec], convert: Convert | None = None, thinks: str = "") -> None:
        """Gets ready for one reply, as every reader."""
        self._ends: dict[frozenset[str], tuple[Markers, Markers]] = {}
        #: Markers that open a call and are words of their own.
        self.words = _words(self.openers)
        #: Keys of which one must begin an object that nothing else marks as a call.
        self.call_keys = CALL_KEYS | frozenset(tool.name for tool in tools)
        super().__init__(tools, convert, thinks)

    def plain_name(self, name: str) -> str:
        """Takes from a name what the family puts around it, or a model before it."""
        return self.named_as_offered(name)[0]

    def named_as_offered(self, name: str) -> tuple[str, tuple[str, ...]]:
        """Returns the name of a tool on offer where a model put something before it, and the tolerance."""
        if name in self.tools or not self.tools or not _PREFIX.match(name):
            return name, _AS_OFFERED
        last = _PREFIX.sub("", name, count=1)
        return (last, _PREFIXED) if last in self.tools else (name, _AS_OFFERED)

    def may_be_called(self, name: str) -> bool:
        """Says whether what nothing marks as a call may be one, by its name."""
        return not self.bare_known_only or not self.tools or self.plain_name(name) in self.tools

    def enter(self, frame: Frame) -> None:
        """Tells the scanner which markers end a body."""
        if frame.closes not in self._ends:
            ends = markers_of(frame.closes, self.words, TURN_ENDS)
            self._ends[frame.closes] = ends, markers_of(frame.closes)
        self.scanner.within(*self._ends[frame.closes])

    def closes_of(self, frame: Frame) -> Markers:
        """Returns the search for the markers that end a body that was entered."""
        return self._ends[frame.closes][1]

    def entries(self, entry: Entry, frame: Frame) -> Steps:
        """Reads the keys and values of an object up to its end."""
        source, scanner = self.source, self.scanner
        firsts = scanner.ends.first
        while not entry.over:
            if not (source.stands or (yield from source.space())):
                entry.over = "end"
                return
            sign = source.text[source.at]
            if sign in firsts and (yield from scanner.at_marker()):
                entry.over = "marker"
            elif sign in "{}],:":
                self._between_entries(entry, frame, sign)
            elif sign in "/#":
                yield from scanner.comment()
            elif (raw := (yield from self._key(entry))) is not None:
                yield from self.entry_value(entry, raw)

    def _between_entries(self, entry: Entry, frame: Frame, sign: str) -> None:
        """Reads a bracket or a separator that stands where a key might."""
        source = self.source
        if sign == "}":
            entry.over = "closed"
        elif sign == "{" and source.position == entry.begins + 1:
            # A template's doubled brace, which the model took over.
            entry.begins = source.position
            frame.extra.append("extra-brace")
        elif sign == "{":
            entry.over = "next"
            return
        elif sign == "]" and frame.listed:
            entry.over = "list"
            return
        source.at += 1

    def _key(self, entry: Entry) -> StepsToKey:
        """Reads a key and its colon; returns None where no value follows."""
        source, scanner = self.source, self.scanner
        begins = source.base + source.at
        if not scanner.plain(source.text[source.at], "key"):
            yield from scanner.value("key", careful=True)
        raw = source.between(begins, source.base + source.at)
        if not raw:
            source.at += 1
        if self._stopped(entry) or not (source.stands or (yield from source.space())):
            return None
        sign = source.text[source.at]
        if sign in ":{[":
            source.at += sign == ":"
            return raw
        if entry.open:
            entry.over = "refused"
        return None

    def _stopped(self, entry: Entry) -> bool:
        """Notes why the scanner stopped, if it did."""
        stop = self.scanner.stop
        if stop:
            self.scanner.stop = ""
            entry.over = "end" if stop == "end" else "marker"
        return stop != ""

    def entry_value(self, entry: Entry, raw_key: str) -> Steps:
        """Reads the value of a key, after its colon."""
        source, scanner = self.source, self.scanner
        key = raw_key.strip("\"'\\\u201c\u201d` \n\t").replace("\\_", "_")
        if entry.open and (source.marked_length > _HOLD or not self._may_be_key(entry, key)):
            entry.over = "refused"
            return
        if not (source.stands or (yield from source.space())):
            return
        begins = source.base + source.at
        streamed = key in _ARGUMENTS and entry.name is not None and not entry.started
        if streamed and entry.candidate:
            if not self.may_be_called(entry.name or ""):
                entry.over = "refused"
                return
            ahead = yield from source.ahead(32)
            streamed = key in USUAL_ARGUMENTS and ahead[0] in "{\"'" and not _SCHEMA_AHEAD.match(ahead)
        if streamed:
            self.start(entry.name or "")
            entry.started = True
            self.stream()
        if not scanner.plain(source.text[source.at], "value"):
            yield from scanner.value("value", careful=True)
        if streamed:
            self.stop_stream()
        self._note_value(entry, key, begins)
        if not entry.over:
            self._stopped(entry)

    def _may_be_key(self, entry: Entry, key: str) -> bool:
        """Says whether an object that nothing marks as a call can be one with this key."""
        return key in self.call_keys or (
            entry.name is not None and key in properties_of(self.tools.get(entry.name, {}))
        )

    def _note_value(self, entry: Entry, key: str, begins: int) -> None:
        """Remembers a value, if it is the name or arguments that were not streamed."""
        source = self.source
        if key in _ARGUMENTS:
            if not entry.started:
                entry.held = (begins, source.position)
            return
        raw = source.between(begins, source.base + source.at)
        if raw[:1] in ("{", "[") or entry.started or key not in CALL_KEYS:
            return
        value = _scalar(raw)
        if entry.candidate and not speaks_of_call(key, value):
            entry.over = "refused"
        elif key == "name" and isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_NAME:
            entry.name = self.plain_name(value.strip())

    def conclude(self, entry: Entry, frame: Frame, prefix: str = "", repairs: tuple[str, ...] = ()) -> bool:
        """Reads an object that has been gone past; returns False where a candidate proves to be no call."""
        source = self.source
        raw = prefix + source.between(entry.begins, source.position)
        offset = source.marked_length - len(raw)
        try:
            calls = self._calls_in(raw, cut_off=entry.over == "end", keyed=frame.keyed)
            if not calls:
                raise Unreadable("it holds no call", 0)
            if entry.started and self.plain_name(calls[0].name) != entry.name:
                raise Unreadable("the call has two names", 0)
        except Unreadable as error:
            if entry.open:
                return False
            self.broken(source.marked(), error.reason, error.position + offset)
            return True
        if entry.open and not all(map(self._is_plain, calls)):
            return False
        if not entry.started and entry.held and len(calls) == 1 and "wrapped" not in calls[0].repairs:
            self.start(self.plain_name(calls[0].name))
            self.show_arguments(source.between(*entry.held))
            entry.started = True
        self.emit(calls, (*frame.repairs, *repairs), entry.started)
        return True

    def _calls_in(self, raw: str, cut_off: bool, keyed: bool = False) -> list[FoundCall]:
        """Reads an object as calls, mended where it cannot be read otherwise.

        Raises:
            Unreadable: It is no call, even so.
        """
        if raw.rstrip() == "{" and not (cut_off or keyed):
            # It was opened and left at once; the tolerant reader would take its time to say the same.
            raise Unreadable(NAMELESS, 0)
        try:
            read = read_json(raw, cut_off=cut_off)
            if keyed:
                return calls_by_name(read)
            return calls_of(read, self.native_arguments, self.tools)
        except Unreadable as error:
            found = mended(raw, cut_off)
            if found is None:
                raise
            try:
                read = read_json(found[0], cut_off=cut_off)
                return calls_of(
                    replace(read, repairs=(*found[1], *read.repairs)), self.native_arguments, self.tools
                )
            except Unreadable:
                raise error from None

    def _is_plain(self, call: FoundCall) -> bool:
        """Says whether an object that nothing marks as a call is one beyond doubt."""
        if is_schema(call.arguments) or {"missing-arguments", "empty-arguments"} & set(call.repairs):
            return False
        name = self.plain_name(call.name)
        if "keyed" in call.repairs and not set(call.arguments) <= set(properties_of(self.tools[name])):
            return False
        return self.may_be_called(call.name) and (call.usual or name in self.tools)

    def emit(self, calls: list[FoundCall], repairs: tuple[str, ...], started: bool = False) -> None:
        """Reports whole calls; the first may have been announced."""
        for call in calls:
            name, prefixed = self.plain_name(call.name), self.named_as_offered(call.name)[1]
            if not started:
                self.start(name)
                if call.arguments:
                    self.show_arguments(json.dumps(call.arguments, ensure_ascii=False))
            started = False
            self.done(name, call.arguments, (*repairs, *call.repairs, *prefixed), call.call_id)


def _scalar(raw: str) -> object:
    string = _PLAIN_STRING.match(raw)
    if string is not None and string[2]:
        # Something follows that no tolerance leaves out.
        return None
    if string is not None and string.end() == len(raw):
        return string[1]
    try:
        return read_json(raw).value
    except Unreadable:
        return None
