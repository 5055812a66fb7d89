"""Llama 4 and OLMo 3: a list of calls in Python."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import OFFERED, Layout, Safe, listed
from providers.dialects.objects import Frame
from providers.dialects.source import Steps

#: Tags around a list, how they close, and whether they must.
TAGS = {"<|python_start|>": ("<|python_end|>", False), "<function_calls>": ("</function_calls>", True)}


class PythonicReader(GeneralReader):
    """Reads lists of calls, bare or tagged."""

    native: ClassVar[frozenset[str]] = frozenset(TAGS)
    python: ClassVar[bool] = True
    bare_repair: ClassVar[str] = ""
    bare_known_only: ClassVar[bool] = False
    native_arguments: ClassVar[tuple[str, ...]] = ("parameters", "arguments")

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker in TAGS:
            close, needed = TAGS[marker]
            yield from self.enclosed(marker, Frame(frozenset((close,)), needed), ())
        else:
            yield from super().opened(marker)


def offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    """Lists the tools and says how they are called."""
    return (
        f"{OFFERED}{listed(tools, safe, wrapped=False)}\n\n"
        "To call, write nothing but a list of calls in Python, with every argument by name:\n"
        "[name_of_function(parameter=value, other=value), name_of_other(parameter=value)]"
    )


def write_list(calls: Sequence[ToolCall], safe: Safe) -> str:
    """Writes calls as a list in Python."""
    return "[" + ", ".join(f"{call.name}({write_arguments(call.arguments, safe)})" for call in calls) + "]"


def write_arguments(arguments: dict[str, Any], safe: Safe) -> str:
    """Writes arguments as a call in Python has them; names that are none there go into a dictionary."""
    if all(name.isidentifier() for name in arguments):
        return ", ".join(f"{name}={literal(value, safe)}" for name, value in arguments.items())
    return literal(arguments, safe)


def literal(value: Any, safe: Safe) -> str:
    """Writes a JSON value as a literal in Python; strings of JSON are strings of Python."""
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(literal(item, safe) for item in value) + "]"  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return "{" + ", ".join(f"{safe.json(str(k))}: {literal(v, safe)}" for k, v in value.items()) + "}"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return safe.json(value) if isinstance(value, str) else json.dumps(value)


LAYOUT = Layout(
    specials=frozenset(("<|header_start|>", "<|header_end|>", "<|eot|>", "<|eom|>", "<|begin_of_text|>"))
    | frozenset(
        (
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eot_id|>",
            *TAGS,
            *(close for close, _ in TAGS.values()),
        )
    ),
    system=("<|header_start|>system<|header_end|>\n\n", "<|eot|>"),
    user=("<|header_start|>user<|header_end|>\n\n", "<|eot|>"),
    assistant=("<|header_start|>assistant<|header_end|>\n\n", "<|eot|>"),
    offer=offer,
    calls=write_list,
    result=lambda result: f"<|header_start|>ipython<|header_end|>\n\n{result.content}<|eot|>",
    between="",
    stop=("<|eot|>", "<|eom|>"),
)

PYTHONIC = Family("pythonic", "Llama 4, OLMo 3: a list of calls in Python", LAYOUT, PythonicReader)
