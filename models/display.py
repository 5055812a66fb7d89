"""Shows how far work on a model's file is: a bar on a terminal, else a plain line every few seconds."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bars

from models.progress import Progress

_PLAIN_EVERY_S = 5.0
_WORDS = {"fetch": "fetching", "hash": "checking", "quantize": "making", "write": "writing"}


class ProgressDisplay:
    """Shows progress on standard error; a context manager, and itself an `OnProgress`."""

    def __init__(self) -> None:
        """Shows nothing before the first report."""
        self._console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
        self._bars: Bars | None = None
        self._task = TaskID(0)
        self._shown: tuple[str, str] | None = None
        self._shown_at = 0.0

    def __enter__(self) -> Self:
        """Returns the display."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the bar."""
        self._stop()

    def __call__(self, report: Progress) -> None:
        """Shows a report."""
        work = (report.stage, report.file)
        begins = work != self._shown
        self._shown = work
        if sys.stderr.isatty():
            if begins:
                self._begin(report)
            if self._bars:
                self._bars.update(self._task, completed=report.done, total=report.total)
            return
        done = report.done == report.total
        # What is quick is not worth a line.
        if begins and report.stage != "hash" and not done:
            self._line(report)
        elif time.monotonic() - self._shown_at >= _PLAIN_EVERY_S and not begins:
            self._line(report)

    def _begin(self, report: Progress) -> None:
        self._stop()
        columns = (
            (MofNCompleteColumn(),)
            if report.stage == "quantize"
            else (DownloadColumn(), TransferSpeedColumn())
        )
        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            *columns,
            console=self._console,
            transient=True,
        )
        self._task = self._bars.add_task(f"{_WORDS[report.stage]} {report.file}", total=report.total)
        self._bars.start()

    def _line(self, report: Progress) -> None:
        self._shown_at = time.monotonic()
        share = f" {report.done / report.total:.0%}" if report.total else f" {report.done:,}"
        self._console.print(f"{_WORDS[report.stage]} {report.file}{share}")

    def _stop(self) -> None:
        if self._bars:
            self._bars.stop()
            self._bars = None
