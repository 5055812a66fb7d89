"""A feed over what tools work on, whatever network that is: it is asked again every few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta

from tools.backend import Backend
from tools.clock import Clock
from tools.errors import NotFound, ToolError
from tools.records import (
    HostChanges,
    HostData,
    HostFilter,
    MaintenanceWindow,
    MonitoredHost,
    NewHost,
    Uptime,
)
from tui.hosts.feed import HostDetail, HostRow, Sample

#: Stretches of the small chart in the list, and their length.
RECENT = 24
RECENT_STEP = timedelta(hours=1)
_DETAIL_SAMPLES = 60
_DAY = timedelta(hours=24)
_CERTIFICATE_AGE = timedelta(hours=6)
_CERTIFICATE_PORTS = {"https": 443, "httphtml": 443, "quantum": 443}


class SeamFeed:
    """Implements `tui.hosts.feed.HostFeed` with a backend's own methods."""

    def __init__(self, backend: Backend, clock: Clock, every_s: float = 5.0) -> None:
        """Takes the backend, the time, and how often to look for changes."""
        self._backend = backend
        self._clock = clock
        self._every_s = every_s
        self._certificates: dict[int, tuple[datetime, datetime | None]] = {}

    async def rows(self) -> Sequence[HostRow]:
        """See `HostFeed`."""
        hosts = list(await self._backend.hosts.find(HostFilter()))
        return await self._rows(hosts)

    async def _rows(self, hosts: Sequence[MonitoredHost]) -> list[HostRow]:
        if not hosts:
            return []
        ids = [host.id for host in hosts]
        now = self._clock()
        latest = {item.host.id: item for item in await self._backend.hosts.data(ids, None, None)}
        uptime = {item.host.id: item for item in await self._backend.hosts.uptime(ids, now - _DAY, now)}
        recent = await self.series(ids, now, RECENT, RECENT_STEP)
        ends = await self.certificates(hosts, now)
        return [
            HostRow(
                host,
                latest[host.id].response_ms,
                latest[host.id].last_check,
                recent[host.id],
                uptime[host.id].uptime_pct,
                ends.get(host.id),
            )
            for host in hosts
        ]

    async def detail(self, host_id: int, hours: int) -> HostDetail:
        """See `HostFeed`."""
        hosts = list(await self._backend.hosts.find(HostFilter(host_id=host_id)))
        if not hosts:
            raise NotFound(f"There is no watched host {host_id} any more.")
        now = self._clock()
        period = timedelta(hours=hours)
        rows = await self._rows(hosts)
        uptime: Sequence[Uptime] = await self._backend.hosts.uptime([host_id], now - period, now)
        samples = await self.series([host_id], now, _DETAIL_SAMPLES, period / _DETAIL_SAMPLES)
        incidents = await self._backend.hosts.incidents([host_id])
        return HostDetail(rows[0], uptime[0], samples[host_id], tuple(incidents))

    async def series(
        self, ids: Sequence[int], now: datetime, count: int, step: timedelta
    ) -> dict[int, tuple[Sample, ...]]:
        """The last `count` stretches of hosts, oldest first.

        Each is asked for by itself: the seam knows means of periods, not single checks.
        """
        found: dict[int, list[Sample]] = {host_id: [] for host_id in ids}
        for place in range(count, 0, -1):
            start, end = now - place * step, now - (place - 1) * step
            stretch: Sequence[HostData] = await self._backend.hosts.data(ids, start, end)
            for item in stretch:
                failed = item.failures / item.checks if item.checks else 0.0
                found[item.host.id].append(Sample(start + step / 2, item.avg_ms, failed))
        return {host_id: tuple(samples) for host_id, samples in found.items()}

    async def certificates(self, hosts: Sequence[MonitoredHost], now: datetime) -> dict[int, datetime | None]:
        """When the certificates of hosts end, where that is known."""
        ends = await asyncio.gather(*(self._certificate(host, now) for host in hosts))
        return {host.id: end for host, end in zip(hosts, ends, strict=True)}

    async def _certificate(self, host: MonitoredHost, now: datetime) -> datetime | None:
        """When a host's certificate ends; looked at anew every few hours."""
        known = self._certificates.get(host.id)
        if known is not None and now - known[0] < _CERTIFICATE_AGE:
            return known[1]
        port = _CERTIFICATE_PORTS.get(host.endpoint)
        ends: datetime | None = None
        if port is not None and host.enabled:
            try:
                name = host.address.removeprefix("https://").partition("/")[0].partition(":")[0]
                ends = (await self._backend.checks.certificate(name, host.port or port, None)).not_after
            except ToolError:
                # The state of the host says what is wrong.
                ends = None
        self._certificates[host.id] = (now, ends)
        return ends

    async def add(self, new: NewHost) -> MonitoredHost:
        """See `HostFeed`."""
        return await self._backend.hosts.add(new)

    async def pause(self, host_id: int, paused: bool) -> MonitoredHost:
        """See `HostFeed`."""
        return await self._backend.hosts.edit(host_id, HostChanges(enabled=not paused))

    async def maintenance(self, host_id: int, minutes: int) -> MaintenanceWindow | None:
        """See `HostFeed`."""
        if not minutes:
            await self._backend.hosts.end_maintenance(host_id)
            return None
        now = self._clock()
        return await self._backend.hosts.set_maintenance(host_id, now, now + timedelta(minutes=minutes))

    async def delete(self, host_id: int) -> None:
        """See `HostFeed`."""
        await self._backend.hosts.delete(host_id)

    async def changes(self) -> AsyncGenerator[None, None]:
        """See `HostFeed`."""
        while True:
            await asyncio.sleep(self._every_s)
            yield
