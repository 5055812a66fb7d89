"""What a model thinks: folded, never mistaken for its answer."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tools.wording import count
from tui.chat.fold import Fold
from tui.chat.parts import Thought
from tui.safe import flow


class ThoughtView(Fold):
    """A model's thinking, as one line until it is opened."""

    def __init__(self, part: Thought, *, opened: bool = False) -> None:
        """Shows the part, and again whenever `changed` is called."""
        super().__init__(opened=opened, classes="thought")
        self.part = part

    def label(self) -> Content:
        """How much there is of it."""
        words = count(len(self.part.text.split()), "word")
        said = f"thinking … {words}" if self.part.streaming else f"thought, {words}"
        return Content.styled(said, "italic $muted")

    def body(self) -> Iterable[Widget]:
        """The thinking itself."""
        yield Static(Content(flow(self.part.text.strip())), classes="thought-text", markup=False)
