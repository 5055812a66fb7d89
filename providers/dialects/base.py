"""What a dialect is: how one family of models writes tools, calls and results as text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from providers.base import DialectEvent, Message, Settings, ToolSpec


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt.

    Attributes:
        fixed: The part that depends only on the tools and the system message; its state can be kept.
        rest: The conversation, up to where the model goes on.
        stop: Strings that end the reply.
        names: What the marks stand for that a reply may hold in place of names (`providers.dialects.marks`).
    """

    fixed: str
    rest: str
    stop: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict[str, str])


class StreamParser(Protocol):
    """Turns one reply's text into events, piece by piece; the same events under every chunking."""

    def feed(self, text: str) -> list[DialectEvent]:
        """Takes the next piece of text and returns the events that are certain by now."""
        ...

    def finish(self) -> list[DialectEvent]:
        """Ends the reply and returns what is left, reading a broken call as well as it can be read."""
        ...


class Dialect(Protocol):
    """A codec: `render` for the way in, `parser` for the way out."""

    name: str

    def render(self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Prompt:
        """Writes the conversation as the model was trained to read it."""
        ...

    def parser(self, tools: Sequence[ToolSpec], settings: Settings) -> StreamParser:
        """Makes a parser for one reply."""
        ...


class ReplyGrammar(Protocol):
    """Writes the grammar of a reply, for dialects that have one."""

    def __call__(
        self,
        tools: Sequence[ToolSpec],
        messages: Sequence[Message],
        *,
        copy: bool,
        marks: Collection[str] = (),
    ) -> str:
        """Returns a Lark grammar; `copy` holds values that name something to the conversation's words, or its marks."""
        ...
