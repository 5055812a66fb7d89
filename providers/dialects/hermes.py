"""Hermes and Qwen 2.5 to 3: a JSON object between ``<tool_call>`` and ``</tool_call>``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.layout import OFFERED, Layout, Safe, as_object, listed
from providers.dialects.parameters import ParameterReader
from providers.dialects.source import Steps

#: Tags that models write in place of the family's own.
LOOSE_TAGS = {
    "<function_call>": "</function_call>",
    "<tool>": "</tool>",
    "<tools>": "</tools>",
    "<response>": "</response>",
    "<json>": "</json>",
    "<JSON>": "</JSON>",
    "<xml>": "</xml>",
    "<toolcall>": "</toolcall>",
    "<TOOLCALL>": "</TOOLCALL>",
    "<tool_calls>": "</tool_calls>",
    "<functioncall>": "</functioncall>",
    "<longcat_tool_call>": "</longcat_tool_call>",
    "<|tool_call|>": "<|/tool_call|>",
    "<|action_start|><|plugin|>": "<|action_end|>",
    "<|START_ACTION|>": "<|END_ACTION|>",
}


class HermesReader(ParameterReader):
    """Reads the calls of this family, and of those who imitate it."""

    openers: ClassVar[frozenset[str]] = frozenset(
        (*ParameterReader.call_tags, *LOOSE_TAGS, *ParameterReader.function_tags, "{", "[", "```")
    )
    dropped: ClassVar[frozenset[str]] = (
        frozenset((*ParameterReader.call_tags.values(), *LOOSE_TAGS.values())) | ParameterReader.function_ends
    )

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker in self.call_tags:
            yield from self.call_tag(marker, () if marker == "<tool_call>" else ("other-tag",))
        elif marker in LOOSE_TAGS:
            yield from self.tagged(marker, LOOSE_TAGS[marker], ("other-tag",), bare=True)
        elif marker in self.function_tags:
            yield from self.function_tag(marker, native=False)
        else:
            yield from self.sign(marker)


SPECIALS = frozenset(
    (
        "<|im_start|>",
        "<|im_end|>",
        "<|endoftext|>",
        "<tool_call>",
        "</tool_call>",
        "<tool_response>",
        "</tool_response>",
        "<tools>",
        "</tools>",
        "<think>",
        "</think>",
    )
)


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"# Tools\n\n{OFFERED}<tools>\n{listed(tools, safe)}\n</tools>\n\n"
        "To call a function, write a JSON object with its name and arguments between tags, one pair a call:\n"
        '<tool_call>\n{"name": <name of the function>, "arguments": <object of arguments>}\n</tool_call>'
    )


def write_calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    """Writes each call between its own tags."""
    return "\n".join(f"<tool_call>\n{safe.json(as_object(call))}\n</tool_call>" for call in calls)


LAYOUT = Layout(
    specials=SPECIALS,
    system=("<|im_start|>system\n", "<|im_end|>\n"),
    user=("<|im_start|>user\n", "<|im_end|>\n"),
    assistant=("<|im_start|>assistant\n", "<|im_end|>\n"),
    offer=_offer,
    calls=write_calls,
    result=lambda result: f"<tool_response>\n{result.content}\n</tool_response>",
    results=("<|im_start|>user\n", "<|im_end|>\n"),
    stop=("<|im_end|>",),
)

HERMES = Family("hermes", "Hermes, Qwen 2.5 and Qwen 3: JSON between <tool_call> tags", LAYOUT, HermesReader)
