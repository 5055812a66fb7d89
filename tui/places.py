"""The places besides the conversation; each is imported when it is first gone to."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen


def hosts() -> Screen[Any]:
    """Makes the screen of watched hosts."""
    from tui.hosts.screen import HostsScreen

    return HostsScreen()


def evals() -> Screen[Any]:
    """Makes the screen of eval runs."""
    from tui.evals.runs_screen import RunsScreen

    return RunsScreen()


def history() -> Screen[Any]:
    """Makes the screen of conversations."""
    from tui.history.screen import HistoryScreen

    return HistoryScreen()
