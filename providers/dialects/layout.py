"""Writes conversations: what the templates of the families have in common.

Nothing that a user, a tool or a document says can end a turn or open a call: the family's own markers are
broken up in text, and escaped in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from providers.base import Message, ToolCall, ToolSpec
from providers.dialects.base import Prompt

Around: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool returned: its text, made harmless, and the call that it answers."""

    content: str
    call_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a family writes a conversation.

    Attributes:
        specials: Its markers, which no content may hold.
        system: What stands around the system message.
        user: What stands around what the user says.
        assistant: What stands around what the model says.
        offer: Writes the list of tools, for the system message.
        calls: Writes calls, given a writer of JSON that holds no marker.
        result: Writes one result.
        results: What stands around the results of one step.
        between: What stands between two results.
        invite: What makes the model speak; the first half of `assistant` where it is empty.
        stop: Strings that end a reply.
        clean: Applied to every text, besides.
        result_specials: Markers that only results may not hold.
        said: What stands around the text of an assistant's turn.
        joint: What stands between that text and calls.
        preface: What every prompt begins with.
        offer_apart: The list of tools follows the system turn, not its text.
        system_in_user: There is no system turn: its text opens what the user says first.
    """

    specials: frozenset[str]
    system: Around
    user: Around
    assistant: Around
    offer: Callable[[Sequence[ToolSpec], Safe], str]
    calls: Callable[[Sequence[ToolCall], Safe], str]
    result: Callable[[Result], str]
    results: Around = ("", "")
    between: str = "\n"
    invite: str = ""
    stop: tuple[str, ...] = ()
    clean: Callable[[str], str] = str
    result_specials: frozenset[str] = field(default_factory=frozenset[str])
    said: Around = ("", "")
    joint: str = "\n"
    preface: str = ""
    offer_apart: bool = False
    system_in_user: bool = False


class Safe:
    """Makes text and JSON harmless for one family."""

    __slots__ = ("_clean", "_pattern", "_result_pattern")

    def __init__(self, layout: Layout) -> None:
        """Knows the family's markers."""
        self._pattern = _any_of(layout.specials)
        self._result_pattern = _any_of(layout.specials | layout.result_specials)
        self._clean = layout.clean

    def text(self, text: str) -> str:
        """Breaks up markers in text, with a space after their first character."""
        return self._clean(self._pattern.sub(_break, text))

    def result(self, text: str) -> str:
        """Breaks up markers in what a tool returned."""
        return self._clean(self._result_pattern.sub(_break, text))

    def json(self, value: object, indent: int | None = None) -> str:
        """Writes JSON in which markers are escaped, so that it reads as the same value."""
        return self._pattern.sub(_escape, json.dumps(value, ensure_ascii=False, indent=indent))


@lru_cache(maxsize=64)
def _any_of(markers: frozenset[str]) -> re.Pattern[str]:
    if not markers:
        return re.compile(r"(?!)")
    return re.compile("|".join(re.escape(m) for m in sorted(markers, key=lambda m: (-len(m), m))))


def _break(found: re.Match[str]) -> str:
    return f"{found.group()[0]} {found.group()[1:]}"


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()[0]):04x}{found.group()[1:]}"


def render(layout: Layout, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Prompt:
    """Writes a conversation, up to where the model goes on.

    The system messages at its front and the tools are the fixed part; a later system message is shown where
    it stands, as the user's.
    """
    safe = Safe(layout)
    leading = 0
    while leading < len(messages) and messages[leading].role == "system":
        leading += 1
    said = "\n\n".join(safe.text(m.content) for m in messages[:leading] if m.content)
    offered = layout.clean(layout.offer(tools, safe)) if tools else ""
    in_turn = [part for part in (said, "" if layout.offer_apart else offered) if part]
    head = layout.clean("\n\n".join(in_turn)) if not layout.system_in_user else ""
    fixed = layout.system[0] + head + layout.system[1] if head else ""
    if layout.offer_apart:
        fixed += offered
    fixed = layout.preface + fixed
    turns = _turns(layout, safe, messages[leading:], said if layout.system_in_user else "")
    return Prompt(fixed, "".join(turns) + (layout.invite or layout.assistant[0]), layout.stop)


def _turns(layout: Layout, safe: Safe, messages: Sequence[Message], preface: str) -> list[str]:
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    turns: list[str] = []
    results: list[str] = []
    for message in messages:
        if message.role == "tool":
            call_id = message.tool_call_id or ""
            name = names.get(call_id, "tool")
            results.append(
                layout.result(Result(safe.result(message.content or ""), safe.text(call_id), safe.text(name)))
            )
            continue
        turns += _grouped(layout, results)
        results = []
        content = safe.text(message.content or "")
        if message.role == "assistant":
            calls = layout.calls(message.tool_calls, safe) if message.tool_calls else ""
            said = layout.said[0] + content + layout.said[1] if content or not calls else ""
            joint = layout.joint if said and calls else ""
            turns.append(layout.assistant[0] + said + joint + calls + layout.assistant[1])
        else:
            content, preface = "\n\n".join(part for part in (preface, content) if part), ""
            turns.append(layout.user[0] + content + layout.user[1])
    return turns + _grouped(layout, results)


def _grouped(layout: Layout, results: list[str]) -> list[str]:
    return [layout.results[0] + layout.between.join(results) + layout.results[1]] if results else []


def described(tool: ToolSpec) -> dict[str, Any]:
    """Describes a tool as an OpenAI function."""
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
    }


#: How a list of tools is announced.
OFFERED = "You may call functions to answer the user. These are on offer, one JSON description a line:\n"


def listed(tools: Sequence[ToolSpec], safe: Safe, wrapped: bool = True) -> str:
    """Writes one JSON description a line."""
    return "\n".join(safe.json(described(tool) if wrapped else described(tool)["function"]) for tool in tools)


def as_object(call: ToolCall, key: str = "arguments") -> dict[str, Any]:
    """Writes a call as an object with name and arguments."""
    return {"name": call.name, key: call.arguments}
