"""MiniMax M2: function tags between ``<minimax:tool_call>`` tags; M1 writes an object a line between other tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import OFFERED, Layout, Safe, listed
from providers.dialects.qwen_coder import named_parameters

START, END = "<minimax:tool_call>", "</minimax:tool_call>"


class MinimaxReader(GeneralReader):
    """Reads function tags; and the objects of the family's older models."""

    native: ClassVar[frozenset[str]] = frozenset((START, "<tool_calls>"))
    xml_repair: ClassVar[str] = ""
    own_functions: ClassVar[bool] = True


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"# Tools\n{OFFERED}<tools>\n{listed(tools, safe, wrapped=False)}\n</tools>\n\n"
        "To call, write the names and the parameters in tags:\n"
        f'{START}\n<invoke name="name-of-function">\n<parameter name="name-of-parameter">value</parameter>\n'
        f"</invoke>\n{END}"
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    each = (f'<invoke name="{call.name}">\n{named_parameters(call, safe)}</invoke>\n' for call in calls)
    return f"{START}\n{''.join(each)}{END}"


LAYOUT = Layout(
    specials=frozenset(
        (
            *("]~!b[", "]~b]", "[e~[", START, END, "<invoke name=", "</invoke>", "<parameter name="),
            *("</parameter>", "<think>", "</think>", "<response>", "</response>"),
        )
    ),
    system=("]~!b[]~b]system\n", "[e~[\n"),
    user=("]~b]user\n", "[e~[\n"),
    assistant=("]~b]ai\n", "[e~[\n"),
    offer=_offer,
    calls=_calls,
    result=lambda result: f"<response>{result.content}</response>",
    results=("]~b]tool\n", "[e~[\n"),
    stop=("[e~[",),
)

MINIMAX = Family(
    "minimax", "MiniMax M2: function tags between <minimax:tool_call> tags", LAYOUT, MinimaxReader
)
