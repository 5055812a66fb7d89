"""LFM2: a list of calls in Python between ``<|tool_call_start|>`` and ``<|tool_call_end|>``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import Layout, Safe, described
from providers.dialects.objects import Frame
from providers.dialects.pythonic import write_list
from providers.dialects.source import Steps

START, END = "<|tool_call_start|>", "<|tool_call_end|>"


class Lfm2Reader(GeneralReader):
    """Reads tagged lists; a bare one has lost its tags on the way."""

    native: ClassVar[frozenset[str]] = frozenset((START,))
    python: ClassVar[bool] = True

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker == START:
            yield from self.enclosed(marker, Frame(frozenset((END,))), ())
        else:
            yield from super().opened(marker)


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    described_tools = safe.json([described(tool)["function"] for tool in tools])
    return f"List of tools: <|tool_list_start|>{described_tools}<|tool_list_end|>"


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return f"{START}{write_list(calls, safe)}{END}"


LAYOUT = Layout(
    specials=frozenset(
        (
            "<|im_start|>",
            "<|im_end|>",
            "<|startoftext|>",
            START,
            END,
            "<|tool_list_start|>",
            "<|tool_list_end|>",
            "<|tool_response_start|>",
            "<|tool_response_end|>",
        )
    ),
    system=("<|im_start|>system\n", "<|im_end|>\n"),
    user=("<|im_start|>user\n", "<|im_end|>\n"),
    assistant=("<|im_start|>assistant\n", "<|im_end|>\n"),
    offer=_offer,
    calls=_calls,
    result=lambda result: f"<|tool_response_start|>{result.content}<|tool_response_end|>",
    results=("<|im_start|>tool\n", "<|im_end|>\n"),
    stop=("<|im_end|>",),
)

LFM2 = Family("lfm2", "LFM2: a tagged list of calls in Python", LAYOUT, Lfm2Reader)
