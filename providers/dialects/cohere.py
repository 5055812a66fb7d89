"""Command R7B, Command A and later: an array of calls between ``<|START_ACTION|>`` and ``<|END_ACTION|>``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import OFFERED, Layout, Result, Safe, listed
from providers.dialects.thoughts import THOUGHTS

START, END = "<|START_ACTION|>", "<|END_ACTION|>"


class CohereReader(GeneralReader):
    """Reads arrays of calls; plans stand between markers of thinking, answers between their own."""

    native: ClassVar[frozenset[str]] = frozenset((START,))
    native_arguments: ClassVar[tuple[str, ...]] = ("parameters", "tool_name")
    thinking: ClassVar[Mapping[str, str]] = {"<|START_THINKING|>": "<|END_THINKING|>", **THOUGHTS}


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"# Available Tools\n{OFFERED}{listed(tools, safe, wrapped=False)}\n\n"
        f"To call, write an array of objects with tool_call_id, tool_name and parameters:\n"
        f'{START}[{{"tool_call_id": "0", "tool_name": <name>, "parameters": {{}}}}]{END}'
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    each = [{"tool_call_id": call.id, "tool_name": call.name, "parameters": call.arguments} for call in calls]
    return f"{START}{safe.json(each)}{END}"


def _result(result: Result) -> str:
    answered = {"tool_call_id": result.call_id, "results": {"0": result.content}, "is_error": None}
    return json.dumps(answered, ensure_ascii=False)


def _turn(role: str) -> str:
    return f"<|START_OF_TURN_TOKEN|><|{role}_TOKEN|>"


_TURN_END = "<|END_OF_TURN_TOKEN|>"

LAYOUT = Layout(
    specials=frozenset(
        (
            *("<BOS_TOKEN>", "<|START_OF_TURN_TOKEN|>", _TURN_END, "<|SYSTEM_TOKEN|>", "<|USER_TOKEN|>"),
            *("<|CHATBOT_TOKEN|>", START, END, "<|START_TOOL_RESULT|>", "<|END_TOOL_RESULT|>"),
            *("<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_THINKING|>", "<|END_THINKING|>"),
        )
    ),
    system=(_turn("SYSTEM"), _TURN_END),
    user=(_turn("USER"), _TURN_END),
    assistant=(_turn("CHATBOT"), _TURN_END),
    offer=_offer,
    calls=_calls,
    result=_result,
    results=(f"{_turn('SYSTEM')}<|START_TOOL_RESULT|>[", f"]<|END_TOOL_RESULT|>{_TURN_END}"),
    between=",\n",
    stop=(_TURN_END,),
    said=("<|START_RESPONSE|>", "<|END_RESPONSE|>"),
    joint="",
)

COHERE = Family(
    "cohere", "Command R7B and Command A: an array of calls after <|START_ACTION|>", LAYOUT, CohereReader
)
