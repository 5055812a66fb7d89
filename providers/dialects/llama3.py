"""Llama 3.1 to 3.3: a bare JSON object with name and parameters, or code after ``<|python_tag|>``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import OFFERED, Layout, Safe, as_object, listed
from providers.dialects.named import CODE_TOOLS
from providers.dialects.objects import Frame
from providers.dialects.source import Steps

PYTHON_TAG = "<|python_tag|>"


class Llama3Reader(GeneralReader):
    """Reads bare objects, joined by semicolons or not, what follows the tag for code, and function tags."""

    openers: ClassVar[frozenset[str]] = GeneralReader.shared | {PYTHON_TAG}
    native: ClassVar[frozenset[str]] = frozenset()
    own_functions: ClassVar[bool] = True
    python: ClassVar[bool] = True
    bare_repair: ClassVar[str] = ""
    bare_known_only: ClassVar[bool] = False
    native_arguments: ClassVar[tuple[str, ...]] = ("parameters",)

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker == PYTHON_TAG:
            yield from self._tagged()
        else:
            yield from super().opened(marker)

    def plain_name(self, name: str) -> str:
        """The tools that Llama brings along are called as `name.call(...)`."""
        return super().plain_name(name.removesuffix(".call"))

    def _tagged(self) -> Steps:
        source = self.source
        source.mark(len(PYTHON_TAG))
        if not (yield from source.space()):
            self.broken(source.marked(), "no call follows the tag", source.marked_length)
        elif source.text[source.at] in "{[":
            yield from self.python_body(Frame(needed=False))
        elif ".call(" in (yield from source.ahead(80)).partition("\n")[0]:
            yield from self.python_body(Frame(needed=False))
        else:
            yield from self.code(self._code_tool())

    def _code_tool(self) -> str:
        return next((name for name in CODE_TOOLS if name in self.tools), CODE_TOOLS[0])


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"{OFFERED}{listed(tools, safe)}\n\n"
        "To call one, write nothing but a JSON object with its name and parameters; for several, join the "
        'objects by semicolons:\n{"name": <name of the function>, "parameters": <object of arguments>}'
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return "; ".join(safe.json(as_object(call, "parameters")) for call in calls)


def turn(role: str) -> str:
    """Opens a turn."""
    return f"<|start_header_id|>{role}<|end_header_id|>\n\n"


SPECIALS = frozenset(
    (
        "<|begin_of_text|>",
        "<|end_of_text|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|eot_id|>",
        "<|eom_id|>",
        PYTHON_TAG,
    )
)

LAYOUT = Layout(
    specials=SPECIALS,
    system=(turn("system"), "<|eot_id|>"),
    user=(turn("user"), "<|eot_id|>"),
    assistant=(turn("assistant"), "<|eot_id|>"),
    offer=_offer,
    calls=_calls,
    result=lambda result: f"{turn('ipython')}{result.content}<|eot_id|>",
    between="",
    stop=("<|eot_id|>", "<|eom_id|>"),
)

LLAMA3 = Family("llama3", "Llama 3.1 to 3.3: bare JSON with name and parameters", LAYOUT, Llama3Reader)
