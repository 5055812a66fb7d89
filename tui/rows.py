"""A table whose cells are texts, which are never read as markup."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import DataTable


class Rows(DataTable[Text]):
    """A table with a row as its cursor."""

    def __init__(self, id: str) -> None:
        """Starts empty."""
        super().__init__(id=id, cursor_type="row", classes="table")

    @property
    def key_here(self) -> str:
        """The key of the row under the cursor; empty where there is none."""
        if not self.is_valid_row_index(self.cursor_row):
            return ""
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value or ""

    def keep_cursor(self, row: int) -> None:
        """Puts the cursor back after the rows were replaced."""
        if self.is_valid_row_index(row):
            self.move_cursor(row=row)
