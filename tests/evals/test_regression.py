"""What the statistics are for: a regression that was planted is found, or it is said that it cannot be."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.comparison import Comparison, Grouping, compare
from evals.gate import gate_text, judge
from evals.report.page import page
from evals.verdict import evidence, reach, verdict
from tests.evals.support import two_runs

CASES = 400


def planted(folder: Path, worse: int, better: int, accuracy: float = 0.8) -> Comparison:
    """400 paired cases: so many lost and so many won, the rest alike."""
    chance = random.Random(5)
    before = [chance.random() < accuracy for _ in range(CASES)]
    after = list(before)
    right = [number for number in range(CASES) if before[number]]
    wrong = [number for number in range(CASES) if not before[number]]
    for number in (*chance.sample(right, worse), *chance.sample(wrong, better)):
        after[number] = not after[number]
    return compare(*two_runs(folder, before, after))


def test_a_drop_of_3_points_without_noise_is_caught(tmp_path: Path) -> None:
    comparison = planted(tmp_path, worse=12, better=0)
    assert comparison.pairs == CASES
    assert comparison.difference is not None
    assert comparison.difference.estimate == pytest.approx(-0.03)
    assert comparison.significant and comparison.p_value < 0.001
    assert "3.0 points below" in verdict(comparison)
    assert "worse, and not by chance alone" in evidence(comparison)
    assert judge(comparison, 0.0).outcome == "worse"


@pytest.mark.parametrize(("worse", "better"), [(32, 20), (26, 14), (46, 34)])
def test_a_drop_of_3_points_in_noise_is_caught_or_400_are_said_not_to_show_it(
    tmp_path: Path, worse: int, better: int
) -> None:
    comparison = planted(tmp_path, worse, better)
    assert comparison.difference is not None
    assert comparison.difference.estimate == pytest.approx(-0.03)
    said = gate_text(judge(comparison, 0.0))
    source = "".join(page([comparison.baseline, comparison.run], Grouping()))
    if comparison.significant:
        assert said.startswith("worse")
        return
    # What 400 cases can show is more than 3 points, and how many could show them is said.
    assert comparison.detectable is not None and comparison.detectable > 0.03
    assert "400 paired cases cannot show this drop" in said
    assert f"a drop of 3.0 points would take about {comparison.needed(0.03)} cases" in said
    assert comparison.needed(0.03) > CASES
    assert "The interval holds 0: not shown to differ." in evidence(comparison)
    assert f"{100 * comparison.detectable:.1f} points" in reach(comparison) and reach(comparison) in source


def flips_of(chance: random.Random, noise: float, drop: float) -> Sequence[float]:
    """The differences of 400 pairs, of which a part is lost, and a part lost or won by chance."""
    made = []
    for _ in range(CASES):
        draw = chance.random()
        lost, won = noise / 2 + drop / 2, noise / 2 - drop / 2
        made.append(-1.0 if draw < lost else 1.0 if draw < lost + won else 0.0)
    return made


@pytest.mark.parametrize("noise", [0.03, 0.06, 0.13])
def test_how_often_it_is_caught_is_as_often_as_is_said(noise: float) -> None:
    from evals.statistics import difference_interval, minimum_detectable_difference

    chance = random.Random(11)
    trials, caught, false = 120, 0, 0
    for _ in range(trials):
        found = difference_interval([[value] for value in flips_of(chance, noise, 0.03)], resamples=1000)
        caught += found.high < 0
        none = difference_interval([[value] for value in flips_of(chance, noise, 0.0)], resamples=1000)
        false += not none.low <= 0 <= none.high
    detectable = minimum_detectable_difference(CASES, noise)
    assert detectable is not None
    # Where 3 points are within what 400 cases show in 4 of 5 samples, they are caught as often; else less often.
    assert caught / trials >= 0.7 if detectable <= 0.03 else caught / trials <= 0.85
    assert false / trials <= 0.1
