"""What `smallwatch watch` shows: a live table at a terminal, lines elsewhere, or JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from tools.results import harmless
from tools.wording import clock, count, length, ms

if TYPE_CHECKING:
    from rich.console import RenderableType

    from monitoring.changes import Change
    from monitoring.watch.snapshot import Snapshot
    from monitoring.watch.watcher import Watcher

_SUMMARY_S: Final = 60.0
_JSON_SUMMARY_S: Final = 10.0
_LIVE_S: Final = 1.0
_RECENT: Final = 8
_MOST_ROWS: Final = 15


class View(ABC):
    """Shows a watcher; `pause_s` are the seconds between summaries."""

    pause_s: float = _SUMMARY_S

    def __init__(self, checks: bool) -> None:
        """Takes whether single results are shown."""
        self._checks = checks
        self._begun = False

    @abstractmethod
    def say(self, sentence: str) -> None:
        """Tells something that is no change."""

    def begin(self, watcher: Watcher, database: str) -> None:
        """Tells that it watches now."""
        self._begun = True

    @abstractmethod
    def change(self, watcher: Watcher, change: Change) -> None:
        """Tells a change."""

    @abstractmethod
    def summary(self, watcher: Watcher) -> None:
        """Tells how it is doing."""

    def end(self, watcher: Watcher) -> None:
        """Tells that it has stopped, if it had begun."""
        if self._begun:
            self.summary(watcher)

    async def follow(self, watcher: Watcher) -> None:
        """Shows changes and summaries until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._changes(watcher))
            group.create_task(self._summaries(watcher))

    async def _changes(self, watcher: Watcher) -> None:
        async for change in watcher.listen():
            if self._checks or change.kind != "checked":
                self.change(watcher, change)

    async def _summaries(self, watcher: Watcher) -> None:
        while True:
            await asyncio.sleep(self.pause_s)
            self.summary(watcher)


class JsonView(View):
    """One JSON object a line, flushed at once."""

    pause_s = _JSON_SUMMARY_S

    def say(self, sentence: str) -> None:
        """Tells it on standard error."""
        click.echo(sentence, err=True)

    def begin(self, watcher: Watcher, database: str) -> None:
        """Tells that it watches now."""
        super().begin(watcher, database)
        self._print({"kind": "watching", "database": database, "hosts": len(watcher.hosts)})

    def change(self, watcher: Watcher, change: Change) -> None:
        """Tells a change."""
        self._print({**change.to_json(), "address": address_of(watcher, change.host_id)})

    def summary(self, watcher: Watcher) -> None:
        """Tells how it is doing."""
        self._print(watcher.snapshot().to_json())

    @staticmethod
    def _print(value: dict[str, Any]) -> None:
        click.echo(json.dumps(value, ensure_ascii=False))


class LinesView(View):
    """Sentences, for logs."""

    def say(self, sentence: str) -> None:
        """Tells it on standard error."""
        click.echo(sentence, err=True)

    def begin(self, watcher: Watcher, database: str) -> None:
        """Tells that it watches now."""
        super().begin(watcher, database)
        click.echo(f"Watching {count(len(watcher.hosts), 'host')} of {database}.")

    def change(self, watcher: Watcher, change: Change) -> None:
        """Tells a change, where it says more than others do."""
        words = change_words(address_of(watcher, change.host_id), change)
        if words:
            click.echo(f"{clock(change.at)}  {words}")

    def summary(self, watcher: Watcher) -> None:
        """Tells how it is doing."""
        now = watcher.snapshot()
        click.echo(f"{clock(now.at)}  {summary_words(now)}")


