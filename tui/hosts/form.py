"""The form in which a host is added."""

from __future__ import annotations

from typing import ClassVar, cast, get_args

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Select, Static

from tools.records import Endpoint, NewHost
from tui.keys import binding

_ENDPOINTS: tuple[Endpoint, ...] = get_args(Endpoint)


class HostForm(ModalScreen[NewHost | None]):
    """Asks which host to watch, and how."""

    BINDINGS: ClassVar[list[BindingType]] = [binding("back", "Back", show=True)]

    def compose(self) -> ComposeResult:
        """A line each for address, kind, port and interval."""
        with Vertical(classes="dialog"):
            yield Static(Content("Watch a host"), classes="dialog-title", markup=False)
            yield Input(placeholder="address or URL", id="address", compact=True)
            yield Select(
                [(kind, kind) for kind in _ENDPOINTS],
                value="https",
                allow_blank=False,
                id="kind",
                compact=True,
            )
            yield Input(placeholder="port, if not the usual one", id="port", type="integer", compact=True)
            yield Input(
                placeholder="seconds between checks, 300", id="interval", type="integer", compact=True
            )
            yield Static(Content(""), id="problem", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Watch", id="watch", variant="success", compact=True)
                yield Button("Back", id="leave", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Adds, or leaves."""
        if event.button.id == "watch":
            self._submit()
        else:
            self.dismiss(None)

    def on_input_submitted(self) -> None:
        """Adds."""
        self._submit()

    def _submit(self) -> None:
        address = self.query_one("#address", Input).value.strip()
        if not address:
            self.query_one("#problem", Static).update(Content("Name an address."))
            return
        self.dismiss(
            NewHost(
                address,
                cast("Endpoint", self.query_one("#kind", Select).value),  # pyright: ignore[reportUnknownMemberType]
                port=self._number("#port"),
                interval_s=self._number("#interval"),
            )
        )

    def _number(self, selector: str) -> int | None:
        value = self.query_one(selector, Input).value.strip()
        return int(value) if value.lstrip("-").isdecimal() else None

    def action_back(self) -> None:
        """Leaves."""
        self.dismiss(None)
