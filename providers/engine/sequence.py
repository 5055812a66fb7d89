"""One request while it has a slot."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from providers.engine.constrain import GrammarError, Matcher
from providers.engine.llama import Llama, Logits
from providers.engine.protocol import Done, Generate
from providers.engine.reply import ReplyText
from providers.engine.sampling import Sampler, checked
from providers.engine.speculation import Drafter
from providers.engine.states import Placed, Tokens

End = Literal["stop", "length"]

#: Likeliest tokens that are tried one by one before a mask of all is made.
_TRIES = 3


@dataclass(slots=True, eq=False)
class Waiting:
    """A request that has no slot yet.

    Attributes:
        request: The request.
        prompt: Tokens of its prompt.
        fixed: How many of them are the fixed part.
        arrived: When it was read.
        cost: Tokens that it is expected to take.
        told: The place in the queue that its client knows of.
    """

    request: Generate
    prompt: Tokens
    fixed: int
    arrived: float
    cost: int
    told: int = 0


@dataclass(slots=True, eq=False)
class Running:
    """A request that has a slot; `tokens` are those of the prompt and the reply, the first `held` in memory.

    Text that was not `sent` yet is in `unsent`.
    """

    waiting: Waiting
    slot: int
    sampler: Sampler
    matcher: Matcher | None
    text: ReplyText
    placed: Placed
    admitted: float
    tokens: list[int]
    held: int
    known: Logits | None = None
    first_token: float = 0.0
    steps: int = 0
    shared: int = 0
    drafted: int = 0
    drafts_kept: int = 0
    unsent: str = ""
    sent: float = 0.0
    drafter: Drafter = field(default_factory=Drafter)

    @property
    def request(self) -> Generate:
        """The request."""
        return self.waiting.request

    @property
    def prompt_length(self) -> int:
        """Tokens of the prompt."""
        return len(self.waiting.prompt)

    @property
    def reading(self) -> bool:
        """Whether some of the prompt is not in memory yet."""
        return self.held < self.prompt_length

    @property
    def fixed_part(self) -> Tokens:
        """The tokens of the fixed part of the prompt."""
        return self.waiting.prompt[: self.waiting.fixed]

    def reads_fixed(self, worth: int) -> bool:
        """Whether some of the fixed part is not in memory yet, and it is longer than `worth`."""
        return self.waiting.fixed > max(worth, self.held)

    @property
    def made(self) -> list[int]:
        """Tokens of the reply so far."""
        return self.tokens[self.prompt_length :]

    @property
    def computed(self) -> int:
        """Tokens that were not found in a kept state."""
        return len(self.tokens) - self.placed.length

    def held_tokens(self) -> Tokens:
        """The tokens that memory holds."""
        return np.asarray(self.tokens[: self.held], np.int32)

    def choose(self, logits: Logits, best: int) -> int:
        """Takes the next token.

        Args:
            logits: `[vocabulary]`, of the model; may be changed.
            best: The likeliest token.

        Raises:
            GrammarError: The grammar allows none, or cannot go on.
            BadLogits: The model gives no numbers.
        """
        checked(best, logits)
        if self.sampler.punishes:
            self.sampler.punish(logits, self.made)
            best = int(logits.argmax())
        if self.matcher is not None:
            token = held_to(self.matcher, self.sampler, logits, best)
        else:
            token = best if self.sampler.greedy else self.sampler.pick(logits)
        if not self.first_token:
            self.first_token = time.monotonic()
        return token

    def say(self, token: int, llama: Llama) -> tuple[str, End | None]:
        """Adds a token to the reply; returns the text that may be sent, and why the reply ends, if it does."""
        if llama.ends(token):
            return "", "stop"
        self.tokens.append(token)
        ready, stopped = self.text.feed(llama.piece(token))
        if stopped or (self.matcher is not None and self.matcher.finished):
            return ready, "stop"
        return ready, "length" if len(self.tokens) - self.prompt_length >= self.request.max_tokens else None

    def done(self, reason: Literal["stop", "length", "cancelled"]) -> Done:
        """What the client is told at the end."""
        now, arrived = time.monotonic(), self.waiting.arrived
        return Done(
            id=self.request.id,
            reason=reason,
            prompt_tokens=self.prompt_length,
            cached_tokens=self.placed.length,
            completion_tokens=len(self.tokens) - self.prompt_length,
            queued_s=self.admitted - arrived,
            first_token_s=(self.first_token or now) - arrived,
            total_s=now - arrived,
            batch=self.shared / self.steps if self.steps else 1.0,
            drafted=self.drafted,
            drafts_kept=self.drafts_kept,
            source=self.placed.source,
        )


def held_to(matcher: Matcher, sampler: Sampler, logits: Logits, best: int) -> int:
    """Takes a token that the grammar allows.

    A token that was chosen among all and is allowed is as good as one chosen among those that are allowed: the
    likeliest of all is the likeliest of them; and who draws from all, and again from the allowed ones if the
    first was not, draws each with the probability that it has among them. Only where top-k, top-p or min-p look
    at all that is allowed must the others go first.

    Args:
        matcher: Follows the grammar.
        sampler: Chooses.
        logits: `[vocabulary]`; may be changed.
        best: The likeliest of all tokens.

    Raises:
        GrammarError: It allows no token.
    """
    if sampler.filters:
        matcher.restrict(logits)
        token = sampler.pick(logits)
    elif sampler.greedy:
        token = best
        for _ in range(_TRIES):
            if matcher.take(token):
                return token
            logits[token] = -np.inf
            token = int(logits.argmax())
        matcher.restrict(logits)
        token = int(logits.argmax())
    else:
        token = sampler.pick(logits)
        if matcher.take(token):
            return token
        matcher.restrict(logits)
        token = sampler.pick(logits)
    if not matcher.take(token):
        raise GrammarError("the grammar refuses a token that it allowed before")
    return token
