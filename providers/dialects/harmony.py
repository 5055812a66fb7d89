"""gpt-oss (harmony): messages with a channel and a recipient; what is for a function is a call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import Layout, Result, Safe
from providers.dialects.named import CODE_TOOLS
from providers.dialects.objects import Frame
from providers.dialects.source import Steps, markers_of
from providers.dialects.typed import properties_of

START, CHANNEL, MESSAGE, CONSTRAIN = "<|start|>", "<|channel|>", "<|message|>", "<|constrain|>"
ENDS = frozenset(("<|end|>", "<|call|>", "<|return|>"))
_HEADER_LONGEST = 400
_RECIPIENT = re.compile(r"\bto=(?P<to>[^\s<]+)")
_CHANNEL = re.compile(r"<\|channel\|>\s*(?P<channel>\w+)")
_HEADER_ENDS = markers_of((MESSAGE,), ENDS)
_STOPS = markers_of(ENDS, (START, CHANNEL))
_DEEPEST = 6
_TYPES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


class HarmonyReader(GeneralReader):
    """Reads messages; reasoning is what goes to the analysis channel and to no function."""

    openers: ClassVar[frozenset[str]] = GeneralReader.shared | {START, CHANNEL, MESSAGE}
    dropped: ClassVar[frozenset[str]] = GeneralReader.dropped | ENDS | {CONSTRAIN}
    native: ClassVar[frozenset[str]] = frozenset()
    thinking: ClassVar[Mapping[str, str]] = {}

    def begin(self) -> Steps:
        """Reads the rest of the header that the prompt has opened, if it names a recipient."""
        source = self.source
        source.mark()
        if not (yield from source.space()):
            return
        if (yield from source.ahead(3)) == "to=":
            yield from self._message()
        else:
            source.unmark()

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker == MESSAGE:
            self.structure()
        elif marker in (START, CHANNEL):
            self.source.mark(len(marker))
            yield from self._message()
        else:
            yield from super().opened(marker)

    def _message(self) -> Steps:
        """Reads the header of a message, and the message; the attempt begins at the mark."""
        source = self.source
        ends = yield from self.header(_HEADER_ENDS, _HEADER_LONGEST)
        if not ends and not source.ended:
            self.release()
            return
        if not ends:
            # The reply ended inside a header: nothing was said.
            source.at = len(source.text)
        header = source.marked()
        if source.text.startswith(MESSAGE, source.at):
            source.at += len(MESSAGE)
        recipient = _RECIPIENT.search(header)
        if recipient is not None and recipient["to"] != "assistant":
            yield from self._to_function(recipient["to"].removeprefix("functions."))
            return
        source.unmark()
        self.structure()
        channels = _CHANNEL.findall(header)
        if channels and channels[-1] == "analysis":
            yield from self.reason(_STOPS)

    def _to_function(self, name: str) -> Steps:
        source = self.source
        if name in CODE_TOOLS and (yield from source.space()) and source.text[source.at] not in "{<":
            yield from self.code(name)
        else:
            yield from self.named(name, Frame(ENDS, needed=False))


def _typescript(schema: Mapping[str, Any], depth: int = 0) -> str:
    """Writes a JSON Schema as a type, as the family is shown tools."""
    properties = properties_of(schema)
    if properties and depth < _DEEPEST:
        required = schema.get("required") or ()
        fields = [
            f"// {part.get('description', '')}\n"
            f"{name}{'' if name in required else '?'}: {_typescript(part, depth + 1)},"
            for name, part in properties.items()
        ]
        return "{\n" + "\n".join(fields) + "\n}"
    enum = schema.get("enum")
    if isinstance(enum, list):
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in cast("list[Any]", enum))
    items = schema.get("items")
    if schema.get("type") == "array" and isinstance(items, Mapping) and depth < _DEEPEST:
        return f"{_typescript(cast('Mapping[str, Any]', items), depth + 1)}[]"
    return _TYPES.get(str(schema.get("type")), "any")


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    declared = "\n\n".join(
        f"// {tool.description}\ntype {tool.name} = (_: {_typescript(tool.parameters)}) => any;"
        for tool in tools
    )
    return safe.text(
        f"# Tools\n\n## functions\n\nnamespace functions {{\n\n{declared}\n\n}} // namespace functions"
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return f"{START}assistant".join(
        f"{CHANNEL}commentary to=functions.{call.name} {CONSTRAIN}json"
        f"{MESSAGE}{safe.json(call.arguments)}<|call|>"
        for call in calls
    )


def _result(result: Result) -> str:
    return f"{START}functions.{result.name} to=assistant{CHANNEL}commentary{MESSAGE}{result.content}<|end|>"


LAYOUT = Layout(
    specials=ENDS | {START, CHANNEL, MESSAGE, CONSTRAIN, "<|endoftext|>", "<|startoftext|>"},
    system=(f"{START}developer{MESSAGE}# Instructions\n\n", "<|end|>"),
    user=(f"{START}user{MESSAGE}", "<|end|>"),
    assistant=(f"{START}assistant", ""),
    offer=_offer,
    calls=_calls,
    result=_result,
    between="",
    stop=("<|call|>", "<|return|>"),
    said=(f"{CHANNEL}final{MESSAGE}", "<|end|>"),
    joint=f"{START}assistant",
    preface=(
        f"{START}system{MESSAGE}Reasoning: low\n\n# Valid channels: analysis, commentary, final. Every "
        "message names its channel.\nCalls of functions go to the commentary channel.<|end|>"
    ),
)

HARMONY = Family("harmony", "gpt-oss: messages with channels and recipients", LAYOUT, HarmonyReader)
