"""Puts a person's backend together: checks by the public policy, hosts, agents and scans of their own."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.agents.hub import Hub
from monitoring.agents.service import agents_here
from monitoring.database.tables import owners
from monitoring.hosts.backend import WatchedHosts
from monitoring.hosts.limits import HostLimit
from monitoring.jobs import SqlJobStore
from settings.schema import Config
from tools.backend import Accounts, Agents, Backend, Checks, Hosts, Jobs
from tools.clock import Clock
from tools.policy import ReachPolicy
from tools.real import RealBackend
from tools.resolve import Lookup, Resolver
from tools.simulated import SimulatedBackend
from tools.simulation.world import World, load_world
from web.database.store import Store
from web.network.accounts import ToolAccounts
from web.network.agents import OwnAgents, OwnChecks, OwnJobs
from web.quota import Quotas
from web.runs.terms import Terms

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OwnBackend:
    """Implements `tools.backend.Backend` for one person."""

    checks: Checks
    hosts: Hosts
    agents: Agents
    jobs: Jobs
    accounts: Accounts


class MadeUp:
    """Implements `tools.backend.Backend` by one that is made when the first tool asks for it."""

    def __init__(self, make: Callable[[], Backend]) -> None:
        """Takes what makes it."""
        self._make = make
        self._there: Backend | None = None

    def _made(self) -> Backend:
        self._there = self._there or self._make()
        return self._there

    @property
    def checks(self) -> Checks:
        """Checks that run once, now."""
        return self._made().checks

    @property
    def hosts(self) -> Hosts:
        """The watched hosts."""
        return self._made().hosts

    @property
    def agents(self) -> Agents:
        """The probe agents."""
        return self._made().agents

    @property
    def jobs(self) -> Jobs:
        """What runs in the background."""
        return self._made().jobs

    @property
    def accounts(self) -> Accounts:
        """The account in use."""
        return self._made().accounts


class Network:
    """Opens backends; what they share is opened once."""

    def __init__(
        self,
        store: Store,
        config: Config,
        clock: Clock,
        quotas: Quotas,
        hub: Hub | None,
        policy: ReachPolicy,
        lookup: Lookup | None = None,
    ) -> None:
        """Takes what backends work with.

        Args:
            store: The database.
            config: The settings.
            clock: Gives the present time.
            quotas: Knows the plans.
            hub: Connections of probe agents to this process.
            policy: Which addresses checks from here may reach.
            lookup: Looks names up; as the system does if None.
        """
        self._store = store
        self._config = config
        self._clock = clock
        self._quotas = quotas
        self._resolver = Resolver(policy, lookup)
        here = agents_here(store.database, clock, hub, public=True)
        self._directory: Agents = here.directory
        self._real = RealBackend(
            policy,
            agents=here.directory,
            away=here.away,
            job_store=SqlJobStore(store.database),
            clock=clock,
            lookup=lookup,
        )

    async def owner_id(self, owner: str, email: str | None = None) -> int:
        """Finds the row of monitoring that a person's hosts hang on, or makes it.

        Raises:
            DatabaseUnavailable: The database does not answer.
        """
        query = select(owners.c.id).where(owners.c.name == owner)
        async with self._store.reading() as connection:
            known = (await connection.execute(query)).scalar_one_or_none()
        if known is not None:
            return known

        async def work(connection: AsyncConnection) -> int:
            dialect = sqlite if self._store.database.sqlite else postgresql
            made = dialect.insert(owners).values(name=owner, email=email, created=self._clock())
            await connection.execute(made.on_conflict_do_nothing())
            return (await connection.execute(query)).scalar_one()

        return await self._store.write(work)

    async def hosts(self, terms: Terms) -> WatchedHosts:
        """The watched hosts of a person."""
        owner_id = await self.owner_id(terms.owner, terms.email)
        return self._hosts(terms, owner_id, self.agents_of(owner_id))

    def agents_of(self, owner_id: int) -> OwnAgents:
        """The probe agents that a person may use."""
        return OwnAgents(self._store.database, self._directory, owner_id)

    def _hosts(self, terms: Terms, owner_id: int, agents: OwnAgents) -> WatchedHosts:
        return WatchedHosts(
            self._store.database,
            owner_id,
            self._resolver,
            self._config.monitoring,
            self._clock,
            agents=agents,
            limit=HostLimit(terms.plan, terms.hosts),
        )

    @asynccontextmanager
    async def backend(self, terms: Terms) -> AsyncGenerator[Backend]:
        """Opens the network of a person; see `web.runs.driver.OpenBackend`."""
        if self._config.web.tools == "simulated":
            yield MadeUp(lambda: SimulatedBackend(_world(), self._clock))
            return
        owner_id = await self.owner_id(terms.owner, terms.email)
        agents = self.agents_of(owner_id)
        hosts = self._hosts(terms, owner_id, agents)
        yield OwnBackend(
            OwnChecks(self._real.checks, agents),
            hosts,
            agents,
            OwnJobs(self._real.scan_jobs.for_owner(owner_id), agents),
            ToolAccounts(self._quotas, terms, hosts),
        )

    async def take_up(self) -> None:
        """Runs until cancelled: goes on with scans that dead processes left."""
        await self._real.scan_jobs.take_up(operator=False)

    async def aclose(self) -> None:
        """Stops scans of this process."""
        await self._real.aclose()


@cache
def _world() -> World:
    """The made-up network, read once; each backend begins with it as it is in its file."""
    return load_world(None)
