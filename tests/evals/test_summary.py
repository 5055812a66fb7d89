import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.rows import Row
from evals.summary import Tally, wilson
from providers.base import Usage
from tests.evals.support import row_of


def tally_of(*rows: Row) -> Tally:
    tally = Tally()
    for row in rows:
        tally.add(row)
    return tally


# From Wilson's formula, worked out apart (Newcombe 1998, table I, method 3, gives the first three).
@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (29, 29, 0.8830, 1.0)],
)
def test_wilson_has_published_values(right: int, n: int, low: float, high: float) -> None:
    assert wilson(right / n, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_rate(counts: tuple[int, int]) -> None:
    right, n = counts
    low, high = wilson(right / n, n)
    assert 0 <= low <= right / n <= high <= 1
    assert wilson(1 - right / n, n) == pytest.approx((1 - high, 1 - low))


def test_infrastructure_errors_are_in_no_denominator() -> None:
    summary = tally_of(
        row_of(0),
        row_of(1, repaired=True),
        row_of(2, label="wrong_value", category="noisy"),
        row_of(3, label="infra_error", category="refuse"),
    ).summary()
    assert summary.overall.n == 3
    assert summary.overall.accuracy == pytest.approx(2 / 3)
    assert summary.overall.accuracy_strict == pytest.approx(1 / 3)
    assert list(summary.by_category) == ["simple", "noisy"]
    assert summary.by_category["noisy"].accuracy == 0
    assert summary.labels == {"infra_error": 1, "wrong_value": 1, "correct": 2}
    assert summary.infra_errors == 1


def test_the_count_of_infrastructure_errors_is_always_there() -> None:
    assert tally_of(row_of(0)).summary().labels == {"infra_error": 0, "correct": 1}


def test_a_repaired_wrong_reply_is_not_strictly_right() -> None:
    rate = tally_of(row_of(0, label="wrong_tool", repaired=True)).summary().overall
    assert (rate.accuracy, rate.accuracy_strict) == (0.0, 0.0)


def test_nothing_scored_is_not_zero() -> None:
    summary = tally_of(row_of(0, label="infra_error")).summary()
    assert (summary.overall.n, summary.overall.accuracy, summary.overall.ci95) == (0, None, None)
    assert tally_of().summary().cases_per_s == 0


def test_repeats_of_a_case_do_not_narrow_the_interval() -> None:
    once = tally_of(row_of(0), row_of(1, label="no_call")).summary().overall
    rows = [row_of(0, repeat=repeat) for repeat in range(9)]
    rows += [row_of(1, repeat=repeat, label="no_call") for repeat in range(9)]
    often = tally_of(*rows).summary().overall
    assert often.n == 18
    assert often.ci95 == once.ci95


def test_time_counts_once_and_pauses_do_not() -> None:
    spans = [(0.0, 2.0), (1.0, 2.0), (1.5, 0.1), (100.0, 1.0)]
    usage = Usage(completion_tokens=8)
    rows = [row_of(n, started=start, seconds=length, usage=usage) for n, (start, length) in enumerate(spans)]
    summary = tally_of(*reversed(rows)).summary()
    assert summary.seconds == pytest.approx(4.0)
    assert summary.cases_per_s == pytest.approx(1.0)
    assert summary.tokens_per_s == pytest.approx(8.0)
