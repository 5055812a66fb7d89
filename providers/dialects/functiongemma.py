"""FunctionGemma: ``call:name{key:<escape>text<escape>,other:5}`` between its own markers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from providers.base import ToolCall, ToolSpec
from providers.dialects.envelope import PLAUSIBLE_NAME
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.jsonread import Read
from providers.dialects.layout import Layout, Result, Safe
from providers.dialects.objects import Frame
from providers.dialects.source import Steps, markers_of
from providers.dialects.typed import properties_of, type_value, types_of

START, END = "<start_function_call>", "<end_function_call>"
ESCAPE = "<escape>"
CALL = "call:"
#: The family's own tags, and those of its larger relatives.
TAGS = {START: END, "<|tool_call>": "<tool_call|>", "<call>": "</call>"}
_CALL_GUARD = r"(?=[^\W\d][\w.-]{0,80}(?:\Z|\{)|\Z)"
_BRACE = markers_of(("{",))
# How arguments begin that only this family writes.
_MARKED = re.compile(r"""\{\s*[\w-]{1,64}:(?:<escape>|<\|"\|>)""")
_KEY_LONGEST = 80
# What the family writes so, and JSON does not.
_NATIVE = ("unquoted-keys",)


class FunctionGemmaReader(GeneralReader):
    """Reads calls whose strings stand between ``<escape>`` marks."""

    openers: ClassVar[frozenset[str]] = GeneralReader.shared | frozenset((*TAGS, CALL))
    dropped: ClassVar[frozenset[str]] = GeneralReader.dropped | {*TAGS.values(), "<|channel>"}
    native: ClassVar[frozenset[str]] = frozenset()

    def guards(self) -> Mapping[str, str]:
        """The word that begins a call matters only before a name and a brace."""
        return {**super().guards(), CALL: _CALL_GUARD}

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker == CALL:
            yield from self._untagged()
            return
        if marker not in TAGS:
            yield from super().opened(marker)
            return
        source = self.source
        source.mark(len(marker))
        frame = Frame(frozenset((TAGS[marker],)), repairs=() if marker == START else ("other-tag",))
        header = (yield from self.header(_BRACE)).strip()
        header = header.removeprefix(":")
        name = header.removeprefix(CALL).strip()
        if PLAUSIBLE_NAME.fullmatch(name):
            frame.repairs += () if header.startswith(CALL) or marker == "<call>" else ("missing-start-tag",)
            yield from self.named(name, frame)
        else:
            yield from self.body(frame)

    def _untagged(self) -> Steps:
        """Reads a call of a tool on offer that stands on a line of its own, its tags lost."""
        source = self.source
        source.mark(len(CALL))
        if not self.at_line_start():
            self.release()
            return
        name = (yield from self.header(_BRACE)).strip()
        if self.may_be_called(name) or _MARKED.match((yield from source.ahead(_KEY_LONGEST))):
            yield from self.named(
                name, Frame(frozenset((END,)), needed=False, repairs=("missing-start-tag",))
            )
        else:
            self.release()

    def typed_arguments(self, name: str, read: Read) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Types text that the schema does not want as text; the marks hide numbers too."""
        arguments, repairs = super().typed_arguments(name, read)
        repairs = tuple(repair for repair in repairs if repair not in _NATIVE)
        schema = self.tools.get(name, {})
        known = properties_of(schema)
        for key, value in arguments.items():
            types = types_of(known.get(key, {}), schema)
            if isinstance(value, str) and "string" not in types:
                arguments[key], more = type_value(value, known.get(key), schema)
                repairs += more
        return arguments, repairs


def _write(value: Any, safe: Safe) -> str:
    if isinstance(value, str):
        return f"{ESCAPE}{safe.text(value)}{ESCAPE}"
    if isinstance(value, list):
        return "[" + ",".join(_write(item, safe) for item in cast("list[Any]", value)) + "]"
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value).items()
        return "{" + ",".join(f"{safe.text(key)}:{_write(item, safe)}" for key, item in pairs) + "}"
    return safe.json(value)


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    declared = (
        f"<start_function_declaration>declaration:{tool.name}"
        f"{_write({'description': tool.description, 'parameters': tool.parameters}, safe)}"
        "<end_function_declaration>"
        for tool in tools
    )
    return f"You can call these functions to help the user.{''.join(declared)}"


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return "".join(f"{START}call:{call.name}{_write(call.arguments, safe)}{END}" for call in calls)


def _result(result: Result) -> str:
    value = f"{{value:{ESCAPE}{result.content}{ESCAPE}}}"
    return f"<start_function_response>response:{result.name}{value}<end_function_response>"


LAYOUT = Layout(
    specials=frozenset(
        (
            "<start_of_turn>",
            "<end_of_turn>",
            "<bos>",
            "<eos>",
            START,
            END,
            ESCAPE,
            "<start_function_response>",
            "<end_function_response>",
            "<start_function_declaration>",
            "<end_function_declaration>",
        )
    ),
    system=("<start_of_turn>developer\n", "<end_of_turn>\n"),
    user=("<start_of_turn>user\n", "<end_of_turn>\n"),
    assistant=("<start_of_turn>model\n", "<end_of_turn>\n"),
    offer=_offer,
    calls=_calls,
    result=_result,
    between="",
    results=("<start_of_turn>developer\n", "<end_of_turn>\n"),
    stop=("<end_of_turn>", "<start_function_response>"),
)

FUNCTIONGEMMA = Family(
    "functiongemma", "FunctionGemma: call:name{key:<escape>text<escape>}", LAYOUT, FunctionGemmaReader
)
