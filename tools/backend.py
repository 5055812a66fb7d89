"""The seam: what the tools ask of the world. One set of classes simulates it, another may really do it.

Methods raise a `tools.errors.ToolError` for what they foresee (an unknown name, an agent that is offline, a
connection that fails), with the cause and the cure in its message; the tools turn it into a result.
An `agent` is a probe agent's name, None the default one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tools.records import (
    Account,
    Agent,
    CertificateOutcome,
    DnsOutcome,
    HostChanges,
    HostData,
    HostFilter,
    HttpMethod,
    HttpOutcome,
    Incident,
    Job,
    JobRequest,
    MaintenanceWindow,
    MonitoredHost,
    NewHost,
    PingOutcome,
    PortOutcome,
    QuantumOutcome,
    RecordType,
    RegistrationOutcome,
    RouteOutcome,
    StartTls,
    Uptime,
)


class Checks(Protocol):
    """Checks that run once, now."""

    async def http(self, url: str, method: HttpMethod, timeout_ms: int, agent: str | None) -> HttpOutcome:
        """Requests a URL and follows its redirects."""
        ...

    async def certificate(self, host: str, port: int, starttls: StartTls | None) -> CertificateOutcome:
        """Fetches a server's certificate."""
        ...

    async def ping(self, target: str, count: int, agent: str | None) -> PingOutcome:
        """Sends echo requests; no answer at all is an outcome, not an error."""
        ...

    async def dns(
        self, name: str, record_type: RecordType, resolver: str | None, agent: str | None
    ) -> DnsOutcome:
        """Asks a DNS server; raises `CheckFailed` for a name that does not exist."""
        ...

    async def traceroute(self, target: str, max_hops: int, agent: str | None) -> RouteOutcome:
        """Follows the path to a host; not getting there is an outcome, not an error."""
        ...

    async def port(self, target: str, port: int, timeout_ms: int, agent: str | None) -> PortOutcome:
        """Tries one TCP connection."""
        ...

    async def whois(self, query: str) -> RegistrationOutcome:
        """Finds the registration of a domain or an address."""
        ...

    async def quantum(self, target: str, port: int, groups: Sequence[str]) -> QuantumOutcome:
        """Offers key-exchange groups (names of `tools.groups`) to a TLS server."""
        ...


class Hosts(Protocol):
    """The hosts that are watched, and what was seen of them."""

    async def find(self, wanted: HostFilter) -> Sequence[MonitoredHost]:
        """Finds watched hosts, by id."""
        ...

    async def add(self, new: NewHost) -> MonitoredHost:
        """Starts to watch a host; raises `Refused` where it is watched so already or the plan is full."""
        ...

    async def edit(self, host_id: int, changes: HostChanges) -> MonitoredHost:
        """Changes how a host is watched."""
        ...

    async def delete(self, host_id: int) -> None:
        """Stops watching a host and forgets it."""
        ...

    async def data(
        self, host_ids: Sequence[int], start: datetime | None, end: datetime | None
    ) -> Sequence[HostData]:
        """Returns each host's results of a period; without one, of the last 24 hours."""
        ...

    async def uptime(self, host_ids: Sequence[int], start: datetime, end: datetime) -> Sequence[Uptime]:
        """Returns how well each host was reached over a period."""
        ...

    async def incidents(self, host_ids: Sequence[int]) -> Sequence[Incident]:
        """Returns the outages of these hosts, newest first."""
        ...

    async def set_maintenance(self, host_id: int, start: datetime, end: datetime) -> MaintenanceWindow:
        """Silences alerts of a host for a time."""
        ...

    async def end_maintenance(self, host_id: int) -> bool:
        """Ends a host's running window, or drops planned ones where none runs; says whether there was one."""
        ...

    async def reset_alert(self, host_id: int) -> bool:
        """Clears a host's alert; says whether there was one."""
        ...


class Agents(Protocol):
    """The probe agents."""

    async def all(self) -> Sequence[Agent]:
        """Returns every agent, the default one first."""
        ...

    async def get(self, name: str) -> Agent:
        """Finds an agent by its name or city; raises `NotFound` with the nearest names."""
        ...


class Jobs(Protocol):
    """Calls that run long."""

    async def start(self, function: str, request: JobRequest) -> Job:
        """Starts a job; one that is short may come back finished."""
        ...

    async def get(self, message_id: str) -> Job:
        """Finds a job; raises `NotFound` with the nearest ids."""
        ...

    async def cancel(self, message_id: str) -> Job:
        """Stops a job; raises `Refused` where it has already ended."""
        ...


class Accounts(Protocol):
    """The account in use."""

    async def current(self) -> Account:
        """Returns the account, with its balance of now."""
        ...


class Backend(Protocol):
    """The world that tools work on."""

    @property
    def checks(self) -> Checks:
        """Checks that run once."""
        ...

    @property
    def hosts(self) -> Hosts:
        """Watched hosts."""
        ...

    @property
    def agents(self) -> Agents:
        """Probe agents."""
        ...

    @property
    def jobs(self) -> Jobs:
        """Long-running calls."""
        ...

    @property
    def accounts(self) -> Accounts:
        """The account in use."""
        ...
