import random
from pathlib import Path

import pytest

from evals.comparison import compare
from evals.gate import Gate, gate_object, gate_text, judge
from tests.evals.support import two_runs


def gate_of(folder: Path, before: list[bool], after: list[bool], max_drop: float) -> Gate:
    return judge(compare(*two_runs(folder, before, after)), max_drop)


def planted(worse: int, better: int, n: int = 400) -> tuple[list[bool], list[bool]]:
    """Outcomes in which so many cases regress and so many improve."""
    before = [True] * (n - better) + [False] * better
    after = [False] * worse + [True] * (n - worse)
    return before, after


@pytest.mark.parametrize(
    ("worse", "better", "max_drop", "outcome"),
    [
        (12, 0, 0.0, "worse"),
        (30, 18, 0.0, "undecided"),
        (12, 0, 0.02, "undecided"),
        (60, 10, 0.02, "worse"),
        (0, 0, 0.02, "kept"),
        (0, 12, 0.0, "kept"),
        (1, 1, 0.05, "kept"),
    ],
)
def test_the_interval_decides(tmp_path: Path, worse: int, better: int, max_drop: float, outcome: str) -> None:
    gate = gate_of(tmp_path, *planted(worse, better), max_drop)
    assert gate.outcome == outcome
    assert ("400 paired cases cannot show this drop" in gate_text(gate)) == (outcome == "undecided")


def test_a_planted_3_point_regression_is_caught_or_said_to_be_beyond_400_cases(tmp_path: Path) -> None:
    chance = random.Random(2)
    outcomes: set[str] = set()
    for number in range(12):
        folder = tmp_path / str(number)
        folder.mkdir()
        # The new run loses 12 more than it wins, with as much chance around that as may be.
        better = chance.randrange(0, 25)
        gate = gate_of(folder, *planted(better + 12, better), 0.0)
        outcomes.add(gate.outcome)
        if gate.outcome != "worse":
            said = gate_text(gate)
            assert "400 paired cases cannot show this drop" in said
            assert "a drop of 3.0 points would take about" in said
    assert outcomes == {"worse", "undecided"}


def test_few_cases_rule_nothing_out(tmp_path: Path) -> None:
    gate = gate_of(tmp_path, [True] * 5, [True] * 5, 0.02)
    assert gate.outcome == "undecided"


def test_nothing_to_compare_is_no_pass(tmp_path: Path) -> None:
    before, after = two_runs(tmp_path, [True], [True])
    gate = judge(
        compare(before, type(after)(after.name, after.directory, after.record, {}, after.summary)), 0.1
    )
    assert gate.outcome == "nothing to compare"
    assert gate_object(gate)["comparison"]["difference"] is None
