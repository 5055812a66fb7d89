"""What can be done with a host by key, in the list and at close range."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from textual import work
from textual.screen import Screen

from tools.errors import ToolError
from tools.records import MonitoredHost, NewHost
from tui.dialogs import ChoiceDialog, ConfirmDialog
from tui.hosts.form import HostForm
from tui.page import Page
from tui.safe import line

if TYPE_CHECKING:
    from tui.hosts.feed import HostFeed

_WINDOWS = (("30 minutes", 30), ("1 hour", 60), ("4 hours", 240), ("1 day", 1440), ("end it now", 0))


class HostActions(Page):
    """A screen with a host to work on."""

    PLACE = "hosts"

    def chosen(self) -> MonitoredHost | None:
        """The host that a key means."""
        raise NotImplementedError

    def reload(self) -> None:
        """Shows anew."""
        raise NotImplementedError

    def gone(self) -> None:
        """The host was deleted."""
        self.reload()

    async def feed(self) -> HostFeed:
        """The hosts."""
        return (await self.owner.network()).hosts

    async def attempt(self, change: Awaitable[object], said: str) -> bool:
        """Waits for a change and says how it went; says whether it was made."""
        try:
            await change
        except ToolError as error:
            self.notify(line(str(error), 400), severity="error", timeout=8, markup=False)
            return False
        self.notify(line(said, 200), timeout=3, markup=False)
        return True

    @work
    async def action_host_add(self) -> None:
        """Begins to watch a host."""
        wanted: NewHost | None = await self.owner.push_screen_wait(HostForm())
        if wanted is not None:
            feed = await self.feed()
            if await self.attempt(feed.add(wanted), f"{wanted.address} is watched."):
                self.reload()

    @work
    async def action_host_pause(self) -> None:
        """Stops checking the host, or goes on."""
        host = self.chosen()
        if host is not None:
            feed = await self.feed()
            said = f"{host.address} is {'paused' if host.enabled else 'checked again'}."
            if await self.attempt(feed.pause(host.id, host.enabled), said):
                self.reload()

    @work
    async def action_host_maintenance(self) -> None:
        """Silences alerts of the host for a while, or ends that."""
        host = self.chosen()
        if host is None:
            return
        dialog: Screen[int | None] = ChoiceDialog(
            f"Silence alerts of {line(host.address, 40)}", [words for words, _ in _WINDOWS]
        )
        place = await self.owner.push_screen_wait(dialog)
        if place is None:
            return
        words, minutes = _WINDOWS[place]
        said = f"{host.address} is in maintenance for {words}." if minutes else "Maintenance is over."
        feed = await self.feed()
        if await self.attempt(feed.maintenance(host.id, minutes), said):
            self.reload()

    @work
    async def action_host_delete(self) -> None:
        """Stops watching the host and forgets it."""
        host = self.chosen()
        if host is None:
            return
        question = f"Stop watching {line(host.address, 40)} ({host.endpoint}) and forget its past?"
        if await self.owner.push_screen_wait(ConfirmDialog(question, "Forget it")):
            feed = await self.feed()
            if await self.attempt(feed.delete(host.id), f"{host.address} is not watched any more."):
                self.gone()
