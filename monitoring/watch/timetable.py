"""When each host is due: a heap of moments on fixed grids, so that nothing drifts.

Each host has a grid of its own, one line an interval. A check may start a little behind its line, by a random
jitter, but the next line is where it was. A line that is met too late, or while the host is still being checked,
is a missed tick, and is counted.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass
from typing import Final

_JITTER: Final = 0.05
_LONGEST_JITTER_S: Final = 5.0


@dataclass(slots=True)
class _Grid:
    """One host's lines, in seconds of the loop's clock."""

    interval_s: float
    line: float
    turn: int
    retry: float | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A host that is due.

    Attributes:
        host_id: The host.
        missed: Lines that have gone by without a check.
        late_s: How long ago it was due.
        extra: Whether this is a check between two lines.
    """

    host_id: int
    missed: int
    late_s: float
    extra: bool


class Timetable:
    """The next check of every host; all times in seconds of one steady clock, passed in."""

    def __init__(self, random_: random.Random | None = None) -> None:
        """Starts empty; chance, for the jitter, can be given."""
        self._random = random_ or random.Random()  # noqa: S311 - no secret
        self._grids: dict[int, _Grid] = {}
        # Entries of a turn that is over are dropped when they come up.
        self._heap: list[tuple[float, int, int]] = []
        self._turns = 0

    def __len__(self) -> int:
        """Number of hosts."""
        return len(self._grids)

    def put(self, host_id: int, interval_s: float, first: float) -> None:
        """Sets when a host is due first, and how often from then on; replaces what was set."""
        self._push(host_id, _Grid(interval_s, first, 0), first)

    def remove(self, host_id: int) -> None:
        """Forgets a host."""
        self._grids.pop(host_id, None)

    def next_time(self) -> float | None:
        """When the next host is due; None if there is none."""
        while self._heap:
            moment, host_id, turn = self._heap[0]
            grid = self._grids.get(host_id)
            if grid is not None and grid.turn == turn:
                return moment
            heapq.heappop(self._heap)
        return None

    def pop(self, now: float) -> Due | None:
        """Takes the next host that is due, and sets when it is due again; None if none is."""
        moment = self.next_time()
        if moment is None or moment > now:
            return None
        host_id = heapq.heappop(self._heap)[1]
        grid = self._grids[host_id]
        late = now - moment
        extra = grid.retry is not None
        if extra:
            grid.retry = None
            missed = 0
        else:
            behind = max(0.0, now - grid.line - self._longest_jitter(grid))
            missed = int(behind // grid.interval_s)
            grid.line += (missed + 1) * grid.interval_s
        self._push(host_id, grid, grid.line + self._random.uniform(0, self._longest_jitter(grid)))
        return Due(host_id, missed, late, extra)

    def retry(self, host_id: int, at: float) -> None:
        """Adds a check before the next line; one that would come behind it changes nothing."""
        grid = self._grids.get(host_id)
        if grid is None or at >= grid.line:
            return
        grid.retry = at
        self._push(host_id, grid, at)

    def _push(self, host_id: int, grid: _Grid, moment: float) -> None:
        self._turns += 1
        grid.turn = self._turns
        self._grids[host_id] = grid
        heapq.heappush(self._heap, (moment, host_id, grid.turn))

    @staticmethod
    def _longest_jitter(grid: _Grid) -> float:
        return min(grid.interval_s * _JITTER, _LONGEST_JITTER_S)
