"""Mistral Small 3.2: ``[TOOL_CALLS]name[CALL_ID]id[ARGS]{..}``, repeated."""

from __future__ import annotations

from collections.abc import Sequence

from providers.base import ToolCall
from providers.dialects.family import Family
from providers.dialects.layout import Layout, Result, Safe
from providers.dialects.mistral import ARGS, CALL_ID, CALLS, SPECIALS, MistralReader, call_id_of, offer


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return "".join(f"{CALLS}{c.name}{CALL_ID}{call_id_of(c.id)}{ARGS}{safe.json(c.arguments)}" for c in calls)


def _result(result: Result) -> str:
    return f"[TOOL_RESULTS]{call_id_of(result.call_id)}[TOOL_CONTENT]{result.content}[/TOOL_RESULTS]"


LAYOUT = Layout(
    specials=SPECIALS,
    system=("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"),
    user=("[INST]", "[/INST]"),
    assistant=("", "</s>"),
    offer=offer,
    offer_apart=True,
    calls=_calls,
    result=_result,
    between="",
    stop=("</s>",),
)

MISTRAL_SMALL = Family(
    "mistral_small", "Mistral Small 3.2: [TOOL_CALLS]name[ARGS]{..}", LAYOUT, MistralReader
)
