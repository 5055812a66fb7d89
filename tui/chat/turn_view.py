"""A turn on the screen. Far from what is seen it is empty space of its own height, so that memory is bounded."""

from __future__ import annotations

from collections.abc import Hashable

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui.chat.approval_view import ApprovalView
from tui.chat.call_view import CallView
from tui.chat.fold import Fold
from tui.chat.parts import Answer, CallPart, Note, Part, Thought, Turn
from tui.chat.thought_view import ThoughtView
from tui.safe import flow

_MARKS = {"info": "·", "warning": "!", "error": "✗"}


class TurnView(Vertical):
    """A turn on the screen.

    Attributes:
        turn: What is shown.
        drawn: Whether its widgets are there, or only space.
        opened: Whether what folds is open.
        lines: How tall it is.
    """

    class Resized(Message):
        """The turn has become taller or lower by `by` lines."""

        def __init__(self, view: TurnView, by: int) -> None:
            """Says which turn."""
            super().__init__()
            self.view = view
            self.by = by

    def __init__(self, turn: Turn, *, opened: bool = False) -> None:
        """Starts as space, or drawn where the turn is under way.

        Args:
            turn: What is shown, and again whenever `changed` is called.
            opened: Whether what folds starts open.
        """
        super().__init__(classes="turn")
        self.turn = turn
        self.drawn = turn.running
        self.opened = opened
        self.lines = 0
        self._views: list[Widget] = []
        self._stamps: list[Hashable] = []

    def compose(self) -> ComposeResult:
        """Nothing but the question where the turn is under way; its parts come by `changed`."""
        if self.drawn:
            yield _question(self.turn)

    async def on_mount(self) -> None:
        """Shows what there is already."""
        await self.changed()

    def on_resize(self, event: events.Resize) -> None:
        """Tells who scrolls, so that what is read stays where it is."""
        by = event.size.height - self.lines
        self.lines = event.size.height
        if by:
            self.post_message(self.Resized(self, by))

    def reserve(self, width: int) -> None:
        """Takes about the space that the turn will need, at a width in cells."""
        if not self.drawn:
            self.lines = estimated_lines(self.turn, width)
            self.styles.height = self.lines

    async def draw(self) -> None:
        """Makes the widgets."""
        if self.drawn or not self.is_attached:
            return
        self.drawn = True
        with self.app.batch_update():  # pyright: ignore[reportUnknownMemberType]
            self.styles.height = "auto"
            await self.mount(_question(self.turn))
            await self.changed()

    async def clear(self) -> None:
        """Leaves space of the same height."""
        if not self.drawn or self.turn.running:
            return
        self.drawn = False
        self.opened = any(fold.is_open for fold in self.query(Fold))
        self.styles.height = self.lines
        self._views, self._stamps = [], []
        await self.remove_children()

    async def changed(self) -> None:
        """Shows what is new in the turn."""
        if not self.drawn or not self.is_attached:
            return
        for place, part in enumerate(self.turn.parts):
            stamp = _stamp(part)
            if place == len(self._views):
                view = self._view(part)
                self._views.append(view)
                self._stamps.append(None)
                await self.mount(view)
            if self._stamps[place] != stamp:
                self._stamps[place] = stamp
                await self._show(self._views[place], part)

    def fold_all(self, opened: bool) -> None:
        """Opens or closes all that folds."""
        self.opened = opened
        for fold in self.query(Fold):
            fold.is_open = opened

    def _view(self, part: Part) -> Widget:
        match part:
            case Answer():
                # Markdown takes long to import, and the first screen has none.
                from tui.chat.markdown import AnswerView

                return AnswerView(part)
            case Thought():
                return ThoughtView(part, opened=self.opened)
            case CallPart():
                return CallView(part, opened=self.opened)
            case Note():
                text = Content(f"{_MARKS[part.tone]} {flow(part.text)}")
                return Static(text, classes=f"note -{part.tone}", markup=False)

    async def _show(self, view: Widget, part: Part) -> None:
        from tui.chat.markdown import AnswerView

        match view:
            case AnswerView():
                await view.changed()
            case CallView():
                view.changed()
                if isinstance(part, CallPart):
                    await self._ask(view, part)
            case Fold():
                view.changed()
            case _:
                pass

    async def _ask(self, view: CallView, part: CallPart) -> None:
        """Puts the question for approval below its call, or takes it away."""
        asked = {each.approval.id: each for each in self.query_children(ApprovalView)}
        if part.approval is None:
            for each in asked.values():
                if part.call is not None and not self._is_open(each):
                    await each.remove()
        elif part.approval.id not in asked:
            await self.mount(ApprovalView(part.approval), after=view)

    def _is_open(self, view: ApprovalView) -> bool:
        return any(
            part.approval is not None and part.approval.id == view.approval.id for part in self.turn.calls
        )


def estimated_lines(turn: Turn, width: int) -> int:
    """About how many lines a turn takes."""
    room = max(20, width - 6)
    texts = [turn.question, *(part.text for part in turn.parts if isinstance(part, Answer | Note))]
    lines = sum(1 + len(piece) // room for text in texts for piece in text.split("\n"))
    return lines + len(turn.parts) + 2


def _question(turn: Turn) -> Static:
    return Static(Content(flow(turn.question.strip()) or "…"), classes="question", markup=False)


def _stamp(part: Part) -> Hashable:
    """Differs whenever a part looks different."""
    match part:
        case Answer():
            return len(part.text), part.streaming, part.partial
        case Thought():
            return len(part.text), part.streaming
        case CallPart():
            approval = part.approval.id if part.approval else ""
            return part.name, part.state, len(part.written), part.seconds, part.result is None, approval
        case Note():
            return part.text
