import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evals.repeats import pass_at_k, pass_hat_k
from evals.statistics import (
    difference_interval,
    mcnemar_exact,
    minimum_detectable_difference,
    pairs_needed,
    rate_interval,
)

signs = st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=80)


def alone(values: list[float]) -> list[list[float]]:
    return [[value] for value in values]


@given(st.integers(0, 500), st.integers(0, 500))
def test_mcnemar_is_the_binomial_test_of_the_discordant_pairs(worse: int, better: int) -> None:
    expected = stats.binomtest(worse, worse + better).pvalue if worse + better else 1.0
    assert mcnemar_exact(worse, better) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_has_worked_values() -> None:
    assert mcnemar_exact(12, 0) == pytest.approx(2 / 2**12)
    assert mcnemar_exact(1, 5) == pytest.approx(2 * (1 + 6) / 2**6)


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_k_and_pass_hat_k_count_the_draws(numbers: tuple[int, int, int]) -> None:
    n, correct, k = numbers
    draws = list(itertools.combinations([True] * correct + [False] * (n - correct), k))
    assert pass_at_k(n, correct, k) == pytest.approx(sum(map(any, draws)) / len(draws))
    assert pass_hat_k(n, correct, k) == pytest.approx(sum(map(all, draws)) / len(draws))


@pytest.mark.parametrize("numbers", [(3, 1, 0), (3, 1, 4), (3, 4, 2), (3, -1, 2)])
def test_pass_hat_k_refuses_what_cannot_be_drawn(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="expected 1 <= k <= n"):
        pass_hat_k(*numbers)


@settings(max_examples=60, deadline=None)
@given(signs)
def test_an_interval_of_differences_holds_the_estimate(values: list[float]) -> None:
    interval = difference_interval(alone(values), resamples=2000)
    assert interval.estimate == pytest.approx(sum(values) / len(values))
    assert -1 <= interval.low <= interval.estimate <= interval.high <= 1


def test_an_interval_is_the_same_each_time_and_does_not_depend_on_order() -> None:
    values = [1.0, 0.0, 0.0, -1.0, 0.0, 1.0, 1.0]
    assert difference_interval(alone(values)) == difference_interval(alone(values[::-1]))


@pytest.mark.parametrize("n", [1, 5, 20])
def test_like_values_do_not_make_an_interval_of_width_0(n: int) -> None:
    level = difference_interval(alone([0.0] * n))
    assert level.low < 0 < level.high
    right = rate_interval(alone([1.0] * n))
    assert right.low < 0.96 and right.high == 1


def test_no_value_has_no_interval() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        rate_interval([])


def test_values_of_one_cluster_are_no_independent_evidence() -> None:
    values = [1.0] * 30 + [0.0] * 30
    apart = rate_interval(alone(values))
    together = rate_interval([values[start : start + 10] for start in range(0, 60, 10)])
    assert together.high - together.low > 2 * (apart.high - apart.low)
    # Ten copies of each case say no more than one.
    copies = rate_interval([[value] * 10 for value in values])
    assert (copies.low, copies.high) == pytest.approx((apart.low, apart.high), abs=0.02)


def test_of_many_single_values_the_interval_is_the_normal_one() -> None:
    values = [-1.0] * 280 + [1.0] * 120 + [0.0] * 3600
    interval = difference_interval(alone(values))
    half = 1.96 * math.sqrt((0.1 - 0.04**2) / 4000)
    assert (interval.low, interval.high) == pytest.approx((-0.04 - half, -0.04 + half), abs=6e-4)
    mirrored = difference_interval(alone([-value for value in values]))
    assert (-mirrored.high, -mirrored.low) == pytest.approx((interval.low, interval.high), abs=6e-4)


@pytest.mark.parametrize(("n", "up", "down"), [(30, 0.05, 0.1), (120, 0.03, 0.06), (400, 0.01, 0.04)])
def test_95_of_100_intervals_hold_the_truth(n: int, up: float, down: float) -> None:
    chance = random.Random(5)
    held = 0
    for _ in range(300):
        values = chance.choices([1.0, -1.0, 0.0], [up, down, 1 - up - down], k=n)
        interval = difference_interval(alone(values), resamples=1000)
        held += interval.low <= up - down <= interval.high
    assert held / 300 > 0.92


def test_the_detectable_difference_solves_connors_formula() -> None:
    n, discordant = 400, 0.1
    difference = minimum_detectable_difference(n, discordant)
    assert difference is not None
    z = stats.norm.ppf
    needed = z(0.975) * math.sqrt(discordant) + z(0.8) * math.sqrt(discordant - difference**2)
    assert difference * math.sqrt(n) == pytest.approx(needed)
    assert abs(pairs_needed(difference, discordant) - n) <= 1
    assert pairs_needed(-difference, discordant) == pairs_needed(difference, discordant)


@given(st.integers(0, 3000), st.floats(0, 1))
def test_more_pairs_detect_smaller_differences(pairs: int, discordant: float) -> None:
    fewer = minimum_detectable_difference(pairs, discordant)
    more = minimum_detectable_difference(pairs + 50, discordant)
    assert more is not None and 0 < more <= 1
    assert fewer is None or more < fewer


def test_a_detectable_difference_is_found_in_4_of_5_samples() -> None:
    n, discordant = 400, 0.12
    difference = minimum_detectable_difference(n, discordant)
    assert difference is not None
    down, up = (discordant + difference) / 2, (discordant - difference) / 2
    chance = random.Random(11)
    found = 0
    for _ in range(300):
        values = chance.choices([1.0, -1.0, 0.0], [up, down, 1 - discordant], k=n)
        found += difference_interval(alone(values), resamples=1000).high < 0
    assert 0.72 < found / 300 < 0.88


def test_too_few_pairs_detect_nothing() -> None:
    assert minimum_detectable_difference(0, 0.1) is None
    assert minimum_detectable_difference(2, 0.1) is None
