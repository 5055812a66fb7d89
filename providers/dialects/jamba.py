"""Jamba and Hunyuan A13B: an array of calls between ``<tool_calls>`` tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import OFFERED, Layout, Result, Safe, as_object, listed

START, END = "<tool_calls>", "</tool_calls>"


class ToolCallsReader(GeneralReader):
    """Reads arrays of calls between the family's tags; answers may stand between tags too."""

    native: ClassVar[frozenset[str]] = frozenset((START, "<tool_call>"))
    openers: ClassVar[frozenset[str]] = GeneralReader.shared - {"<answer>"}
    dropped: ClassVar[frozenset[str]] = GeneralReader.dropped | {"<answer>"}
    pairs_repair: ClassVar[str] = ""


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"# Tools\n{OFFERED}<tools>\n{listed(tools, safe)}\n</tools>\n\n"
        f'To call, write {START}[{{"name": <name>, "arguments": <object of arguments>}}]{END}'
    )


def _result(result: Result) -> str:
    return f"<tool_response>{result.content}</tool_response>"


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return START + safe.json([as_object(call) for call in calls]) + END


JAMBA_LAYOUT = Layout(
    specials=frozenset(
        (
            *(START, END, "<|startoftext|>", "<|bom|>", "<|eom|>", "<|system|>", "<|user|>", "<|assistant|>"),
            *("<|tool|>", "<tools>", "</tools>"),
        )
    ),
    system=("<|bom|><|system|> ", "<|eom|>"),
    user=("<|bom|><|user|> ", "<|eom|>"),
    assistant=("<|bom|><|assistant|> ", "<|eom|>"),
    offer=_offer,
    calls=_calls,
    result=lambda result: f"<|bom|><|tool|> {result.content}<|eom|>",
    between="",
    stop=("<|eom|>",),
)
HUNYUAN_LAYOUT = replace(
    JAMBA_LAYOUT,
    specials=frozenset(
        (
            *(START, END, "<|startoftext|>", "<|extra_0|>", "<|extra_4|>", "<|eos|>", "<tools>", "</tools>"),
            *("<think>", "</think>", "<answer>", "</answer>", "<tool_response>", "</tool_response>"),
        )
    ),
    system=("<|startoftext|>", "<|extra_4|>"),
    user=("", "<|extra_0|>"),
    assistant=("<answer>\n", "<|eos|>"),
    said=("", "\n</answer>"),
    result=_result,
    results=("", "<|extra_0|>"),
    stop=("<|eos|>",),
)

JAMBA = Family("jamba", "Jamba: an array of calls between <tool_calls> tags", JAMBA_LAYOUT, ToolCallsReader)
HUNYUAN = Family(
    "hunyuan", "Hunyuan: an array of calls between <tool_calls> tags", HUNYUAN_LAYOUT, ToolCallsReader
)
