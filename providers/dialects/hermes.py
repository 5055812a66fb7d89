"""Hermes and Qwen 2.5 to 3: a JSON object between ``<tool_call>`` and ``</tool_call>``."""

from __future__ import annotations

from collections.abc import Sequence

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.held import HeldReader
from providers.dialects.layout import OFFERED, Layout, Safe, as_object, listed


class HermesReader(GeneralReader):
    """Reads the calls of this family, and of those who imitate it."""


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

HERMES = Family(
    "hermes",
    "Hermes, Qwen 2.5 and Qwen 3: JSON between <tool_call> tags",
    LAYOUT,
    HermesReader,
    held=HeldReader,
)
