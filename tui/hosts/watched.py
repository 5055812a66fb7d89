"""A feed over the database of the watcher: charts from its roll-ups, news from its numbered changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from monitoring.changes import changes_after, last_change
from monitoring.database.engine import Database
from monitoring.database.errors import DatabaseUnavailable
from monitoring.database.tables import results, rollups
from monitoring.history.rollups import HOUR, HOUR_S, ROLLED, get_mark
from monitoring.history.summary import Summary
from monitoring.hosts.store import load_standings
from monitoring.hosts.views import stored
from tools.backend import Backend
from tools.clock import Clock
from tools.records import MonitoredHost
from tui.hosts.feed import Sample
from tui.hosts.seam import SeamFeed

_POLL_S = 1.0
#: Single checks have no number, so the list is read anew this often whatever is told.
_ANYWAY_S = 5.0


class WatchedFeed(SeamFeed):
    """Implements `tui.hosts.feed.HostFeed` beside a watcher, which may be another process, or none."""

    def __init__(self, backend: Backend, database: Database, owner_id: int, clock: Clock) -> None:
        """Takes the hosts of an owner, and the database that they are kept in."""
        super().__init__(backend, clock)
        self._database = database
        self._owner_id = owner_id

    async def series(
        self, ids: Sequence[int], now: datetime, count: int, step: timedelta
    ) -> dict[int, tuple[Sample, ...]]:
        """See `SeamFeed`: whole hours from their roll-ups where a stretch is that long, else from results."""
        start = now - count * step
        sums = {host_id: [Summary() for _ in range(count)] for host_id in ids}

        def place(moment: datetime) -> int:
            return min(count - 1, max(0, int((moment - start) / step)))

        with stored():
            async with self._database.reading() as connection:
                rolled = await get_mark(connection, ROLLED) if step >= HOUR else None
                if rolled is not None:
                    hours = select(rollups).where(
                        rollups.c.host_id.in_(ids),
                        rollups.c.length_s == HOUR_S,
                        rollups.c.start >= start,
                    )
                    for row in await connection.execute(hours):
                        sums[row.host_id][place(row.start + HOUR / 2)].add_rollup(row)
                checks = select(
                    results.c.host_id,
                    results.c.at,
                    results.c.ok,
                    results.c.response_ms,
                    results.c.sent,
                    results.c.received,
                ).where(results.c.host_id.in_(ids), results.c.at >= max(start, rolled or start))
                for row in await connection.execute(checks):
                    sums[row.host_id][place(row.at)].add_results([row])
        return {
            host_id: tuple(
                Sample(
                    start + (number + 0.5) * step,
                    each.avg_ms,
                    each.failures / each.checks if each.checks else 0.0,
                )
                for number, each in enumerate(its)
            )
            for host_id, its in sums.items()
        }

    async def certificates(self, hosts: Sequence[MonitoredHost], now: datetime) -> dict[int, datetime | None]:
        """See `SeamFeed`: what the last checks saw."""
        with stored():
            async with self._database.reading() as connection:
                standings = await load_standings(connection, now, owner_id=self._owner_id)
        return {each.host.id: each.state.warned.certificate_ends for each in standings}

    async def changes(self) -> AsyncGenerator[None, None]:
        """See `HostFeed`: as any process changes something, and every few seconds for new response times."""
        seen: int | None = None
        silent_s = 0.0
        while True:
            await asyncio.sleep(_POLL_S)
            silent_s += _POLL_S
            try:
                if seen is None:
                    seen = await last_change(self._database)
                news = await changes_after(self._database, seen, self._owner_id)
            except DatabaseUnavailable:
                continue
            if news:
                seen = news[-1].seq or seen
            if news or silent_s >= _ANYWAY_S:
                silent_s = 0.0
                yield
