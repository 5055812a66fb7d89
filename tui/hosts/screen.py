"""The list of watched hosts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from tools.errors import ToolError
from tools.records import MonitoredHost
from tui.hosts.cells import STATES, cells
from tui.hosts.changing import HostActions
from tui.hosts.feed import HostRow
from tui.keys import binding
from tui.rows import Rows
from tui.safe import line

_WIDE = 110
_COLUMNS = ("", "host", "kind", "ms", "last 24 h", "uptime", "cert")


class HostsScreen(HostActions):
    """All hosts, kept up to date while the screen is seen."""

    AUTO_FOCUS = "#hosts"
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("open", "Open", show=True, priority=True),
        binding("host_add", "Add", show=True),
        binding("host_pause", "Pause", show=True),
        binding("host_maintenance", "Maintenance", show=True),
        binding("host_delete", "Delete", show=True),
        binding("reload", "Reload"),
    ]

    def __init__(self) -> None:
        """Starts empty."""
        super().__init__()
        self._rows: dict[int, HostRow] = {}

    def content(self) -> ComposeResult:
        """A table, and a line about it."""
        yield Rows("hosts")
        yield Static(Content("reading the hosts …"), classes="hint", markup=False)

    def on_mount(self) -> None:
        """Makes the columns, and begins to follow."""
        for number, title in enumerate(_COLUMNS):
            self.query_one(Rows).add_column(title, key=str(number))
        self._follow()
        self.owner.theme_changed_signal.subscribe(self, lambda theme: self._fill())

    def on_resize(self, event: events.Resize) -> None:
        """Makes the charts fit."""
        self._fill()

    @work(exclusive=True, group="follow")
    async def _follow(self) -> None:
        """Shows the hosts, and again whenever something changes."""
        network = await self.owner.network()
        self.say(network.title)
        await self._load()
        async with aclosing(network.hosts.changes()) as changes:
            async for _ in changes:
                if self.is_current:
                    await self._load()

    async def _load(self) -> None:
        feed = await self.feed()
        try:
            rows: Sequence[HostRow] = await feed.rows()
        except ToolError as error:
            self._hint(str(error))
            return
        self._rows = {row.host.id: row for row in rows}
        self._fill()

    def _fill(self) -> None:
        """Puts the hosts into the table, where the cursor stays with its host."""
        if not self.is_mounted:
            return
        table = self.query_one(Rows)
        spark = 24 if self.size.width >= _WIDE else 12
        now = self.owner.services.clock()
        colours = self.owner.theme_variables
        known = {str(key.value) for key in table.rows}
        for row in self._rows.values():
            key = str(row.host.id)
            values = cells(row, now, spark, colours)
            if key in known:
                for number, value in enumerate(values):
                    table.update_cell(key, str(number), value, update_width=True)
            else:
                table.add_row(*values, key=key)
        for key in known - {str(host_id) for host_id in self._rows}:
            table.remove_row(key)
        if self._rows:
            counts = Counter(row.host.status for row in self._rows.values())
            self._hint(
                "  ".join(f"{STATES[state][0]} {counts[state]} {state}" for state in STATES if counts[state])
            )
        elif self._rows == {}:
            self._hint(f"no host is watched yet: {self.owner.key('host_add')} adds one")

    def _hint(self, text: str) -> None:
        self.query_one(".hint", Static).update(Content(line(text)))

    def chosen(self) -> MonitoredHost | None:
        """The host under the cursor."""
        row = self._rows.get(int(self.query_one(Rows).key_here or 0))
        return row.host if row else None

    def reload(self) -> None:
        """Reads the hosts anew."""
        self._reload()

    @work(exclusive=True, group="reload")
    async def _reload(self) -> None:
        await self._load()

    def action_reload(self) -> None:
        """Reads the hosts anew."""
        self.reload()

    def action_open(self) -> None:
        """Shows the host at close range."""
        from tui.hosts.detail import HostScreen

        host = self.chosen()
        if host is not None:
            self.owner.push_screen(HostScreen(host), lambda _: self.reload())

    def on_data_table_row_selected(self) -> None:
        """Shows the host at close range."""
        self.action_open()
