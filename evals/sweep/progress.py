"""How a sweep goes, while it goes: a line for each run that is finished, and how long the rest will take."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from evals.progress import clock
from evals.record import RunRecord
from evals.run import CaseFinished, CaseRetried, RunEvent, RunFinished
from evals.summary import Tally
from evals.sweep.plan import Arm
from evals.tables import percent
from evals.text import visible

_PLAIN_EVERY_S = 10.0


class SweepProgress:
    """Shows a sweep on standard error; a context manager. Implements `evals.sweep.run.SweepDisplay`."""

    def __init__(self) -> None:
        """Shows nothing before `planned`."""
        self._console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
        self._live: Progress | None = None
        self._total = self._done = 0
        self._started = self._shown_at = time.monotonic()

    def __enter__(self) -> Self:
        """Returns the display."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the live line."""
        if self._live:
            self._live.stop()

    def said(self, line: str) -> None:
        """Prints a line."""
        self._console.print(visible(line))

    def planned(self, replies: int) -> None:
        """Begins the live line."""
        self._total = replies
        self._started = self._shown_at = time.monotonic()
        if sys.stderr.isatty():
            self._live = Progress(
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TextColumn("{task.description}", markup=False),
                console=self._console,
            )
            self._live.add_task("", total=replies)
            self._live.start()

    def arm(self, arm: Arm) -> ArmProgress:
        """Who is told of one run."""
        return ArmProgress(self, arm)

    def count(self, replies: int) -> None:
        """So many replies more are there."""
        self._done += replies
        if self._live:
            self._live.update(self._live.task_ids[0], completed=self._done, description=self._left())
        elif time.monotonic() - self._shown_at >= _PLAIN_EVERY_S:
            self._shown_at = time.monotonic()
            self._console.print(f"{self._done}/{self._total} {self._left()}")

    def _left(self) -> str:
        seconds = time.monotonic() - self._started
        if not self._done or not seconds:
            return ""
        speed = self._done / seconds
        return f"{speed:.1f} replies/s · {clock((self._total - self._done) / speed)} left"


class ArmProgress:
    """Implements `evals.launch.Display` for one run of a sweep."""

    def __init__(self, sweep: SweepProgress, arm: Arm) -> None:
        """Tells `sweep` of the run."""
        self._sweep = sweep
        self._arm = arm
        self._begun = time.monotonic()

    def begin(self, directory: Path, record: RunRecord, tally: Tally) -> None:
        """Counts what is there from before."""
        self._begun = time.monotonic()
        self._sweep.count(tally.rows)

    def show(self, event: RunEvent, tally: Tally) -> None:
        """Counts replies, and says how well the model did when all are there."""
        if isinstance(event, CaseFinished):
            self._sweep.count(1)
        elif isinstance(event, CaseRetried):
            self._sweep.said(f"{self._arm}: {event.id} will be tried again: {event.reason}")
        elif isinstance(event, RunFinished):
            seconds = time.monotonic() - self._begun
            infra = f", {tally.infra_errors} infra errors" if tally.infra_errors else ""
            self._sweep.said(f"{self._arm}: {percent(tally.accuracy)}{infra} in {clock(seconds)}")
