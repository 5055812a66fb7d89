"""The monitored hosts of the simulated network."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tools.errors import NotFound, Refused
from tools.plans import PLANS
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
from tools.results import plain
from tools.selection import matches
from tools.simulation.history import Span, percentile
from tools.simulation.network import Network
from tools.simulation.watched import Watched, from_world

_INTERVAL_S = 60
_TIMEOUT_MS = 10_000
_RETRIES = 2


class SimulatedHosts:
    """Implements `tools.backend.Hosts`."""

    def __init__(self, network: Network) -> None:
        """Fills the store with the world's monitors."""
        self._network = network
        self._watched: dict[int, Watched] = {}
        self._next_incident = 1
        for monitor in network.world.monitors:
            self._watched[monitor.id] = from_world(network, monitor, self._next_incident)
            self._next_incident += len(monitor.outages)
        self._next_host = max(self._watched, default=0) + 1

    @property
    def count(self) -> int:
        """Number of monitored hosts."""
        return len(self._watched)

    async def find(self, wanted: HostFilter) -> Sequence[MonitoredHost]:
        """Finds watched hosts, by id."""
        now = self._network.clock()
        default = self._network.world.agents[0].name
        hosts = [self._watched[key].view(now) for key in sorted(self._watched)]
        return [host for host in hosts if _fits(host, wanted, default)]

    async def add(self, new: NewHost) -> MonitoredHost:
        """Starts to watch a host."""
        account = self._network.world.account
        limit = PLANS[account.plan].hosts
        if self.count >= limit:
            raise Refused(
                f"The {account.plan} plan allows {limit} hosts and all are in use:"
                " remove one or take a larger plan.",
                {"host_limit": limit, "hosts_used": self.count},
            )
        self._needs_ability(new.agent_location, new.endpoint)
        for other in self._watched.values():
            same = other.settings
            if same.address.casefold() == new.address.casefold() and (same.endpoint, same.port) == (
                new.endpoint,
                new.port,
            ):
                raise Refused(
                    f"{same.address} is already monitored with {same.endpoint} (host {same.id}):"
                    " use edit_host to change it.",
                    {"id": same.id},
                )
        now = self._network.clock()
        settings = MonitoredHost(
            id=self._next_host,
            address=new.address,
            endpoint=new.endpoint,
            port=new.port,
            timeout_ms=new.timeout_ms or _TIMEOUT_MS,
            interval_s=new.interval_s or _INTERVAL_S,
            retries=_RETRIES if new.retries is None else new.retries,
            enabled=True,
            email=new.email or account.email,
            agent_location=new.agent_location,
            status="pending",
            alert=False,
        )
        self._next_host += 1
        watched = Watched(settings, created=now, base_ms=1.0)
        self._watched[settings.id] = watched
        self._next_incident += watched.judge(self._network, now, self._next_incident)
        return watched.view(now)

    async def edit(self, host_id: int, changes: HostChanges) -> MonitoredHost:
        """Changes how a host is watched."""
        watched = self._get(host_id)
        now = self._network.clock()
        given = {
            field.name: getattr(changes, field.name)
            for field in dataclasses.fields(changes)
            if getattr(changes, field.name) is not None
        }
        settings = dataclasses.replace(watched.settings, **given)
        self._needs_ability(settings.agent_location, settings.endpoint)
        watched.settings = settings
        if changes.enabled is not None:
            watched.paused = None if changes.enabled else watched.paused or now
        if given.keys() & {"endpoint", "port", "agent_location", "timeout_ms"}:
            self._next_incident += watched.judge(self._network, now, self._next_incident)
        return watched.view(now)

    async def delete(self, host_id: int) -> None:
        """Stops watching a host and forgets it."""
        self._get(host_id)
        del self._watched[host_id]

    async def data(
        self, host_ids: Sequence[int], start: datetime | None, end: datetime | None
    ) -> Sequence[HostData]:
        """Returns each host's results of a period; without one, of the last 24 hours."""
        return [self._data(host_id, start, end) for host_id in host_ids]

    async def uptime(self, host_ids: Sequence[int], start: datetime, end: datetime) -> Sequence[Uptime]:
        """Returns how well each host was reached over a period."""
        return [self._uptime(host_id, Span(start, end)) for host_id in host_ids]

    async def incidents(self, host_ids: Sequence[int]) -> Sequence[Incident]:
        """Returns the outages of these hosts that have begun, newest first."""
        now = self._network.clock()
        found = [i for key in host_ids for i in self._get(key).outages if i.began <= now]
        return sorted(found, key=lambda incident: (incident.began, incident.id), reverse=True)

    async def set_maintenance(self, host_id: int, start: datetime, end: datetime) -> MaintenanceWindow:
        """Silences alerts of a host for a time."""
        watched = self._get(host_id)
        watched.windows.append(Span(start, end))
        return MaintenanceWindow(host_id, watched.settings.address, start, end)

    async def end_maintenance(self, host_id: int) -> bool:
        """Ends a host's running window, or drops planned ones where none runs; says whether there was one."""
        watched = self._get(host_id)
        now = self._network.clock()
        ahead = [window for window in watched.windows if window.end > now]
        running = [window for window in ahead if window.start <= now]
        ended = running or ahead
        watched.windows = [window for window in watched.windows if window not in ended]
        watched.windows += [Span(window.start, now) for window in running]
        return bool(ended)

    async def reset_alert(self, host_id: int) -> bool:
        """Clears a host's alert; says whether there was one."""
        watched = self._get(host_id)
        if not watched.view(self._network.clock()).alert:
            return False
        watched.alert_from = None
        return True

    def state(self) -> dict[str, Any]:
        """Returns every host's settings, alert and windows, JSON values, by id."""
        now = self._network.clock()
        snapshot: dict[str, Any] = {}
        for key in sorted(self._watched):
            watched = self._watched[key]
            row: dict[str, Any] = plain(watched.view(now))
            del row["status"]
            row["maintenance"] = [plain(window) for window in watched.windows]
            snapshot[str(key)] = row
        return snapshot

    def _data(self, host_id: int, start: datetime | None, end: datetime | None) -> HostData:
        watched = self._get(host_id)
        now = self._network.clock()
        past = watched.past(now, self._network.world.seed)
        period = Span(start or now - timedelta(days=1), end or now)
        checks, failures = past.counts(period)
        times = past.times(period)
        last = past.last()
        failed_share = failures / checks if checks else 0.0
        if start is None:
            failed_share = 1.0 if last is not None and last[1] is None else 0.0
        line = self._line_loss(watched.settings) / 100
        return HostData(
            host=watched.view(now),
            last_check=last[0] if last else None,
            response_ms=last[1] if last else None,
            checks=checks,
            failures=failures,
            avg_ms=round(sum(times) / len(times), 1) if times else None,
            p50_ms=percentile(times, 50),
            p95_ms=percentile(times, 95),
            max_ms=times[-1] if times else None,
            loss_pct=round(100 * (failed_share + (1 - failed_share) * line), 1),
        )

    def _uptime(self, host_id: int, period: Span) -> Uptime:
        watched = self._get(host_id)
        now = self._network.clock()
        past = watched.past(now, self._network.world.seed)
        seen = past.watched.cut(period).seconds
        down_s, outages = past.downtime(period)
        times = past.times(period)
        return Uptime(
            host=watched.view(now),
            uptime_pct=round(100 * (1 - down_s / seen), 3) if seen else None,
            outages=outages,
            downtime_s=down_s,
            p50_ms=percentile(times, 50),
            p95_ms=percentile(times, 95),
            p99_ms=percentile(times, 99),
        )

    def _get(self, host_id: int) -> Watched:
        if host_id not in self._watched:
            raise NotFound(f"No monitored host has the id {host_id}; get_host_list shows the ids.")
        return self._watched[host_id]

    def _needs_ability(self, agent_name: str | None, endpoint: Endpoint) -> None:
        agent = self._network.world.agents[0] if agent_name is None else self._network.find_agent(agent_name)
        if endpoint not in agent.abilities:
            raise Refused(
                f"The probe agent {agent.name} cannot run {endpoint};"
                f" it can run {', '.join(agent.abilities)}."
            )

    def _line_loss(self, host: MonitoredHost) -> float:
        """Percent of packets that the line to a pinged host loses."""
        if host.endpoint != "icmp":
            return 0.0
        machine = next(
            (m for m in self._network.world.machines if host.address in (m.name, *m.aliases)), None
        )
        return machine.loss_pct if machine else 0.0


def _fits(host: MonitoredHost, wanted: HostFilter, default_agent: str) -> bool:
    return (
        wanted.host_id in (None, host.id)
        and (wanted.address is None or matches(wanted.address, host.address))
        and wanted.endpoint in (None, host.endpoint)
        and wanted.enabled in (None, host.enabled)
        and wanted.agent_location in (None, host.agent_location or default_agent)
        and wanted.alert in (None, host.alert)
    )
