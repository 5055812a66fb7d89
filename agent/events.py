"""What happens in a turn: the one vocabulary of terminal, web, logs and evals.

The events of a turn come in this order: `TurnStarted`; for each step `StepStarted`, the model's reply piece
by piece, `UsageReported`, and what became of its calls; last `TurnFinished` or `TurnFailed`. Each
`ToolCallProposed` is followed by exactly one `ToolFinished` or `CallRejected` of the same call, unless the
turn is cut short.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from agent.approval import Approval, Verdict
from agent.limits import LimitName
from providers.base import Timing, ToolCall, Usage
from tools.registry import Effect
from tools.results import ToolResult

RejectionReason = Literal["unknown-tool", "bad-arguments", "repeated", "call-limit", "not-approved"]
Ending = LimitName | Literal["answer", "empty", "length", "cancelled"]


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """The user's message is stored, and work on it begins."""

    conversation: str
    model: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    """The model is asked for reply number `step`, counted from 1, with `tools` tools on offer."""

    step: int
    tools: int


@dataclass(frozen=True, slots=True)
class ModelQueued:
    """The model is busy; the reply is number `position` in its queue, for about `wait_s` seconds."""

    position: int
    wait_s: float


@dataclass(frozen=True, slots=True)
class HistoryTrimmed:
    """The model does not see the whole conversation.

    Attributes:
        dropped: Messages left out, the oldest first.
        shortened: Tool results of which only the beginning is shown.
        tokens: Tokens of what is left, as counted here.
    """

    dropped: int
    shortened: int
    tokens: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the model's thinking."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallStarted:
    """The model begins to write call `index` of its reply."""

    index: int
    name: str


@dataclass(frozen=True, slots=True)
class ToolCallArgumentsDelta:
    """A piece of the arguments of call `index`, as the model wrote it."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class ToolCallProposed:
    """Call `index` of the reply is whole; `effect` is None where there is no such tool."""

    index: int
    call: ToolCall
    effect: Effect | None
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallRejected:
    """A call was not run; `result` is what the model is told."""

    call_id: str
    name: str
    reason: RejectionReason
    result: ToolResult


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """A call waits for `ApprovalGate.decide(approval.id, ...)`."""

    call_id: str
    approval: Approval


@dataclass(frozen=True, slots=True)
class ApprovalDecided:
    """The wait is over."""

    call_id: str
    approval_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ToolRunning:
    """A call is about to run."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A call ended after `seconds`; calls of one reply may end in any order."""

    call_id: str
    name: str
    result: ToolResult
    seconds: float


@dataclass(frozen=True, slots=True)
class MalformedCall:
    """The model tried to call and could not be read at character `position` of `raw`."""

    raw: str
    reason: str
    position: int
    asked_again: bool


@dataclass(frozen=True, slots=True)
class LimitReached:
    """The turn may not go on as it would; `message` says so to people."""

    limit: LimitName
    message: str


@dataclass(frozen=True, slots=True)
class UsageReported:
    """Tokens of the reply that has just ended, and of the turn so far."""

    step: Usage
    total: Usage
    timing: Timing = field(default_factory=Timing)


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The turn is over; `text` is the answer, as far as it came."""

    reason: Ending
    text: str
    usage: Usage
    seconds: float


@dataclass(frozen=True, slots=True)
class TurnFailed:
    """The model could not be asked.

    Attributes:
        error: Name of the error's type, such as `ProviderTimeout`.
        message: Cause and cure.
        retryable: Whether trying again may help.
        text: What had come of the answer; it is kept.
        usage: Tokens of the turn.
    """

    error: str
    message: str
    retryable: bool
    text: str
    usage: Usage


Event = (
    TurnStarted
    | StepStarted
    | ModelQueued
    | HistoryTrimmed
    | TextDelta
    | ReasoningDelta
    | ToolCallStarted
    | ToolCallArgumentsDelta
    | ToolCallProposed
    | CallRejected
    | ApprovalRequested
    | ApprovalDecided
    | ToolRunning
    | ToolFinished
    | MalformedCall
    | LimitReached
    | UsageReported
    | TurnFinished
    | TurnFailed
)


def event_dict(event: Event) -> dict[str, Any]:
    """Returns an event as JSON values, with its `type` in kebab case: `text-delta`, `tool-finished`."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", "-", type(event).__name__).lower()
    return {"type": kind, **asdict(event)}
