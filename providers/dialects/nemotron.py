"""Nemotron Nano 2: an array of calls between ``<TOOLCALL>`` tags."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import OFFERED, Layout, Safe, as_object, listed

START, END = "<TOOLCALL>", "</TOOLCALL>"


class NemotronReader(GeneralReader):
    """Reads arrays of calls between the family's tags."""

    native: ClassVar[frozenset[str]] = frozenset((START,))


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"{OFFERED}<AVAILABLE_TOOLS>{listed(tools, safe, wrapped=False)}</AVAILABLE_TOOLS>\n\n"
        f'To call, write {START}[{{"name": <name>, "arguments": <object of arguments>}}]{END}'
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return START + safe.json([as_object(call) for call in calls]) + END


LAYOUT = Layout(
    specials=frozenset(
        (
            *(START, END, "<TOOL_RESPONSE>", "</TOOL_RESPONSE>", "<AVAILABLE_TOOLS>", "</AVAILABLE_TOOLS>"),
            *("<SPECIAL_10>", "<SPECIAL_11>", "<SPECIAL_12>", "<think>", "</think>"),
        )
    ),
    system=("<SPECIAL_10>System\n", "\n"),
    user=("<SPECIAL_11>User\n", "\n"),
    assistant=("<SPECIAL_11>Assistant\n", "<SPECIAL_12>\n"),
    offer=_offer,
    calls=_calls,
    result=lambda result: json.dumps(result.content, ensure_ascii=False),
    results=("<SPECIAL_11>User\n<TOOL_RESPONSE>[", "]</TOOL_RESPONSE>\n"),
    between=", ",
    stop=("<SPECIAL_12>", "<SPECIAL_11>"),
)

NEMOTRON = Family(
    "nemotron", "Nemotron Nano 2: an array of calls between <TOOLCALL> tags", LAYOUT, NemotronReader
)
