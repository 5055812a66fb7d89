"""The question before a call that changes something. It shows exactly what will run; its default is no."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from tools.wording import length
from tui.safe import exact

if TYPE_CHECKING:
    from agent.approval import Approval

Choice = Literal["once", "always", "no"]

#: Characters of arguments that a person can be asked to read; more can only be refused.
READABLE_CHARS = 10_000
#: Seconds in which a letter does not allow anything: it may have been meant for the composer.
GRACE_S = 0.5
_EFFECTS = {
    "write": "changes something",
    "intrusive": "touches other machines in a way that their owners may notice",
    "read": "only reads",
}


class ApprovalView(Vertical):
    """Asks whether a call may run: once, always in this conversation, or not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "letter('once')", "Once", show=False),
        Binding("a", "letter('always')", "Always", show=False),
        Binding("n", "letter('no')", "No", show=False),
        Binding("left", "app.focus_previous", "Left", show=False),
        Binding("right", "app.focus_next", "Right", show=False),
    ]

    class Decided(Message):
        """A person has chosen."""

        def __init__(self, approval: Approval, choice: Choice) -> None:
            """Says what about."""
            super().__init__()
            self.approval = approval
            self.choice: Choice = choice

    def __init__(self, approval: Approval) -> None:
        """Asks about the approval."""
        super().__init__(classes="approval")
        self.approval = approval
        self._asked_at = math.inf
        self._pressed_at = -math.inf
        self.readable = len(approval.arguments) <= READABLE_CHARS

    def compose(self) -> ComposeResult:
        """The question, the call to the letter, and three answers."""
        approval = self.approval
        yield Static(
            Content.assemble(
                "Run ",
                (exact(approval.tool, 80), "bold"),
                f"? It {_EFFECTS[approval.effect]}. Unanswered for {length(approval.ttl_s)}, it is not run.",
            ),
            classes="approval-question",
            markup=False,
        )
        with VerticalScroll(classes="approval-call", can_focus=False):
            yield Static(Content(self._call()), markup=False)
        with Horizontal(classes="approval-answers"):
            yield Button("No (n)", id="no", variant="error", compact=True)
            yield Button("Once (y)", id="once", variant="success", compact=True, disabled=not self.readable)
            yield Button(
                "Always in this conversation (a)",
                id="always",
                variant="warning",
                compact=True,
                disabled=not self.readable,
            )

    def _call(self) -> str:
        approval = self.approval
        if not self.readable:
            size = f"{len(approval.arguments):,} characters"
            return f"Its arguments have {size}, more than anyone reads; it can only be refused."
        arguments: dict[str, object] = json.loads(approval.arguments)
        if not arguments:
            return f"{exact(approval.tool)}()"
        given = (
            f"  {exact(name)} = {exact(json.dumps(value, ensure_ascii=False))}"
            for name, value in arguments.items()
        )
        return "\n".join([f"{exact(approval.tool)}(", *given, ")"])

    def ask(self) -> bool:
        """Takes the focus, on no; False where the question is just being taken away, answered for the conversation."""
        for button in self.query("#no").results(Button):
            # On the clock of keys.
            self._asked_at = Message().time
            button.focus()
            return True
        return False

    def on_key(self, event: events.Key) -> None:
        """Notes when a key was pressed: on a busy machine it arrives late, with a focus that it was not meant for."""
        self._pressed_at = event.time

    def action_letter(self, choice: Choice) -> None:
        """Answers by key, but not at once."""
        if self._pressed_at - self._asked_at >= GRACE_S:
            self._choose(choice)

    def _choose(self, choice: Choice) -> None:
        if choice == "no" or self.readable:
            self.post_message(self.Decided(self.approval, choice))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answers by button."""
        event.stop()
        match event.button.id:
            case "once" | "always" | "no" as choice:
                self._choose(choice)
            case _:
                pass
