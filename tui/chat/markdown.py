"""Markdown of a model: headings, lists, tables and code, but no links, images or HTML."""

from __future__ import annotations

from markdown_it import MarkdownIt
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownStream

from tui.chat.parts import Answer
from tui.safe import flow

#: Characters of one answer that are drawn.
MOST_CHARS = 60_000
#: A model may repeat what a tool returned, so nothing in its words may be clicked, fetched, or decoded into
#: characters that `flow` has dropped.
_OFF = ("link", "autolink", "image", "entity", "html_inline", "html_block", "reference")


def parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough, without what points elsewhere."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable(list(_OFF))


class AnswerView(Markdown):
    """What a model says, drawn while it is being written."""

    def __init__(self, part: Answer) -> None:
        """Shows the part, and what comes whenever `changed` is called."""
        super().__init__(
            None if part.streaming else flow(part.text, MOST_CHARS),
            parser_factory=parser,
            open_links=False,
            classes="answer",
        )
        self.part = part
        self._stream: MarkdownStream | None = None
        self._written = 0
        self._whole = not part.streaming
        self.set_class(part.partial, "-partial")

    async def changed(self) -> None:
        """Writes what is new; at the end all of it once more.

        Textual's incremental code blocks keep only their first piece once they are drawn again (its issue
        6518), which one whole pass repairs.
        """
        part = self.part
        if part.streaming:
            piece = part.text[self._written :]
            if piece:
                self._stream = self._stream or self.get_stream(self)
                self._written = len(part.text)
                await self._stream.write(flow(piece))
            return
        self.set_class(part.partial, "-partial")
        if not self._whole:
            self._whole = True
            if self._stream is not None:
                await self._stream.stop()
            await self.update(flow(part.text, MOST_CHARS))
