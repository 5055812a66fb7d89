"""All models to choose from, and what is on this machine."""

from __future__ import annotations

import asyncio
import importlib
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input, ProgressBar, Static

from models.errors import ModelError
from models.progress import Progress
from tui.chat.status import progress_words
from tui.keys import binding
from tui.models.rows import ModelRow, model_rows
from tui.page import Page
from tui.rows import Rows
from tui.safe import line


class ModelsScreen(Page):
    """A table of models; enter has one answer, `f` only fetches or makes its file."""

    PLACE = "chat"
    AUTO_FOCUS = "#models"
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("back", "Back", show=True),
        binding("open", "Answer with it", show=True, priority=True),
        binding("model_fetch", "Fetch or make", show=True),
        binding("reload", "Reload"),
    ]

    def __init__(self) -> None:
        """Starts empty."""
        super().__init__()
        self._rows: list[ModelRow] = []
        self._fetching = ""

    def content(self) -> ComposeResult:
        """A filter, a table, and how a download goes."""
        yield Input(placeholder="/ to filter by name", id="filter", classes="filter", compact=True)
        yield Rows("models")
        yield ProgressBar(id="progress", show_eta=True)
        yield Static(Content("looking what is here …"), classes="hint", markup=False)

    def on_mount(self) -> None:
        """Reads the catalogue."""
        self.query_one(Rows).add_columns("model", "size", "state", "what it is")
        self.query_one(ProgressBar).display = False
        self.say("models")
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        await asyncio.to_thread(_import_models)
        from models.catalogue import load_catalogue
        from models.inventory import holdings
        from providers.registry import store_options

        config = self.owner.services.config
        try:
            catalogue = load_catalogue()
            found = await holdings(catalogue, store_options(config))
        except ModelError as error:
            self._hint(str(error))
            return
        self._rows = model_rows(catalogue, found, config)
        self._fill()

    def _fill(self) -> None:
        table = self.query_one(Rows)
        wanted = self.query_one(Input).value.casefold()
        place = table.cursor_row
        table.clear()
        current = self._current()
        for row in self._rows:
            if wanted and wanted not in f"{row.name} {row.title}".casefold():
                continue
            mark = "● " if row.name == current else "  "
            table.add_row(
                Text(f"{mark}{row.name}", style="bold" if row.name == current else ""),
                Text(row.size, justify="right"),
                Text(row.state, style="" if row.here else "italic"),
                Text(line(row.title, 90)),
                key=row.name,
            )
        table.keep_cursor(place)
        self.model_changed()

    def _current(self) -> str:
        provider = self.owner.slot.provider
        return provider.info.name if provider is not None else ""

    def model_changed(self) -> None:
        """Shows what is being loaded."""
        slot = self.owner.slot
        if self._fetching:
            return
        if slot.loading:
            self._hint(f"loading {slot.loading}; you can go on writing")
            self._bar(slot.progress)
        else:
            self._bar(None)
            self._hint(slot.problem or f"{len(self._rows)} to choose from; enter has one answer")

    def _bar(self, progress: Progress | None) -> None:
        bar = self.query_one(ProgressBar)
        bar.display = progress is not None
        if progress is not None:
            bar.update(total=progress.total, progress=progress.done)
            self._hint(f"{line(progress.file, 60)}: {progress_words(progress)}")

    def _hint(self, text: str) -> None:
        self.query_one(".hint", Static).update(Content(line(text, 400)))

    def _chosen(self) -> str:
        return self.query_one(Rows).key_here

    def on_data_table_row_selected(self) -> None:
        """Has the model answer."""
        self.action_open()

    def action_open(self) -> None:
        """Has the model answer; it is loaded while the conversation is shown."""
        if name := self._chosen():
            self.owner.slot.choose(name)
            self.dismiss()

    def action_back(self) -> None:
        """Goes back; a download is broken off, and goes on where it stopped the next time."""
        self.dismiss()

    def action_reload(self) -> None:
        """Looks again."""
        self._read()

    def on_key(self, event: events.Key) -> None:
        """Goes to the filter by `/`, and from there to the table."""
        filter_ = self.query_one(Input)
        if event.character == "/" and not filter_.has_focus:
            filter_.focus()
        elif event.key == "down" and filter_.has_focus:
            self.query_one(Rows).focus()

    def on_input_changed(self) -> None:
        """Shows what fits."""
        self._fill()

    @work(exclusive=True, group="fetch")
    async def action_model_fetch(self) -> None:
        """Fetches or makes the model's file, without having it answer."""
        from models.catalogue import parse
        from models.store import resolve
        from providers.registry import store_options

        name = self._chosen()
        config = self.owner.services.config
        if not name or self._fetching:
            return
        self._fetching = name
        try:
            await resolve(parse(name, config.model), store_options(config), self._bar)
        except ModelError as error:
            self.notify(line(str(error), 400), severity="error", timeout=10, markup=False)
        else:
            self.notify(f"{name} is on this machine.", markup=False)
        finally:
            self._fetching = ""
        self._read()


def _import_models() -> None:
    """Imports what takes long, off the loop that takes keys."""
    importlib.import_module("models.inventory")
    importlib.import_module("providers.registry")
