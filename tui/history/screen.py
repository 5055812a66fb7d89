"""Conversations of before: found by their words, opened, renamed, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input, Static

from tools.wording import clock, count
from tui.dialogs import ConfirmDialog, TextDialog
from tui.keys import binding
from tui.page import Page
from tui.rows import Rows
from tui.safe import line

if TYPE_CHECKING:
    from agent.store import Summary

_MOST = 500


class HistoryScreen(Page):
    """A search over a table of conversations."""

    PLACE = "history"
    AUTO_FOCUS = "#search"
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("open", "Open", show=True, priority=True),
        binding("conversation_rename", "Rename", show=True, priority=True),
        binding("conversation_delete", "Delete", show=True, priority=True),
    ]

    def __init__(self) -> None:
        """Starts empty."""
        super().__init__()
        self._found: dict[str, Summary] = {}

    def content(self) -> ComposeResult:
        """The search, the table, a line about them."""
        yield Input(placeholder="search titles and words", id="search", classes="filter", compact=True)
        yield Rows("conversations")
        yield Static(Content(""), classes="hint", markup=False)

    def on_mount(self) -> None:
        """Makes the columns."""
        self.query_one(Rows).add_columns("last", "title", "messages", "found")
        self.say("conversations")

    def on_screen_resume(self) -> None:
        """Reads the conversations, which the other screen may have added to."""
        self.search()

    def on_input_changed(self) -> None:
        """Searches."""
        self.search()

    def on_key(self, event: events.Key) -> None:
        """Goes from the search into the table."""
        if event.key == "down" and self.query_one(Input).has_focus:
            self.query_one(Rows).focus()

    @work(exclusive=True, group="search")
    async def search(self) -> None:
        """Shows the conversations that hold all the words."""
        from agent.conversation import StoreError

        store = self.owner.store
        if store is None:
            return
        words = self.query_one(Input).value
        try:
            found = await store.summaries(limit=_MOST, search=words)
        except StoreError as error:
            self._hint(str(error))
            return
        self._found = {each.id: each for each in found}
        table = self.query_one(Rows)
        place = table.cursor_row
        table.clear()
        for each in found:
            title = Text(line(each.title, 28 if each.partial else 40) or "untitled")
            if each.partial:
                title.append(" (cut short)", style="italic")
            table.add_row(
                Text(clock(each.updated).removesuffix(" UTC")),
                title,
                Text(str(each.messages), justify="right"),
                Text(line(each.excerpt, 90), style="italic"),
                key=each.id,
            )
        table.keep_cursor(place)
        self._hint(count(len(found), "conversation"))

    def _hint(self, text: str) -> None:
        self.query_one(".hint", Static).update(Content(line(text)))

    def _chosen(self) -> Summary | None:
        return self._found.get(self.query_one(Rows).key_here)

    def on_data_table_row_selected(self) -> None:
        """Opens the conversation."""
        self.action_open()

    @work(exclusive=True, group="open")
    async def action_open(self) -> None:
        """Goes on with the conversation."""
        from agent.conversation import StoreError

        chosen, session = self._chosen(), self.owner.session
        if chosen is None or session is None:
            return
        if session.running:
            self.notify("An answer is being written; stop it first.", severity="warning", markup=False)
            return
        try:
            await session.open(chosen.id, chosen.title)
        except StoreError as error:
            self.notify(line(str(error), 400), severity="error", markup=False)
            return
        await self.owner.chat.show_session()
        self.owner.switch_mode("chat")

    @work
    async def action_conversation_rename(self) -> None:
        """Gives the conversation another title."""
        chosen, store = self._chosen(), self.owner.store
        if chosen is None or store is None:
            return
        title = await self.owner.push_screen_wait(TextDialog("Title", line(chosen.title)))
        if title is not None and title.strip():
            await store.rename(chosen.id, title.strip())
            session = self.owner.session
            if session is not None and session.conversation.id == chosen.id:
                session.title = title.strip()
                self.owner.chat.refresh_status()
            self.search()

    @work
    async def action_conversation_delete(self) -> None:
        """Forgets the conversation."""
        chosen, store, session = self._chosen(), self.owner.store, self.owner.session
        if chosen is None or store is None or session is None:
            return
        here = session.conversation.id == chosen.id
        if here and session.running:
            self.notify("An answer is being written in it; stop it first.", severity="warning", markup=False)
            return
        question = f"Delete “{line(chosen.title, 60)}” with {count(chosen.messages, 'message')}?"
        if not await self.owner.push_screen_wait(ConfirmDialog(question, "Delete it")):
            return
        await store.delete(chosen.id)
        if here:
            session.new()
            await self.owner.chat.show_session()
        self.search()
