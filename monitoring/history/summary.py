"""Results of a time, summed up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from monitoring.history.sketch import Sketch, pack, quantile, sketch_of, unpack


@dataclass(slots=True)
class Summary:
    """Results together; those of maintenance windows are left out.

    Attributes:
        checks: How many there are.
        failures: How many of them failed.
        sent: Packets sent; `received` likewise.
        sum_ms: All response times together.
        max_ms: The longest; None of none.
        sketch: How they are spread.
    """

    checks: int = 0
    failures: int = 0
    sent: int = 0
    received: int = 0
    sum_ms: float = 0.0
    max_ms: float | None = None
    sketch: Sketch = field(default_factory=Sketch)

    def add_results(self, rows: Iterable[Any]) -> None:
        """Adds rows with `ok`, `response_ms`, `sent` and `received`."""
        times: list[float] = []
        for row in rows:
            self.checks += 1
            self.failures += not row.ok
            self.sent += row.sent
            self.received += row.received
            if row.response_ms is not None:
                times.append(row.response_ms)
        self.sum_ms += sum(times)
        self._raise_max(max(times, default=None))
        self.sketch.update(sketch_of(times))

    def add_rollup(self, row: Any) -> None:
        """Adds a row of `tables.rollups`."""
        self.checks += row.checks
        self.failures += row.failures
        self.sent += row.sent
        self.received += row.received
        self.sum_ms += row.sum_ms
        self._raise_max(row.max_ms)
        self.sketch.update(unpack(row.sketch))

    def to_row(self) -> dict[str, Any]:
        """Returns the columns of `tables.rollups` but the key."""
        return {
            "checks": self.checks,
            "failures": self.failures,
            "sent": self.sent,
            "received": self.received,
            "sum_ms": self.sum_ms,
            "max_ms": self.max_ms,
            "sketch": pack(self.sketch),
        }

    @property
    def avg_ms(self) -> float | None:
        """Mean response time."""
        times = self.sketch.total()
        return round(self.sum_ms / times, 1) if times else None

    def quantile(self, percent: float) -> float | None:
        """The response time below which `percent` of them lie, within 1 %, and never above the longest."""
        value = quantile(self.sketch, percent)
        return value if value is None or self.max_ms is None else min(value, round(self.max_ms, 1))

    @property
    def loss_pct(self) -> float:
        """Packets lost, in percent of those sent."""
        return round(100 * (1 - self.received / self.sent), 1) if self.sent else 0.0

    def _raise_max(self, value: float | None) -> None:
        if value is not None:
            self.max_ms = value if self.max_ms is None else max(self.max_ms, value)
