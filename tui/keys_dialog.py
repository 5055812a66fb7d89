"""Every action that has a key here, and its keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.commands import KeyGroup
from tui.keys import binding

#: Cells of the terminal from which on actions stand in two columns.
_TWO_COLUMNS = 70


class KeysDialog(ModalScreen[None]):
    """Shows the keys of a place, and those of every place."""

    BINDINGS: ClassVar[list[BindingType]] = [binding("back", "Close", show=True)]

    def __init__(self, groups: Sequence[KeyGroup]) -> None:
        """Takes what it shows."""
        super().__init__()
        self._groups = groups

    def compose(self) -> ComposeResult:
        """A table for each group."""
        columns = 2 if self.size.width >= _TWO_COLUMNS else 1
        with Vertical(classes="dialog -keys"), VerticalScroll():
            for group in self._groups:
                yield Static(Content(group.title), classes="dialog-title", markup=False)
                yield Static(_table(group, columns), classes="keys", markup=False)

    def on_click(self, event: events.Click) -> None:
        """Closes where something beside it is clicked."""
        if event.widget is self:
            self.dismiss()

    def action_back(self) -> None:
        """Closes."""
        self.dismiss()


def _table(group: KeyGroup, columns: int) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
    for _ in range(columns):
        table.add_column(ratio=2, style="bold")
        table.add_column(ratio=3)
    half = -(-len(group.actions) // columns)
    for row in range(half):
        cells = group.actions[row::half]
        table.add_row(*(Text(text) for keys, label in cells for text in (keys, label)))
    return table
