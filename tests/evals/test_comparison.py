from pathlib import Path

import pytest

from evals.comparison import Grouping, accuracy, compare, repeated
from evals.loaded import load_runs
from evals.store import StoreError
from evals.verdict import evidence, left_out, points, sample, verdict
from providers.info import ModelInfo
from tests.evals.support import ping_row, ping_suite, stored_run, two_runs


def test_replies_are_paired_by_case_and_repeat_with_infrastructure_errors_apart(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 6)
    first = [ping_row(0), ping_row(1), ping_row(2, False), ping_row(3, label="infra_error"), ping_row(4)]
    # In another order, with a repeat that the first lacks, and without case 4.
    second = [ping_row(3), ping_row(2), ping_row(1, False), ping_row(0), ping_row(0, repeat=1)]
    stored_run(tmp_path / "a", suite, first)
    stored_run(tmp_path / "b", suite, second, repeats=2)
    comparison = compare(*load_runs([str(tmp_path / "a"), str(tmp_path / "b")]))
    assert (comparison.pairs, comparison.cases, comparison.clusters) == (3, 3, 3)
    assert (comparison.infra_errors, comparison.unpaired) == (1, 2)
    assert [(flip.id, flip.regressed) for flip in comparison.flips] == [("p1", True), ("p2", False)]
    assert comparison.flips[0].after == "wrong_value"
    assert (comparison.worse, comparison.better, comparison.p_value) == (1, 1, 1.0)
    assert comparison.difference is not None and comparison.difference.estimate == 0
    said = left_out(comparison)
    assert "1 pairs with an infrastructure error" in said and "2 replies that only one" in said


def test_runs_of_like_models_are_told_apart(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 1)
    names = [str(stored_run(tmp_path / name, suite, [ping_row(0)])) for name in ("a", "b")]
    assert [run.name for run in load_runs(names)] == ["rule:f16 (a)", "rule:f16 (b)"]


def test_runs_of_different_suites_are_not_compared(tmp_path: Path) -> None:
    for name, count in (("a", 1), ("b", 2)):
        stored_run(tmp_path / name, ping_suite(tmp_path / f"{name}.jsonl", count), [ping_row(0)])
    with pytest.raises(StoreError, match="another suite"):
        load_runs([str(tmp_path / "a"), str(tmp_path / "b")])


def test_cases_that_share_a_template_count_as_one(tmp_path: Path) -> None:
    # Ten templates of ten cases, of which one template is lost whole.
    before, after = two_runs(tmp_path, [True] * 100, [number >= 10 for number in range(100)])
    apart = compare(before, after)
    by_template = Grouping(r"^(p\d?)\d$")
    together = compare(before, after, by_template)
    assert (apart.clusters, together.clusters) == (100, 10)
    assert (apart.worse, together.worse) == (10, 1)
    assert apart.significant and not together.significant
    assert sample(together) == "100 paired cases in 10 clusters"
    wilson, clustered = accuracy(after), accuracy(after, by_template)
    assert wilson is not None and clustered is not None
    assert wilson.estimate == clustered.estimate == 0.9
    assert clustered.low < wilson.low
    with pytest.raises(StoreError, match="no regular expression"):
        Grouping("(")


def test_repeats_of_a_case_are_one_cluster(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 4)
    for name, lost in (("a", set[int]()), ("b", {0})):
        rows = (ping_row(n, n not in lost, repeat=r) for r in range(50) for n in range(4))
        stored_run(tmp_path / name, suite, rows, repeats=50)
    comparison = compare(*load_runs([str(tmp_path / "a"), str(tmp_path / "b")]))
    assert (comparison.pairs, comparison.clusters, comparison.worse) == (200, 4, 1)
    assert not comparison.significant
    assert sample(comparison) == "4 paired cases (200 replies)"


def test_pass_hat_k_is_a_mean_over_cases_that_have_every_repeat(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 3)
    rows = [ping_row(0, repeat=0), ping_row(0, repeat=1), ping_row(1, repeat=0), ping_row(1, False, repeat=1)]
    rows += [ping_row(2, repeat=0), ping_row(2, repeat=1, label="infra_error")]
    (run,) = load_runs([str(stored_run(tmp_path / "a", suite, rows, repeats=2))])
    steady = repeated(run)
    assert steady is not None
    assert (steady.k, steady.at_least_one, steady.all_of_them, steady.left_out) == (2, 1.0, 0.5, 1)
    (once,) = load_runs([str(stored_run(tmp_path / "b", suite, [ping_row(0)]))])
    assert repeated(once) is None


def test_the_verdict_is_one_sentence(tmp_path: Path) -> None:
    after = [number >= 40 for number in range(400)]
    before, other = two_runs(tmp_path, [True] * 400, after)
    said = verdict(compare(before, other))
    assert said.startswith("rule:q4_k is 10.0 points below rule:f16, 95 % CI -13.")
    assert said.endswith(", 400 paired cases; 3.5\u00d7 smaller.")
    assert evidence(compare(before, other)).endswith("worse, and not by chance alone.")
    assert "better" in evidence(compare(other, before))
    level = compare(before, before)
    assert "is level with rule:f16" in verdict(level)
    assert "not shown to differ. 400 paired cases show a difference of" in evidence(level)


def test_nothing_in_common_is_no_difference(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 2)
    stored_run(tmp_path / "a", suite, [ping_row(0)], model=ModelInfo("x:a"))
    stored_run(tmp_path / "b", suite, [ping_row(1)], model=ModelInfo("x:b"))
    comparison = compare(*load_runs([str(tmp_path / "a"), str(tmp_path / "b")]))
    assert comparison.difference is None and not comparison.significant
    assert "nothing to compare" in verdict(comparison)
    assert evidence(comparison) == ""


@pytest.mark.parametrize(
    ("difference", "said"),
    [(-0.021, "2.1 points below x"), (0.01, "1 point above x"), (0.0004, "level with x")],
)
def test_points_are_words(difference: float, said: str) -> None:
    assert points(difference, "x") == said
