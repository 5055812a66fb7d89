"""A backend that really checks: every address judged by a policy, scans as jobs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, cast

import dns.asyncresolver
import dns.exception

from tools.absent import AbsentAccounts, AbsentAgents, AbsentHosts, no_agents
from tools.backend import Accounts, Agents, Checks, Hosts, Jobs
from tools.checks.connection import deadline
from tools.checks.dns import check_dns
from tools.checks.http import check_http
from tools.checks.nmap import Nmap
from tools.checks.ping import ping
from tools.checks.port43 import Port43
from tools.checks.quantum import check_quantum
from tools.checks.rdap import IANA_BOOTSTRAP, Rdap
from tools.checks.tcp import check_port
from tools.checks.tls import check_certificate
from tools.checks.traceroute import traceroute
from tools.checks.trust import Trust, load_trust
from tools.checks.whois import Whois
from tools.clock import Clock, system_clock
from tools.formats import parse_host
from tools.job_store import OPERATOR, JobStore, MemoryJobStore
from tools.policy import ReachPolicy
from tools.records import (
    Account,
    CertificateOutcome,
    DnsOutcome,
    HostFilter,
    HttpMethod,
    HttpOutcome,
    PingOutcome,
    PortOutcome,
    QuantumOutcome,
    RecordType,
    RegistrationOutcome,
    RouteOutcome,
    StartTls,
)
from tools.resolve import Lookup, Resolver
from tools.scan_jobs import ScanJobs
from tools.scans import ScanAway, Scans

_log = logging.getLogger(__name__)

_PING_S = 45.0
_TRACE_S = 60.0
_NAME_S = 1.5


@dataclass(frozen=True, slots=True)
class RealSettings:
    """Where real checks look things up.

    Attributes:
        rdap_bootstrap: Folder URL of the lists of RDAP servers.
        whois_server: The first whois server.
        whois_port: Port of all whois servers.
        nmap: Name or path of the nmap program.
        extra_roots: More certificate authorities to trust, in PEM.
        dns_servers: Addresses of the DNS servers for `dns`; the system's if empty.
        dns_port: Port of DNS servers.
    """

    rdap_bootstrap: str = IANA_BOOTSTRAP
    whois_server: str = "whois.iana.org"
    whois_port: int = 43
    nmap: str = "nmap"
    extra_roots: str | None = None
    dns_servers: tuple[str, ...] = ()
    dns_port: int = 53


_DEFAULTS = RealSettings()


class RealChecks:
    """Implements `tools.backend.Checks` from this machine."""

    def __init__(
        self,
        resolver: Resolver,
        trust: Trust,
        whois: Whois,
        say: Callable[[str], None],
        settings: RealSettings = _DEFAULTS,
    ) -> None:
        """Takes what judges addresses, whom to trust, the registries, and who is told of fallbacks."""
        self._resolver = resolver
        self._trust = trust
        self._whois = whois
        self._say = say
        self._settings = settings

    async def http(self, url: str, method: HttpMethod, timeout_ms: int, agent: str | None) -> HttpOutcome:
        """Requests a URL and follows its redirects."""
        _from_here(agent)
        return (await check_http(self._resolver, self._trust, url, method, timeout_ms / 1000)).outcome

    async def certificate(self, host: str, port: int, starttls: StartTls | None) -> CertificateOutcome:
        """Fetches a server's certificate."""
        return (await check_certificate(self._resolver, self._trust, host, port, starttls)).outcome

    async def ping(self, target: str, count: int, agent: str | None) -> PingOutcome:
        """Sends echo requests; no answer at all is an outcome, not an error."""
        _from_here(agent)
        async with deadline(_PING_S, target):
            found = await self._resolver.find(target)
            return await ping(found.host, str(found.address), count)

    async def dns(
        self, name: str, record_type: RecordType, resolver: str | None, agent: str | None
    ) -> DnsOutcome:
        """Asks a DNS server."""
        _from_here(agent)
        settings = self._settings
        return await check_dns(
            self._resolver.policy,
            name,
            record_type,
            resolver,
            servers=settings.dns_servers,
            port=settings.dns_port,
        )

    async def traceroute(self, target: str, max_hops: int, agent: str | None) -> RouteOutcome:
        """Follows the path to a host; not getting there is an outcome, not an error."""
        _from_here(agent)
        async with deadline(_TRACE_S, target):
            found = await self._resolver.find(target)
            return await traceroute(
                found.host, str(found.address), max_hops, name_of=reverse_name, say=self._say
            )

    async def port(self, target: str, port: int, timeout_ms: int, agent: str | None) -> PortOutcome:
        """Tries one TCP connection."""
        _from_here(agent)
        return await check_port(self._resolver, target, port, timeout_ms / 1000)

    async def whois(self, query: str) -> RegistrationOutcome:
        """Finds the registration of a domain or an address."""
        return await self._whois.lookup(query)

    async def quantum(self, target: str, port: int, groups: Sequence[str]) -> QuantumOutcome:
        """Offers key-exchange groups to a TLS server."""
        return await check_quantum(self._resolver, target, port, groups)


