"""Small questions over a screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.keys import binding


class ConfirmDialog(ModalScreen[bool]):
    """Asks whether something is to be done; its default is no."""

    BINDINGS: ClassVar[list[BindingType]] = [binding("back", "No", show=True)]

    def __init__(self, question: str, yes: str) -> None:
        """Asks a question; `yes` is what the other button says."""
        super().__init__()
        self._question = question
        self._yes = yes

    def compose(self) -> ComposeResult:
        """The question and two buttons."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-title", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("No", id="no", compact=True)
                yield Button(Content(self._yes), id="yes", variant="error", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answers."""
        self.dismiss(event.button.id == "yes")

    def action_back(self) -> None:
        """Answers no."""
        self.dismiss(False)


class ChoiceDialog(ModalScreen[int | None]):
    """Lets one of several be chosen; None is none of them."""

    BINDINGS: ClassVar[list[BindingType]] = [binding("back", "Back", show=True)]

    def __init__(self, question: str, choices: Sequence[str]) -> None:
        """Asks a question; answers with the place of a choice."""
        super().__init__()
        self._question = question
        self._choices = choices

    def compose(self) -> ComposeResult:
        """The question and the choices."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-title", markup=False)
            yield OptionList(
                *(Option(Content(choice)) for choice in self._choices), markup=False, compact=True
            )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answers."""
        self.dismiss(event.option_index)

    def action_back(self) -> None:
        """Chooses none."""
        self.dismiss(None)


class TextDialog(ModalScreen[str | None]):
    """Asks for a line of text; None where it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [binding("back", "Back", show=True)]

    def __init__(self, question: str, text: str) -> None:
        """Asks a question, with a text to begin with."""
        super().__init__()
        self._question = question
        self._text = text

    def compose(self) -> ComposeResult:
        """The question and the line."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-title", markup=False)
            yield Input(self._text, compact=True, select_on_focus=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answers."""
        self.dismiss(event.value)

    def action_back(self) -> None:
        """Leaves it."""
        self.dismiss(None)
