"""Checks that run from where they are asked to run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from monitoring.agents.calls import (
    DnsArguments,
    HttpArguments,
    NmapArguments,
    PingArguments,
    PortArguments,
    ScanOutcome,
    Tell,
    TraceArguments,
)
from monitoring.agents.directory import LOCAL
from tools.backend import Checks
from tools.records import (
    CertificateOutcome,
    DnsOutcome,
    HttpMethod,
    HttpOutcome,
    NmapRequest,
    PingOutcome,
    PortOutcome,
    QuantumOutcome,
    RecordType,
    RegistrationOutcome,
    RouteOutcome,
    StartTls,
)

_PING_S = 60.0
_DNS_S = 30.0
_TRACE_S = 90.0
_GRACE_S = 5.0
# Nmap's own deadlines end it before.
_SCAN_S = 7 * 3600.0


class Caller(Protocol):
    """Has an agent run a check."""

    async def __call__(
        self, agent: str, check: str, arguments: Any, timeout_s: float, tell: Tell | None = None
    ) -> Any:
        """Returns the outcome; raises `ToolError`."""
        ...


class PlacedChecks:
    """Implements `tools.backend.Checks`: from this machine where no agent is named, else from the agent."""

    def __init__(self, local: Checks, call: Caller) -> None:
        """Takes the checks of this machine, and the way to agents."""
        self._local = local
        self._call = call

    async def http(self, url: str, method: HttpMethod, timeout_ms: int, agent: str | None) -> HttpOutcome:
        """Requests a URL and follows its redirects."""
        place = away(agent)
        if place is None:
            return await self._local.http(url, method, timeout_ms, None)
        arguments = HttpArguments(url=url, method=method, timeout_ms=timeout_ms)
        return await self._call(place, "http", arguments, timeout_ms / 1000 + _GRACE_S)

    async def certificate(self, host: str, port: int, starttls: StartTls | None) -> CertificateOutcome:
        """Fetches a server's certificate, from this machine."""
        return await self._local.certificate(host, port, starttls)

    async def ping(self, target: str, count: int, agent: str | None) -> PingOutcome:
        """Sends echo requests; no answer at all is an outcome, not an error."""
        place = away(agent)
        if place is None:
            return await self._local.ping(target, count, None)
        return await self._call(place, "ping", PingArguments(target=target, count=count), _PING_S)

    async def dns(
        self, name: str, record_type: RecordType, resolver: str | None, agent: str | None
    ) -> DnsOutcome:
        """Asks a DNS server."""
        place = away(agent)
        if place is None:
            return await self._local.dns(name, record_type, resolver, None)
        arguments = DnsArguments(name=name, record_type=record_type, resolver=resolver)
        return await self._call(place, "dns", arguments, _DNS_S)

    async def traceroute(self, target: str, max_hops: int, agent: str | None) -> RouteOutcome:
        """Follows the path to a host; not getting there is an outcome, not an error."""
        place = away(agent)
        if place is None:
            return await self._local.traceroute(target, max_hops, None)
        return await self._call(
            place,
            "traceroute",
            TraceArguments(target=target, max_hops=max_hops),
            _TRACE_S,
        )

    async def port(self, target: str, port: int, timeout_ms: int, agent: str | None) -> PortOutcome:
        """Tries one TCP connection."""
        place = away(agent)
        if place is None:
            return await self._local.port(target, port, timeout_ms, None)
        arguments = PortArguments(target=target, port=port, timeout_ms=timeout_ms)
        return await self._call(place, "port", arguments, timeout_ms / 1000 + _GRACE_S)

    async def whois(self, query: str) -> RegistrationOutcome:
        """Finds the registration of a domain or an address; where it is asked from makes no difference."""
        return await self._local.whois(query)

    async def quantum(self, target: str, port: int, groups: Sequence[str]) -> QuantumOutcome:
        """Offers key-exchange groups to a TLS server, from this machine."""
        return await self._local.quantum(target, port, groups)


async def scan_from(call: Caller, request: NmapRequest, tell: Tell) -> ScanOutcome:
    """Runs an nmap scan from the agent that a request names."""
    arguments = NmapArguments(target=request.target, profile=request.profile, ports=request.ports)
    return await call(request.agent or LOCAL, "nmap", arguments, _SCAN_S, tell)


def away(agent: str | None) -> str | None:
    """The agent that is meant, None for this machine."""
    return None if agent == LOCAL else agent
