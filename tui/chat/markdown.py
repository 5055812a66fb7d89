"""What a model says, as one widget that draws only the lines that are seen, also while it is being written."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.content import Content
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from tui.chat.parts import Answer
from tui.chat.typeset import MOST_CHARS, GrowingLines, Line, typeset_text

#: Seconds between two looks at an answer that is being written.
_EVERY_S = 0.05


class AnswerView(Widget):
    """What a model says.

    Attributes:
        part: What is shown.
    """

    def __init__(self, part: Answer) -> None:
        """Shows the part, and what comes whenever `changed` is called."""
        super().__init__(classes="answer")
        self.part = part
        self._growing = GrowingLines()
        self._taken = 0
        self._waiting = False
        self._lines: Sequence[Line] = ()
        self._width = 0
        self._look()

    def changed(self) -> None:
        """Shows what is new: a few times a second while it is written, at once at the end."""
        if not self.part.streaming:
            self._look()
            self._draw()
        elif not self._waiting:
            self._waiting = True
            self.set_timer(_EVERY_S, self._take)

    def _take(self) -> None:
        self._waiting = False
        if self.part.streaming:
            self._look()
            self._draw()

    def _look(self) -> None:
        """Takes what has come."""
        part = self.part
        self.display = bool(part.text.strip())
        self.set_class(part.partial, "-partial")
        if part.streaming:
            piece = part.text[self._taken : MOST_CHARS]
            self._taken += len(piece)
            self._growing.grow(piece)

    def _draw(self) -> None:
        """Draws the lines that differ."""
        before, width = self._lines, self._width
        self._width = 0
        if width:
            self._set(width)
        if not width or len(before) != len(self._lines):
            self.refresh(layout=True)
            return
        changed = [y for y, (old, new) in enumerate(zip(before, self._lines, strict=True)) if old is not new]
        if changed:
            self.refresh(Region(0, changed[0], self.size.width, changed[-1] - changed[0] + 1))

    def _set(self, width: int) -> None:
        """Makes the lines of a width."""
        if width == self._width:
            return
        self._width = width
        part = self.part
        self._lines = self._growing.at(width) if part.streaming else typeset_text(part.text, width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are at this width."""
        self._set(width)
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """Draws a line."""
        width = self.size.width
        self._set(width)
        base = self.visual_style
        if y >= len(self._lines):
            return Strip.blank(width, base.rich_style)
        line = self._lines[y]
        if line.fill:
            base += Style.parse(line.fill)
        content = self._with_selection(line.content, y)
        segments = [Segment(text, (base + style).rich_style) for text, style in content.render(base, end="")]
        return (
            Strip(segments, content.cell_length)
            .extend_cell_length(width, base.rich_style)
            .apply_offsets(0, y)
        )

    def _with_selection(self, content: Content, y: int) -> Content:
        selection = self.text_selection
        span = None if selection is None else selection.get_span(y)
        if span is None:
            return content
        start, end = span
        style = Style.from_styles(self.screen.get_component_styles("screen--selection"))
        return content.stylize(style, start, len(content.plain) if end == -1 else end)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What is selected, without the breaks that the width made."""
        pieces: list[str] = []
        for y, line in enumerate(self._lines):
            span = selection.get_span(y)
            if span is None:
                continue
            start, end = span
            plain = line.content.plain
            joined = bool(pieces) and line.joint != "\n"
            start = max(start, line.indent) if joined else start
            pieces += [line.joint] if pieces else []
            pieces.append(plain[start : len(plain) if end == -1 else end])
        return "".join(pieces), "\n"
