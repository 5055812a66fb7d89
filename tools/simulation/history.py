"""The past of a monitored host: response times from a formula, failures from its outages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tools.simulation.noise import around

_MOST_SAMPLES = 200
_DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, its end not included."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Its length; 0 where it is empty."""
        return max(0.0, (self.end - self.start).total_seconds())

    def cut(self, other: Span) -> Span:
        """Returns what both have in common."""
        return Span(max(self.start, other.start), min(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Past:
    """Checks of one host: check `k` was made `k` intervals after `watched.start`, from 1 on.

    Attributes:
        watched: From when to when it was checked.
        interval_s: Seconds between checks.
        outages: When checks failed.
        base_ms: Usual response time.
        key: Makes its noise its own.
    """

    watched: Span
    interval_s: int
    outages: Sequence[Span]
    base_ms: float
    key: tuple[object, ...]

    def last(self) -> tuple[datetime, float | None] | None:
        """Returns time and response time of the last check (None where it failed); None before the first."""
        index = math.floor(self.watched.seconds / self.interval_s)
        if index < 1:
            return None
        return self._time(index), None if self._failed(index) else self.response_ms(index)

    def counts(self, period: Span) -> tuple[int, int]:
        """Counts the checks of a period, and those of them that failed."""
        inside = self.watched.cut(period)
        return self._count(inside), sum(self._count(outage.cut(inside)) for outage in self.outages)

    def downtime(self, period: Span) -> tuple[float, int]:
        """Returns the seconds of a period in which the host was down, and the number of outages."""
        inside = self.watched.cut(period)
        parts = [outage.cut(inside).seconds for outage in self.outages]
        return sum(parts), sum(part > 0 for part in parts)

    def times(self, period: Span) -> list[float]:
        """Returns response times of a period in ascending order, thinned evenly to a few hundred."""
        inside = self.watched.cut(period)
        if not inside.seconds:
            return []
        first, end = self._index(inside.start), self._index(inside.end)
        step = max(1, (end - first) // _MOST_SAMPLES)
        return sorted(self.response_ms(k) for k in range(first, end, step) if not self._failed(k))

    def response_ms(self, index: int) -> float:
        """Returns the response time of one check: slower by day, with noise."""
        time = self._time(index).timestamp()
        wave = 1 + 0.08 * math.sin(2 * math.pi * (time % _DAY_S) / _DAY_S - math.pi / 2)
        return round(around(self.base_ms * wave, self.base_ms / 8, *self.key, index), 1)

    def _time(self, index: int) -> datetime:
        return self.watched.start + timedelta(seconds=index * self.interval_s)

    def _failed(self, index: int) -> bool:
        moment = self._time(index)
        return any(outage.start <= moment < outage.end for outage in self.outages)

    def _index(self, moment: datetime) -> int:
        """Number of the first check at or after a moment."""
        return max(1, math.ceil((moment - self.watched.start).total_seconds() / self.interval_s))

    def _count(self, span: Span) -> int:
        return self._index(span.end) - self._index(span.start) if span.seconds else 0


def percentile(ascending: Sequence[float], percent: float) -> float | None:
    """Returns the value below which `percent` of the values lie (nearest rank); None of none."""
    if not ascending:
        return None
    rank = math.ceil(percent / 100 * len(ascending))
    return ascending[max(0, rank - 1)]
