"""InternLM 2 and Intern-S1: an object after ``<|action_start|><|plugin|>``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.hermes import LAYOUT as CHATML
from providers.dialects.layout import Result, Safe, as_object, described

START, END = "<|action_start|><|plugin|>", "<|action_end|>"


class InternReader(GeneralReader):
    """Reads one object between the family's markers."""

    native: ClassVar[frozenset[str]] = frozenset((START, "<|action_start|> <|plugin|>"))
    native_arguments: ClassVar[tuple[str, ...]] = ("parameters",)


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    declared = safe.json([described(tool)["function"] for tool in tools])
    return f"<|im_start|>system name=<|plugin|>\n{declared}<|im_end|>\n"


def _result(result: Result) -> str:
    return f"<|im_start|>environment name=<|plugin|>\n{result.content}<|im_end|>\n"


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return "\n".join(f"{START}\n{safe.json(as_object(call, 'parameters'))}{END}" for call in calls)


LAYOUT = replace(
    CHATML,
    specials=CHATML.specials | {"<|action_start|>", "<|plugin|>", END, "<|interpreter|>"},
    offer=_offer,
    offer_apart=True,
    calls=_calls,
    result=_result,
    results=("", ""),
    between="",
)

INTERNLM = Family("internlm", "InternLM 2, Intern-S1: an object after <|plugin|>", LAYOUT, InternReader)
