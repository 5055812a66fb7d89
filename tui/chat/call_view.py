"""A tool call on the screen: one line with its state and time, behind it arguments and result."""

from __future__ import annotations

import json
from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tools.wording import number
from tui.chat.fold import Fold
from tui.chat.parts import CallPart, CallState
from tui.chat.table import result_tables
from tui.safe import exact, flow, line

_STATES: dict[CallState, tuple[str, str, str]] = {
    "writing": ("…", "being written", "$muted"),
    "proposed": ("…", "", "$muted"),
    "waiting": ("?", "waits for you", "$text-warning"),
    "running": ("◌", "running", "$text-accent"),
    "done": ("✓", "", "$text-success"),
    "failed": ("✗", "failed", "$text-error"),
    "refused": ("⊘", "not run", "$text-warning"),
    "unreadable": ("⊘", "unreadable", "$text-warning"),
}
#: Characters of the arguments in the line of a call: at most, and however much else is to be said.
_ARGUMENT_CHARS, _LEAST_CHARS = 44, 12


class CallView(Fold):
    """A call. Closed it is one line; what it was given and what came of it are behind that."""

    def __init__(self, part: CallPart, *, opened: bool = False) -> None:
        """Shows the part, and again whenever `changed` is called."""
        super().__init__(opened=opened, classes="call")
        self.part = part
        self.set_class(part.state in ("failed", "refused", "unreadable"), "-bad")

    def changed(self) -> None:
        """Shows the part anew."""
        self.set_class(self.part.state in ("failed", "refused", "unreadable"), "-bad")
        super().changed()

    def label(self) -> Content:
        """State, name, the main arguments, time, and whether something was cut."""
        part = self.part
        mark, words, colour = _STATES[part.state]
        pieces: list[Content | tuple[str, str]] = [
            (f"{mark} ", colour),
            (line(part.name, 40) or "…", "bold"),
        ]
        given = arguments_line(part, max(_ARGUMENT_CHARS - len(words), _LEAST_CHARS))
        if given:
            pieces.append((f"  {given}", "$muted"))
        if words:
            pieces.append((f"  {words}", colour))
        if part.seconds is not None:
            pieces.append((f"  {_seconds(part.seconds)}", "$muted"))
        if part.result is not None and part.result.truncated:
            pieces.append(("  cut", "$text-warning bold"))
        return Content.assemble(*pieces)

    def body(self) -> Iterable[Widget]:
        """Arguments, the sentence of the result, and its data as tables."""
        part = self.part
        yield Static(Content(arguments_text(part)), classes="call-arguments", markup=False)
        if part.result is None:
            return
        yield Static(Content(flow(part.result.message)), classes="call-message", markup=False)
        for table in result_tables(part.result.data):
            yield Static(table, classes="call-table", markup=False)
        if part.result.truncated:
            next_page = part.result.next_page
            more = f" Page {next_page} goes on." if next_page else ""
            note = f"Cut to fit: the sentence above says what is left out.{more}"
            yield Static(Content(note), classes="call-cut", markup=False)


def arguments_line(part: CallPart, limit: int = _ARGUMENT_CHARS) -> str:
    """The arguments in a few words: `target=gw1.lan count=3`."""
    if part.call is None:
        return line(part.written, limit)
    given = " ".join(f"{name}={_short(value)}" for name, value in part.call.arguments.items())
    return line(given, limit)


def arguments_text(part: CallPart) -> str:
    """Every argument on a line of its own; nothing in them hides."""
    if part.call is None:
        return exact(part.written) or "…"
    if not part.call.arguments:
        return "no arguments"
    return "\n".join(
        f"{exact(name)} = {exact(json.dumps(value, ensure_ascii=False))}"
        for name, value in part.call.arguments.items()
    )


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _seconds(seconds: float) -> str:
    return f"{number(seconds * 1000, 0)} ms" if seconds < 1 else f"{number(seconds)} s"
