"""Chooses the next token from logits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from providers.engine.protocol import Sampling

#: Tokens back that the repetition penalty looks at.
PENALTY_WINDOW = 64


class Sampler:
    """Chooses tokens for one request; the same seed and logits give the same tokens."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._random = np.random.default_rng(sampling.seed)

    def choose(self, logits: NDArray[np.float32], recent: Sequence[int]) -> int:
        """Chooses a token.

        Args:
            logits: `[vocabulary]`; forbidden tokens are -inf. May be changed.
            recent: The tokens so far.
        """
        how = self._sampling
        if how.repeat_penalty != 1.0 and recent:
            seen = np.unique(np.asarray(recent[-PENALTY_WINDOW:]))
            found = logits[seen]
            logits[seen] = np.where(found > 0, found / how.repeat_penalty, found * how.repeat_penalty)
        if how.temperature <= 0:
            return int(logits.argmax())
        order = np.argsort(logits)[::-1]
        if how.top_k > 0:
            order = order[: how.top_k]
        scaled = logits[order].astype(np.float64) / how.temperature
        probabilities = np.exp(scaled - scaled[0])
        probabilities /= probabilities.sum()
        keep = len(order)
        if how.top_p < 1.0:
            keep = int(np.searchsorted(probabilities.cumsum(), how.top_p)) + 1
        if how.min_p > 0:
            keep = min(keep, max(int((probabilities >= how.min_p * probabilities[0]).sum()), 1))
        probabilities = probabilities[:keep] / probabilities[:keep].sum()
        return int(order[self._random.choice(len(probabilities), p=probabilities)])
