"""Phi-4-mini and Firefunction: ``functools`` and a JSON array of calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import FUNCTOOLS, GeneralReader
from providers.dialects.layout import Layout, Safe, as_object, described
from providers.dialects.objects import Frame
from providers.dialects.source import Steps

TAGS = {"<|tool_call|>": "<|/tool_call|>"}


class Phi4Reader(GeneralReader):
    """Reads what follows the word, and the tags of the model's own template."""

    openers: ClassVar[frozenset[str]] = GeneralReader.shared
    native: ClassVar[frozenset[str]] = frozenset(TAGS) | FUNCTOOLS

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker in FUNCTOOLS:
            self.source.at -= 1
            self.source.mark(len(marker) - 1)
            yield from self.body(Frame(needed=False))
        elif marker in TAGS:
            yield from self.tagged(marker, TAGS[marker])
        else:
            yield from super().opened(marker)


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        "To call functions, write functools and a JSON array of objects with name and arguments, no more:\n"
        'functools[{"name": <name of the function>, "arguments": <object of arguments>}]\n'
        f"<|tool|>{safe.json([described(tool)['function'] for tool in tools])}<|/tool|>"
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return "functools" + safe.json([as_object(call) for call in calls])


LAYOUT = Layout(
    specials=frozenset(
        (
            "<|system|>",
            "<|user|>",
            "<|assistant|>",
            "<|end|>",
            "<|endoftext|>",
            "<|tool|>",
            "<|/tool|>",
            "<|tool_call|>",
            "<|/tool_call|>",
            "<|tool_response|>",
            *FUNCTOOLS,
        )
    ),
    system=("<|system|>", "<|end|>"),
    user=("<|user|>", "<|end|>"),
    assistant=("<|assistant|>", "<|end|>"),
    offer=_offer,
    calls=_calls,
    result=lambda result: f"<|tool_response|>{result.content}<|end|>",
    between="",
    stop=("<|end|>", "<|endoftext|>"),
)

PHI4 = Family("phi4", "Phi-4-mini, Firefunction: functools and a JSON array", LAYOUT, Phi4Reader)
