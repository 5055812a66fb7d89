"""Who works on a turn: a model, tools, a gate before them, and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent.approval import ApprovalGate
from agent.conversation import Entry
from agent.history import TokenCounter, Trimmed, estimate_tokens, trim
from agent.limits import TurnLimits
from providers.base import Message, Provider, Settings
from tools.context import ToolContext

_LAST = "No tool can be called any more. Answer from the results above, and say what is missing."


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked, and what of the conversation it does not see."""

    messages: tuple[Message, ...]
    settings: Settings
    trimmed: Trimmed


@dataclass(frozen=True, slots=True)
class Agent:
    """Who works on a turn, and how.

    Attributes:
        provider: The model.
        context: The tools, and what they work with.
        gate: Asks people before calls that change something.
        settings: How replies are made; time, tokens and deadline are cut to what the turn has left.
        limits: How much a turn may take.
        system: What the model is told first; None where its dialect says it.
        read_only: Offer no tool that changes something.
        count_tokens: Counts the tokens of a text.
    """

    provider: Provider
    context: ToolContext
    gate: ApprovalGate
    settings: Settings = field(default_factory=Settings)
    limits: TurnLimits = field(default_factory=TurnLimits)
    system: str | None = None
    read_only: bool = False
    count_tokens: TokenCounter = estimate_tokens

    def request(
        self, entries: Sequence[Entry], *, max_tokens: int, seconds: float, last_because: str = ""
    ) -> Request:
        """Builds the request for the next reply.

        Args:
            entries: The conversation.
            max_tokens: Tokens that the reply may have at most.
            seconds: Seconds that it may take at most.
            last_because: Why it is the last one, in a sentence; empty if it is not.
        """
        trimmed = trim(entries, self.limits.history_tokens, self.count_tokens)
        messages = [Message("system", self.system)] if self.system else []
        messages += trimmed.messages
        if last_because:
            messages.append(Message("user", f"{last_because} {_LAST}"))
        settings = replace(
            self.settings,
            max_tokens=min(self.settings.max_tokens, max_tokens),
            deadline_s=min(self.settings.deadline_s, seconds),
            now=self.context.clock(),
        )
        return Request(tuple(messages), settings, trimmed)
