"""Replies as the OpenAI chat API writes them, whole or as a stream of events."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from providers.base import (
    Call,
    Chunk,
    Finish,
    Malformed,
    ProviderError,
    ProviderIncomplete,
    Queued,
    Reasoning,
    Text,
    ToolCall,
    Usage,
)
from providers.serve.errors import Refusal, of_provider

#: Clients of Hugging Face's expect one; it never changes here.
_FINGERPRINT = "smallwatch"


@dataclass(frozen=True, slots=True)
class Heading:
    """What every event of a reply repeats.

    Attributes:
        id: The reply's id.
        model: The model's name.
        created: Seconds since 1970.
    """

    id: str
    model: str
    created: int

    def head(self, kind: str) -> dict[str, Any]:
        """Begins an object of the API."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": _FINGERPRINT,
        }


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the message, in the API's words."""

    fields: dict[str, Any]


#: What a reply is made of on its way out.
Part = Delta | Queued | Finish


async def deltas(
    chunks: AsyncGenerator[Chunk, None], reply_id: str, *, demanded: bool
) -> AsyncGenerator[Part, None]:
    """Turns chunks into pieces of the message.

    A call is sent when it is whole: its arguments as JSON, whatever the model's own way of writing them.
    An attempt at a call that cannot be read is sent as the text that it is.

    Args:
        chunks: The provider's reply.
        reply_id: Calls are named after it.
        demanded: The reply must be a call; text is left out.

    Raises:
        Refusal: No call was made where one was demanded.
        ProviderError: As the provider raised it.
    """
    count = 0
    async with aclosing(chunks):
        async for chunk in chunks:
            match chunk:
                case Text() if not demanded:
                    yield Delta({"content": chunk.text})
                case Malformed() if not demanded:
                    yield Delta({"content": chunk.raw})
                case Reasoning():
                    yield Delta({"reasoning_content": chunk.text})
                case Call():
                    yield Delta(
                        {"tool_calls": [{"index": count, **_written(chunk.call, f"{reply_id}-{count}")}]}
                    )
                    count += 1
                case Queued():
                    yield chunk
                case Finish():
                    if demanded and not count:
                        said = "the model made no call, which tool_choice demands; use `auto`"
                        raise Refusal(422, said, "no_tool_call", "tool_choice")
                    if chunk.reason == "cancelled":
                        raise ProviderIncomplete("the reply was cancelled; ask again")
                    yield chunk
                case _:
                    pass


def _written(call: ToolCall, call_id: str) -> dict[str, Any]:
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    return {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


async def whole(pieces: AsyncIterator[Part], heading: Heading) -> dict[str, Any]:
    """Folds a reply into one completion.

    Raises:
        ProviderIncomplete: The reply ended without a finish reason.
        Refusal: As `deltas` raises it.
        ProviderError: As the provider raised it.
    """
    text: list[str] = []
    thought: list[str] = []
    calls: list[dict[str, Any]] = []
    async for piece in pieces:
        if isinstance(piece, Finish):
            message: dict[str, Any] = {"role": "assistant", "content": "".join(text) or None, "refusal": None}
            if any(thought):
                message["reasoning_content"] = "".join(thought)
            if calls:
                message["tool_calls"] = calls
            elif message["content"] is None:
                message["content"] = ""
            choice = {"index": 0, "message": message, "finish_reason": piece.reason, "logprobs": None}
            figures = {"usage": usage(piece.usage), "timings": timings(piece)}
            return heading.head("chat.completion") | {"choices": [choice]} | figures
        if isinstance(piece, Queued):
            continue
        text.append(piece.fields.get("content", ""))
        thought.append(piece.fields.get("reasoning_content", ""))
        for call in piece.fields.get("tool_calls", ()):
            calls.append({name: value for name, value in call.items() if name != "index"})
    raise ProviderIncomplete("the reply ended without a finish reason; ask again")


async def events(
    pieces: AsyncGenerator[Part, None], heading: Heading, *, include_usage: bool
) -> AsyncGenerator[str, None]:
    """Writes a reply as server-sent events; an error is the last event then, without the mark of the end.

    While the reply waits for its turn, comments say so: `: queued position=3 wait_s=1.2`.
    """
    head = heading.head("chat.completion.chunk")
    yield _event(head | {"choices": [_choice({"role": "assistant", "content": ""})]})
    async with aclosing(pieces):
        try:
            async for piece in pieces:
                if isinstance(piece, Delta):
                    yield _event(head | {"choices": [_choice(piece.fields)]})
                    continue
                if isinstance(piece, Queued):
                    yield f": queued position={piece.position} wait_s={piece.wait_s:.1f}\n\n"
                    continue
                yield _event(head | {"choices": [_choice({}, piece.reason)], "timings": timings(piece)})
                if include_usage:
                    yield _event(head | {"choices": [], "usage": usage(piece.usage)})
                yield "data: [DONE]\n\n"
        except ProviderError as error:
            yield _event(of_provider(error).body())
        except Refusal as refusal:
            yield _event(refusal.body())


def _choice(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def usage(counted: Usage) -> dict[str, Any]:
    """Writes the counts of tokens."""
    return {
        "prompt_tokens": counted.prompt_tokens,
        "completion_tokens": counted.completion_tokens,
        "total_tokens": counted.prompt_tokens + counted.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": counted.cached_tokens},
    }


def timings(finish: Finish) -> dict[str, float]:
    """Writes how long the reply took, in milliseconds, and the provider's own figures."""
    timing, tokens = finish.timing, finish.usage.completion_tokens
    making_s = timing.total_s - timing.first_token_s
    rate = (tokens - 1) / making_s if tokens > 1 and making_s > 0 else 0.0
    return {
        "queued_ms": round(1000 * timing.queued_s, 3),
        "first_token_ms": round(1000 * timing.first_token_s, 3),
        "total_ms": round(1000 * timing.total_s, 3),
        "tokens_per_second": round(rate, 3),
        **finish.stats,
    }
