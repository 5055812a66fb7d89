"""A provider that needs no model: it plays replies that are written down, piece by piece as a model does."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass

from providers.base import (
    Call,
    CallArguments,
    CallStart,
    Chunk,
    Finish,
    FinishReason,
    Malformed,
    Message,
    ProviderError,
    ProviderRejected,
    ProviderTimeout,
    Reasoning,
    Settings,
    Text,
    Timing,
    ToolCall,
    ToolSpec,
    Usage,
)
from providers.dialects.base import Dialect, StreamParser
from providers.info import ModelInfo

_CHARS_PER_TOKEN = 4
_CUT = "the reply was cut at its limit of tokens"


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """One reply: its parts are streamed in the order of the attributes.

    Attributes:
        reasoning: What the model thinks.
        text: What it says.
        calls: What it calls; an empty id is left to whoever runs the calls.
        malformed: Attempts to call that cannot be read.
        raw: A reply as a model writes it, read by the provider's dialect; stands alone.
        error: Raised in place of an end.
        delay_s: Seconds before the first piece.
        piece_delay_s: Seconds before each further piece.
    """

    reasoning: str = ""
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    raw: str = ""
    error: ProviderError | None = None
    delay_s: float = 0.0
    piece_delay_s: float = 0.0


#: Makes the reply to a request; may raise a `ProviderError`.
Rule = Callable[[Sequence[Message], Sequence[ToolSpec], Settings], ScriptedReply]


def in_order(replies: Sequence[ScriptedReply], *, again: bool = False) -> Rule:
    """Makes a rule that plays replies one after another, whatever is asked.

    Args:
        replies: The replies.
        again: Whether to begin anew after the last one; else one request more is rejected.
    """
    played = 0

    def rule(messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> ScriptedReply:
        nonlocal played
        if not replies or (played >= len(replies) and not again):
            raise ProviderRejected(f"the script has only {len(replies)} replies; add one, or let it repeat")
        played += 1
        return replies[(played - 1) % len(replies)]

    return rule


class ScriptedProvider:
    """Plays a script; `temperature`, `stop`, `constrained` and the like mean nothing to it."""

    name: str = "scripted"

    def __init__(
        self,
        script: Rule | Sequence[ScriptedReply],
        *,
        model: str = "scripted",
        dialect: Dialect | None = None,
        piece_chars: int = _CHARS_PER_TOKEN,
    ) -> None:
        """Takes a script.

        Args:
            script: Makes the replies; a sequence is played once, in order.
            model: What `info` calls the model.
            dialect: Reads replies that are `raw`.
            piece_chars: Characters of a piece; each piece counts as one token.
        """
        self.info = ModelInfo(model, dialect=dialect.name if dialect else None)
        self._rule = script if callable(script) else in_order(script)
        self._dialect = dialect
        self._piece_chars = piece_chars

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncGenerator[Chunk, None]:
        """Makes one reply; see `providers.base.Provider`.

        Raises:
            ProviderTimeout: The script is slower than the deadline.
            ProviderRejected: The script has no reply to this.
            ProviderError: As the script says.
        """
        began = time.perf_counter()
        reply = self._rule(messages, tools, settings)
        parser = self._parser(reply, tools, settings)
        written: list[str] = []
        attempt, called, cut, first_s = "", False, False, 0.0
        for piece in _pieces(reply, self._piece_chars):
            if piece.text:
                cut = len(written) >= settings.max_tokens
                if cut:
                    break
                wait = reply.piece_delay_s if written else reply.delay_s
                await _pause(wait, settings.deadline_s - (time.perf_counter() - began))
                first_s = first_s or time.perf_counter() - began
                written.append(piece.text)
            attempt = attempt + piece.text if piece.inside else ""
            for chunk in parser.feed(piece.text) if parser else piece.chunks:
                called = called or isinstance(chunk, Call | Malformed)
                yield chunk
        for chunk in parser.finish() if parser else _broken_off(attempt):
            called = called or isinstance(chunk, Call | Malformed)
            yield chunk
        if reply.error is not None and not cut:
            raise reply.error
        reason: FinishReason = "length" if cut else "tool_calls" if called else "stop"
        prompt = sum(len(message.content or "") for message in messages) // _CHARS_PER_TOKEN
        usage = Usage(prompt, 0, len(written), estimated=True)
        yield Finish(reason, usage, "".join(written), Timing(0.0, first_s, time.perf_counter() - began))

    def _parser(
        self, reply: ScriptedReply, tools: Sequence[ToolSpec], settings: Settings
    ) -> StreamParser | None:
        if not reply.raw:
            return None
        if self._dialect is None:
            raise ProviderRejected("the script has a raw reply; give the provider the dialect that reads it")
        return self._dialect.parser(tools, settings)

    async def aclose(self) -> None:
        """Does nothing: there is nothing to release."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is streamed at once: text that costs a token, or chunks that cost nothing.

    Attributes:
        text: What the model writes.
        chunks: What is to be seen of it.
        inside: Whether a call has begun and is not whole.
    """

    text: str
    chunks: tuple[Chunk, ...] = ()
    inside: bool = False


def _pieces(reply: ScriptedReply, size: int) -> Iterator[_Piece]:
    for part in _split(reply.raw, size):
        yield _Piece(part)
    for part in _split(reply.reasoning, size):
        yield _Piece(part, (Reasoning(part),))
    for part in _split(reply.text, size):
        yield _Piece(part, (Text(part),))
    for index, call in enumerate(reply.calls):
        yield _Piece("", (CallStart(index, call.name),), inside=True)
        for part in _split(json.dumps(call.arguments, ensure_ascii=False), size):
            yield _Piece(part, (CallArguments(index, part),), inside=True)
        yield _Piece("", (Call(index, call),))
    for malformed in reply.malformed:
        for part in _split(malformed.raw, size):
            yield _Piece(part, inside=True)
        yield _Piece("", (malformed,))


def _split(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def _broken_off(attempt: str) -> tuple[Malformed, ...]:
    return (Malformed(attempt, _CUT, len(attempt)),) if attempt else ()


async def _pause(seconds: float, left: float) -> None:
    """Waits, at most until the deadline.

    Raises:
        ProviderTimeout: The deadline comes first.
    """
    if seconds > left:
        await asyncio.sleep(max(0.0, left))
        raise ProviderTimeout("the script is slower than the deadline; allow more time")
    await asyncio.sleep(seconds)
