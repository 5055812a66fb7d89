"""Chooses how many threads decode, by what each number costs right now.

llama.cpp's threads wait for each other by spinning. On an idle machine more of them are faster; as soon as another
program wants a processor, one thread is late in every step and all spin for it: a step takes ten times as long or
more. One thread never waits. So both are measured all the time, and the cheaper one is used. While other programs
run, more threads are not even tried.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

#: A step costs about as much as this many more tokens, whatever it decodes.
_STEP_COST = 4
_SMOOTHING = 0.3
_TRIAL_STEPS = 2
_FIRST_INTERVAL = 24
_LAST_INTERVAL = 1536
#: How much cheaper a trial must be to win.
_MARGIN = 0.9


class ThreadTuner:
    """Picks between one thread and the most allowed, from the seconds that steps took."""

    def __init__(self, most: int, others: Callable[[], int] = lambda: 0) -> None:
        """Begins with one thread.

        Args:
            most: Threads that are allowed.
            others: How many other programs want a processor right now.
        """
        self._most = most
        self._others = others
        self._processors = os.cpu_count() or 1
        self._other = most if most > 1 else None
        self._current = 1
        self._costs: dict[int, float] = {}
        self._interval = _FIRST_INTERVAL
        self._until_trial = _FIRST_INTERVAL
        self._trial_left = 0

    def threads(self) -> int:
        """The number to use for the next step."""
        return self._other if self._trial_left and self._other is not None else self._current

    def record(self, threads: int, tokens: int, seconds: float) -> None:
        """Learns what a step of `tokens` tokens took with `threads` threads."""
        cost = seconds / (tokens + _STEP_COST)
        known = self._costs.get(threads)
        self._costs[threads] = cost if known is None else known + _SMOOTHING * (cost - known)
        if self._other is None:
            return
        if self._trial_left:
            lost = cost > 2 * self._costs.get(self._current, cost)
            self._trial_left = 0 if lost else self._trial_left - 1
            if not self._trial_left:
                self._decide()
            return
        self._until_trial -= 1
        worse = self._other in self._costs and self._costs[self._current] > 2 * self._costs[self._other]
        spare = max(self._processors - self._most, 0)
        if self._until_trial <= 0 and self._current == 1 and self._others() > spare:
            self._until_trial = _FIRST_INTERVAL
        elif self._until_trial <= 0 or worse:
            self._trial_left = _TRIAL_STEPS
            # What was measured long ago says nothing about now.
            self._costs.pop(self._other, None)

    def _decide(self) -> None:
        if self._other is not None and self._costs[self._other] < _MARGIN * self._costs[self._current]:
            self._current, self._other = self._other, self._current
            self._interval = _FIRST_INTERVAL
        else:
            self._interval = min(self._interval * 2, _LAST_INTERVAL)
        self._until_trial = self._interval


def other_programs() -> int:
    """Threads on this machine, besides the one that asks, that run or want to; 0 where the system does not say."""
    try:
        running = Path("/proc/loadavg").read_text("ascii").split()[3].partition("/")[0]
    except (OSError, IndexError):
        return 0
    return max(int(running) - 1, 0)
