"""Facts about a host as cells of a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from tools.records import Status
from tools.wording import number
from tui.hosts.feed import HostRow, Sample
from tui.safe import line

#: The mark of a state, and the theme's colour for it.
STATES: dict[Status, tuple[str, str]] = {
    "up": ("●", "success"),
    "down": ("▼", "error"),
    "pending": ("○", "secondary"),
    "paused": ("‖", "secondary"),
    "maintenance": ("◆", "warning"),
}
_BARS = "▁▂▃▄▅▆▇█"
_FAILED, _NONE, _UNKNOWN = "x", "·", "-"
_SOON_DAYS, _WARN_DAYS = 7, 30
_GOOD_PCT, _FAIR_PCT = 99.9, 99.0


def sparkline(samples: Sequence[Sample], width: int) -> str:
    """Response times as bars between the least and the most of them, thinned to a width.

    An x is where checks failed and none succeeded, a dot where none was made.
    """
    groups = [samples[len(samples) * n // width : len(samples) * (n + 1) // width] for n in range(width)]
    means = [_mean(group) for group in groups if group]
    known = [value for value in means if value is not None]
    low, span = min(known, default=0.0), (max(known, default=0.0) - min(known, default=0.0)) or 1.0
    return "".join(
        (_FAILED if any(sample.failed for sample in group) else _NONE)
        if value is None
        else _BARS[int((value - low) / span * (len(_BARS) - 1) + 0.5)]
        for group, value in zip([group for group in groups if group], means, strict=True)
    )


def _mean(samples: Sequence[Sample]) -> float | None:
    known = [sample.response_ms for sample in samples if sample.response_ms is not None]
    return sum(known) / len(known) if known else None


def days_left(ends: datetime, now: datetime) -> int:
    """Whole days until a certificate ends; negative where it has."""
    return (ends - now).days


def cells(row: HostRow, now: datetime, spark: int, colours: dict[str, str]) -> list[Text]:
    """A host as a row: state, address, kind, response time, chart, uptime, days of its certificate.

    Args:
        row: The host.
        now: The present time.
        spark: Width of the chart.
        colours: The theme's colours by name.
    """
    host = row.host
    mark, colour = STATES[host.status]
    alert = "!" if host.alert else " "
    return [
        Text.assemble((mark, colours[colour]), (alert, f"bold {colours['error']}")),
        Text(line(host.address, 26), style="bold" if host.status == "down" else ""),
        Text(host.endpoint),
        Text(_UNKNOWN if row.response_ms is None else number(row.response_ms), justify="right"),
        Text(sparkline(row.recent, spark), style=colours["primary"]),
        _uptime(row.uptime_pct, colours),
        _certificate(row.certificate_ends, now, colours),
    ]


def _uptime(percent: float | None, colours: dict[str, str]) -> Text:
    if percent is None:
        return Text(_UNKNOWN, justify="right")
    colour = "success" if percent >= _GOOD_PCT else "warning" if percent >= _FAIR_PCT else "error"
    return Text(f"{number(percent, 2)} %", style=colours[colour], justify="right")


def _certificate(ends: datetime | None, now: datetime, colours: dict[str, str]) -> Text:
    if ends is None:
        return Text("")
    left = days_left(ends, now)
    colour = "error" if left < _SOON_DAYS else "warning" if left < _WARN_DAYS else "success"
    return Text(f"{left} d", style=colours[colour], justify="right")
