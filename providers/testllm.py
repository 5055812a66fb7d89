"""TestLLM: a local GGUF model by llama.cpp, with the tools written into its prompt by its dialect."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence

from providers.base import Call as CallChunk
from providers.base import (
    Chunk,
    DialectEvent,
    Finish,
    FinishReason,
    Message,
    ProviderTimeout,
    ProviderUnavailable,
    Queued,
    Settings,
    Timing,
    ToolSpec,
    Usage,
)
from providers.base import Malformed as MalformedChunk
from providers.dialects.answering import Quoting, quote_of
from providers.dialects.base import Dialect, ReplyGrammar, StreamParser
from providers.dialects.marks import Naming
from providers.engine.client import Engine
from providers.engine.metrics import EngineMetrics
from providers.engine.protocol import Done, Generate, Piece, Sampling
from providers.engine.protocol import Queued as QueuedMessage
from providers.info import ModelInfo

#: Seconds past the deadline after which an engine that has not kept it is taken to be stuck.
_GRACE_S = 1.0


class TestLLM:
    """A local model behind the provider interface."""

    # pytest would take the name for a test.
    __test__ = False

    def __init__(
        self, engine: Engine, dialect: Dialect, info: ModelInfo, grammar: ReplyGrammar | None
    ) -> None:
        self.name = "testllm"
        self.info = info
        self._engine = engine
        self._dialect = dialect
        self._grammar = grammar

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncIterator[Chunk]:
        """Makes one reply; see `providers.base.Provider`.

        Raises:
            ProviderError: The engine cannot serve the request, died, or the deadline passed.
        """
        prompt = self._dialect.render(messages, tools, settings)
        parser = self._parser(messages, tools, settings, prompt.names)
        request = Generate(
            id=0,
            fixed=prompt.fixed,
            rest=prompt.rest,
            max_tokens=settings.max_tokens,
            stop=(*prompt.stop, *settings.stop),
            grammar=self._constraint(messages, tools, settings, prompt.names),
            sampling=Sampling(
                settings.temperature, settings.top_k, settings.top_p, settings.min_p, settings.repeat_penalty,
                settings.frequency_penalty, settings.presence_penalty, settings.seed,
            ),
            user=settings.user,
            deadline_s=settings.deadline_s,
        )  # fmt: skip
        raw: list[str] = []
        called = False
        await self._start()
        pieces = _in_time(self._engine.generate(request), settings.deadline_s)
        try:
            async for message in pieces:
                if isinstance(message, QueuedMessage):
                    yield Queued(message.position, message.wait_s)
                    continue
                if isinstance(message, Piece):
                    raw.append(message.text)
                    for event in parser.feed(message.text):
                        called = called or isinstance(event, CallChunk | MalformedChunk)
                        yield event
                    continue
                for event in _ended(parser.finish(), message):
                    called = called or isinstance(event, CallChunk | MalformedChunk)
                    yield event
                yield _finish(message, "".join(raw), called)
        finally:
            await pieces.aclose()

    async def _start(self) -> None:
        try:
            await self._engine.start()
        except ValueError as error:
            raise ProviderUnavailable(
                f"the model's process said what is no answer while loading: {error}"
            ) from None

    def _parser(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        settings: Settings,
        names: Mapping[str, str] | None,
    ) -> StreamParser:
        parser = self._dialect.parser(tools, settings)
        parser = parser if names is None else Naming(parser, names)
        quote = quote_of(messages) if settings.constrained == "copy" else None
        return Quoting(parser, quote) if quote else parser

    def _constraint(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        settings: Settings,
        names: Mapping[str, str] | None,
    ) -> str | None:
        if settings.constrained == "none" or self._grammar is None:
            return None
        return self._grammar(tools, messages, copy=settings.constrained == "copy", names=names)

    @property
    def engine(self) -> Engine:
        """The process behind it."""
        return self._engine

    @property
    def metrics(self) -> EngineMetrics:
        """What the engine did."""
        return self._engine.metrics

    async def aclose(self) -> None:
        """Ends the engine's process."""
        await self._engine.aclose()


async def _in_time(
    messages: AsyncGenerator[QueuedMessage | Piece | Done, None], deadline_s: float
) -> AsyncGenerator[QueuedMessage | Piece | Done, None]:
    """Hands messages on, and holds the deadline where the engine does not: its process may be stuck.

    Raises:
        ProviderTimeout: The engine has not kept the deadline.
    """
    # The engine keeps the time of a request that waits for its turn.
    until, waiting = _until(deadline_s), False
    try:
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            try:
                async with asyncio.timeout(left):
                    message = await anext(messages)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise ProviderTimeout(
                    f"the model's process gave no whole reply within {deadline_s:g} s"
                ) from None
            if isinstance(message, QueuedMessage):
                until, waiting = None, True
            elif waiting:
                until, waiting = _until(deadline_s), False
            yield message
    finally:
        await messages.aclose()


def _until(deadline_s: float) -> float | None:
    return time.monotonic() + deadline_s + _GRACE_S if deadline_s > 0 else None


def _ended(events: list[DialectEvent], done: Done) -> list[DialectEvent]:
    """A call that the limit of tokens cut short may lack an argument: it is no call, however well it reads."""
    if done.reason != "length":
        return events
    cut = "the call was cut at the limit of tokens"
    return [
        MalformedChunk(event.call.name, cut)
        if isinstance(event, CallChunk) and "truncated" in event.repairs
        else event
        for event in events
    ]


def _finish(done: Done, raw: str, called: bool) -> Finish:
    reason: FinishReason = done.reason
    if reason == "stop" and called:
        reason = "tool_calls"
    usage = Usage(done.prompt_tokens, done.cached_tokens, done.completion_tokens)
    stats = {"batch_size": done.batch, "drafted": float(done.drafted), "drafts_kept": float(done.drafts_kept)}
    return Finish(reason, usage, raw, Timing(done.queued_s, done.first_token_s, done.total_s), stats)


def prompt_hash(dialect: Dialect) -> str:
    """SHA-256 of how the dialect writes a prompt; what the tools add to it is hashed apart."""
    settings = Settings()
    conversation = (
        Message("system", "s"),
        Message("user", "u"),
        Message("assistant", "a"),
        Message("user", "v"),
    )
    prompt = dialect.render(conversation, (), settings)
    return hashlib.sha256(
        "\0".join((dialect.name, prompt.fixed, prompt.rest, *prompt.stop)).encode()
    ).hexdigest()