@dataclass(frozen=True, slots=True)
class Away:
    """How checks run from agents: what wraps the checks of this machine, and what scans."""

    checks: Callable[[Checks], Checks]
    scan: ScanAway


class LocalOperator:
    """Implements `tools.backend.Accounts` for the command line: who runs it on a machine may scan from it.

    No plan limits tokens or hosts there, so all limits are 0.
    """

    def __init__(self, hosts: Hosts | None = None) -> None:
        """Takes the watched hosts, to count them, where there are some."""
        self._hosts = hosts

    async def current(self) -> Account:
        """Returns the operator."""
        watched = await self._hosts.find(HostFilter()) if self._hosts else ()
        return Account(
            logged_in=True,
            email="the operator of this machine",
            plan="operator",
            tokens=0,
            hosts_used=len(watched),
            host_limit=0,
            token_cap=0,
            daily_refill=0,
            context_tokens=0,
            usage=(),
        )


class RealBackend:
    """Implements `tools.backend.Backend`; to be closed, which stops its scans."""

    def __init__(
        self,
        policy: ReachPolicy,
        *,
        hosts: Hosts | None = None,
        agents: Agents | None = None,
        accounts: Accounts | None = None,
        away: Away | None = None,
        job_store: JobStore | None = None,
        owner: int = OPERATOR,
        clock: Clock = system_clock,
        lookup: Lookup | None = None,
        say: Callable[[str], None] = _log.warning,
        settings: RealSettings = _DEFAULTS,
    ) -> None:
        """Puts the real checks behind one policy.

        Args:
            policy: Which addresses may be reached.
            hosts: Watched hosts; every call of them says that there are none if None.
            agents: Probe agents; likewise.
            accounts: The account; likewise.
            away: How checks run from agents; naming one is refused if None.
            job_store: Where long-running calls are written down; they end with this process if None.
            owner: Whose long-running calls these are.
            clock: Gives the present time.
            lookup: Looks names up; as the system does if None.
            say: Is told once, in a sentence, of each fallback that missing rights force.
            settings: Where things are looked up.
        """
        resolver = Resolver(policy, lookup)

        async def resolve(host: str) -> str:
            return str((await resolver.find(host)).address)

        trust = load_trust(settings.extra_roots)
        rdap = Rdap(resolve, trust.strict, clock, settings.rdap_bootstrap)
        whois = Whois(rdap, Port43(resolve, settings.whois_server, settings.whois_port))
        once = _Once(say)
        here = RealChecks(resolver, trust, whois, once, settings)
        self.checks: Checks = away.checks(here) if away else here
        self.hosts: Hosts = hosts or AbsentHosts()
        self.agents: Agents = agents or AbsentAgents()
        self.accounts: Accounts = accounts or AbsentAccounts()
        self.nmap = Nmap(resolve, policy.admit, program=settings.nmap)
        scans = Scans(self.nmap, here, resolver, once, away.scan if away else None)
        self.scan_jobs = ScanJobs(scans, job_store or MemoryJobStore(), clock)
        self.jobs: Jobs = self.scan_jobs.for_owner(owner)

    async def __aenter__(self) -> Self:
        """Returns itself."""
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Closes it."""
        await self.aclose()

    async def aclose(self) -> None:
        """Stops the scans that still run; their programs are gone on return."""
        await self.scan_jobs.aclose()


async def reverse_name(address: str) -> str | None:
    """Looks up the name of an address; None where it has none, none that is a host name, or DNS is slow."""
    try:
        answer = await dns.asyncresolver.resolve_address(address, lifetime=_NAME_S)
        return parse_host(str(cast("object", answer[0])).removesuffix("."))
    except (dns.exception.DNSException, OSError, ValueError):
        return None


class _Once:
    """Says each sentence only the first time."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said: set[str] = set()

    def __call__(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._say(sentence)


def _from_here(agent: str | None) -> None:
    """Refuses a check that is to run elsewhere: doing it from here would be another answer."""
    if agent is not None:
        raise no_agents()
