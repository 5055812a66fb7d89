"""The conversation on the screen. Turns far from what is seen have no widgets, only free lines of their height."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.chat.parts import Turn
from tui.chat.turn_view import TurnView, estimated_lines, foldable, measured_lines

#: Free lines above a turn, and free cells on each side of it.
_GAP, _SIDE = 1, 2
#: Screens around the one that is seen in which turns have widgets, and beyond which they lose them.
_DRAWN, _CLEARED = 1.0, 3.0
#: The width until the first layout, in cells.
_SOME_WIDTH = 80


@dataclass(slots=True)
class _Place:
    """Where a turn is, whether it has widgets or not.

    Attributes:
        turn: The turn.
        lines: How tall it is.
        sure: Whether that was measured at the present width; else it is an estimate.
        opened: Which of its parts are open.
    """

    turn: Turn
    lines: int
    sure: bool = False
    opened: frozenset[int] = frozenset()


class ChatLog(VerticalScroll, can_focus=False):
    """The turns, following the end only while the end is what is seen."""

    def __init__(self, greeting: Content) -> None:
        """Shows a greeting until there is something else."""
        super().__init__(id="log")
        self._greeting = Static(greeting, classes="greeting", markup=False)
        self._rest = Static("", classes="rest")
        self._places: list[_Place] = []
        self._views: dict[int, TurnView] = {}
        self._spaces: dict[int, int] = {}
        self._changing = asyncio.Lock()
        self._settling = False
        self._width = 0

    def compose(self) -> ComposeResult:
        """The greeting, and the free lines below the last turn that has widgets."""
        yield self._greeting
        yield self._rest

    @property
    def views(self) -> list[TurnView]:
        """The turns that have widgets, from top to bottom."""
        return [self._views[number] for number in sorted(self._views)]

    @property
    def at_end(self) -> bool:
        """Whether the end is what is seen."""
        return self.scroll_y >= self.max_scroll_y

    @property
    def _following(self) -> bool:
        return self.is_anchored and not self._anchor_released

    async def show(self, turns: Sequence[Turn]) -> None:
        """Shows a conversation, from its end."""
        if not turns and not self._places:
            return
        async with self._changing:
            width = self._turn_width()
            self._places = [_Place(turn, estimated_lines(turn, width)) for turn in turns]
            self._greeting.display = not turns
            with self.app.batch_update():  # pyright: ignore[reportUnknownMemberType]
                await self._drop(list(self._views))
                begins, ends = self._extents()
                await self._draw(self._within(begins, ends, self._bottom(ends) - self._page, 0))
        self.anchor()
        self._settle_soon()

    async def add(self, turn: Turn) -> TurnView:
        """Adds a turn at the end, and goes there."""
        async with self._changing:
            self._greeting.display = False
            self._places.append(_Place(turn, estimated_lines(turn, self._turn_width())))
            await self._draw([len(self._places) - 1])
            view = self._views[len(self._places) - 1]
        self.anchor()
        self._settle_soon()
        return view

    def fold_all(self, opened: bool) -> None:
        """Opens or closes all that folds, in turns that have no widgets too."""
        for place in self._places:
            place.opened = foldable(place.turn) if opened else frozenset()
            place.sure = False
        for view in self._views.values():
            view.fold_all(opened)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draws what comes near and clears what is far."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._settle_soon()

    def on_resize(self, event: events.Resize) -> None:
        """Estimates anew where the width is another one, and stays at the turn that is read."""
        width = self._turn_width()
        if width != self._width:
            begins, ends = self._extents()
            top = bisect_left(ends, self.scroll_y)
            self._width = width
            for number, place in enumerate(self._places):
                place.sure = False
                if number not in self._views:
                    place.lines = estimated_lines(place.turn, width)
            self._space_out()
            if top < len(begins) and not self._following:
                y = self._extents()[0][top] + self.scroll_y - begins[top]
                self.scroll_to(y=y, animate=False, release_anchor=False)
        self._settle_soon()

    def on_turn_view_resized(self, message: TurnView.Resized) -> None:
        """Keeps what is read in its place when something above it changes its height."""
        message.stop()
        number = next((each for each, view in self._views.items() if view is message.view), None)
        if number is None:
            return
        above = self._extents()[1][number] <= self.scroll_y
        self._places[number].lines = message.view.lines
        if above and not self._following:
            self.scroll_to(y=self.scroll_y + message.by, animate=False, release_anchor=False)
        self._settle_soon()

    @property
    def _page(self) -> int:
        return max(1, self.size.height)

    def _turn_width(self) -> int:
        return (self.scrollable_content_region.width or _SOME_WIDTH) - 2 * _SIDE

    def _extents(self) -> tuple[list[int], list[int]]:
        """The lines at which turns begin and end."""
        ends = list(accumulate(place.lines + _GAP for place in self._places))
        return [end - place.lines for end, place in zip(ends, self._places, strict=True)], ends

    @staticmethod
    def _bottom(ends: Sequence[int]) -> int:
        return ends[-1] if ends else 0

    def _within(self, begins: Sequence[int], ends: Sequence[int], top: float, screens: float) -> range:
        """The turns at most so many screens away from the one that begins at line `top`."""
        page = self._page
        return range(
            bisect_left(ends, top - screens * page), bisect_right(begins, top + (1 + screens) * page)
        )

    def _settle_soon(self) -> None:
        if not self._settling:
            self._settling = True
            self.call_after_refresh(self._settle)

    async def _settle(self) -> None:
        """Draws all that is seen and lacks its widgets, or else one turn near it; clears what is far."""
        self._settling = False
        if self._changing.locked() or not self.is_attached:
            return
        async with self._changing:
            begins, ends = self._extents()
            missing = [
                each for each in self._within(begins, ends, self.scroll_y, 0) if each not in self._views
            ]
            near = [
                each for each in self._within(begins, ends, self.scroll_y, _DRAWN) if each not in self._views
            ]
            if not missing and near:
                missing = [min(near, key=lambda each: abs(begins[each] - self.scroll_y))]
            kept = self._within(begins, ends, self.scroll_y, _CLEARED)
            far = [each for each in self._views if each not in kept and self._may_go(each)]
            if not missing and not far:
                return
            with self.app.batch_update():  # pyright: ignore[reportUnknownMemberType]
                await self._drop(far)
                await self._draw(missing)
        self._settle_soon()

    def _may_go(self, number: int) -> bool:
        """Whether a turn can lose its widgets: it is over, nothing is selected, and the focus is elsewhere."""
        view, focused = self._views[number], self.screen.focused
        if view.turn.running or self.screen.selections:
            return False
        return focused is None or view not in focused.ancestors

    async def _drop(self, numbers: Iterable[int]) -> None:
        views: list[TurnView] = []
        for number in numbers:
            view = self._views.pop(number)
            del self._spaces[number]
            views.append(view)
            if number < len(self._places) and self._places[number].turn is view.turn:
                place = self._places[number]
                place.opened, place.lines, place.sure = view.opened, view.lines, True
        await self.remove_children(views)
        self._space_out()

    async def _draw(self, numbers: Sequence[int]) -> None:
        """Makes the widgets of turns; where they turn out taller than was thought, what is read stays in its place."""
        width, moved = self._turn_width(), 0
        begins, _ = self._extents()
        for number in numbers:
            place = self._places[number]
            lines = place.lines if place.sure else measured_lines(place.turn, width)
            moved += lines - place.lines if begins[number] < self.scroll_y else 0
            place.lines, place.sure = lines, True
            self._views[number] = TurnView(place.turn, opened=place.opened, lines=lines)
        self._space_out()
        order = sorted(self._views)
        mounting = [
            self.mount(self._views[number], before=self._after(order, number)) for number in reversed(numbers)
        ]
        for each in mounting:
            await each
        if moved and not self._following:
            self._move(self.scroll_y + moved)

    def _after(self, order: Sequence[int], number: int) -> Widget:
        """The next widget below a turn that is mounted."""
        following = order[bisect_right(order, number) :]
        return self._views[following[0]] if following else self._rest

    def _space_out(self) -> None:
        """Leaves the lines of turns without widgets free: above the next turn that has some, and below the last."""
        begins, ends = self._extents()
        y = 0
        for number in sorted(self._views):
            space = begins[number] - y
            if self._spaces.get(number) != space:
                self._spaces[number] = space
                self._views[number].styles.margin = (space, _SIDE, 0, _SIDE)
            y = ends[number]
        self._rest.styles.height = self._bottom(ends) - y

    def _move(self, y: float) -> None:
        """Scrolls in the frame that is made next, whose height is not known yet."""
        self.set_scroll(None, y)
        self.set_reactive(Widget.scroll_target_y, y)  # pyright: ignore[reportArgumentType]
        self.vertical_scrollbar.position = y
