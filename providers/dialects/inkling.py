"""Inkling: messages of a kind; a call is a message with a JSON object that holds name and args."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.envelope import PLAUSIBLE_NAME
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import Layout, Result, Safe, as_object, described
from providers.dialects.objects import Frame
from providers.dialects.source import Steps, markers_of
from providers.dialects.thoughts import THOUGHTS

MESSAGE, END, STOP = "<|message_model|>", "<|end_message|>", "<|content_model_end_sampling|>"
TEXT, THINKING = "<|content_text|>", "<|content_thinking|>"
JSON_CALL, TEXT_CALL = "<|content_invoke_tool_json|>", "<|content_invoke_tool_text|>"
_ENDS = frozenset((END, STOP))
_KINDS = markers_of((TEXT, THINKING, JSON_CALL, TEXT_CALL), _ENDS)
_CALL_KINDS = markers_of((JSON_CALL, TEXT_CALL))
_AUTHOR_LONGEST = 128


class InklingReader(GeneralReader):
    """Reads messages; the author's name before a call is none of what is said."""

    openers: ClassVar[frozenset[str]] = GeneralReader.shared | {MESSAGE, JSON_CALL, TEXT_CALL}
    dropped: ClassVar[frozenset[str]] = GeneralReader.dropped | _ENDS | {TEXT}
    native: ClassVar[frozenset[str]] = frozenset()
    native_arguments: ClassVar[tuple[str, ...]] = ("args",)
    thinking: ClassVar[Mapping[str, str]] = {THINKING: END, **THOUGHTS}

    def own_markers(self) -> Sequence[str]:
        """A tool's name with the marker of its call: the prompt has opened the message."""
        return [*super().own_markers(), *(f"{name}{JSON_CALL}" for name in self.tools)]

    def opened(self, marker: str) -> Steps:
        """Reads what follows a marker."""
        if marker == MESSAGE:
            yield from self._message()
        elif marker == TEXT_CALL:
            self.source.mark(len(marker))
            self.broken(self.source.marked(), "the call names no function", 0)
            self.source.unmark()
            yield from _CALL_ENDS.sought(self.source)
        elif marker.endswith(JSON_CALL):
            self.source.mark(len(marker))
            yield from self.body(Frame(_ENDS))
        else:
            yield from super().opened(marker)

    def _message(self) -> Steps:
        """Reads the author that a message may name, and the text of a call whose arguments are no object."""
        source = self.source
        source.mark(len(MESSAGE))
        author = (yield from self.header(_KINDS, _AUTHOR_LONGEST)).strip()
        if author and not PLAUSIBLE_NAME.fullmatch(author):
            self.release()
            return
        source.unmark()
        self.structure()


_CALL_ENDS = markers_of(_ENDS)


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    declared = [{**described(tool)["function"], "type": "function"} for tool in tools]
    return f"<|message_system|>tool_declare<|content_xml|>{safe.json(declared)}{END}"


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return MESSAGE.join(f"{call.name}{JSON_CALL}{safe.json(as_object(call, 'args'))}{END}" for call in calls)


def _result(result: Result) -> str:
    return f"<|message_tool|>{result.name}{TEXT}{result.content}{END}"


LAYOUT = Layout(
    specials=frozenset(
        (
            *(
                MESSAGE,
                END,
                STOP,
                TEXT,
                THINKING,
                JSON_CALL,
                TEXT_CALL,
                "<|message_user|>",
                "<|message_tool|>",
            ),
            *("<|message_system|>", "<|content_xml|>", "<|content_tool_error|>", "<|endoftext|>"),
        )
    ),
    system=(f"<|message_system|>{TEXT}", END),
    user=(f"<|message_user|>{TEXT}", END),
    assistant=(MESSAGE, STOP),
    offer=_offer,
    calls=_calls,
    result=_result,
    between="",
    stop=(STOP,),
    said=(TEXT, END),
    joint=MESSAGE,
    offer_apart=True,
)

INKLING = Family(
    "inkling", "Inkling: a JSON object with name and args in a message of its kind", LAYOUT, InklingReader
)
