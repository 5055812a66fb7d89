"""Chooses the next token from logits.

In this order: penalties, temperature, top-k, top-p (Holtzman et al. 2020, arXiv:1904.09751), min-p (Nguyen et al.
2024, arXiv:2407.01082), as Hugging Face's transformers do it; llama.cpp takes the temperature last.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from providers.engine.protocol import Sampling

#: Tokens back that the repetition penalty looks at.
PENALTY_WINDOW = 64
#: Candidates that are sorted at first; all of a large vocabulary only where these are not enough.
_FIRST_CANDIDATES = 512


class BadLogits(ArithmeticError):
    """The model gives no usable number for any token."""


def checked(best: int, logits: NDArray[np.float32]) -> int:
    """Returns the likeliest token.

    Raises:
        BadLogits: Its logit is no number: the weights are damaged.
    """
    # The largest of numbers among which one is none is none, to numpy.
    if not math.isfinite(logits[best]):
        raise BadLogits("the model's output is no number; its weights are damaged")
    return best


class Sampler:
    """Chooses tokens for one request; the same seed and logits give the same tokens."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._random = np.random.default_rng(sampling.seed)

    @property
    def greedy(self) -> bool:
        """Whether chance plays no part."""
        return self._sampling.temperature <= 0

    @property
    def punishes(self) -> bool:
        """Whether what was said before changes the logits."""
        how = self._sampling
        return how.repeat_penalty != 1.0 or bool(how.frequency_penalty or how.presence_penalty)

    @property
    def filters(self) -> bool:
        """Whether what may be drawn depends on all tokens that are allowed."""
        how = self._sampling
        return not self.greedy and (bool(how.top_k) or how.top_p < 1.0 or how.min_p > 0)

    def choose(self, logits: NDArray[np.float32], made: Sequence[int]) -> int:
        """Chooses a token.

        Args:
            logits: `[vocabulary]`; forbidden tokens are -inf. May be changed.
            made: The tokens of the completion so far.

        Raises:
            BadLogits: The best of them is no number: the weights are damaged.
        """
        self.punish(logits, made)
        return self.pick(logits)

    def pick(self, logits: NDArray[np.float32]) -> int:
        """Chooses a token from logits that are punished already; the rest is as in `choose`."""
        best = checked(int(logits.argmax()), logits)
        return best if self.greedy else self._draw(logits)

    def punish(self, logits: NDArray[np.float32], made: Sequence[int]) -> None:
        """Repetition penalty (Keskar et al. 2019, arXiv:1909.05858), then OpenAI's frequency and presence."""
        how = self._sampling
        if how.repeat_penalty != 1.0 and made:
            seen = np.unique(np.asarray(made[-PENALTY_WINDOW:]))
            found = logits[seen]
            logits[seen] = np.where(found > 0, found / how.repeat_penalty, found * how.repeat_penalty)
        if (how.frequency_penalty or how.presence_penalty) and made:
            seen, counts = np.unique(np.asarray(made), return_counts=True)
            logits[seen] -= how.frequency_penalty * counts + how.presence_penalty

    def _draw(self, logits: NDArray[np.float32]) -> int:
        order, probabilities = self._candidates(logits)
        probabilities = probabilities / probabilities.sum()
        return int(order[self._random.choice(len(order), p=probabilities)])

    def _candidates(self, logits: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The tokens that may be drawn, the likeliest first, with their probabilities."""
        how = self._sampling
        scaled = logits.astype(np.float64) / how.temperature
        weights = np.exp(scaled - scaled.max())
        total = weights.sum()
        count = min(how.top_k or len(logits), len(logits))
        if how.top_k:
            # The sum of what top-k leaves is what top-p counts against.
            total = np.partition(weights, -count)[-count:].sum()
        sorted_first = min(count, _FIRST_CANDIDATES)
        while True:
            order = _best(weights, sorted_first)
            probabilities = weights[order] / total
            keep = self._kept(probabilities)
            if keep < len(order) or sorted_first == count:
                return order[:keep], probabilities[:keep]
            sorted_first = count

    def _kept(self, probabilities: NDArray[np.float64]) -> int:
        """How many of the likeliest stay, of those that are given."""
        how, keep = self._sampling, len(probabilities)
        if how.top_p < 1.0:
            keep = min(int(np.searchsorted(probabilities.cumsum(), how.top_p)) + 1, keep)
        if how.min_p > 0:
            keep = min(keep, int((probabilities >= how.min_p * probabilities[0]).sum()))
        return max(keep, 1)


def _best(weights: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Indices of the `count` largest, the largest first; equal ones in the order of the vocabulary."""
    if count < len(weights):
        # Sorted, so that ties do not depend on how the partition happened to leave them.
        chosen = np.sort(np.argpartition(weights, -count)[-count:])
        return chosen[np.argsort(-weights[chosen], kind="stable")]
    return np.argsort(-weights, kind="stable")
