"""What an engine did, counted by its parent, so that the counts outlive the process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from providers.engine.protocol import Beat, Done

#: Upper bounds of the time to the first token, in seconds.
FIRST_TOKEN_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class EngineMetrics:
    """Sums since the engine was made.

    Attributes:
        requests: Requests by how they ended: `stop`, `length`, `cancelled`, or the kind of error.
        prompt_tokens: Tokens of prompts.
        cached_tokens: Those whose state was kept.
        completion_tokens: Tokens made.
        hits: Requests by where a beginning of their prompt was found: `memory`, `disk` or `none`.
        first_token_s: Requests whose first token came within each of `FIRST_TOKEN_S`, and last all of them.
        first_token_sum_s: Sum of the times to the first token.
        queued_sum_s: Sum of the times in the queue.
        batch_sum: Sum of the requests' mean batch sizes.
        drafted: Tokens drafted.
        drafts_kept: Those that were right.
        starts: Processes started.
        deaths: Processes that ended and should not have.
        beat: How the engine stood when it last said so.
    """

    requests: Counter[str] = field(default_factory=lambda: Counter[str]())
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    hits: Counter[str] = field(default_factory=lambda: Counter[str]())
    first_token_s: list[int] = field(default_factory=lambda: [0] * (len(FIRST_TOKEN_S) + 1))
    first_token_sum_s: float = 0.0
    queued_sum_s: float = 0.0
    batch_sum: float = 0.0
    drafted: int = 0
    drafts_kept: int = 0
    starts: int = 0
    deaths: int = 0
    beat: Beat = field(default_factory=lambda: Beat(0, 0, 0.0, 0, 0, 0))

    def count(self, done: Done) -> None:
        """Adds a request that came to its end."""
        self.requests[done.reason] += 1
        self.prompt_tokens += done.prompt_tokens
        self.cached_tokens += done.cached_tokens
        self.completion_tokens += done.completion_tokens
        self.queued_sum_s += done.queued_s
        if not done.completion_tokens:
            return
        self.hits[done.source] += 1
        self.batch_sum += done.batch
        self.drafted += done.drafted
        self.drafts_kept += done.drafts_kept
        self.first_token_sum_s += done.first_token_s
        for index, bound in enumerate((*FIRST_TOKEN_S, float("inf"))):
            self.first_token_s[index] += done.first_token_s <= bound
