"""One monitored host of the simulation, with its outages, windows and alert."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from tools.errors import ToolError
from tools.groups import POST_QUANTUM
from tools.records import Incident, MonitoredHost, Status
from tools.simulation import checks, web
from tools.simulation.history import Past, Span
from tools.simulation.network import Network
from tools.simulation.world import Monitor

#: Failures in a row after which an alert is sent, once.
ALERT_FAILURES = 5
_FAILED_MS = 100.0
_FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Watched:
    """A monitored host.

    Attributes:
        settings: How it is checked; `status` and `alert` in it are not kept up to date.
        created: Since when it is watched.
        base_ms: Usual response time.
        paused: Since when it is paused, if it is.
        outages: Every outage, also one that is yet to begin.
        windows: Maintenance windows.
        alert_from: When its alert is raised, if one is.
    """

    settings: MonitoredHost
    created: datetime
    base_ms: float
    paused: datetime | None = None
    outages: list[Incident] = field(default_factory=list[Incident])
    windows: list[Span] = field(default_factory=list[Span])
    alert_from: datetime | None = None

    def view(self, now: datetime) -> MonitoredHost:
        """Returns the host with its state of now."""
        alert = self.alert_from is not None and self.alert_from <= now
        return replace(self.settings, status=self._status(now), alert=alert)

    def past(self, now: datetime, seed: int) -> Past:
        """Returns the checks that were made up to now."""
        until = min(now, self.paused) if self.paused else now
        outages = [Span(outage.began, outage.ended or _FAR) for outage in self.outages]
        key = (seed, "history", self.settings.id)
        return Past(Span(self.created, until), self.settings.interval_s, outages, self.base_ms, key)

    def judge(self, network: Network, now: datetime, next_id: int) -> bool:
        """Looks whether the host can be reached as it is set now; opens or ends an outage accordingly.

        Returns:
            Whether the outage with `next_id` was opened.
        """
        took, cause = probe(network, self.settings)
        step = timedelta(seconds=self.settings.interval_s)
        if cause is None:
            self.base_ms = took
            begun = [outage for outage in self.outages if outage.began <= now]
            self.outages = [replace(o, ended=now) if o.ended is None else o for o in begun]
            if self.alert_from is not None and self.alert_from > now:
                self.alert_from = None
            return False
        if any(outage.ended is None for outage in self.outages):
            return False
        began = now + step * (self.settings.retries + 1)
        self.outages.append(Incident(next_id, self.settings.id, self.settings.address, began, None, cause))
        self.alert_from = self.alert_from or now + step * max(ALERT_FAILURES, self.settings.retries + 1)
        return True

    def _status(self, now: datetime) -> Status:
        if not self.settings.enabled:
            return "paused"
        if any(window.start <= now < window.end for window in self.windows):
            return "maintenance"
        if now < self.created + timedelta(seconds=self.settings.interval_s):
            return "pending"
        down = any(o.began <= now and (o.ended is None or now < o.ended) for o in self.outages)
        return "down" if down else "up"


def from_world(network: Network, monitor: Monitor, first_incident: int) -> Watched:
    """Makes a monitored host of the world file; its incidents are numbered from `first_incident`."""
    settings = MonitoredHost(
        id=monitor.id,
        address=monitor.address,
        endpoint=monitor.endpoint,
        port=monitor.port,
        timeout_ms=monitor.timeout_ms,
        interval_s=monitor.interval_s,
        retries=monitor.retries,
        enabled=monitor.enabled,
        email=monitor.email,
        agent_location=monitor.agent_location,
        status="up",
        alert=monitor.alert,
    )
    took = monitor.response_ms or probe(network, settings)[0]
    outages = [
        Incident(
            first_incident + number,
            monitor.id,
            monitor.address,
            network.moment(outage.began),
            None if outage.ended is None else network.moment(outage.ended),
            outage.cause,
        )
        for number, outage in enumerate(sorted(monitor.outages, key=lambda outage: outage.began))
    ]
    return Watched(
        settings,
        created=network.moment(monitor.since),
        base_ms=took,
        paused=None if monitor.enabled else network.moment(monitor.paused_since),
        outages=outages,
        windows=[Span(network.moment(w.start), network.moment(w.end)) for w in monitor.maintenance],
        alert_from=network.started if monitor.alert else None,
    )


def probe(network: Network, host: MonitoredHost) -> tuple[float, str | None]:
    """Checks a host as it is watched: milliseconds, and the cause where it fails."""
    try:
        return _measure(network, host), None
    except ToolError as error:
        return _FAILED_MS, str(error).rstrip(".")


def _measure(network: Network, host: MonitoredHost) -> float:
    name = host.address
    bare = (urlsplit(name).hostname or "") if "://" in name else name
    agent = host.agent_location
    match host.endpoint:
        case "icmp":
            ping = checks.ping(network, bare, 1, agent)
            if ping.avg_ms is None:
                raise ToolError("no reply to ping")
            return ping.avg_ms
        case "dns":
            checks.dns(network, bare, "A", None, agent)
            return round(network.rtt(network.reach(bare, agent), "dns") / 2 + 4, 1)
        case "http" | "https" | "httphtml":
            scheme = "http" if host.endpoint == "http" else "https"
            url = name if "://" in name else f"{scheme}://{name}{f':{host.port}' if host.port else ''}"
            answer = web.http(network, url, "GET", host.timeout_ms, agent)
            if answer.status >= 400:
                raise ToolError(f"status {answer.status} {answer.reason}")
            return answer.total_ms * (1.6 if host.endpoint == "httphtml" else 1.0)
        case "quantum":
            outcome = web.quantum(network, bare, host.port or 443, POST_QUANTUM)
            if not outcome.quantum_safe:
                raise ToolError(f"no post-quantum key exchange, only {outcome.group}")
            return network.rtt(network.reach(bare, agent), "quantum") * 4
        case "smtp" | "tcp":
            port = host.port or (25 if host.endpoint == "smtp" else 443)
            web.open_port(network, bare, port, agent, host.timeout_ms)
            trips = 3 if host.endpoint == "smtp" else 1
            return network.rtt(network.reach(bare, agent), host.endpoint) * trips
