"""Stands in for what a program was set up without: every call says so, and what works instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

from tools.errors import Refused
from tools.records import HostChanges, HostFilter, NewHost

_RUN_NOW = "checks that run once, such as check_http, ping_host or check_port, work without"


def _no_store() -> Refused:
    return Refused(f"Watching hosts is not available here: this program has no store of hosts; {_RUN_NOW}.")


def no_agents() -> Refused:
    """Returns the error of a call that names a probe agent where there is none."""
    return Refused(
        "Probe agents are not available here: leave agent_location out, and the check runs from this machine."
    )


class AbsentHosts:
    """Implements `tools.backend.Hosts` where nothing is watched."""

    async def find(self, wanted: HostFilter) -> NoReturn:
        """Raises `Refused`."""
        raise _no_store()

    async def add(self, new: NewHost) -> NoReturn:
        """Raises `Refused`."""
        raise _no_store()

    async def edit(self, host_id: int, changes: HostChanges) -> NoReturn:
        """Raises `Refused`."""
        raise _no_store()

    async def delete(self, host_id: int) -> NoReturn:
        """Raises `Refused`."""
        raise _no_store()

    async def data(self, host_ids: Sequence[int], start: datetime | None, end: datetime | None) -> NoReturn:
        """Raises `Refused`."""
        raise _no_store()

    async def uptime(self, host_ids: Sequence[int], start: datetime, end: datetime) -> NoReturn:
        """Raises `Refused`."""
        raise _no_store()

    async def incidents(self, host_ids: Sequence[int]) -> NoReturn:
        """Raises `Refused`."""
        raise _no_store()

    async def set_maintenance(self, host_id: int, start: datetime, end: datetime) -> NoReturn:
        """Raises `Refused`."""
        raise _no_store()

    async def end_maintenance(self, host_id: int) -> NoReturn:
        """Raises `Refused`."""
        raise _no_store()

    async def reset_alert(self, host_id: int) -> NoReturn:
        """Raises `Refused`."""
        raise _no_store()


class AbsentAgents:
    """Implements `tools.backend.Agents` where there are none."""

    async def all(self) -> NoReturn:
        """Raises `Refused`."""
        raise no_agents()

    async def get(self, name: str) -> NoReturn:
        """Raises `Refused`."""
        raise no_agents()


class AbsentAccounts:
    """Implements `tools.backend.Accounts` where nobody can log in."""

    async def current(self) -> NoReturn:
        """Raises `Refused`."""
        raise Refused(
            "Accounts are not available here: nobody can be logged in, and scans need an account;"
            f" {_RUN_NOW}."
        )
