"""Two runs, pair by pair: how much better or worse the second is, and in which cases."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from evals.loaded import LoadedRun
from evals.repeats import Repeated
from evals.repeats import repeated as repeated_outcomes
from evals.rows import Key, Row
from evals.statistics import (
    Interval,
    difference_interval,
    mcnemar_exact,
    minimum_detectable_difference,
    pairs_needed,
    rate_interval,
)
from evals.store import StoreError


@dataclass(frozen=True, slots=True)
class Flip:
    """A pair of replies of which just one is right; labels as the runs have them."""

    id: str
    repeat: int
    category: str
    before: str
    after: str

    @property
    def regressed(self) -> bool:
        """Whether the baseline was right and the other run is wrong."""
        return self.before == "correct"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against a baseline; pairs are of the same case and repeat, both without infrastructure error.

    Attributes:
        baseline: The run that the other is compared with.
        run: The other run.
        pairs: Pairs of replies.
        cases: Different cases among them.
        clusters: Groups of cases that share a template; as many as cases where none do.
        difference: Accuracy of `run` less that of `baseline` over the pairs, with its interval; None
            where there is no pair.
        worse: Clusters in which `run` is worse on the whole.
        better: Clusters in which it is better on the whole.
        p_value: Of McNemar's exact test over the clusters, each of which counts once.
        discordant: The mean square of the clusters' differences: of single replies, the part of flips.
        flips: Regressions first.
        infra_errors: Pairs that are left out since either provider failed.
        unpaired: Replies whose case and repeat only one of the runs has.
    """

    baseline: LoadedRun
    run: LoadedRun
    pairs: int
    cases: int
    clusters: int
    difference: Interval | None
    worse: int
    better: int
    p_value: float
    discordant: float
    flips: tuple[Flip, ...]
    infra_errors: int
    unpaired: int

    @property
    def significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.difference is not None and not self.difference.low <= 0 <= self.difference.high

    @property
    def detectable(self) -> float | None:
        """The smallest difference that so many clusters show in 80 % of samples; None where none is."""
        return minimum_detectable_difference(self.clusters, self._discordant)

    def needed(self, difference: float) -> int:
        """How many cases show a difference in 80 % of samples."""
        return pairs_needed(difference, self._discordant)

    @property
    def _discordant(self) -> float:
        # With one flip more than there was, since no flip in ten cases does not mean that there are none.
        return (self.discordant * self.clusters + 1) / (self.clusters + 2)


class Grouping:
    """Says which cases share a template."""

    def __init__(self, pattern: str | None = None) -> None:
        """Groups cases by what `pattern` finds in their ids: its first group, or all of the match.

        Raises:
            StoreError: The pattern is no regular expression.
        """
        try:
            self._pattern = None if pattern is None else re.compile(pattern)
        except re.error as error:
            raise StoreError(f"--cluster {pattern} is no regular expression: {error}") from error

    def __bool__(self) -> bool:
        """Whether cases are grouped at all."""
        return self._pattern is not None

    def __call__(self, case_id: str) -> str:
        """The name of a case's group; a case that the pattern does not fit is its own."""
        found = self._pattern.search(case_id) if self._pattern else None
        if found is None:
            return case_id
        return str(found.group(1) if found.re.groups else found.group())


def compare(baseline: LoadedRun, run: LoadedRun, grouping: Grouping | None = None) -> Comparison:
    """Compares a run with a baseline."""
    group_of = grouping or Grouping()
    both = [key for key in baseline.rows if key in run.rows]
    before, after = baseline.scored, run.scored
    paired = [key for key in both if key in before and key in after]
    clusters: defaultdict[str, list[float]] = defaultdict(list)
    for key in paired:
        clusters[group_of(key[0])].append(float(after[key].correct) - float(before[key].correct))
    sums = [sum(values) for values in clusters.values()]
    worse, better = sum(total < 0 for total in sums), sum(total > 0 for total in sums)
    squares = [(sum(values) / len(values)) ** 2 for values in clusters.values()]
    return Comparison(
        baseline=baseline,
        run=run,
        pairs=len(paired),
        cases=len({case for case, _ in paired}),
        clusters=len(clusters),
        difference=difference_interval(list(clusters.values())) if clusters else None,
        worse=worse,
        better=better,
        p_value=mcnemar_exact(worse, better),
        discordant=sum(squares) / len(squares) if squares else 0.0,
        flips=_flips(paired, baseline, run),
        infra_errors=len(both) - len(paired),
        unpaired=len(baseline.rows) + len(run.rows) - 2 * len(both),
    )


def accuracy(run: LoadedRun, grouping: Grouping | None = None) -> Interval | None:
    """A run's accuracy with its interval: Wilson's, or a clustered bootstrap where cases share templates."""
    rate = run.summary.overall
    if rate.accuracy is None or rate.ci95 is None:
        return None
    if not grouping:
        return Interval(rate.accuracy, *rate.ci95)
    clusters: defaultdict[str, list[float]] = defaultdict(list)
    for (case, _), row in run.scored.items():
        clusters[grouping(case)].append(float(row.correct))
    return rate_interval(list(clusters.values()))


def repeated(run: LoadedRun) -> Repeated | None:
    """pass@k and pass^k for k = all repeats; None where each case was asked once, or none has them all."""
    return repeated_outcomes(run.summary.outcomes, run.record.repeats)


def _flips(paired: Sequence[Key], baseline: LoadedRun, run: LoadedRun) -> tuple[Flip, ...]:
    flips = [
        _flip(baseline.rows[key], run.rows[key])
        for key in paired
        if baseline.rows[key].correct != run.rows[key].correct
    ]
    return tuple(sorted(flips, key=lambda flip: (not flip.regressed, flip.id, flip.repeat)))


def _flip(before: Row, after: Row) -> Flip:
    return Flip(after.id, after.repeat, after.category, before.label, after.label)
