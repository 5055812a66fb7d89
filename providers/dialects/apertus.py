"""Apertus: an array of objects whose keys are the names of tools, between ``<|tools_prefix|>`` and its end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import OFFERED, Layout, Safe, listed
from providers.dialects.thoughts import THOUGHTS

START, END = "<|tools_prefix|>", "<|tools_suffix|>"


class ApertusReader(GeneralReader):
    """Reads arrays of calls keyed by name; thinking stands between markers of its own."""

    native: ClassVar[frozenset[str]] = frozenset((START,))
    thinking: ClassVar[Mapping[str, str]] = {"<|inner_prefix|>": "<|inner_suffix|>", **THOUGHTS}


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        "<|developer_start|>Deliberation: disabled\nTool Capabilities:\n"
        f"{OFFERED}{listed(tools, safe, wrapped=False)}\n"
        f'To call, write {START}[{{"name of the function": <object of arguments>}}]{END}<|developer_end|>'
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return START + safe.json([{call.name: call.arguments} for call in calls]) + END


LAYOUT = Layout(
    specials=frozenset(
        (
            *("<s>", "</s>", START, END, "<|inner_prefix|>", "<|inner_suffix|>", "<|outer_prefix|>"),
            *("<|outer_suffix|>", "<|system_start|>", "<|system_end|>", "<|developer_start|>"),
            *(
                "<|developer_end|>",
                "<|user_start|>",
                "<|user_end|>",
                "<|assistant_start|>",
                "<|assistant_end|>",
            ),
        )
    ),
    system=("<|system_start|>", "<|system_end|>"),
    user=("<|user_start|>", "<|user_end|>"),
    assistant=("<|assistant_start|>", "<|assistant_end|>"),
    offer=_offer,
    offer_apart=True,
    calls=_calls,
    result=lambda result: json.dumps(result.content, ensure_ascii=False),
    results=("[", "]"),
    between=", ",
    joint="",
    stop=("<|assistant_end|>", "</s>"),
)

APERTUS = Family(
    "apertus", "Apertus: objects keyed by the name after <|tools_prefix|>", LAYOUT, ApertusReader
)
