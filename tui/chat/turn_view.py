"""A turn on the screen, and how tall it will be before it is there."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

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
from tui.chat.markdown import AnswerView
from tui.chat.parts import Answer, CallPart, Note, Part, Thought, Turn
from tui.chat.thought_view import ThoughtView
from tui.chat.typeset import typeset_text
from tui.safe import flow

_MARKS = {"info": "·", "warning": "!", "error": "✗"}
#: Cells beside the words of a question, of an answer and of a note, by the style sheet; a partial answer has a border.
_BESIDE_QUESTION, _BESIDE_ANSWER, _BESIDE_NOTE, _BORDER = 3, 2, 2, 1
#: Lines of what folds while it is closed, and the free line below each part.
_CLOSED, _FREE = 1, 1


class TurnView(Vertical):
    """A turn on the screen.

    Attributes:
        turn: What is shown.
        lines: How tall it is.
    """

    class Resized(Message):
        """The turn has become taller or lower by `by` lines."""

        def __init__(self, view: TurnView, by: int) -> None:
            """Says which turn."""
            super().__init__()
            self.view = view
            self.by = by

    def __init__(self, turn: Turn, *, opened: frozenset[int] = frozenset(), lines: int = 0) -> None:
        """Takes what is shown, and again whenever `changed` is called.

        Args:
            turn: The turn.
            opened: Places of parts that fold and start open.
            lines: How tall it is expected to be.
        """
        super().__init__(classes="turn")
        self.turn = turn
        self.lines = lines
        self._opened: frozenset[int] = opened
        self._views: list[Widget] = []
        self._stamps: list[Hashable] = []

    def compose(self) -> ComposeResult:
        """The question and what there is already."""
        yield _question(self.turn)
        for place, part in enumerate(self.turn.parts):
            yield from self._new(place, part)

    def on_resize(self, event: events.Resize) -> None:
        """Tells who scrolls, so that what is read stays where it is."""
        by = event.size.height - self.lines
        self.lines = event.size.height
        if by:
            self.post_message(self.Resized(self, by))

    async def changed(self) -> None:
        """Shows what is new in the turn."""
        if not self.is_mounted:
            return
        for place, part in enumerate(self.turn.parts):
            if place == len(self._views):
                await self.mount(*self._new(place, part))
            elif self._stamps[place] != (stamp := _stamp(part)):
                self._stamps[place] = stamp
                await self._show(self._views[place], part)

    @property
    def opened(self) -> frozenset[int]:
        """Places of parts that are open."""
        return frozenset(
            place for place, view in enumerate(self._views) if isinstance(view, Fold) and view.is_open
        )

    def fold_all(self, opened: bool) -> None:
        """Opens or closes all that folds."""
        self._opened = foldable(self.turn) if opened else frozenset[int]()
        for fold in self.query(Fold):
            fold.is_open = opened

    def _new(self, place: int, part: Part) -> Iterable[Widget]:
        """What shows a part that is not shown yet."""
        view = self._view(part, opened=place in self._opened)
        self._views.append(view)
        self._stamps.append(_stamp(part))
        yield view
        if isinstance(part, CallPart) and part.approval is not None:
            yield ApprovalView(part.approval)

    def _view(self, part: Part, *, opened: bool) -> Widget:
        match part:
            case Answer():
                return AnswerView(part)
            case Thought():
                return ThoughtView(part, opened=opened)
            case CallPart():
                return CallView(part, opened=opened)
            case Note():
                return Static(_note(part), classes=f"note -{part.tone}", markup=False)

    async def _show(self, view: Widget, part: Part) -> None:
        match view:
            case AnswerView() | Fold():
                view.changed()
                if isinstance(view, CallView) and isinstance(part, CallPart):
                    await self._ask(view, part)
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


def foldable(turn: Turn) -> frozenset[int]:
    """Places of a turn's parts that fold."""
    return frozenset(place for place, part in enumerate(turn.parts) if isinstance(part, Thought | CallPart))


def estimated_lines(turn: Turn, width: int) -> int:
    """About how many lines a turn takes, without reading its Markdown."""
    room = max(20, width - _BESIDE_ANSWER)
    texts = [turn.question, *(part.text for part in turn.parts if isinstance(part, Answer | Note))]
    lines = sum(1 + len(piece) // room for text in texts for piece in text.split("\n"))
    return lines + len(turn.parts) + 1


def measured_lines(turn: Turn, width: int) -> int:
    """How many lines a turn takes while all that folds is closed and nothing is asked."""
    lines = _height(_question_text(turn), width - _BESIDE_QUESTION) + _FREE
    for part in turn.parts:
        match part:
            case Answer() if not part.text.strip():
                continue
            case Answer():
                room = width - _BESIDE_ANSWER - (_BORDER if part.partial else 0)
                lines += len(typeset_text(part.text, room))
            case Note():
                lines += _height(_note(part), width - _BESIDE_NOTE)
            case Thought() | CallPart():
                lines += _CLOSED
        lines += _FREE
    return lines


def _height(text: Content, width: int) -> int:
    return text.get_height({}, max(1, width))


def _question_text(turn: Turn) -> Content:
    return Content(flow(turn.question.strip()) or "…")


def _question(turn: Turn) -> Static:
    return Static(_question_text(turn), classes="question", markup=False)


def _note(part: Note) -> Content:
    return Content(f"{_MARKS[part.tone]} {flow(part.text)}")


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
