"""Granite 3 and 4: an array after ``<|tool_call|>`` or ``<tool_call>``, or the Hermes form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.hermes import HermesReader
from providers.dialects.layout import OFFERED, Layout, Safe, as_object, listed
from providers.dialects.objects import Frame
from providers.dialects.source import Steps
from providers.dialects.thoughts import THOUGHTS

TOKEN = "<|tool_call|>"  # noqa: S105 - a marker, no password


class GraniteReader(HermesReader):
    """Reads arrays without an end tag, and all that Hermes writes; answers may stand in ``<response>``."""

    openers: ClassVar[frozenset[str]] = (HermesReader.openers | {TOKEN}) - {"<response>"}
    dropped: ClassVar[frozenset[str]] = HermesReader.dropped | {"<response>"}
    list_needs_end: ClassVar[bool] = False
    thinking: ClassVar[Mapping[str, str]] = {
        **THOUGHTS,
        "Here is my thought process:": "Here is my response:",
        "Here's my thought process:": "Here's my response:",
    }

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker == TOKEN:
            self.source.mark(len(marker))
            yield from self.body(Frame(needed=False))
        else:
            yield from super().opened(marker)


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"{OFFERED}{listed(tools, safe)}\n\n"
        f"To call, write {TOKEN} and then one JSON array of objects with name and arguments:\n"
        f'{TOKEN}[{{"name": <name of the function>, "arguments": <object of arguments>}}]'
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return TOKEN + safe.json([as_object(call) for call in calls])


def _role(role: str) -> str:
    return f"<|start_of_role|>{role}<|end_of_role|>"


LAYOUT = Layout(
    specials=frozenset(
        (
            "<|start_of_role|>",
            "<|end_of_role|>",
            "<|end_of_text|>",
            TOKEN,
            "<tool_call>",
            "</tool_call>",
            "<tool_response>",
            "</tool_response>",
            "<think>",
            "</think>",
            "<response>",
            "</response>",
        )
    ),
    system=(_role("system"), "<|end_of_text|>\n"),
    user=(_role("user"), "<|end_of_text|>\n"),
    assistant=(_role("assistant"), "<|end_of_text|>\n"),
    offer=_offer,
    calls=_calls,
    result=lambda result: f"<tool_response>\n{result.content}\n</tool_response>",
    results=(_role("user"), "<|end_of_text|>\n"),
    stop=("<|end_of_text|>", "<|start_of_role|>"),
)

GRANITE = Family(
    "granite", "Granite 3 and 4: a JSON array after <|tool_call|>, or the Hermes form", LAYOUT, GraniteReader
)
