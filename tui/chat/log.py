"""The conversation on the screen: a window of turns, of which only those near what is seen are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from tools.wording import count
from tui.chat.parts import Turn
from tui.chat.turn_view import TurnView

#: Turns that have a place on the screen; older ones come by a button.
WINDOW = 350
_OVERLAP = 70
#: Lines of the button above the turns, and between two turns.
_ROW, _GAP = 1, 1
#: Screens around the one that is seen in which turns are drawn, and beyond which they are cleared.
_DRAWN, _CLEARED = 1.0, 3.0


class ChatLog(VerticalScroll, can_focus=False):
    """The turns, following the end only while the end is what is seen."""

    def __init__(self, greeting: Content) -> None:
        """Shows a greeting until there is something else."""
        super().__init__(id="log")
        self._greeting = greeting
        self._turns: list[Turn] = []
        self._first = 0
        self._settling = False
        self._width = 0

    def compose(self) -> ComposeResult:
        """The greeting."""
        yield self._greeting_view()

    def _greeting_view(self) -> Static:
        return Static(self._greeting, classes="greeting", markup=False)

    @property
    def views(self) -> list[TurnView]:
        """The turns that have a place, from top to bottom."""
        return list(self.query_children(TurnView))

    @property
    def at_end(self) -> bool:
        """Whether the end is what is seen."""
        return self.scroll_y >= self.max_scroll_y

    async def show(self, turns: Sequence[Turn]) -> None:
        """Shows a conversation, from its end."""
        if not turns and not self._turns:
            return
        self._turns = list(turns)
        await self._show_from(max(0, len(self._turns) - WINDOW))
        self.anchor()

    async def add(self, turn: Turn) -> TurnView:
        """Adds a turn at the end, and goes there."""
        self._turns.append(turn)
        if self._first + WINDOW < len(self._turns):
            await self._show_from(len(self._turns) - WINDOW + _OVERLAP)
        else:
            await self.query(".greeting").remove()
            await self.mount(TurnView(turn))
        self.anchor()
        return self.views[-1]

    async def _show_from(self, first: int) -> None:
        """Shows the window of turns that begins with turn `first`."""
        self._first = first
        shown = self._turns[first : first + WINDOW]
        after = len(self._turns) - first - len(shown)
        with self.app.batch_update():  # pyright: ignore[reportUnknownMemberType]
            await self.remove_children()
            if not self._turns:
                await self.mount(self._greeting_view())
                return
            views = [TurnView(turn) for turn in shown]
            for view in views:
                view.reserve(self.size.width)
            earlier = [_row("earlier", first, "earlier")] if first else []
            later = [_row("later", after, "later")] if after else []
            await self.mount(*earlier, *views, *later)
        self._settle_soon()

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """Moves the window."""
        event.stop()
        if event.button.id == "earlier":
            focus = self._first
            first = max(0, self._first - WINDOW + _OVERLAP)
        else:
            focus = self._first + WINDOW - 1
            first = min(len(self._turns) - WINDOW, self._first + WINDOW - _OVERLAP)
        await self._show_from(max(0, first))
        self.release_anchor()
        view = self.views[focus - self._first]
        self.call_after_refresh(lambda: self.scroll_to_widget(view, animate=False, top=True))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draws what comes near and clears what is far."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._settle_soon()

    def on_resize(self, event: events.Resize) -> None:
        """Estimates anew where the width is another one."""
        if event.size.width != self._width:
            self._width = event.size.width
            for view in self.views:
                view.reserve(self._width)
        self._settle_soon()

    def on_turn_view_resized(self, message: TurnView.Resized) -> None:
        """Keeps what is read in its place when something above it changes its height."""
        message.stop()
        following = self.is_anchored and not self._anchor_released
        if not following and self._top_of(message.view) < self.scroll_y:
            self.scroll_to(y=self.scroll_y + message.by, animate=False, release_anchor=False)
        self._settle_soon()

    def _places(self) -> list[tuple[TurnView, int, int]]:
        """Where each turn begins and ends; asking Textual for it maps the whole screen anew each time."""
        places: list[tuple[TurnView, int, int]] = []
        y = _ROW if self._first else 0
        for view in self.views:
            y += _GAP
            places.append((view, y, y + view.lines))
            y += view.lines
        return places

    def _top_of(self, view: TurnView) -> int:
        return next((begins for each, begins, _ in self._places() if each is view), 0)

    def _settle_soon(self) -> None:
        if not self._settling:
            self._settling = True
            self.call_after_refresh(self._settle)

    async def _settle(self) -> None:
        self._settling = False
        height = max(1, self.size.height)
        top, bottom = self.scroll_y, self.scroll_y + height
        for view, begins, ends in self._places():
            distance = max(begins - bottom, top - ends, 0) / height
            if not view.drawn and distance <= _DRAWN:
                await view.draw()
            elif view.drawn and distance > _CLEARED:
                await view.clear()


def _row(id: str, number: int, word: str) -> Button:
    return Button(Content(f"{count(number, f'{word} turn')}"), id=id, classes="more", compact=True)
