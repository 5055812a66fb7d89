"""How a run goes, while it goes: a live line on a terminal, else a plain line every few seconds."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from evals.record import RunRecord
from evals.run import CaseRetried, RunEvent
from evals.summary import Tally
from evals.text import visible

_PLAIN_EVERY_S = 5.0


class RunDisplay:
    """Shows a run on standard error; a context manager.

    Attributes:
        directory: The run's directory, once it is there.
    """

    def __init__(self) -> None:
        """Shows nothing before `begin`."""
        self.directory: Path | None = None
        self._console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
        self._live: Progress | None = None
        self._shown_at = 0.0
        self._total = 0
        self._already = 0
        self._started = 0.0

    def __enter__(self) -> Self:
        """Returns the display."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the live line."""
        if self._live:
            self._live.stop()

    def begin(self, directory: Path, record: RunRecord, tally: Tally) -> None:
        """Says what runs, and where its results go."""
        self.directory = directory
        self._total, self._already = record.total, tally.rows
        self._started = self._shown_at = time.monotonic()
        before = f", {tally.rows} of them finished before" if tally.rows else ""
        self._console.print(
            f"{visible(record.model.name)} on {visible(record.suite.name)}: {record.total} replies{before}; "
            f"results in {directory}"
        )
        if sys.stderr.isatty():
            self._live = Progress(
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TextColumn("{task.description}", markup=False),
                console=self._console,
            )
            self._live.add_task(self._line(tally), total=record.total, completed=tally.rows)
            self._live.start()

    def show(self, event: RunEvent, tally: Tally) -> None:
        """Brings the line up to date."""
        if isinstance(event, CaseRetried):
            self._console.print(f"{visible(event.id)} will be tried again: {visible(event.reason)}")
        if self._live:
            self._live.update(self._live.task_ids[0], completed=tally.rows, description=self._line(tally))
        elif time.monotonic() - self._shown_at >= _PLAIN_EVERY_S:
            self._shown_at = time.monotonic()
            self._console.print(f"{tally.rows}/{self._total} {self._line(tally)}")

    def _line(self, tally: Tally) -> str:
        made, seconds = tally.rows - self._already, time.monotonic() - self._started
        speed = made / seconds if seconds else 0.0
        parts = ["accuracy unknown" if tally.accuracy is None else f"accuracy {tally.accuracy:.1%}"]
        if tally.infra_errors:
            parts.append(f"{tally.infra_errors} infra errors")
        if speed:
            parts += [f"{speed:.1f} cases/s", f"{clock((self._total - tally.rows) / speed)} left"]
        return " · ".join(parts)


def clock(seconds: float) -> str:
    """A time for people, such as `1:05` or `2:00:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
