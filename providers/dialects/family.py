"""A dialect put together from a template and a reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from providers.base import Message, Settings, ToolSpec
from providers.dialects.base import Prompt, StreamParser
from providers.dialects.layout import Layout, render
from providers.dialects.reader import Reader


@dataclass(slots=True)
class Family:
    """A codec for one family of models.

    Attributes:
        name: What it is chosen by.
        description: One line for people.
        layout: How it writes conversations.
        reader: Makes the parser of one reply.
        thinks: The marker of reasoning that the prompt opens, if it does.
        held: Makes the parser where a grammar held the reply; None where no grammar can.
    """

    name: str
    description: str
    layout: Layout
    reader: type[Reader]
    thinks: str = ""
    held: type[Reader] | None = None

    def render(self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Prompt:
        """Writes the conversation as the model was trained to read it."""
        prompt = render(self.layout, messages, tools)
        return replace(prompt, rest=f"{prompt.rest}{self.thinks}\n") if self.thinks else prompt

    def parser(self, tools: Sequence[ToolSpec], settings: Settings) -> StreamParser:
        """Makes a parser for one reply."""
        reader = self.held if self.held and settings.constrained != "none" else self.reader
        return reader(tools, thinks=self.thinks)


def thinking(family: Family) -> Family:
    """Returns the variant of a family whose prompt opens the reasoning, so that a reply begins inside it."""
    marker = next(iter(family.reader.thinking))
    described = f"{family.description}; the prompt opens {marker}"
    return Family(f"{family.name}-thinking", described, family.layout, family.reader, marker)
