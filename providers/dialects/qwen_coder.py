"""Qwen3-Coder: parameters as tags around untyped text, which the tool's schema types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.hermes import LAYOUT as CHATML
from providers.dialects.hermes import HermesReader
from providers.dialects.layout import OFFERED, Safe, listed


class QwenCoderReader(HermesReader):
    """Reads function tags; and JSON, to which models fall back."""

    xml_repair: ClassVar[str] = ""
    json_repair: ClassVar[str] = "other-form"


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"# Tools\n\n{OFFERED}<tools>\n{listed(tools, safe)}\n</tools>\n\n"
        "To call a function, write its name and each of its parameters in tags, one block a call:\n"
        "<tool_call>\n<function=name_of_function>\n<parameter=name_of_parameter>\nvalue\n</parameter>\n"
        "</function>\n</tool_call>"
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return "\n".join(
        f"<tool_call>\n<function={call.name}>\n"
        + "".join(f"<parameter={k}>\n{untyped(v, safe)}\n</parameter>\n" for k, v in call.arguments.items())
        + "</function>\n</tool_call>"
        for call in calls
    )


def untyped(value: Any, safe: Safe) -> str:
    """Writes a value as untyped text: a string as it is, the rest as JSON."""
    return safe.text(value) if isinstance(value, str) else safe.json(value)


def named_parameters(call: ToolCall, safe: Safe, prefix: str = "", after: str = "\n") -> str:
    """Writes arguments as `<parameter name="key">value</parameter>`, the tags' names after `prefix`."""
    tag = f"{prefix}parameter"
    return "".join(f'<{tag} name="{k}">{untyped(v, safe)}</{tag}>{after}' for k, v in call.arguments.items())


LAYOUT = replace(
    CHATML,
    specials=CHATML.specials | {"<function=", "</function>", "<parameter=", "</parameter>"},
    offer=_offer,
    calls=_calls,
)

QWEN_CODER = Family(
    "qwen_coder", "Qwen3-Coder: tagged parameters, typed by the schema", LAYOUT, QwenCoderReader
)
