"""Runs of the eval harness, the latest first."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from tools.wording import count
from tui.evals.reading import RunRow, read_runs
from tui.keys import binding
from tui.page import Page
from tui.rows import Rows
from tui.safe import line


class RunsScreen(Page):
    """A table of runs."""

    PLACE = "evals"
    AUTO_FOCUS = "#runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("open", "Open", show=True, priority=True),
        binding("reload", "Reload", show=True),
    ]

    def __init__(self) -> None:
        """Starts empty."""
        super().__init__()
        self._found: dict[str, RunRow] = {}

    def content(self) -> ComposeResult:
        """The table, and a line about it."""
        yield Rows("runs")
        yield Static(Content("reading the runs …"), classes="hint", markup=False)

    def on_mount(self) -> None:
        """Makes the columns, and reads."""
        self.query_one(Rows).add_columns("when", "model", "suite", "replies", "accuracy", "95 % CI")
        self.say("runs of the eval harness")
        self.read()

    @work(exclusive=True, group="read")
    async def read(self) -> None:
        """Reads what each run is, and then its figures, one run after the other."""
        table = self.query_one(Rows)
        table.clear()
        self._found.clear()
        runs = await asyncio.to_thread(read_runs, self.owner.services.runs)
        for run in runs:
            key = str(run.directory)
            self._found[key] = run
            table.add_row(*_cells(run), key=key)
        self._hint(count(len(runs), "run") if runs else "no runs yet: evals run --model q4_k makes one")
        columns = list(table.columns)
        for run in runs:
            if run.record is None:
                continue
            figures = await asyncio.to_thread(run.with_figures)
            self._found[str(run.directory)] = figures
            for column, value in zip(columns, _cells(figures), strict=True):
                table.update_cell(str(run.directory), column, value, update_width=True)

    def _hint(self, text: str) -> None:
        self.query_one(".hint", Static).update(Content(line(text)))

    def action_reload(self) -> None:
        """Reads again."""
        self.read()

    def on_data_table_row_selected(self) -> None:
        """Opens the run."""
        self.action_open()

    def action_open(self) -> None:
        """Shows the failures of the run."""
        from tui.evals.run_screen import RunScreen

        run = self._found.get(self.query_one(Rows).key_here)
        if run is None:
            return
        if run.record is None:
            self.notify(line(run.problem, 400), severity="error", markup=False)
            return
        self.owner.push_screen(RunScreen(Path(run.directory), run.record))


def _cells(run: RunRow) -> list[Text]:
    if run.record is None:
        return [
            Text(line(run.directory.name, 30)),
            Text(line(run.problem, 60), style="italic"),
            *[Text("")] * 4,
        ]
    accuracy, interval, rows = run.accuracy, run.interval, run.rows
    return [
        Text(run.record.created[:16].replace("T", " ")),
        Text(line(run.record.model.name, 30), style="bold"),
        Text(line(run.record.suite.name, 20)),
        Text("" if rows is None else f"{rows} of {run.record.total}", justify="right"),
        Text("" if accuracy is None else f"{accuracy:.1%}", justify="right"),
        Text("" if interval is None else f"{100 * interval[0]:.1f} … {interval[1]:.1%}"),
    ]
