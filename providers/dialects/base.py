"""What a dialect is: how one family of models writes tools, calls and results as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from providers.base import DialectEvent, Message, Settings, ToolSpec


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt.

    Attributes:
        fixed: The part that depends only on the tools and the system message; its state can be kept.
        rest: The conversation, up to where the model goes on.
        stop: Strings that end the reply.
        names: What the marks stand for that a reply may hold in place of names (`providers.dialects.marks`); None where
            the dialect has no marks.
    """

    fixed: str
    rest: str
    stop: tuple[str, ...] = ()
    names: Mapping[str, str] | None = None


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
        names: Mapping[str, str] | None = None,
    ) -> str:
        """Returns a Lark grammar.

        Args:
            tools: The tools on offer.
            messages: The conversation.
            copy: Whether values that name something are held to the conversation's words and its names' marks.
            names: What the marks of the conversation stand for; None where the dialect has none.
        """
        ...
