"""The time, passed in, so that a run can be repeated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Returns the present time, with its zone."""
    return datetime.now(UTC)


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        """Starts at `now`; a time without a zone is UTC."""
        self._now = now if now.tzinfo else now.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        """Returns the time that the clock shows."""
        return self._now

    def advance(self, step: timedelta) -> None:
        """Moves the clock on."""
        self._now += step
