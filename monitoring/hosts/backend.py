"""The watched hosts of one owner, as the tools use them; the watcher may be another process, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from monitoring.database.engine import Database
from monitoring.database.tables import incidents, results
from monitoring.history.report import reached, summaries
from monitoring.hosts.changing import HostChanger, missing, new_row
from monitoring.hosts.host import ProbeSpec
from monitoring.hosts.limits import HostLimit
from monitoring.hosts.options import HostOptions
from monitoring.hosts.store import MOST_IDS, Standing, load_standings
from monitoring.hosts.views import away, data_of, fits, shows, stored, view_of
from monitoring.probe.prober import spec_host
from settings.schema import MonitoringSettings
from tools.backend import Agents
from tools.clock import Clock
from tools.errors import CheckFailed, Refused
from tools.masking import mask_url
from tools.records import (
    Endpoint,
    HostChanges,
    HostData,
    HostFilter,
    Incident,
    MaintenanceWindow,
    MonitoredHost,
    NewHost,
    Uptime,
)
from tools.resolve import Resolver

_LOOKUP_S: Final = 5.0
_MOST_INCIDENTS: Final = 5000


class WatchedHosts:
    """Implements `tools.backend.Hosts` for one owner."""

    def __init__(
        self,
        database: Database,
        owner_id: int,
        resolver: Resolver,
        settings: MonitoringSettings,
        clock: Clock,
        *,
        agents: Agents | None = None,
        limit: HostLimit | None = None,
    ) -> None:
        """Takes what it works with.

        Args:
            database: Where hosts are kept.
            owner_id: Whose hosts these are.
            resolver: Judges addresses before they are watched; each check judges them again.
            settings: What a host gets that is added without.
            clock: Gives the present time.
            agents: The probe agents; None: only this machine checks.
            limit: How many hosts the owner may watch; None: as many as wanted.
        """
        self._database = database
        self._owner_id = owner_id
        self._resolver = resolver
        self._settings = settings
        self._clock = clock
        self._agents = agents
        self._limit = limit
        self._changer = HostChanger(database, owner_id)

    async def find(self, wanted: HostFilter) -> Sequence[MonitoredHost]:
        """Finds watched hosts, by id."""
        now = self._clock()
        ids = None if wanted.host_id is None else [wanted.host_id]
        with stored():
            standings = await self._standings(ids)
        return [
            view for view in (view_of(s, now) for s in standings if fits(s, wanted)) if shows(view, wanted)
        ]

    async def add(self, new: NewHost) -> MonitoredHost:
        """Starts to watch a host; raises `Refused` where it is watched so already or the plan is full."""
        return await self.add_with(new, HostOptions())

    async def add_with(self, new: NewHost, options: HostOptions, *, enabled: bool = True) -> MonitoredHost:
        """Starts to watch a host of which something is expected.

        Args:
            new: The host.
            options: What is expected.
            enabled: Whether to check it from now on.

        Raises:
            Refused: It is watched so already, the plan is full, its place cannot check it so, or its address may
                not be reached.
        """
        settings = self._settings
        row = new_row(new, (settings.interval_s, settings.timeout_ms, settings.retries))
        row |= {"agent_location": away(new.agent_location), "enabled": enabled}
        self._refuse_short(row["interval_s"])
        await self._refuse_unable(row["agent_location"], new.endpoint)
        spec = ProbeSpec(new.address, new.endpoint, new.port, row["timeout_ms"], options)
        await self._judge(spec, row["agent_location"])
        with stored():
            host_id = await self._changer.add(row, options, self._clock(), self._limit)
        return await self._one(host_id)

    async def edit(self, host_id: int, changes: HostChanges) -> MonitoredHost:
        """Changes how a host is watched."""
        with stored():
            standing = await self._standing(host_id)
        host = standing.host
        values: dict[str, Any] = {
            "enabled": changes.enabled,
            "endpoint": changes.endpoint,
            "port": changes.port,
            "timeout_ms": changes.timeout_ms,
            "interval_s": changes.interval_s,
            "retries": changes.retries,
        }
        values = {key: value for key, value in values.items() if value is not None}
        if changes.agent_location is not None:
            values["agent_location"] = away(changes.agent_location)
        if changes.interval_s is not None:
            self._refuse_short(changes.interval_s)
        place = values.get("agent_location", host.agent_location)
        endpoint: Endpoint = values.get("endpoint", host.spec.endpoint)
        await self._refuse_unable(place, endpoint)
        if values.keys() & {"endpoint", "agent_location", "enabled"}:
            await self._judge(host.spec, place)
        with stored():
            await self._changer.edit(host_id, values, self._clock())
        return await self._one(host_id)

    async def delete(self, host_id: int) -> None:
        """Stops watching a host and forgets it."""
        with stored():
            await self._changer.delete(host_id, self._clock())

    async def data(
        self, host_ids: Sequence[int], start: datetime | None, end: datetime | None
    ) -> Sequence[HostData]:
        """Returns each host's results of a period; without one, of the last 24 hours."""
        now = self._clock()
        end = end or now
        begin = start or end - timedelta(days=1)
        with stored():
            standings = {s.host.id: s for s in await self._standings(host_ids)}
            async with self._database.reading() as connection:
                sums = await summaries(connection, list(standings), begin, end)
                last = {
                    host_id: (
                        await connection.execute(
                            select(results.c.sent, results.c.received)
                            .where(results.c.host_id == host_id)
                            .order_by(results.c.at.desc())
                            .limit(1)
                        )
                    ).first()
                    for host_id in (standings if start is None else ())
                }
        return [
            data_of(_known(standings, host_id), sums[host_id], now, last.get(host_id)) for host_id in host_ids
        ]

    async def uptime(self, host_ids: Sequence[int], start: datetime, end: datetime) -> Sequence[Uptime]:
        """Returns how well each host was reached over a period; maintenance and unwatched times are left out."""
        now = self._clock()
        with stored():
            standings = {s.host.id: s for s in await self._standings(host_ids)}
            intervals = {host_id: s.host.interval_s for host_id, s in standings.items()}
            async with self._database.reading() as connection:
                sums = await summaries(connection, list(standings), start, end)
                up = await reached(connection, intervals, start, end, now)
        found: list[Uptime] = []
        for host_id in host_ids:
            view, summary, was = view_of(_known(standings, host_id), now), sums[host_id], up[host_id]
            share = 1 - was.down_s / was.watched_s if was.watched_s else None
            found.append(
                Uptime(
                    host=view,
                    uptime_pct=None if share is None else round(100 * share, 3),
                    outages=was.outages,
                    downtime_s=was.down_s,
                    p50_ms=summary.quantile(50),
                    p95_ms=summary.quantile(95),
                    p99_ms=summary.quantile(99),
                )
            )
        return found

    async def incidents(self, host_ids: Sequence[int]) -> Sequence[Incident]:
        """Returns the outages of these hosts, newest first; of very many the newest ones."""
        with stored():
            addresses = {s.host.id: mask_url(s.host.spec.address) for s in await self._standings(host_ids)}
            statement = (
                select(incidents)
                .where(incidents.c.host_id.in_(list(addresses)))
                .order_by(incidents.c.began.desc(), incidents.c.id.desc())
                .limit(_MOST_INCIDENTS)
            )
            async with self._database.reading() as connection:
                rows = (await connection.execute(statement)).all()
        return [
            Incident(row.id, row.host_id, addresses[row.host_id], row.began, row.ended, row.cause)
            for row in rows
        ]

    async def set_maintenance(self, host_id: int, start: datetime, end: datetime) -> MaintenanceWindow:
        """Silences alerts of a host for a time."""
        with stored():
            host = (await self._standing(host_id)).host
            await self._changer.add_window(host_id, start, end, self._clock())
        return MaintenanceWindow(host_id, mask_url(host.spec.address), start, end)

    async def end_maintenance(self, host_id: int) -> bool:
        """Ends a host's running window, or drops planned ones where none runs; says whether there was one."""
        with stored():
            return await self._changer.end_windows(host_id, self._clock())

    async def reset_alert(self, host_id: int) -> bool:
        """Clears a host's alert; says whether there was one."""
        with stored():
            return await self._changer.reset_alert(host_id, self._clock())

    async def _standings(self, host_ids: Sequence[int] | None) -> list[Standing]:
        now = self._clock()
        async with self._database.reading() as connection:
            if host_ids is None or len(host_ids) <= MOST_IDS:
                return await load_standings(connection, now, owner_id=self._owner_id, host_ids=host_ids)
            parts = [host_ids[first : first + MOST_IDS] for first in range(0, len(host_ids), MOST_IDS)]
            found = [
                await load_standings(connection, now, owner_id=self._owner_id, host_ids=part)
                for part in parts
            ]
        return [standing for part in found for standing in part]

    async def _standing(self, host_id: int) -> Standing:
        found = await self._standings([host_id])
        if not found:
            raise missing(host_id)
        return found[0]

    async def _one(self, host_id: int) -> MonitoredHost:
        with stored():
            return view_of(await self._standing(host_id), self._clock())

    def _refuse_short(self, interval_s: int) -> None:
        limit = self._limit
        if limit is not None and interval_s < limit.shortest_interval_s:
            raise Refused(
                f"interval_s was {interval_s}: the {limit.plan} plan checks every"
                f" {limit.shortest_interval_s} s at most."
            )

    async def _refuse_unable(self, place: str | None, endpoint: Endpoint) -> None:
        if place is None or self._agents is None:
            return
        agent = await self._agents.get(place)
        if endpoint not in agent.abilities:
            able = ", ".join(agent.abilities)
            raise Refused(f"The probe agent {agent.name} cannot run {endpoint}; it can run {able}.")

    async def _judge(self, spec: ProbeSpec, place: str | None) -> None:
        """Refuses an address that may not be reached; one that does not resolve now may do so later."""
        if place is not None:
            # An agent judges by the policy of where it stands.
            return
        try:
            async with asyncio.timeout(_LOOKUP_S):
                await self._resolver.find(spec_host(spec))
        except (CheckFailed, TimeoutError):
            return


def _known(standings: dict[int, Standing], host_id: int) -> Standing:
    if host_id not in standings:
        raise missing(host_id)
    return standings[host_id]
