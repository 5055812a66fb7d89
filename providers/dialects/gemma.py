"""Gemma 2 and 3, which have no form of their own: Python in a fence labelled ``tool_code``, as their makers show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import OFFERED, Layout, Safe, listed
from providers.dialects.pythonic import write_arguments


class GemmaReader(GeneralReader):
    """Reads fences of Python or JSON, and all other forms that these models are taught by prompts."""

    native: ClassVar[frozenset[str]] = frozenset()
    python: ClassVar[bool] = True
    fence_repair: ClassVar[str] = ""


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"{OFFERED}{listed(tools, safe, wrapped=False)}\n\n"
        "To call, write nothing but calls in Python, one a line, every argument by name, in a fence:\n"
        "```tool_code\nname_of_function(parameter=value)\n```"
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    lines = "\n".join(f"{call.name}({write_arguments(call.arguments, safe)})" for call in calls)
    return f"```tool_code\n{lines}\n```"


LAYOUT = Layout(
    specials=frozenset(("<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>")),
    system=("", "\n\n"),
    system_in_user=True,
    user=("<start_of_turn>user\n", "<end_of_turn>\n"),
    assistant=("<start_of_turn>model\n", "<end_of_turn>\n"),
    offer=_offer,
    offer_apart=True,
    calls=_calls,
    result=lambda result: f"```tool_output\n{result.content}\n```",
    results=("<start_of_turn>user\n", "<end_of_turn>\n"),
    stop=("<end_of_turn>",),
    result_specials=frozenset(("```",)),
)

GEMMA = Family("gemma", "Gemma 2 and 3: Python in a code fence labelled tool_code", LAYOUT, GemmaReader)
