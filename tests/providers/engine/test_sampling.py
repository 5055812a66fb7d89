"""The choice of tokens, against the plain definitions."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.engine.protocol import Sampling
from providers.engine.sampling import BadLogits, Sampler


def allowed(logits: np.ndarray, how: Sampling) -> set[int]:
    """The tokens that may be drawn, by the definitions in the papers."""
    probabilities = np.exp(logits.astype(float) / how.temperature)
    probabilities /= probabilities.sum()
    order = sorted(range(len(logits)), key=lambda token: (-probabilities[token], token))
    if how.top_k:
        order = order[: how.top_k]
    total = sum(probabilities[token] for token in order)
    kept: list[int] = []
    reached = 0.0
    for token in order:
        if kept and reached >= how.top_p - 1e-9:
            break
        kept.append(token)
        reached += probabilities[token] / total
    return {token for token in kept if probabilities[token] >= how.min_p * probabilities[order[0]] - 1e-12}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000), size=st.sampled_from([5, 40, 3000]), temperature=st.sampled_from([0.3, 1.0, 2.0]),
    top_k=st.sampled_from([0, 1, 3, 700]), top_p=st.sampled_from([1.0, 0.9, 0.3]), min_p=st.sampled_from([0.0, 0.2]),
)  # fmt: skip
def test_only_what_the_filters_leave_is_drawn(
    seed: int, size: int, temperature: float, top_k: int, top_p: float, min_p: float
) -> None:
    logits = np.random.default_rng(seed).standard_normal(size).astype(np.float32) * 3
    how = Sampling(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p, seed=seed)
    sampler, may = Sampler(how), allowed(logits, how)
    drawn = {sampler.choose(logits.copy(), []) for _ in range(60)}
    assert drawn <= may
    if len(may) == 1:
        assert drawn == may


def test_draws_follow_the_probabilities() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2], np.float32))
    sampler = Sampler(Sampling(temperature=1.0, seed=5))
    counts = Counter(sampler.choose(logits.copy(), []) for _ in range(6000))
    assert [round(counts[token] / 6000, 1) for token in range(3)] == [0.5, 0.3, 0.2]


def test_the_seed_decides() -> None:
    logits = np.zeros(1000, np.float32)
    drawn = [
        [Sampler(Sampling(temperature=1.0, seed=s)).choose(logits.copy(), []) for s in (1, 2)] for _ in (0, 1)
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0][0] != drawn[0][1]


def test_penalties() -> None:
    logits = np.array([2.0, 1.9, -1.0, 1.0], np.float32)
    assert Sampler(Sampling()).choose(logits.copy(), [0, 0]) == 0
    assert Sampler(Sampling(repeat_penalty=1.2)).choose(logits.copy(), [0]) == 1
    assert Sampler(Sampling(frequency_penalty=0.06)).choose(logits.copy(), [0]) == 0
    assert Sampler(Sampling(frequency_penalty=0.06)).choose(logits.copy(), [0, 0]) == 1
    assert Sampler(Sampling(presence_penalty=0.2)).choose(logits.copy(), [0, 0, 0]) == 1
    assert Sampler(Sampling(presence_penalty=-0.2)).choose(logits.copy(), [1]) == 1
    far = [0] + [3] * 64
    assert Sampler(Sampling(repeat_penalty=1.2)).choose(logits.copy(), far) == 0


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_logits_that_are_no_numbers_are_refused(bad: float) -> None:
    with pytest.raises(BadLogits, match="damaged"):
        Sampler(Sampling()).choose(np.full(10, bad, np.float32), [])