class LiveView(View):
    """A table that is drawn anew every second."""

    pause_s = _LIVE_S

    def __init__(self, checks: bool) -> None:
        """Takes the terminal."""
        from rich.console import Console
        from rich.live import Live

        super().__init__(checks)
        self._recent: deque[str] = deque(maxlen=_RECENT)
        self._console = Console()
        self._live = Live(console=self._console, auto_refresh=False, transient=True)

    def say(self, sentence: str) -> None:
        """Tells it above the table."""
        self._console.print(sentence, markup=False, highlight=False)

    def begin(self, watcher: Watcher, database: str) -> None:
        """Starts to draw."""
        super().begin(watcher, database)
        self.say(f"Watching {count(len(watcher.hosts), 'host')} of {database}; Ctrl-C stops.")
        self._live.start()

    def change(self, watcher: Watcher, change: Change) -> None:
        """Keeps a change for the table."""
        words = change_words(address_of(watcher, change.host_id), change)
        if words:
            self._recent.append(f"{change.at:%H:%M:%S}  {words}")

    def summary(self, watcher: Watcher) -> None:
        """Draws."""
        if self._live.is_started:
            self._live.update(self._drawn(watcher), refresh=True)

    def end(self, watcher: Watcher) -> None:
        """Leaves one line where the table was."""
        if self._begun:
            self._live.stop()
            self.say(summary_words(watcher.snapshot()))

    def _drawn(self, watcher: Watcher) -> RenderableType:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        now = watcher.snapshot()
        table = Table(box=None, padding=(0, 2, 0, 0))
        for title in ("host", "status", "since", "cause"):
            table.add_column(title, header_style="bold", overflow="fold")
        unwell = [w for w in watcher.hosts.values() if w.status(now.at) in ("down", "pending")]
        unwell.sort(key=lambda w: (w.state.settled != "down", w.host.id))
        for watched in unwell[:_MOST_ROWS]:
            since = watched.state.incident or watched.state.turning
            table.add_row(
                Text(address_of(watcher, watched.host.id)),
                Text(watched.status(now.at), style="red" if watched.state.settled == "down" else "yellow"),
                length((now.at - since).total_seconds()) if since else "",
                Text(harmless(watched.state.cause or "")),
            )
        more = len(unwell) - _MOST_ROWS
        parts: list[RenderableType] = [Text(summary_words(now), style="bold")]
        if unwell:
            parts += [Text(), table]
        if more > 0:
            parts.append(Text(f"and {more} more"))
        if self._recent:
            parts += [Text(), *(Text(line, style="dim") for line in self._recent)]
        return Group(*parts)


@contextmanager
def open_view(*, as_json: bool, checks: bool) -> Generator[View]:
    """Chooses the view by where the output goes."""
    if as_json:
        yield JsonView(checks)
    elif sys.stdout.isatty():
        yield LiveView(checks)
    else:
        yield LinesView(checks)


def address_of(watcher: Watcher, host_id: int) -> str:
    """What a host is called; its number where it is gone."""
    from monitoring.notify.words import host_name

    watched = watcher.hosts.get(host_id)
    return harmless(host_name(watched.host)) if watched else f"host {host_id}"


def summary_words(now: Snapshot) -> str:
    """How a watcher is doing, in a line."""
    states = ", ".join(f"{now.hosts[status]:,} {status}" for status in sorted(now.hosts)) or "no hosts"
    recorder = now.recorder
    words = f"{states}; {now.started:,} checks, {now.missed:,} missed, {now.running:,} running"
    if recorder.problem is not None:
        since = f" since {clock(recorder.since)}" if recorder.since else ""
        words += f"; DATABASE{since}: {recorder.problem.rstrip('.')}; {recorder.waiting:,} results wait"
    if recorder.dropped:
        words += f"; {recorder.dropped:,} results were dropped"
    return f"{words}."


def change_words(address: str, change: Change) -> str:
    """A change in a line; empty where another change says the same."""
    data = change.data
    match change.kind:
        case "status":
            cause = f": {data['cause']}" if data.get("cause") else ""
            return harmless(f"{address} is {data['after']}{cause}")
        case "checked":
            took = f" in {ms(data['response_ms'])}" if data.get("response_ms") is not None else ""
            return harmless(
                f"{address} {'answered' if data['ok'] else 'failed: ' + str(data['cause'])}{took}"
            )
        case "alert":
            return harmless(f"alert: {data['title']}")
        case "host_added":
            return f"{address} is watched now"
        case "host_removed":
            return f"{address} is watched no more"
        case "maintenance":
            return f"the maintenance of {address} was changed"
        case _:
            return ""
