"""What hosted models have in common: one streamed chat completion, put under deadline, retries and checks."""

from __future__ import annotations

import asyncio
import json
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from providers.base import (
    Call,
    Chunk,
    DialectEvent,
    Finish,
    Malformed,
    Message,
    ProviderError,
    ProviderIncomplete,
    ProviderOverloaded,
    ProviderRejected,
    Reasoning,
    Settings,
    Text,
    Timing,
    ToolSpec,
    Usage,
)
from providers.dialects.base import StreamParser
from providers.hosted_errors import Server
from providers.hosted_reply import CallAssembler, ChunkForm, DeltaForm, UsageForm, finish_reason
from providers.hosted_request import body, text_format
from providers.info import ModelInfo
from providers.rate import Admission, Gate, RateLimits
from providers.retry import AttemptFailed, RetryPolicy, retrying

#: Seconds that usage may come after the finish reason; beyond them it is counted here.
USAGE_WAIT_S = 2.0
#: Seconds that the stream's end may take when all is there; with it, the connection can be used again.
END_WAIT_S = 0.25
#: What the SDKs raise when an answer is not what they expect; pydantic's and JSON's errors are ValueErrors.
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
_BYTES_PER_TOKEN = 4
#: Sent where a server of one's own needs no key: with none at all the SDKs look for one and would send that.
NO_KEY = SecretStr("none")


@dataclass(frozen=True, slots=True)
class HostedOptions:
    """How a hosted model is reached.

    Attributes:
        model: Its name at the server.
        api_key: The key; without one, only a server of one's own can be asked.
        key_variable: The environment variable that errors name where the key is missing or refused.
        base_url: URL of the API with its version, such as `http://127.0.0.1:8080/v1`; None is the vendor's.
        tool_format: `native`, or the dialect that writes tools into plain text.
        retry: How often and how fast a request is tried again.
        limits: How many requests and tokens the account grants.
    """

    model: str
    api_key: SecretStr | None
    key_variable: str
    base_url: str | None = None
    tool_format: str = "native"
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    limits: RateLimits = field(default_factory=RateLimits)


class HostedProvider(ABC):
    """A model behind an OpenAI-like API; a subclass makes the requests with its SDK."""

    def __init__(self, name: str, title: str, options: HostedOptions) -> None:
        """Takes options.

        Raises:
            ProviderRejected: There is no key, the URL cannot be used, or there is no such tool format.
        """
        _check_url(options.base_url)
        if options.api_key is None and options.base_url is None:
            said = f"there is no key for {title}; set {options.key_variable}, or name a base_url"
            raise ProviderRejected(said)
        self.name = name
        self.info = ModelInfo(options.model, dialect=options.tool_format, server=options.base_url or title)
        self.gate = Gate(options.limits)
        self._family = text_format(options.tool_format)
        self._options = options
        where = urlsplit(options.base_url).netloc if options.base_url else ""
        self._server = Server(where or title, options.model, options.key_variable, options.api_key)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self.info.name!r}, server={self._server.title!r})"

    @abstractmethod
    def _open(self, request: dict[str, Any], deadline_s: float) -> AsyncGenerator[ChunkForm, None]:
        """Makes one attempt with the SDK.

        Raises:
            AttemptFailed: The server cannot be reached, refuses, or broke off.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Closes connections."""

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncGenerator[Chunk, None]:
        """Makes one reply; see `providers.base.Provider`.

        Raises:
            ProviderRejected: The request, the key or the model is wrong.
            ProviderOverloaded: A rate limit was met, and waiting does not help in time.
            ProviderUnavailable: The server cannot be reached or fails.
            ProviderIncomplete: The reply broke off, or is none.
            ProviderTimeout: The deadline passed.
        """
        request = body(self._options.model, messages, tools, settings, self._family)
        # The deadline begins when the request is let in: a full queue says nothing about the server.
        async with self.gate.admitted(_most_tokens(request)) as admission:
            attempts = 0

            def attempt() -> AsyncGenerator[Chunk, None]:
                nonlocal attempts
                attempts += 1
                parser = self._family.parser(tools, settings) if self._family else None
                tried = self._attempt(request, parser, settings.deadline_s)
                return self._gated(tried, admission, again=attempts > 1)

            chunks = retrying(attempt, self._options.retry, settings.deadline_s, who=self._server.title)
            async with aclosing(chunks):
                async for chunk in chunks:
                    yield chunk

    async def _gated(
        self, attempt: AsyncGenerator[Chunk, None], admission: Admission, *, again: bool
    ) -> AsyncGenerator[Chunk, None]:
        """Passes an attempt on, and tells the gate what the server made of it."""
        async with aclosing(attempt):
            if again and not admission.inside:
                await self.gate.again(admission)
            try:
                async for chunk in attempt:
                    if isinstance(chunk, Finish):
                        usage = chunk.usage
                        self.gate.answered(admission, usage.prompt_tokens + usage.completion_tokens)
                        chunk = replace(chunk, timing=_queued(chunk.timing, admission.waited_s))
                    yield chunk
            except AttemptFailed as failure:
                if isinstance(failure.error, ProviderOverloaded):
                    await self.gate.refused(admission, failure.after_s)
                raise

    async def _attempt(
        self, request: dict[str, Any], parser: StreamParser | None, deadline_s: float
    ) -> AsyncGenerator[Chunk, None]:
        began = time.perf_counter()
        reply = _Reply(parser)
        async with aclosing(self._open(request, deadline_s)) as chunks:
            while True:
                try:
                    async with asyncio.timeout(reply.patience_s):
                        received = await anext(chunks)
                except StopAsyncIteration:
                    break
                except (AttemptFailed, *UNREADABLE) as error:
                    if reply.reason:
                        break
                    raise self._failed(error, begun=reply.begun) from None
                except TimeoutError:
                    # Only what follows a finish reason has a limit of its own.
                    break
                for event in reply.feed(received):
                    yield event
        try:
            for event in reply.finish():
                yield event
            reason = finish_reason(reply.reason, called=reply.called)
        except ProviderError as error:
            raise AttemptFailed(error) from None
        timing = Timing(0.0, reply.first_s - began if reply.first_s else 0.0, time.perf_counter() - began)
        yield Finish(reason, _usage(reply, request), reply.raw, timing)

    def _failed(self, error: Exception, *, begun: bool) -> AttemptFailed:
        if isinstance(error, AttemptFailed):
            return error
        if begun:
            return self._server.broken_off("an event that is no JSON, or only half of one")
        said = f"{type(error).__name__}: {self._server.redact(str(error))}"
        return AttemptFailed(
            ProviderIncomplete(
                f"{self._server.title} sent what is no chat completion ({said}); check the URL"
            )
        )


