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
from providers.engine.sampling import Sampler
from providers.engine.speculation import Drafter
from providers.engine.states import Placed, Tokens

End = Literal["stop", "length"]


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
    """A request that has a slot; `tokens` are those of the prompt and the reply, the first `held` in memory."""

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

    def choose(self, logits: Logits) -> list[int]:
        """Takes the next token, and those that the grammar forces after it.

        Raises:
            GrammarError: The grammar allows none, or cannot go on.
            BadLogits: The model gives no numbers.
        """
        if self.matcher is not None:
            self.matcher.restrict(logits)
            if not np.isfinite(logits).any():
                raise GrammarError("the grammar allows no token of the model's vocabulary to come next")
        token = self.sampler.choose(logits, self.made)
        forced = self.matcher.take(token) if self.matcher is not None else []
        if not self.first_token:
            self.first_token = time.monotonic()
        return [token, *forced]

    def say(self, chosen: list[int], llama: Llama) -> tuple[str, End | None]:
        """Adds tokens to the reply; returns the text that may be sent, and why the reply ends, if it does."""
        said: list[str] = []
        for token in chosen:
            if llama.ends(token):
                return "".join(said), "stop"
            self.tokens.append(token)
            ready, stopped = self.text.feed(llama.piece(token))
            said.append(ready)
            if stopped:
                return "".join(said), "stop"
            if len(self.tokens) - self.prompt_length >= self.request.max_tokens:
                return "".join(said), "length"
        ended = self.matcher is not None and self.matcher.finished
        return "".join(said), "stop" if ended else None

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
