"""Where the user writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import TextArea

from settings.terminal import DEFAULT_KEYS
from tools.results import harmless
from tui.keys import binding, split_keys


class Composer(TextArea):
    """A text of several lines; enter sends it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("send", "Send"),
        binding("newline", "New line"),
    ]

    class Sent(Message):
        """The user has sent a text."""

        def __init__(self, text: str) -> None:
            """Says which."""
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        """Starts empty, with the default keys."""
        super().__init__(
            id="composer",
            soft_wrap=True,
            show_line_numbers=False,
            compact=True,
            highlight_cursor_line=False,
            placeholder="Ask about your network",
        )
        self.use_keys(DEFAULT_KEYS)
        self._asked: list[str] = []
        self._recalled = 0

    def use_keys(self, keys: Mapping[str, str]) -> None:
        """Takes a key map."""
        self._send_keys = split_keys(keys["send"])
        self._newline_keys = split_keys(keys["newline"])

    def remember(self, asked: list[str]) -> None:
        """Takes the questions that the up key brings back, oldest first."""
        self._asked = list(asked)
        self._recalled = 0

    def put(self, text: str) -> None:
        """Replaces what is written, with the cursor at its end."""
        self.text = text
        self.move_cursor(self.document.end)

    def on_key(self, event: events.Key) -> None:
        """Sends or breaks the line in the order in which keys came.

        A binding would act while the letters before it still wait to be inserted.
        """
        if event.key in self._send_keys:
            self.action_send()
        elif event.key in self._newline_keys:
            self.action_newline()
        else:
            return
        event.prevent_default()
        event.stop()

    def action_send(self) -> None:
        """Sends what is written."""
        text = self.text.strip()
        if text:
            self.text = ""
            self._recalled = 0
            self.post_message(self.Sent(text))

    def action_newline(self) -> None:
        """Begins a new line."""
        self.insert("\n")

    def action_cursor_up(self, select: bool = False) -> None:
        """Goes up; in an empty text, or above a recalled one, brings back what was asked before."""
        idle = not self.text or (self._recalled and self.text == self._asked[-self._recalled])
        if not select and idle and self._recalled < len(self._asked):
            self._recalled += 1
            self.put(self._asked[-self._recalled])
            return
        super().action_cursor_up(select)

    async def on_paste(self, event: events.Paste) -> None:
        """Takes pasted text without what a terminal would obey."""
        event.prevent_default()
        event.stop()
        self.insert(harmless(event.text.replace("\r\n", "\n").replace("\r", "\n")))
