"""The places that checks run from: this machine, the default, and every agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, get_args

from monitoring.agents.load import load_pct
from monitoring.agents.store import AgentRow, AgentStore, agents_readable, unknown_agent
from tools.clock import Clock
from tools.job_store import OPERATOR
from tools.records import Agent, Endpoint

#: What this machine is called among the agents.
LOCAL: Final = "local"
ABILITIES: Final[tuple[Endpoint, ...]] = get_args(Endpoint)


@dataclass(frozen=True, slots=True)
class LocalPlace:
    """Where this machine stands."""

    city: str = "this machine"
    country: str = ""


class AgentDirectory:
    """Implements `tools.backend.Agents`."""

    def __init__(
        self, store: AgentStore, clock: Clock, place: LocalPlace | None = None, owner: int = OPERATOR
    ) -> None:
        """Takes what is known of agents, the time, where this machine stands, and who asks."""
        self._owner = owner
        self._store = store
        self._clock = clock
        self._place = place or LocalPlace()

    async def all(self) -> Sequence[Agent]:
        """Returns every agent, the default one first."""
        with agents_readable():
            rows = await self._store.all(self._owner)
        return [self._local(), *(_agent(row) for row in rows if not row.revoked)]

    async def get(self, name: str) -> Agent:
        """Finds an agent by its name or city; raises `NotFound` with the nearest names."""
        known = await self.all()
        wanted = name.strip().casefold()
        by_name = [agent for agent in known if agent.name.casefold() == wanted]
        by_city = [agent for agent in known if agent.city.casefold() == wanted]
        # Of several in one city, one that is online.
        found = by_name or sorted(by_city, key=lambda agent: not agent.online)
        if found:
            return found[0]
        raise unknown_agent(name, [agent.name for agent in known])

    def _local(self) -> Agent:
        return Agent(
            name=LOCAL,
            city=self._place.city,
            country=self._place.country,
            online=True,
            default=True,
            abilities=ABILITIES,
            load_pct=load_pct(),
            last_contact=self._clock(),
            version=version("smallwatch"),
        )


def _agent(row: AgentRow) -> Agent:
    return Agent(
        name=row.name,
        city=row.city,
        country=row.country,
        online=row.online,
        default=False,
        abilities=row.abilities,
        load_pct=row.load_pct if row.online else 0,
        # One that never came has been away since it was added.
        last_contact=row.last_contact or row.created,
        version=row.version,
    )
