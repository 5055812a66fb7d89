"""The shipped family: control characters open turns, calls are JSON without white space, names have marks (`marks`).

Its models write times and amounts as people say them; they become what the tools take when a call is whole. What they
call twice in one reply, word for word, is called once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from models.family import OWN_DIALECT
from providers.base import Message, Settings, ToolCall, ToolSpec
from providers.dialects.base import Prompt, StreamParser
from providers.dialects.distinct import Distinct
from providers.dialects.enclosed import EnclosedReader
from providers.dialects.marks import Marks, unmarked
from providers.dialects.netmon_pieces import (
    ASSISTANT,
    END,
    USER,
    about_call,
    offer,
    read_texts,
    show_result,
    write_calls,
)
from providers.dialects.netmon_wire import from_wire, to_wire
from providers.dialects.source import Steps
from providers.dialects.typed import properties_of


class NetmonReader(EnclosedReader):
    """Reads this family's calls; nothing else in its replies is one."""

    openers: ClassVar[frozenset[str]] = frozenset(("<tool_call>",))
    dropped: ClassVar[frozenset[str]] = frozenset(("</tool_call>", END))

    def opened(self, marker: str) -> Steps:
        """Reads what follows the opening tag."""
        return self.call_tag(marker)


class Netmon:
    """The codec of the shipped family."""

    name: str = OWN_DIALECT
    description: str = "The shipped family: compact JSON between <tool_call> tags, times as people say them"

    def render(self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Prompt:
        """Writes the conversation; the family knows no system message, so those are left out."""
        marks = Marks()
        turns = write_turns(messages, parameter_schemas(tools), marks)
        fixed = offer([tool.name for tool in tools])
        return Prompt(fixed, turns + ASSISTANT, (END,), marks.names)

    def parser(self, tools: Sequence[ToolSpec], settings: Settings) -> StreamParser:
        """Makes a parser for one reply; times count from `settings.now`."""
        schemas = parameter_schemas(tools)

        def convert(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            return from_wire(arguments, schemas.get(name, {}), settings.now)

        return Distinct(NetmonReader(tools, convert))


def write_turns(
    messages: Sequence[Message], schemas: Mapping[str, Mapping[str, Mapping[str, Any]]], marks: Marks
) -> str:
    """Writes the turns of a conversation, whose names get marks."""
    turns: list[str] = []
    asked: dict[str | None, str] = {}
    for message, content in zip(messages, read_texts(messages), strict=True):
        match message.role:
            case "user":
                turns.append(USER + marks.read(unmarked(content)))
            case "assistant":
                calls = marks.called(unmarked(write_calls(message.tool_calls, schemas)))
                turns.append(ASSISTANT + marks.said(unmarked(content)) + calls + END)
                asked = _asked(message.tool_calls, schemas)
            case "tool":
                shown = show_result(message.content or "", asked.get(message.tool_call_id, ""))
                turns.append(marks.read(unmarked(shown)))
            case "system":
                pass
    return "".join(turns)


def _asked(
    calls: Sequence[ToolCall], schemas: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> dict[str | None, str]:
    """What heads the result of each of several calls; nothing where there is only one."""
    if len(calls) < 2:
        return {}
    return {call.id: about_call(to_wire(call.arguments, schemas.get(call.name, {}))) for call in calls}


def parameter_schemas(tools: Sequence[ToolSpec]) -> dict[str, Mapping[str, Mapping[str, Any]]]:
    """Returns the JSON Schema of each parameter, by tool and parameter name."""
    return {tool.name: properties_of(tool.parameters) for tool in tools}


NETMON = Netmon()
