"""A line that opens to show more. What it hides is made when it is first opened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static


class FoldTitle(Static, can_focus=True):
    """The line that opens and closes."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "switch", "Open or close", show=False)]

    class Toggled(Message):
        """The line was clicked, or enter was pressed on it."""

    async def on_click(self, event: events.Click) -> None:
        """Opens or closes."""
        event.stop()
        self.post_message(self.Toggled())

    def action_switch(self) -> None:
        """Opens or closes."""
        self.post_message(self.Toggled())


class Fold(Vertical):
    """A line with something behind it; subclasses say what in `label` and `body`."""

    is_open: reactive[bool] = reactive(False, init=False)

    def __init__(self, *, opened: bool = False, classes: str = "") -> None:
        """Starts closed, or `opened`."""
        super().__init__(classes=classes)
        self.set_reactive(Fold.is_open, opened)

    def label(self) -> Content:
        """What the line says."""
        raise NotImplementedError

    def body(self) -> Iterable[Widget]:
        """What is behind it."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The line, and what is behind it if that is open."""
        yield FoldTitle(self._title(), classes="fold-title")
        if self.is_open:
            yield Vertical(*self.body(), classes="fold-body")

    def changed(self) -> None:
        """Shows anew what has changed."""
        for title in self.query_children(FoldTitle):
            title.update(self._title(), layout=False)
        if self.is_open:
            self.run_worker(self._rebuild(), exclusive=True, group="fold")

    async def _rebuild(self) -> None:
        with self.app.batch_update():  # pyright: ignore[reportUnknownMemberType]
            await self.query_children(".fold-body").remove()
            if self.is_open and self.is_attached:
                await self.mount(Vertical(*self.body(), classes="fold-body"))

    def _title(self) -> Content:
        return Content.assemble(("▾ " if self.is_open else "▸ ", "$muted"), self.label())

    def watch_is_open(self) -> None:
        """Shows or hides what is behind the line."""
        self.changed()
        if not self.is_open:
            self.run_worker(self._rebuild(), exclusive=True, group="fold")

    def on_fold_title_toggled(self, message: FoldTitle.Toggled) -> None:
        """Opens or closes."""
        message.stop()
        self.is_open = not self.is_open
