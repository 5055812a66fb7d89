"""What the last line of the conversation shows: tokens, their speed, and how long the first one took."""

from __future__ import annotations

import time
from collections.abc import Callable

from agent.events import (
    Event,
    ReasoningDelta,
    StepStarted,
    TextDelta,
    ToolCallArgumentsDelta,
    ToolCallStarted,
    UsageReported,
)
from agent.history import estimate_tokens

_LEAST_S = 1e-3


class Meter:
    """Counts over the turns of a conversation.

    Attributes:
        tokens_in: Tokens of all requests.
        tokens_out: Tokens of all replies; while one is written, its own are estimated.
        estimated: Whether a number is.
        tokens_per_s: Speed of the last reply, from its first token on; None before there is one.
        first_token_s: Seconds from the last request to the first token, waiting included.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Starts at nothing; `monotonic` is a clock in seconds."""
        self._now = monotonic
        self.reset()

    def reset(self) -> None:
        """Starts again."""
        self.tokens_in = self.tokens_out = 0
        self.estimated = False
        self.tokens_per_s: float | None = None
        self.first_token_s: float | None = None
        self._asked_at = self._first_at = 0.0
        self._written = self._counted = 0

    def apply(self, event: Event) -> None:
        """Takes the next event of a turn."""
        match event:
            case StepStarted():
                self._asked_at, self._first_at, self._written = self._now(), 0.0, 0
                self._counted = self.tokens_out
            case TextDelta() | ReasoningDelta() | ToolCallArgumentsDelta():
                self._grow(event.text)
            case ToolCallStarted():
                self._grow(event.name)
            case UsageReported():
                self._settle(event)
            case _:
                pass

    def _grow(self, piece: str) -> None:
        now = self._now()
        if not self._first_at:
            self._first_at = now
            self.first_token_s = now - self._asked_at
        self._written += estimate_tokens(piece)
        self.tokens_out, self.estimated = self._counted + self._written, True
        if now - self._first_at > _LEAST_S:
            self.tokens_per_s = self._written / (now - self._first_at)

    def _settle(self, event: UsageReported) -> None:
        """Takes the provider's own numbers in place of the estimates."""
        usage, timing = event.step, event.timing
        self.tokens_in += usage.prompt_tokens
        self.tokens_out = self._counted + usage.completion_tokens
        self.estimated = usage.estimated
        if timing.total_s:
            self.first_token_s = timing.queued_s + timing.first_token_s
            writing = timing.total_s - self.first_token_s
            if writing > _LEAST_S and usage.completion_tokens:
                self.tokens_per_s = usage.completion_tokens / writing
