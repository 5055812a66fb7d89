"""Leaves out what a model calls twice in one reply, word for word: a very small one may not know where to end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from providers.base import Call, CallArguments, CallStart, DialectEvent, ToolCall
from providers.dialects.base import StreamParser

REPEATED = "repeated-call"


class Distinct:
    """A parser whose calls differ.

    Each call waits until it is known what follows: that it was said again is noted with it. From the second one on,
    a call is not told of before it is whole.

    Attributes:
        parser: The parser that reads the reply.
    """

    def __init__(self, parser: StreamParser) -> None:
        """Takes the parser."""
        self.parser = parser
        self._calls: list[ToolCall] = []
        self._last: Call | None = None
        self._begun: list[CallStart | CallArguments] = []
        self._left_out = 0

    def feed(self, text: str) -> list[DialectEvent]:
        """Takes the next piece of text and returns the events that are certain by now."""
        return list(self._kept(self.parser.feed(text)))

    def finish(self) -> list[DialectEvent]:
        """Ends the reply and returns what is left."""
        return [*self._kept(self.parser.finish()), *self._settled()]

    def _kept(self, events: Iterable[DialectEvent]) -> Iterator[DialectEvent]:
        for event in events:
            match event:
                case CallStart() | CallArguments() if self._calls:
                    self._begun.append(event)
                case Call(call=ToolCall(name=name, arguments=arguments)):
                    if any(call.name == name and call.arguments == arguments for call in self._calls):
                        self._leave_out()
                    else:
                        yield from self._settled()
                        self._calls.append(event.call)
                        self._last = self._numbered(event)
                case CallStart() | CallArguments():
                    yield event
                case _:
                    yield from self._settled()
                    yield event

    def _leave_out(self) -> None:
        self._begun.clear()
        self._left_out += 1
        if self._last is not None and REPEATED not in self._last.repairs:
            self._last = replace(self._last, repairs=(*self._last.repairs, REPEATED))

    def _settled(self) -> Iterator[DialectEvent]:
        """What waits: the last call, and the beginning of the next one."""
        if self._last is not None:
            yield self._last
            self._last = None
        for event in self._begun:
            yield replace(event, index=event.index - self._left_out)
        self._begun.clear()

    def _numbered(self, event: Call) -> Call:
        index = event.index - self._left_out
        own = event.call.id == f"call_{event.index}"
        return Call(index, replace(event.call, id=f"call_{index}") if own else event.call, event.repairs)
