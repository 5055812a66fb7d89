"""When a process that died may be started again."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Deaths in a row that cost nothing: chance, a kill, a request that no one will send again.
_FREE = 1
_FIRST_S, _LONGEST_S = 0.5, 30.0


class BackOff:
    """Counts deaths in a row; from the second on each doubles the pause before the next start."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.deaths = 0
        self._not_before = 0.0

    def died(self) -> None:
        """A process ended that nobody had asked to end."""
        self.deaths += 1
        beyond = self.deaths - _FREE
        pause = min(_FIRST_S * 2 ** (beyond - 1), _LONGEST_S) if beyond > 0 else 0.0
        self._not_before = self._clock() + pause

    def served(self) -> None:
        """A request was completed: the process works."""
        self.deaths = 0
        self._not_before = 0.0

    def wait_s(self) -> float:
        """Seconds until the next start."""
        return max(self._not_before - self._clock(), 0.0)
