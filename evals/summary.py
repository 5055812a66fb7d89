"""The figures of a run, from its rows alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from evals.case_file import CATEGORIES
from evals.rows import Row
from evals.scorer import ROW_LABELS

_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Rate:
    """How many replies of a group of rows were right; infrastructure errors are in no number here.

    Attributes:
        n: Rows that count.
        accuracy: The part of them that is correct; None where `n` is 0.
        accuracy_strict: The part that is correct and was read without any tolerance.
        ci95: Wilson's 95 % interval of `accuracy`. Repeats of a case are no independent evidence: its
            width follows from the number of different cases.
    """

    n: int
    accuracy: float | None
    accuracy_strict: float | None
    ci95: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a run.

    Attributes:
        overall: Accuracy over all categories.
        by_category: Accuracy of each category that has rows, in the order of the format.
        labels: Rows of each label that occurs, in the order of deciding; `infra_error` always.
        seconds: Time in which at least one case was under way, pauses before a resume left out.
        cases_per_s: Rows a second.
        completion_tokens: Tokens that the model wrote.
        tokens_per_s: Those, a second.
        outcomes: Of each case, how many replies are scored and how many of them are right.
        cached: Rows whose reply was kept from an earlier run; the speeds are those of then.
    """

    overall: Rate
    by_category: dict[str, Rate]
    labels: dict[str, int]
    seconds: float
    cases_per_s: float
    completion_tokens: int
    tokens_per_s: float
    outcomes: Mapping[str, tuple[int, int]]
    cached: int = 0

    @property
    def infra_errors(self) -> int:
        """Rows that are no evidence about the model, since its provider failed."""
        return self.labels["infra_error"]


def wilson(rate: float, n: int) -> tuple[float, float]:
    """Wilson's score interval at 95 %.

    Args:
        rate: The observed part, 0 to 1.
        n: The number of observations, at least 1.
    """
    z2 = _Z95 * _Z95
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # Rounding may push a bound just past the rate where all or none are right.
    return max(0.0, min(rate, middle - half)), min(1.0, max(rate, middle + half))


class _Group:
    """Counts of the rows of one group."""

    def __init__(self) -> None:
        self.n = self.correct = self.strict = 0
        self.scored_cases = 0
        self.cases: dict[str, tuple[int, int]] = {}

    def add(self, row: Row) -> None:
        self.n += 1
        self.correct += row.correct
        self.strict += row.correct and not row.repaired
        scored, right = self.cases.get(row.id, (0, 0))
        self.scored_cases += not scored
        self.cases[row.id] = scored + 1, right + row.correct

    def rate(self) -> Rate:
        if not self.n:
            return Rate(0, None, None, None)
        accuracy = self.correct / self.n
        return Rate(self.n, accuracy, self.strict / self.n, wilson(accuracy, self.scored_cases))


class Tally:
    """Adds rows up, one at a time."""

    def __init__(self) -> None:
        """Starts at nothing."""
        self.rows = 0
        self._overall = _Group()
        self._groups: dict[str, _Group] = {}
        self._labels: Counter[str] = Counter()
        self._completion_tokens = 0
        self._cached = 0
        self._spans: list[tuple[float, float]] = []

    @property
    def accuracy(self) -> float | None:
        """Accuracy so far."""
        return self._overall.correct / self._overall.n if self._overall.n else None

    @property
    def infra_errors(self) -> int:
        """Rows so far whose provider failed."""
        return self._labels["infra_error"]

    def add(self, row: Row) -> None:
        """Counts one row."""
        self.rows += 1
        self._labels[row.label] += 1
        self._completion_tokens += row.usage.completion_tokens
        self._cached += row.cached
        self._spans.append((row.started, row.started + row.seconds))
        if row.label == "infra_error":
            self._overall.cases.setdefault(row.id, (0, 0))
        else:
            self._overall.add(row)
            self._groups.setdefault(row.category, _Group()).add(row)

    def summary(self) -> Summary:
        """The figures of the rows so far."""
        seconds = _busy(self._spans)
        return Summary(
            overall=self._overall.rate(),
            by_category={
                category: self._groups[category].rate()
                for category in (*CATEGORIES, *sorted(self._groups.keys() - set(CATEGORIES)))
                if category in self._groups
            },
            labels={
                label: self._labels[label]
                for label in ROW_LABELS
                if self._labels[label] or label == "infra_error"
            },
            seconds=seconds,
            cases_per_s=self.rows / seconds if seconds else 0.0,
            completion_tokens=self._completion_tokens,
            tokens_per_s=self._completion_tokens / seconds if seconds else 0.0,
            outcomes=dict(self._overall.cases),
            cached=self._cached,
        )


def _busy(spans: list[tuple[float, float]]) -> float:
    """The length of the union of time spans, in seconds."""
    total, until = 0.0, -math.inf
    for start, end in sorted(spans):
        if end > until:
            total += end - max(start, until)
            until = end
    return total
