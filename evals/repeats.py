"""How steady a model is when it is asked the same again: pass@k and pass^k."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Repeated:
    """How steady a run is over its repeats.

    Attributes:
        k: How many repeats are drawn.
        at_least_one: pass@k, the mean over cases.
        all_of_them: pass^k, the mean over cases.
        left_out: Cases with fewer than `k` scored repeats, in neither mean.
    """

    k: int
    at_least_one: float
    all_of_them: float
    left_out: int


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The chance that at least one of `k` repeats, drawn from `n` of which `correct` are right, is right.

    The unbiased estimator of Chen et al. 2021, "Evaluating Large Language Models Trained on Code".

    Raises:
        ValueError: `k` is not from 1 to `n`, or `correct` not from 0 to `n`.
    """
    return 1 - pass_hat_k(n, n - correct, k)


def pass_hat_k(n: int, correct: int, k: int) -> float:
    """pass^k: the chance that all of `k` repeats, drawn from `n` of which `correct` are right, are right.

    Of Yao et al. 2024, "tau-bench".

    Raises:
        ValueError: `k` is not from 1 to `n`, or `correct` not from 0 to `n`.
    """
    if not (1 <= k <= n and 0 <= correct <= n):
        raise ValueError(f"expected 1 <= k <= n and 0 <= correct <= n, got k={k}, n={n}, correct={correct}")
    return math.comb(correct, k) / math.comb(n, k)


def repeated(outcomes: Mapping[str, tuple[int, int]], k: int) -> Repeated | None:
    """pass@k and pass^k over cases; None where each case was asked once, or none has `k` scored repeats.

    Args:
        outcomes: Of each case, how many replies are scored and how many of them are right.
        k: How many repeats are drawn.
    """
    whole = [(n, right) for n, right in outcomes.values() if n >= k]
    if k < 2 or not whole:
        return None
    return Repeated(
        k,
        sum(pass_at_k(n, right, k) for n, right in whole) / len(whole),
        sum(pass_hat_k(n, right, k) for n, right in whole) / len(whole),
        len(outcomes) - len(whole),
    )
