"""Reads every form of call that models share, so that a family falling back to another's is understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar

from providers.dialects.bodies import begins_name
from providers.dialects.envelope import PLAUSIBLE_NAME
from providers.dialects.objects import Frame
from providers.dialects.parameters import DSML_SIGN, GCML_SIGN, MINIMAX_SIGN, Grammar
from providers.dialects.react import ReactReader
from providers.dialects.source import Steps, markers_of

_WORDS = (
    *("function_call", "functioncall", "toolcall", "TOOLCALL", "TOOL_CALL", "tool_calls", "function_calls"),
    *("tool_use", "use_mcp_tool", "invoke", "longcat_tool_call", "dots_function_call", "ifm|tool_call"),
    *("ifm|tool_calls", f"{DSML_SIGN}function_calls", f"{DSML_SIGN}tool_calls", f"{GCML_SIGN}tool_calls"),
    *("antml:function_calls", "tool", "tools", "tool_code", "response", "answer", "code"),
    *("json", "JSON", "xml"),
)
#: Tags that models write in place of the family's own, and how they close.
LOOSE_TAGS: Mapping[str, str] = {
    **{f"<{word}>": f"</{word}>" for word in _WORDS},
    "<|tool_call|>": "<|/tool_call|>",
    "<|action_start|><|plugin|>": "<|action_end|>",
    "<|action_start|> <|plugin|>": "<|action_end|>",
    "<|START_ACTION|>": "<|END_ACTION|>",
    "<|tools_prefix|>": "<|tools_suffix|>",
    "<|tool_call_start|>": "<|tool_call_end|>",
    "<|python_start|>": "<|python_end|>",
    "[unused11]": "[unused12]",
    "[TOOL_REQUEST]": "[END_TOOL_REQUEST]",
    "starttoolcall": "endtoolcall",
}
#: Tags of these words may stand around anything; only a call of a tool on offer in them is one.
_ANYTHING = frozenset(
    f"<{w}>" for w in ("tool", "tools", "response", "answer", "code", "json", "JSON", "xml", "tool_code")
)
#: Markers that nothing closes.
HEADS = frozenset(
    ("<|function_call|>", "function call<|role_sep|>", "-> tool/function_call", "<|tool_calls|>")
)
#: A marker before the name, those between name and arguments, and the ends of a call.
NAMED_PARTS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "\u273fFUNCTION\u273f:": (
        frozenset(("\u273fARGS\u273f:",)),
        frozenset(("\u273fRESULT\u273f", "\u273fRETURN\u273f")),
    ),
    "<|plamo:begin_tool_name:plamo|>": (
        frozenset(("<|plamo:end_tool_name:plamo|><|plamo:begin_tool_arguments:plamo|>",)),
        frozenset(("<|plamo:end_tool_arguments:plamo|>",)),
    ),
    "<|tool_call:name|>": (frozenset(("<|tool_call:args|>",)), frozenset(("<|tool_call:end|>",))),
}
#: Functions whose parameters stand between markers of their own.
BLOCKS: Mapping[str, tuple[str, frozenset[str], Grammar]] = {
    "<|open|>call tool=": (
        "<|sep|>",
        frozenset(("<|close|>call<|sep|>",)),
        Grammar(
            frozenset(("<|open|>argument key=",)), "<|sep|>", "", frozenset(("<|close|>argument<|sep|>",))
        ),
    ),
    "<|tool_call:start|>": (
        "\n",
        frozenset(("<|tool_call:end|>",)),
        Grammar(
            frozenset(("<|tool_arg:start|>",)), "<|tool_arg:value|>", "", frozenset(("<|tool_arg:end|>",))
        ),
    ),
}
#: Calls in Python behind a marker.
PYTHON_HEADS = frozenset(("<<function>>",))
_DROPPED = frozenset(
    (
        *(
            "<bot_end>",
            "<|START_RESPONSE|>",
            "<|END_RESPONSE|>",
            "<|START_TEXT|>",
            "<|END_TEXT|>",
            MINIMAX_SIGN,
        ),
        *("<|message_sep|>", "<|role_sep|>", "<|tool_call:begin|>", "<|plamo:begin_tool_requests:plamo|>"),
        *("<|plamo:end_tool_requests:plamo|>", "<|plamo:begin_tool_request:plamo|>"),
        *("<|plamo:end_tool_request:plamo|>", "<|open|>tools<|sep|>", "<|close|>tools<|sep|>"),
        *("<|open|>response<|sep|>", "<|close|>response<|sep|>", "<|close|>message<|sep|>"),
        *("\u273fRESULT\u273f", "\u273fRETURN\u273f"),
    )
)


class GeneralReader(ReactReader):
    """Reads all shared forms; a family adds its own, and says which of these are its own too."""

    #: Markers of shared forms that the family writes itself, so that they take no tolerance.
    native: ClassVar[frozenset[str]] = frozenset(("<tool_call>",))
    shared: ClassVar[frozenset[str]] = frozenset(
        (
            *ReactReader.call_tags,
            *LOOSE_TAGS,
            *ReactReader.function_tags,
            *HEADS,
            *NAMED_PARTS,
            *BLOCKS,
            *PYTHON_HEADS,
            *ReactReader.acting,
            *("{", "[", "```"),
        )
    )
    openers: ClassVar[frozenset[str]] = shared
    dropped: ClassVar[frozenset[str]] = (
        _DROPPED
        | frozenset((*ReactReader.call_tags.values(), *LOOSE_TAGS.values()))
        | ReactReader.function_ends
        | frozenset(end for _, ends in NAMED_PARTS.values() for end in ends)
        | frozenset(end for _, ends, _ in BLOCKS.values() for end in ends)
    )
    python: ClassVar[bool] = False
    bare_objects = "anywhere"
    #: Whether function tags are the family's own.
    own_functions: ClassVar[bool] = False

    def own_markers(self) -> Sequence[str]:
        """Adds the elements of XML that tools' names would be."""
        return [*super().own_markers(), *self.elements]

    @cached_property
    def elements(self) -> frozenset[str]:
        """Opening tags that are named after tools."""
        return self.tool_tags | {f"<{name}{end}" for name in self.tools for end in ("/>", " ")}

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker in self.call_tags:
            yield from self.call_tag(marker, self._foreign(marker))
        elif marker in LOOSE_TAGS:
            yield from self._loose(marker)
        elif marker in self.function_tags:
            yield from self.function_tag(marker, native=self.own_functions)
        elif marker in self.acting:
            yield from self.action(marker)
        elif marker in HEADS:
            self.source.mark(len(marker))
            yield from self.body(Frame(needed=False, repairs=self._foreign(marker)))
        elif marker in NAMED_PARTS:
            yield from self._named_parts(marker)
        elif marker in BLOCKS:
            yield from self._block(marker)
        elif marker in PYTHON_HEADS:
            self.source.mark(len(marker))
            yield from self.python_body(Frame(needed=False, bare=True, repairs=self._foreign(marker)))
        elif marker.startswith("<") and marker in self.elements:
            yield from self.element(marker)
        else:
            yield from self.sign(marker)

    def _foreign(self, marker: str) -> tuple[str, ...]:
        return () if marker in self.native else ("other-tag",)

    def _loose(self, marker: str) -> Steps:
        repairs = self._foreign(marker)
        bare = marker in _ANYTHING and marker not in self.native
        frame = Frame(frozenset((LOOSE_TAGS[marker],)), not bare, bare, repairs)
        frame.keyed = marker == "<|tools_prefix|>"
        self.source.mark(len(marker))
        if bare and (yield from self.source.space()) and begins_name(self.source.text[self.source.at]):
            yield from self.python_body(frame)
        else:
            yield from self.inside(frame, repairs)

    def _named_parts(self, marker: str) -> Steps:
        source = self.source
        source.mark(len(marker))
        between, ends = NAMED_PARTS[marker]
        name = (yield from self.header(markers_of(between))).strip()
        if not PLAUSIBLE_NAME.fullmatch(name):
            self.release()
            return
        yield from markers_of(between).passed(source)
        yield from self.named(name, Frame(ends, needed=False, repairs=self._foreign(marker)))

    def _block(self, marker: str) -> Steps:
        source = self.source
        source.mark(len(marker))
        header_end, ends, grammar = BLOCKS[marker]
        header = (yield from self.header(markers_of((header_end,)))).strip()
        name = header.strip("\"'").partition('"')[0] if header_end == "<|sep|>" else header
        if not PLAUSIBLE_NAME.fullmatch(name):
            self.release()
            return
        source.at += len(header_end)
        frame = Frame(ends, repairs=self._foreign(marker))
        self.enter(frame)
        yield from self.parameters(name, frame, grammar)
