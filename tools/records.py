"""The facts that checks and stores hand to the tools: frozen records, aware times, units in the names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tools.measured import ChainLink, Phases, TlsSession

Endpoint = Literal["icmp", "http", "https", "httphtml", "dns", "smtp", "tcp", "quantum"]
HttpMethod = Literal["GET", "HEAD", "POST", "OPTIONS"]
RecordType = Literal["A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "PTR", "CAA", "SRV"]
StartTls = Literal["smtp", "imap", "pop3", "ftp"]
ScanProfile = Literal["ping", "quick", "service", "vuln"]
Status = Literal["up", "down", "pending", "paused", "maintenance"]
PortState = Literal["open", "closed", "filtered"]
JobState = Literal["running", "finished", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class HttpOutcome:
    """An answered request; `redirects` are the URLs that led to `final_url`.

    `address`, `phases` and `tls` are of the last request; None where they were not measured.
    """

    url: str
    final_url: str
    status: int
    reason: str
    total_ms: float
    redirects: tuple[str, ...]
    server: str | None
    title: str | None
    body: str
    body_bytes: int
    address: str | None = None
    phases: Phases | None = None
    tls: TlsSession | None = None
    body_truncated: bool | None = None


@dataclass(frozen=True, slots=True)
class CertificateOutcome:
    """A server's certificate. `names_match`: it covers the host that was asked; `problem`: chain or pin.

    `version` and `chain`: the TLS version that was agreed on, and the certificates as the server sent them.
    """

    host: str
    port: int
    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    names_match: bool
    chain_ok: bool
    problem: str | None
    protocols: tuple[str, ...]
    version: str | None = None
    chain: tuple[ChainLink, ...] | None = None


@dataclass(frozen=True, slots=True)
class PingOutcome:
    """Echo requests and their answers; round-trip times in milliseconds, None without an answer.

    `method` says through which kind of socket they were really sent.
    """

    target: str
    address: str
    sent: int
    received: int
    min_ms: float | None
    avg_ms: float | None
    max_ms: float | None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class DnsOutcome:
    """Records in their zone-file text, `10 mx1.example.org`; empty where the name has none of that type."""

    name: str
    record_type: RecordType
    answers: tuple[str, ...]
    ttl_s: int | None
    resolver: str


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a path; no address or time where it did not answer."""

    number: int
    address: str | None
    name: str | None
    rtt_ms: float | None


@dataclass(frozen=True, slots=True)
class RouteOutcome:
    """The path to a host; `method` says by which kind of probe it was really followed."""

    target: str
    address: str
    reached: bool
    hops: tuple[Hop, ...]
    method: str | None = None


@dataclass(frozen=True, slots=True)
class PortOutcome:
    """One TCP connection attempt; `connect_ms` only where the port is open."""

    target: str
    port: int
    state: PortState
    connect_ms: float | None
    service: str | None


@dataclass(frozen=True, slots=True)
class RegistrationOutcome:
    """Who registered a domain or holds an address block (then `network` is set).

    `source` says by which protocol it was really looked up.
    """

    query: str
    registrar: str
    owner: str | None
    created: datetime | None
    expires: datetime | None
    name_servers: tuple[str, ...]
    network: str | None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class QuantumOutcome:
    """Key exchange of one TLS port: the groups offered, and the one that the server uses, where known."""

    target: str
    port: int
    quantum_safe: bool
    group: str | None
    offered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScannedPort:
    """A port that a scan found open."""

    port: int
    service: str
    version: str | None = None
    vulnerabilities: tuple[str, ...] = ()
    group: str | None = None
    quantum_safe: bool | None = None


@dataclass(frozen=True, slots=True)
class ScannedHost:
    """A host that a scan found up."""

    address: str
    name: str | None
    ports: tuple[ScannedPort, ...]


