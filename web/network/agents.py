"""Probe agents that a person may use: the operator's, and their own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from monitoring.database.engine import Database
from monitoring.database.tables import agents
from tools.backend import Agents, Checks, Jobs
from tools.errors import NotFound
from tools.records import (
    Agent,
    CertificateOutcome,
    DnsOutcome,
    HttpMethod,
    HttpOutcome,
    Job,
    JobRequest,
    NmapRequest,
    PingOutcome,
    PortOutcome,
    QuantumOutcome,
    RecordType,
    RegistrationOutcome,
    RouteOutcome,
    StartTls,
)


class OwnAgents:
    """Implements `tools.backend.Agents`: what belongs to somebody else is not there."""

    def __init__(self, database: Database, directory: Agents, owner_id: int) -> None:
        """Takes all agents, and whose to show besides the operator's."""
        self._database = database
        self._directory = directory
        self._owner_id = owner_id

    async def all(self) -> Sequence[Agent]:
        """Returns the agents, the default one first."""
        hidden = await self._hidden()
        return [agent for agent in await self._directory.all() if agent.name not in hidden]

    async def get(self, name: str) -> Agent:
        """Finds an agent by its name or city; raises `NotFound` for others' too."""
        agent = await self._directory.get(name)
        if agent.name in await self._hidden():
            raise NotFound(f"There is no probe agent named {name}; get_agents lists those that there are.")
        return agent

    async def check(self, name: str | None) -> None:
        """Raises `NotFound` for an agent that may not be used; None is this machine."""
        if name is not None:
            await self.get(name)

    async def _hidden(self) -> set[str]:
        operators = agents.c.owner_id.is_(None)
        query = select(agents.c.name).where(~or_(operators, agents.c.owner_id == self._owner_id))
        async with self._database.reading() as connection:
            return set(await connection.scalars(query))


class OwnChecks:
    """Implements `tools.backend.Checks`: from here, or from agents that the person may use."""

    def __init__(self, checks: Checks, agents: OwnAgents) -> None:
        """Takes the checks, and who knows the agents."""
        self._checks = checks
        self._agents = agents

    async def http(self, url: str, method: HttpMethod, timeout_ms: int, agent: str | None) -> HttpOutcome:
        """Requests a URL and follows its redirects."""
        await self._agents.check(agent)
        return await self._checks.http(url, method, timeout_ms, agent)

    async def certificate(self, host: str, port: int, starttls: StartTls | None) -> CertificateOutcome:
        """Fetches a server's certificate."""
        return await self._checks.certificate(host, port, starttls)

    async def ping(self, target: str, count: int, agent: str | None) -> PingOutcome:
        """Sends echo requests."""
        await self._agents.check(agent)
        return await self._checks.ping(target, count, agent)

    async def dns(
        self, name: str, record_type: RecordType, resolver: str | None, agent: str | None
    ) -> DnsOutcome:
        """Asks a DNS server."""
        await self._agents.check(agent)
        return await self._checks.dns(name, record_type, resolver, agent)

    async def traceroute(self, target: str, max_hops: int, agent: str | None) -> RouteOutcome:
        """Follows the path to a host."""
        await self._agents.check(agent)
        return await self._checks.traceroute(target, max_hops, agent)

    async def port(self, target: str, port: int, timeout_ms: int, agent: str | None) -> PortOutcome:
        """Tries one TCP connection."""
        await self._agents.check(agent)
        return await self._checks.port(target, port, timeout_ms, agent)

    async def whois(self, query: str) -> RegistrationOutcome:
        """Finds the registration of a domain or an address."""
        return await self._checks.whois(query)

    async def quantum(self, target: str, port: int, groups: Sequence[str]) -> QuantumOutcome:
        """Offers key-exchange groups to a TLS server."""
        return await self._checks.quantum(target, port, groups)


class OwnJobs:
    """Implements `tools.backend.Jobs`: a person's own, from agents that they may use."""

    def __init__(self, jobs: Jobs, agents: OwnAgents) -> None:
        """Takes the person's jobs, and who knows the agents."""
        self._jobs = jobs
        self._agents = agents

    async def start(self, function: str, request: JobRequest) -> Job:
        """Starts a job."""
        if isinstance(request, NmapRequest):
            await self._agents.check(request.agent)
        return await self._jobs.start(function, request)

    async def get(self, message_id: str) -> Job:
        """Finds a job."""
        return await self._jobs.get(message_id)

    async def cancel(self, message_id: str) -> Job:
        """Stops a job."""
        return await self._jobs.cancel(message_id)
