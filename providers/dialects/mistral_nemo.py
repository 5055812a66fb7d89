"""Mistral Nemo and its time: ``[TOOL_CALLS]`` and an array of objects with ids."""

from __future__ import annotations

import json
from collections.abc import Sequence

from providers.base import ToolCall
from providers.dialects.family import Family
from providers.dialects.layout import Layout, Result, Safe, as_object
from providers.dialects.mistral import SPECIALS, MistralReader, call_id_of, offer


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return "[TOOL_CALLS]" + safe.json([{**as_object(call), "id": call_id_of(call.id)} for call in calls])


def _result(result: Result) -> str:
    content = json.dumps(result.content, ensure_ascii=False)
    return f'[TOOL_RESULTS]{{"content": {content}, "call_id": "{call_id_of(result.call_id)}"}}[/TOOL_RESULTS]'


LAYOUT = Layout(
    specials=SPECIALS,
    system=("", ""),
    system_in_user=True,
    user=("[INST]", "[/INST]"),
    assistant=("", "</s>"),
    offer=offer,
    offer_apart=True,
    calls=_calls,
    result=_result,
    between="",
    stop=("</s>",),
)

MISTRAL_NEMO = Family("mistral_nemo", "Mistral Nemo: [TOOL_CALLS] and a JSON array", LAYOUT, MistralReader)
