"""The hosts that are watched, as the screens need them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tools.records import Incident, MaintenanceWindow, MonitoredHost, NewHost, Uptime


@dataclass(frozen=True, slots=True)
class Sample:
    """One stretch of a host's past.

    Attributes:
        at: Its middle.
        response_ms: Mean response time; None where no check succeeded, or none was made.
        failed: The share of checks that failed, 0 to 1.
    """

    at: datetime
    response_ms: float | None
    failed: float


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host in the list.

    Attributes:
        host: The host, with its state of now.
        response_ms: Response time of its last check; None where it failed, or before the first.
        last_check: When that was.
        recent: Equal stretches up to now, oldest first.
        uptime_pct: Of the last 24 hours; None where it was not watched then.
        certificate_ends: When its certificate ends; None where it has none, or that is not known.
    """

    host: MonitoredHost
    response_ms: float | None
    last_check: datetime | None
    recent: tuple[Sample, ...]
    uptime_pct: float | None
    certificate_ends: datetime | None


@dataclass(frozen=True, slots=True)
class HostDetail:
    """A host at close range, over a period."""

    row: HostRow
    uptime: Uptime
    samples: tuple[Sample, ...]
    incidents: tuple[Incident, ...]


class HostFeed(Protocol):
    """Gives hosts, changes them, and tells of what happens. Methods raise `tools.errors.ToolError`."""

    async def rows(self) -> Sequence[HostRow]:
        """All hosts, by id."""
        ...

    async def detail(self, host_id: int, hours: int) -> HostDetail:
        """One host over the last so many hours."""
        ...

    async def add(self, new: NewHost) -> MonitoredHost:
        """Begins to watch a host."""
        ...

    async def pause(self, host_id: int, paused: bool) -> MonitoredHost:
        """Stops checking a host, or goes on."""
        ...

    async def maintenance(self, host_id: int, minutes: int) -> MaintenanceWindow | None:
        """Silences alerts from now on for so many minutes; 0 ends that."""
        ...

    async def delete(self, host_id: int) -> None:
        """Stops watching a host and forgets it."""
        ...

    def changes(self) -> AsyncGenerator[None, None]:
        """Yields whenever something may look different."""
        ...
