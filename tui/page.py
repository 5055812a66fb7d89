"""What all screens have in common: a line of places above, a line of keys below."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Static

from tui.safe import line

if TYPE_CHECKING:
    from tui.app import SmallwatchApp

#: Places: the mode, its name, and the key that it has by default.
PLACES = (("chat", "Chat"), ("hosts", "Hosts"), ("evals", "Evals"), ("history", "History"))


class PlaceTab(Static):
    """The name of a place; a click goes there."""

    ALLOW_SELECT = False

    class Chosen(Message):
        """A place was clicked."""

        def __init__(self, place: str) -> None:
            """Says which."""
            super().__init__()
            self.place = place

    def __init__(self, place: str, title: str, *, here: bool) -> None:
        """Takes the place, its title, and whether it is the present one."""
        super().__init__(Content(title), classes="tab -here" if here else "tab", markup=False)
        self._place = place

    def on_click(self) -> None:
        """Goes there."""
        self.post_message(self.Chosen(self._place))


class TopBar(Horizontal):
    """The places, and what is shown of the present one."""

    def __init__(self, place: str) -> None:
        """Marks the present place."""
        super().__init__(id="top")
        self._place = place

    def compose(self) -> ComposeResult:
        """The name, the places, the subject."""
        yield Static(Content("● smallwatch"), id="brand", markup=False)
        for place, title in PLACES:
            yield PlaceTab(place, title, here=place == self._place)
        yield Static(Content(""), id="subject", markup=False)

    def say(self, subject: str) -> None:
        """Shows what the screen is about."""
        self.query_one("#subject", Static).update(Content(line(subject, 120)), layout=False)


class Page(Screen[None]):
    """A screen of the application.

    Attributes:
        PLACE: Which of the places it is, or belongs to.
    """

    PLACE = "chat"

    @property
    def owner(self) -> SmallwatchApp:
        """The application."""
        return cast("SmallwatchApp", self.app)  # pyright: ignore[reportUnknownMemberType]

    def compose(self) -> ComposeResult:
        """The frame around `content`."""
        yield TopBar(self.PLACE)
        yield from self.content()
        yield Footer(compact=True, show_command_palette=True)

    def content(self) -> ComposeResult:
        """What is between the lines."""
        yield from ()

    def say(self, subject: str) -> None:
        """Shows what the screen is about in its first line."""
        self.query_one(TopBar).say(subject)
