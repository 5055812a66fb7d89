"""Times, lengths and counts as templates show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from tools.wording import clock, count, length, number
from web.api.status import Bar


def moment(when: datetime | None) -> str:
    """A moment in UTC, or a dash."""
    return "–" if when is None else clock(when)  # noqa: RUF001


def ago(when: datetime | None, now: datetime) -> str:
    """How long ago a moment was: `3 min ago`, or a dash."""
    if when is None:
        return "–"  # noqa: RUF001
    return f"{length((now - when).total_seconds())} ago"


def lasted(began: datetime, ended: datetime | None, now: datetime) -> str:
    """How long something lasted, or has lasted."""
    return length(((ended or now) - began).total_seconds())


def days_left(when: datetime | None, now: datetime) -> int | None:
    """Whole days until a moment, negative behind it."""
    return None if when is None else (when.astimezone(UTC) - now).days


def milliseconds(value: float | None) -> str:
    """A response time, or a dash."""
    return "–" if value is None else f"{number(value)} ms"  # noqa: RUF001


def percent(value: float | None) -> str:
    """A share in percent, or a dash."""
    return "–" if value is None else f"{number(value, 3)} %"  # noqa: RUF001


def days(bars: Sequence[Bar]) -> list[tuple[datetime, float | None]]:
    """The bars of a status page as pairs."""
    return [(bar.day, bar.uptime_pct) for bar in bars]


FILTERS = {
    "days": days,
    "moment": moment,
    "ago": ago,
    "lasted": lasted,
    "days_left": days_left,
    "milliseconds": milliseconds,
    "percent": percent,
    "count": count,
}
