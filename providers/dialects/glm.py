"""GLM-4.5 and later: a name, then pairs of ``<arg_key>`` and ``<arg_value>``, typed by the schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import OFFERED, Layout, Safe, listed
from providers.dialects.objects import Frame
from providers.dialects.qwen_coder import untyped
from providers.dialects.source import Steps

START, END = "<tool_call>", "</tool_call>"


class GlmReader(GeneralReader):
    """Reads pairs, and JSON where a model falls back to it."""

    json_repair: ClassVar[str] = "other-form"
    pairs_repair: ClassVar[str] = ""

    def begin(self) -> Steps:
        """Reads the form of the family's older models: a tool's name alone, and JSON on the next line."""
        source = self.source
        begins = source.position
        source.mark()
        name = yield from self.call_name()
        if name in self.tools and (yield from source.space()) and source.text[source.at] == "{":
            if (yield from self.bears_name(name)):
                yield from self.named(name, Frame(needed=False, repairs=("missing-start-tag",)))
                return
        source.rewind(begins)
        source.unmark()


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"# Tools\n\n{OFFERED}<tools>\n{listed(tools, safe)}\n</tools>\n\n"
        "To call a function, write its name, then each parameter as a key and a value, one block a call:\n"
        "<tool_call>name_of_function\n<arg_key>name_of_parameter</arg_key>\n<arg_value>value</arg_value>\n</tool_call>"
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return "\n".join(
        f"<tool_call>{call.name}\n"
        + "".join(
            f"<arg_key>{k}</arg_key>\n<arg_value>{untyped(v, safe)}</arg_value>\n"
            for k, v in call.arguments.items()
        )
        + "</tool_call>"
        for call in calls
    )


LAYOUT = Layout(
    specials=frozenset(
        (
            "[gMASK]",
            "<sop>",
            "<|system|>",
            "<|user|>",
            "<|assistant|>",
            "<|observation|>",
            "<|endoftext|>",
            START,
            END,
            "<tool_response>",
            "</tool_response>",
            "<arg_key>",
            "</arg_key>",
            "<arg_value>",
            "</arg_value>",
            "<think>",
            "</think>",
        )
    ),
    system=("<|system|>\n", ""),
    user=("<|user|>\n", ""),
    assistant=("<|assistant|>\n", ""),
    offer=_offer,
    calls=_calls,
    result=lambda result: f"<tool_response>\n{result.content}\n</tool_response>",
    results=("<|observation|>\n", ""),
    stop=("<|user|>", "<|observation|>", "<|endoftext|>"),
)

GLM = Family("glm", "GLM-4.5 and later: pairs of key and value, typed by the schema", LAYOUT, GlmReader)
