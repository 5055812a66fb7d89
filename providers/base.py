"""The vocabulary that every model speaks: messages in, chunks out.

A provider has one method, `Provider.stream`. Whoever does not want a stream folds it with `collect`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

Role = Literal["system", "user", "assistant", "tool"]
Constraint = Literal["none", "schema", "copy"]
FinishReason = Literal["stop", "tool_calls", "length", "cancelled"]

DEFAULT_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that a model made: arguments are JSON values, keyed by parameter name."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation, in the OpenAI chat form."""

    role: Role
    content: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it: `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: dict[str, Any]
    effect: Literal["read", "write", "intrusive"] = "read"


@dataclass(frozen=True, slots=True)
class Settings:
    """How one reply is made.

    Attributes:
        max_tokens: Tokens of the reply at most.
        temperature: 0 is greedy.
        top_k: Candidates kept, by rank; 0 keeps all.
        top_p: Candidates kept, by cumulated probability; 1 keeps all.
        min_p: Candidates kept, by probability relative to the best; 0 keeps all.
        repeat_penalty: Divides the logits of tokens seen in the last 64; 1 is off.
        frequency_penalty: Taken from the logit of a token once for each time that the reply has it; 0 is off.
        presence_penalty: Taken from the logits of tokens that the reply has; 0 is off.
        seed: Seed of the sampler.
        stop: Strings that end the reply; they are not part of it.
        constrained: `schema` holds calls to the tools' schemas, `copy` also takes values that name
            things only from substrings of the conversation.
        now: The time that the model is told.
        deadline_s: Seconds that the whole reply may take; of local models, from when its turn comes.
        user: Whose request it is, where a provider shares itself among users.
    """

    max_tokens: int = 512
    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repeat_penalty: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    constrained: Constraint = "none"
    now: datetime = DEFAULT_NOW
    deadline_s: float = 120.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    user: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one reply; `estimated` where the provider did not report them."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the visible answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A piece of the model's thinking; never shown as the answer, never run."""

    text: str


@dataclass(frozen=True, slots=True)
class CallStart:
    """A call has begun; `index` counts the calls of the reply from 0."""

    index: int
    name: str


@dataclass(frozen=True, slots=True)
class CallArguments:
    """A piece of the arguments of call `index`, as the model wrote it."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """Call `index` is whole. `repairs` names each tolerance that was needed to read it."""

    index: int
    call: ToolCall
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Malformed:
    """The reply tried to call and could not be read.

    Attributes:
        raw: The text of the attempt.
        reason: What is wrong with it, in a sentence for the model.
        position: Offset in `raw` where it broke, counted in characters.
    """

    raw: str
    reason: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds, from the moment the provider took the request on."""

    queued_s: float = 0.0
    first_token_s: float = 0.0
    total_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Queued:
    """The reply waits for its turn as number `position`, for about `wait_s` seconds; may come again, and first only."""

    position: int
    wait_s: float


@dataclass(frozen=True, slots=True)
class Finish:
    """Always the last chunk of a complete reply; `raw` is the model's text, untouched.

    `stats` are figures of the provider's own, by name; local models give `batch_size`, `drafted` and `drafts_kept`.
    """

    reason: FinishReason
    usage: Usage = field(default_factory=Usage)
    raw: str = ""
    timing: Timing = field(default_factory=Timing)
    stats: dict[str, float] = field(default_factory=dict[str, float], compare=False)


DialectEvent = Text | Reasoning | CallStart | CallArguments | Call | Malformed
Chunk = DialectEvent | Queued | Finish


class Provider(Protocol):
    """A model behind the one interface."""

    name: str

    def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncIterator[Chunk]:
        """Makes one reply.

        Yields:
            Chunks in order; the last is a `Finish`. Closing the iterator cancels the reply.

        Raises:
            ProviderError: The reply could not be made or completed.
        """
        ...

    async def aclose(self) -> None:
        """Releases processes and connections; the provider may not be used afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply, folded from its chunks."""

    text: str
    reasoning: str
    calls: tuple[Call, ...]
    malformed: tuple[Malformed, ...]
    finish: Finish


async def collect(chunks: AsyncIterator[Chunk]) -> Reply:
    """Folds a stream into a `Reply`.

    Raises:
        ProviderIncomplete: The stream ended without a `Finish`.
        ProviderError: As the stream raised it.
    """
    text: list[str] = []
    reasoning: list[str] = []
    calls: list[Call] = []
    malformed: list[Malformed] = []
    finish: Finish | None = None
    async for chunk in chunks:
        match chunk:
            case Text():
                text.append(chunk.text)
            case Reasoning():
                reasoning.append(chunk.text)
            case Call():
                calls.append(chunk)
            case Malformed():
                malformed.append(chunk)
            case Finish():
                finish = chunk
            case CallStart() | CallArguments() | Queued():
                pass
    if finish is None:
        raise ProviderIncomplete("the reply ended without a finish reason")
    return Reply("".join(text), "".join(reasoning), tuple(calls), tuple(malformed), finish)


class ProviderError(Exception):
    """A reply could not be made. `retryable` says whether trying again may help."""

    retryable = False


class ProviderTimeout(ProviderError):
    """The deadline passed."""

    retryable = True


class ProviderUnavailable(ProviderError):
    """The model's server or process is not there, or died."""

    retryable = True


class ProviderOverloaded(ProviderError):
    """Refused early: too much is queued, or a rate limit was met."""

    retryable = True


class ProviderIncomplete(ProviderError):
    """The reply broke off."""

    retryable = True


class ProviderRejected(ProviderError):
    """The request itself is wrong: unknown model, bad key, too long, a schema that cannot be compiled."""


class ContextOverflow(ProviderRejected):
    """The conversation and the reply do not fit into the model's context; nothing was left out of it silently."""
