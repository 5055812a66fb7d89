"""How much one turn may take, and how much of it is used."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from providers.base import Usage

LimitName = Literal["steps", "tokens", "time", "calls", "repeats", "malformed"]


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """What the agent may do about one message of the user.

    Attributes:
        steps: Replies in which the model may call tools; one more without tools may follow.
        tokens: Tokens that the model may write, all replies together.
        seconds: Wall time, without the time for which people are asked for approval.
        calls: Calls in a row, counting those that were refused.
        identical: A call that comes up so often with the same arguments is not run; the turn ends.
        reasks: How often the model is shown a call that could not be read.
        history_tokens: Tokens of the conversation that the model sees, as counted here.
    """

    steps: int = 8
    tokens: int = 4096
    seconds: float = 300.0
    calls: int = 10
    identical: int = 3
    reasks: int = 2
    history_tokens: int = 8000

    def __post_init__(self) -> None:
        """Checks the numbers.

        Raises:
            ValueError: One is not positive; only `reasks` may be 0.
        """
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0 and not (field.name == "reasks" and value == 0):
                raise ValueError(f"the limit {field.name} is {value}; it must be more than 0")


class Budget:
    """Counts what a turn uses.

    Attributes:
        limits: What it may use.
        usage: Tokens so far.
        steps: Replies so far.
    """

    def __init__(self, limits: TurnLimits) -> None:
        """Starts at nothing."""
        self.limits = limits
        self.usage = Usage()
        self.steps = 0
        self._calls = 0
        self._reasks = 0
        self._reached: LimitName | None = None

    @property
    def tokens_left(self) -> int:
        """Tokens that the model may still write."""
        return max(0, self.limits.tokens - self.usage.completion_tokens)

    @property
    def reached(self) -> LimitName | None:
        """The limit that stands against another reply with tools."""
        if self.tokens_left == 0:
            return "tokens"
        if self._reached is None and self.steps >= self.limits.steps:
            return "steps"
        return self._reached

    def add(self, usage: Usage) -> None:
        """Counts the tokens of a reply."""
        self.usage = add_usage(self.usage, usage)

    def take_call(self) -> bool:
        """Counts a call; false where it is one too many, and then the turn is to end."""
        if self._calls >= self.limits.calls:
            self.stop("calls")
            return False
        self._calls += 1
        return True

    def take_reask(self) -> bool:
        """Counts a call that is shown to the model as unreadable; false where that is one too many."""
        if self._reasks >= self.limits.reasks:
            return False
        self._reasks += 1
        return True

    def stop(self, limit: LimitName) -> None:
        """Ends the turn by this limit; the first one counts."""
        self._reached = self._reached or limit

    def words(self, limit: LimitName) -> str:
        """Says to people that a limit was reached."""
        limits = self.limits
        match limit:
            case "steps":
                return f"The limit of {limits.steps} steps was reached."
            case "tokens":
                return f"The limit of {limits.tokens:,} tokens was reached."
            case "time":
                return f"The limit of {limits.seconds:g} seconds was reached."
            case "calls":
                return f"The limit of {limits.calls} calls in a row was reached."
            case "repeats":
                return "The model went round in circles with the same calls."
            case "malformed":
                return f"The model wrote calls that could not be read, {limits.reasks + 1} times."


def add_usage(first: Usage, second: Usage) -> Usage:
    """Adds two usages; the sum is estimated if either is."""
    return Usage(
        first.prompt_tokens + second.prompt_tokens,
        first.cached_tokens + second.cached_tokens,
        first.completion_tokens + second.completion_tokens,
        first.estimated or second.estimated,
    )
