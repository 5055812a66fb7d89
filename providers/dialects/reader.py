"""What the readers of all families share: visible text, reasoning, and the events of a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from providers.base import (
    Call,
    CallArguments,
    CallStart,
    DialectEvent,
    Malformed,
    Reasoning,
    Text,
    ToolCall,
    ToolSpec,
)
from providers.dialects.scanner import Scanner
from providers.dialects.source import Markers, Source, Steps, StepsToStr, markers_of

#: How models open and close what they think.
THINKING: Mapping[str, str] = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<seed:think>": "</seed:think>",
    "[THINK]": "[/THINK]",
}

#: Ends of turns, which an engine may leave in the text.
TURN_ENDS = frozenset(
    (
        "<|im_end|>",
        "<|endoftext|>",
        "<|eot_id|>",
        "<|eom_id|>",
        "<|end_of_text|>",
        "<|eot|>",
        "</s>",
        "<eos>",
        "<end_of_turn>",
        "<|end|>",
        "<\uff5cend\u2581of\u2581sentence\uff5c>",
        "<|endofassistant|>",
        "<|user|>",
    )
)

#: Turns the arguments that a model wrote into those that the tool takes.
Convert = Callable[[str, dict[str, Any]], dict[str, Any]]

_TAIL = 80
# White space between words on either side of a call, at most.
_BLANK_LONGEST = 16


class Reader:
    """Reads one reply; the parser of every dialect. A family says what follows each of its markers.

    Attributes:
        tools: Parameters' JSON Schemas, by tool name.
        source: The reply.
        scanner: Finds where values end.
        tail: The last visible text, empty after a call or reasoning.
        guarded: Patterns that must follow some markers.
    """

    #: Pairs of markers around reasoning.
    thinking: ClassVar[Mapping[str, str]] = THINKING
    #: Markers that open a call.
    openers: ClassVar[frozenset[str]] = frozenset()
    #: Markers that mean nothing by themselves and are no text.
    dropped: ClassVar[frozenset[str]] = frozenset()
    #: Whether the literals of calls are Python's.
    python: ClassVar[bool] = False

    def __init__(self, tools: Sequence[ToolSpec], convert: Convert | None = None, thinks: str = "") -> None:
        """Gets ready for one reply.

        Args:
            tools: The tools on offer.
            convert: Applied to the arguments of each call.
            thinks: The marker of reasoning that the prompt has opened already, if it has.
        """
        self.tools = {tool.name: tool.parameters for tool in tools}
        self.source = Source()
        self.scanner = Scanner(self.source, python=self.python)
        self.tail = ""
        self.guarded = self.guards()
        self.markers = markers_of(
            *(
                self.openers,
                self.dropped,
                self.thinking,
                self.thinking.values(),
                TURN_ENDS,
                self.own_markers(),
            ),
            guards=self.guarded,
        )
        self._convert = convert
        self._events: list[DialectEvent] = []
        self._index = 0
        self._started = False
        self._pending: Call | None = None
        self._streaming = False
        self._streamed = 0
        self._trim = True
        self._blank = ""
        # The last visible character; at the start white space, which needs no more of it.
        self._last: str = " "
        self._ignored = self.dropped | TURN_ENDS | frozenset(self.thinking.values())
        self._steps = self._read(thinks)
        next(self._steps, None)

    def own_markers(self) -> Sequence[str]:
        """Returns markers that depend on the tools on offer."""
        return ()

    def guards(self) -> Mapping[str, str]:
        """Returns patterns that must follow some markers, so that what is none is passed over fast."""
        return {}

    def opened(self, marker: str) -> Steps:
        """Reads what follows one of the family's markers, which has just been read."""
        raise NotImplementedError

    # The parser.

    def feed(self, text: str) -> list[DialectEvent]:
        """Takes the next piece of text and returns the events that are certain by now."""
        if not text or self.source.ended:
            return []
        if self.source.push(text):
            next(self._steps, None)
        return self._drain()

    def finish(self) -> list[DialectEvent]:
        """Ends the reply and returns what is left, reading a broken call as well as it can be read."""
        if self.source.ended:
            return []
        self.source.ended = True
        for _ in self._steps:
            pass
        self.settle()
        return self._drain()

    def certain_to(self) -> int:
        """Returns up to where what was read is certain to belong to the arguments."""
        return self.scanner.certain_to()

    def _drain(self) -> list[DialectEvent]:
        if self._streaming:
            self._flush_arguments(self.certain_to())
        events, self._events = self._events, []
        return events

    # Text and reasoning.

    def _read(self, thinks: str) -> Steps:
        yield from self.begin()
        if thinks:
            yield from self._think(self.thinking[thinks])
        while marker := (yield from self.text(self.markers)):
            if marker in self.thinking and self.tail.endswith("`"):
                # Somebody writes about the marker.
                self.say(marker)
            elif marker in self.thinking:
                self.structure()
                yield from self._think(self.thinking[marker])
            elif marker in self._ignored:
                self.structure()
            else:
                yield from self.opened(marker)

    def begin(self) -> Steps:
        """Reads what a reply of this family begins with."""
        yield from ()

    def text(self, markers: Markers) -> StepsToStr:
        """Emits visible text up to a marker and returns that, read; "" at the end of the reply."""
        return self._until(markers, self.say)

    def _think(self, close: str) -> Steps:
        self._trim = True
        yield from self._until(markers_of((close,)), self._muse)
        self.structure()

    def reason(self, stops: Markers) -> Steps:
        """Emits reasoning up to one of these markers, which stays."""
        self._trim = True
        marker = yield from self._until(stops, self._muse)
        self.source.at -= len(marker)
        self.structure()

    def _until(self, markers: Markers, emit: Callable[[str], None]) -> StepsToStr:
        source = self.source
        while True:
            found = markers.find(source)
            if found is None:
                emit(source.text[source.at :])
                source.at = len(source.text)
            else:
                begins, marker, whole = found
                if begins > source.at:
                    emit(source.text[source.at : begins])
                    source.at = begins
                if whole:
                    source.at += len(marker)
                    return marker
                if source.ended:
                    # Half a marker after a call is what is left of its end.
                    cut = len(marker) if self.after_call and len(marker) > 1 else 0
                    emit(source.text[begins] if not cut else "")
                    source.at += cut or 1
                    continue
            if source.ended:
                return ""
            yield

    def say(self, text: str) -> None:
        """Emits visible text; white space around a call or a tag is kept only between words."""
        if self._trim:
            words = text.lstrip()
            if len(self._blank) < _BLANK_LONGEST:
                self._blank = (self._blank + text[: len(text) - len(words)])[:_BLANK_LONGEST]
            text = words if not words or self._last.isspace() else self._blank + words
        if text:
            if self._pending is not None:
                self.settle()
            self._trim = False
            self._last = text[-1]
            self.tail = (self.tail + text)[-_TAIL:]
            self._events.append(Text(text))

    def _muse(self, text: str) -> None:
        if self._trim:
            text = text.lstrip()
        if text:
            self._trim = False
            self._events.append(Reasoning(text))

    @property
    def after_call(self) -> bool:
        """A call was the last thing that was read."""
        return bool(self._index or self._pending) and not self.tail

    def structure(self) -> None:
        """Notes that something that is no text was read."""
        self._trim = True
        self._blank = ""
        self.tail = ""

    def after_space(self) -> None:
        """Notes the same, where white space after it may have been read too."""
        self.structure()
        self._blank = " " if self.source.before().isspace() else ""

    # Calls.

    def start(self, name: str) -> None:
        """Says that a call has begun."""
        self.settle()
        self._started = True
        self._events.append(CallStart(self._index, name))

    def stream(self) -> None:
        """From here on what is read are arguments."""
        self._streaming = True
        self._streamed = self.source.position

    def stop_stream(self, back: int = 0) -> None:
        """The arguments have been read, and `back` characters that follow them."""
        if self._streaming:
            self._flush_arguments(self.source.position - back)
        self._streaming = False

    def _flush_arguments(self, end: int) -> None:
        begins = self._streamed
        if end > begins:
            self._streamed = end
            self._events.append(CallArguments(self._index, self.source.between(begins, end)))

    def show_arguments(self, text: str) -> None:
        """Emits arguments that had to be held back until the name was known."""
        self._events.append(CallArguments(self._index, text))

    def done(
        self, name: str, arguments: dict[str, Any], repairs: Sequence[str] = (), call_id: str = ""
    ) -> None:
        """Keeps a whole call, until it is known whether its end is in order too."""
        if not self._started:
            self.start(name)
        if self._convert is not None:
            arguments = self._convert(name, arguments)
        call = ToolCall(call_id or f"call_{self._index}", name, arguments)
        self._pending = Call(self._index, call, tuple(dict.fromkeys(repairs)) if repairs else ())
        self.structure()

    def whole(self, name: str, written: str, arguments: dict[str, Any], repairs: Sequence[str]) -> None:
        """Emits a call that was read at one glance, its end included."""
        self.settle()
        index = self._index
        self._events.append(CallStart(index, name))
        if written:
            self._events.append(CallArguments(index, written))
        if self._convert is not None:
            arguments = self._convert(name, arguments)
        call = ToolCall(f"call_{index}", name, arguments)
        self._events.append(Call(index, call, tuple(dict.fromkeys(repairs)) if repairs else ()))
        self._index += 1
        self.structure()

    def settle(self, *repairs: str) -> None:
        """Emits the call that was kept."""
        if self._pending is not None:
            call, self._pending = self._pending, None
            if repairs:
                call = Call(call.index, call.call, tuple(dict.fromkeys((*call.repairs, *repairs))))
            self._events.append(call)
            self._index += 1
            self._started = False

    def broken(self, raw: str, reason: str, position: int) -> None:
        """Reports an attempt that could not be read."""
        self._streaming = False
        self.settle()
        self._events.append(Malformed(raw, reason, max(0, min(position, len(raw)))))
        self._index += self._started
        self._started = False
        self.structure()

    def release(self) -> None:
        """Gives what was read since the mark back as visible text: it was no call after all."""
        text = self.source.marked()
        self.source.unmark()
        self.say(text)
