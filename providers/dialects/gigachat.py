"""GigaChat 3: a JSON object as a message of its own, or after ``<|function_call|>``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from providers.base import ToolCall, ToolSpec
from providers.dialects.family import Family
from providers.dialects.general import GeneralReader
from providers.dialects.layout import OFFERED, Layout, Safe, as_object, listed

ROLE, MESSAGE, CALL = "<|role_sep|>", "<|message_sep|>", "<|function_call|>"
HEADER = f"function call{ROLE}"


class GigaChatReader(GeneralReader):
    """Reads objects after either header."""

    native: ClassVar[frozenset[str]] = frozenset((HEADER, CALL))


def _offer(tools: Sequence[ToolSpec], safe: Safe) -> str:
    return (
        f"{OFFERED}{listed(tools, safe, wrapped=False)}\n\nTo call one, write its header and an object:\n"
        f'{HEADER}\n{{"name": <name of the function>, "arguments": <object of arguments>}}'
    )


def _calls(calls: Sequence[ToolCall], safe: Safe) -> str:
    return "".join(f"{MESSAGE}\n\n{HEADER}\n{safe.json(as_object(call))}" for call in calls)


LAYOUT = Layout(
    specials=frozenset((ROLE, MESSAGE, CALL, "</s>", "<s>")),
    system=(f"system{ROLE}\n", f"{MESSAGE}\n\n"),
    user=(f"user{ROLE}\n", f"{MESSAGE}\n\n"),
    assistant=(f"assistant{ROLE}\n", f"{MESSAGE}\n\n"),
    offer=_offer,
    calls=_calls,
    result=lambda result: f"function result{ROLE}\n{result.content}{MESSAGE}\n\n",
    between="",
    joint="",
    stop=("</s>",),
)

GIGACHAT = Family("gigachat", "GigaChat 3: a JSON object after its own header", LAYOUT, GigaChatReader)
