"""A run: how it went by category, and what failed."""

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

from evals.record import RunRecord
from evals.store import StoreError
from evals.tables import percent
from tui.evals.reading import RunRows, read_run
from tui.keys import binding
from tui.page import Page
from tui.rows import Rows
from tui.safe import line


class RunScreen(Page):
    """The failures of a run, or all its replies."""

    PLACE = "evals"
    AUTO_FOCUS = "#cases"
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("back", "Back", show=True),
        binding("open", "Open", show=True, priority=True),
        binding("case_filter", "Failures or all", show=True),
    ]

    def __init__(self, directory: Path, record: RunRecord) -> None:
        """Takes the run."""
        super().__init__()
        self._directory = directory
        self._record = record
        self._read_rows: RunRows | None = None
        self._all = False

    def content(self) -> ComposeResult:
        """The figures, and a table of replies."""
        yield Static(Content("reading …"), id="figures", markup=False)
        yield Rows("cases")
        yield Static(Content(""), classes="hint", markup=False)

    def on_mount(self) -> None:
        """Reads the replies."""
        self.query_one(Rows).add_columns("case", "category", "label", "why")
        self.say(f"{self._record.model.name} on {self._record.suite.name}")
        self.read()

    @work(exclusive=True, group="read")
    async def read(self) -> None:
        """Reads the replies."""
        try:
            self._read_rows = await asyncio.to_thread(read_run, self._directory)
        except StoreError as error:
            self.query_one("#figures", Static).update(Content(line(str(error), 400)))
            return
        self._fill()

    def _fill(self) -> None:
        if self._read_rows is None:
            return
        summary = self._read_rows.summary
        parts = [f"{name} {percent(rate.accuracy)}" for name, rate in summary.by_category.items()]
        overall = percent(summary.overall.accuracy)
        self.query_one("#figures", Static).update(
            Content.assemble((f"{overall} right", "bold"), f"   {'   '.join(parts)}")
        )
        table = self.query_one(Rows)
        table.clear()
        shown = [row for row in self._read_rows.rows if self._all or not row.correct]
        error, good = self.owner.theme_variables["error"], self.owner.theme_variables["success"]
        for row in shown:
            table.add_row(
                Text(line(row.id, 24)),
                Text(row.category),
                Text(row.label, style=good if row.correct else error),
                Text(line(row.reason, 120)),
                key=f"{row.repeat} {row.id}",
            )
        words = "replies" if self._all else "failures"
        self.query_one(".hint", Static).update(
            Content(f"{len(shown)} {words} of {len(self._read_rows.rows)} replies")
        )

    def action_back(self) -> None:
        """Goes back to the runs."""
        self.dismiss()

    def action_case_filter(self) -> None:
        """Shows failures only, or all."""
        self._all = not self._all
        self._fill()

    def on_data_table_row_selected(self) -> None:
        """Opens the case."""
        self.action_open()

    def action_open(self) -> None:
        """Shows the case."""
        from tui.evals.case_screen import CaseScreen

        if key := self.query_one(Rows).key_here:
            self.owner.push_screen(CaseScreen(self._directory, self._record, key.partition(" ")[2]))