class _Reply:
    """One reply while it arrives."""

    def __init__(self, parser: StreamParser | None) -> None:
        self.reason = ""
        self.usage: UsageForm | None = None
        self.called = False
        self.begun = False
        self.first_s = 0.0
        self.reasoning_bytes = 0
        self._parser = parser
        self._calls = CallAssembler()
        self._text: list[str] = []

    @property
    def patience_s(self) -> float | None:
        """Seconds to wait for the next event; None leaves it to the deadline."""
        if not self.reason:
            return None
        return END_WAIT_S if self.usage else USAGE_WAIT_S

    def feed(self, chunk: ChunkForm) -> list[DialectEvent]:
        """Takes one event of the API."""
        self.begun = True
        self.usage = chunk.usage or self.usage
        events: list[DialectEvent] = []
        for choice in chunk.choices[:1]:
            if choice.delta and not self.reason:
                events += self._delta(choice.delta)
            self.reason = self.reason or choice.finish_reason or ""
        if events:
            self.first_s = self.first_s or time.perf_counter()
        return self._noted(events)

    def _delta(self, delta: DeltaForm) -> list[DialectEvent]:
        events: list[DialectEvent] = []
        if thought := delta.reasoning_content or delta.reasoning:
            self.reasoning_bytes += len(thought.encode("utf-8", "replace"))
            events.append(Reasoning(thought))
        if delta.content:
            self._text.append(delta.content)
            events += self._parser.feed(delta.content) if self._parser else [Text(delta.content)]
        for piece in delta.tool_calls or ():
            events += self._calls.feed(piece)
        return events

    def finish(self) -> list[DialectEvent]:
        """Ends the reply.

        Raises:
            ProviderIncomplete: The server never said that it is whole.
        """
        if not self.reason:
            raise ProviderIncomplete("the reply broke off before its finish reason; ask again")
        return self._noted([*(self._parser.finish() if self._parser else ()), *self._calls.finish()])

    def _noted(self, events: list[DialectEvent]) -> list[DialectEvent]:
        self.called = self.called or any(isinstance(event, Call | Malformed) for event in events)
        return events

    @property
    def raw(self) -> str:
        """The model's text, and the calls behind it where the API carried them apart."""
        return "\n".join(part for part in ("".join(self._text), self._calls.raw) if part)


def _usage(reply: _Reply, request: dict[str, Any]) -> Usage:
    if reply.usage is None:
        asked = json.dumps([request["messages"], request.get("tools", [])], ensure_ascii=False)
        written = len(reply.raw.encode("utf-8", "replace")) + reply.reasoning_bytes
        return Usage(_tokens(len(asked.encode("utf-8", "replace"))), 0, _tokens(written), estimated=True)
    details = reply.usage.prompt_tokens_details
    cached = (details.cached_tokens if details else 0) or 0
    return Usage(
        reply.usage.prompt_tokens, min(cached, reply.usage.prompt_tokens), reply.usage.completion_tokens
    )


def _most_tokens(request: dict[str, Any]) -> int:
    """What a request may cost: its prompt, by its size, and all that may be written."""
    asked = json.dumps([request["messages"], request.get("tools", [])], ensure_ascii=False)
    return _tokens(len(asked.encode("utf-8", "replace"))) + int(request["max_tokens"])


def _queued(timing: Timing, waited_s: float) -> Timing:
    """Timing that counts from before the gate."""
    first_s = timing.first_token_s + waited_s if timing.first_token_s else 0.0
    return Timing(waited_s, first_s, timing.total_s + waited_s)


def _tokens(size: int) -> int:
    return -(-size // _BYTES_PER_TOKEN)


def _check_url(base_url: str | None) -> None:
    """Refuses URLs that cannot be used, and those that hold a password: URLs are logged and shown."""
    if base_url is None:
        return
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ProviderRejected("the base_url is no http or https URL; write it as http://127.0.0.1:8080/v1")
    if parts.username or parts.password or parts.query:
        raise ProviderRejected("the base_url holds a user, a password or a query; give the key apart from it")
