"""Replies in the form of the OpenAI chat API, as chunks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

from pydantic import BaseModel, ConfigDict, Field

from providers.base import (
    Call,
    CallArguments,
    CallStart,
    DialectEvent,
    FinishReason,
    Malformed,
    ProviderIncomplete,
    ProviderRejected,
    ToolCall,
)

_REASONS: dict[str, FinishReason] = {
    "stop": "stop", "eos_token": "stop", "stop_sequence": "stop", "tool_calls": "tool_calls",
    "function_call": "tool_calls", "length": "length",
}  # fmt: skip


class _Form(BaseModel):
    """What servers send; more fields than these are left alone, and so are those of the SDKs' own classes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class FunctionForm(_Form):
    """The function of a call: pieces of its arguments, or the whole of them as an object."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class CallForm(_Form):
    """A piece of a call."""

    index: int | None = None
    id: str | None = None
    function: FunctionForm | None = None


class DeltaForm(_Form):
    """A piece of a message."""

    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[CallForm] | None = None


class ChoiceForm(_Form):
    """A piece of the one answer that is asked for."""

    delta: DeltaForm | None = None
    finish_reason: str | None = None


class _CachedForm(_Form):
    cached_tokens: int | None = Field(default=None, ge=0)


class UsageForm(_Form):
    """Tokens, as the server counted them."""

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    prompt_tokens_details: _CachedForm | None = None


class ChunkForm(_Form):
    """One event of a streamed chat completion."""

    choices: list[ChoiceForm] = Field(default_factory=list[ChoiceForm])
    usage: UsageForm | None = None


@dataclass(slots=True)
class _Growing:
    index: int
    id: str
    name: str = ""
    arguments: list[str] = field(default_factory=list[str])


class CallAssembler:
    """Puts calls together from their pieces; none is whole before the server says that the reply is."""

    def __init__(self) -> None:
        self._calls: list[_Growing] = []
        self._by_index: dict[int, _Growing] = {}

    def feed(self, piece: CallForm) -> list[DialectEvent]:
        """Takes a piece of a call."""
        function = piece.function or FunctionForm()
        growing = self._find(piece, function)
        events: list[DialectEvent] = []
        if function.name and not growing.name:
            growing.name = function.name
            events.append(CallStart(growing.index, growing.name))
        written = function.arguments
        text = written if isinstance(written, str) else json.dumps(written) if written is not None else ""
        if text:
            growing.arguments.append(text)
            events.append(CallArguments(growing.index, text))
        return events

    def _find(self, piece: CallForm, function: FunctionForm) -> _Growing:
        index = piece.index if piece.index is not None else max(0, len(self._calls) - 1)
        known = self._by_index.get(index)
        # Some servers give every call the index 0, or none; a second name with another id is a second call.
        if known is not None and not (function.name and known.name and piece.id and piece.id != known.id):
            known.id = known.id or piece.id or ""
            return known
        if piece.index is None and known is not None:
            index += 1
        made = _Growing(len(self._calls), piece.id or "")
        self._calls.append(made)
        self._by_index[index] = made
        return made

    def finish(self) -> list[DialectEvent]:
        """Ends the reply: each call is whole, or cannot be read."""
        return [_whole(growing) for growing in self._calls]

    @property
    def raw(self) -> str:
        """The calls as the model wrote them, one JSON object a line."""
        return "\n".join(
            json.dumps({"name": each.name, "arguments": "".join(each.arguments)}, ensure_ascii=False)
            for each in self._calls
        )


def _whole(growing: _Growing) -> Call | Malformed:
    raw = "".join(growing.arguments)
    if not growing.name:
        return Malformed(raw, "the call names no function")
    try:
        arguments: Any = json.loads(raw, parse_constant=_refuse) if raw.strip() else {}
        # Halves of surrogate pairs are JSON, but no text that anything could store or send.
        json.dumps(arguments, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        return Malformed(raw, f"the arguments of {growing.name} are no JSON: {error.msg}", error.pos)
    except (ValueError, RecursionError) as error:
        return Malformed(raw, f"the arguments of {growing.name} are no JSON that can be used: {error}")
    if not isinstance(arguments, dict):
        return Malformed(raw, f"the arguments of {growing.name} are no JSON object")
    return Call(growing.index, ToolCall(growing.id, growing.name, cast("dict[str, Any]", arguments)))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")


def finish_reason(given: str, *, called: bool) -> FinishReason:
    """Translates the reason that a server gives.

    Args:
        given: What the server says.
        called: Whether the reply holds a call, or an attempt at one.

    Raises:
        ProviderRejected: The server's filter withheld the reply.
        ProviderIncomplete: The server says that the reply broke off.
    """
    if given == "content_filter":
        raise ProviderRejected("the server's content filter withheld the reply; say it differently")
    reason = _REASONS.get(given)
    if reason is None:
        raise ProviderIncomplete(f"the reply ended with {given[:40]!r}, not with a whole answer; ask again")
    return "tool_calls" if called and reason == "stop" else reason