@dataclass(frozen=True, slots=True)
class NmapRequest:
    """What to scan; `ports` as the checked text `22,80,8000-8100`."""

    target: str
    profile: ScanProfile
    ports: str | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class QuantumScanRequest:
    """Which ports of which host to test for post-quantum key exchange."""

    target: str
    ports: tuple[int, ...]


JobRequest = NmapRequest | QuantumScanRequest


@dataclass(frozen=True, slots=True)
class Job:
    """A long-running call.

    Attributes:
        message_id: Its id.
        function: Name of the tool that started it.
        request: What was asked.
        state: How far it is.
        progress_pct: 0 to 100.
        started: When it began.
        seconds_left: Estimate while it runs, else None.
        addresses: Addresses that it looks at.
        found: What it found, once finished.
        error: Why it failed, if it did.
    """

    message_id: str
    function: str
    request: JobRequest
    state: JobState
    progress_pct: int
    started: datetime
    seconds_left: float | None
    addresses: int
    found: tuple[ScannedHost, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class MonitoredHost:
    """A host that is watched, with its state of now."""

    id: int
    address: str
    endpoint: Endpoint
    port: int | None
    timeout_ms: int
    interval_s: int
    retries: int
    enabled: bool
    email: str | None
    agent_location: str | None
    status: Status
    alert: bool


@dataclass(frozen=True, slots=True)
class HostFilter:
    """Which monitored hosts; None means any. `address` may hold `*` and `?`."""

    host_id: int | None = None
    address: str | None = None
    endpoint: Endpoint | None = None
    enabled: bool | None = None
    agent_location: str | None = None
    alert: bool | None = None


@dataclass(frozen=True, slots=True)
class NewHost:
    """A host to watch; None leaves the choice to the store."""

    address: str
    endpoint: Endpoint
    port: int | None = None
    timeout_ms: int | None = None
    interval_s: int | None = None
    retries: int | None = None
    email: str | None = None
    agent_location: str | None = None


@dataclass(frozen=True, slots=True)
class HostChanges:
    """What to change of a watched host; None leaves it as it is."""

    enabled: bool | None = None
    endpoint: Endpoint | None = None
    port: int | None = None
    timeout_ms: int | None = None
    interval_s: int | None = None
    retries: int | None = None
    agent_location: str | None = None


@dataclass(frozen=True, slots=True)
class HostData:
    """Results of a watched host over a period, or only the latest one.

    Attributes:
        host: The host, with its state of now.
        last_check: When it was last checked; None before the first check.
        response_ms: Response time of the last check; None where it failed.
        checks: Checks in the period.
        failures: Those of them that failed.
        avg_ms: Mean response time of the period; p50_ms, p95_ms, max_ms likewise.
        loss_pct: Packets lost, in percent of those sent: in the period, or at the last check.
    """

    host: MonitoredHost
    last_check: datetime | None
    response_ms: float | None
    checks: int
    failures: int
    avg_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None
    loss_pct: float


@dataclass(frozen=True, slots=True)
class Uptime:
    """How well a watched host was reached; `uptime_pct` is None where it was not watched in the period."""

    host: MonitoredHost
    uptime_pct: float | None
    outages: int
    downtime_s: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Incident:
    """An outage; `ended` is None while it lasts."""

    id: int
    host_id: int
    address: str
    began: datetime
    ended: datetime | None
    cause: str


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """A time in which the alerts of a host are silent."""

    host_id: int
    address: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Agent:
    """A probe agent: a place that checks run from."""

    name: str
    city: str
    country: str
    online: bool
    default: bool
    abilities: tuple[Endpoint, ...]
    load_pct: int
    last_contact: datetime
    version: str


@dataclass(frozen=True, slots=True)
class UsageDay:
    """Tokens used on one day, `YYYY-MM-DD` in UTC."""

    date: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Account:
    """The account in use; limits come from its plan."""

    logged_in: bool
    email: str | None
    plan: str
    tokens: int
    hosts_used: int
    host_limit: int
    token_cap: int
    daily_refill: int
    context_tokens: int
    usage: tuple[UsageDay, ...]
