"""The probe agents and the account of the simulated network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tools.plans import PLANS
from tools.records import Account, Agent, UsageDay
from tools.simulation.hosts import SimulatedHosts
from tools.simulation.network import Network
from tools.simulation.world import ProbeAgent
from tools.wording import day


class SimulatedAgents:
    """Implements `tools.backend.Agents`."""

    def __init__(self, network: Network) -> None:
        """Takes the network that the agents sit in."""
        self._network = network

    async def all(self) -> Sequence[Agent]:
        """Returns every agent, the default one first."""
        return [self._view(agent) for agent in self._network.world.agents]

    async def get(self, name: str) -> Agent:
        """Finds an agent by its name or city."""
        return self._view(self._network.find_agent(name))

    def _view(self, agent: ProbeAgent) -> Agent:
        # An agent that is online was in contact just before now; of another the last contact stands.
        heard_from = self._network.clock() if agent.online else self._network.started
        return Agent(
            name=agent.name,
            city=agent.city,
            country=agent.country,
            online=agent.online,
            default=agent is self._network.world.agents[0],
            abilities=tuple(agent.abilities),
            load_pct=agent.load_pct if agent.online else 0,
            last_contact=heard_from + agent.last_contact,
            version=agent.version,
        )


class SimulatedAccounts:
    """Implements `tools.backend.Accounts`."""

    def __init__(self, network: Network, hosts: SimulatedHosts) -> None:
        """Takes the network with its account, and the hosts that count towards its limit."""
        self._network = network
        self._hosts = hosts

    async def current(self) -> Account:
        """Returns the account, with its balance of now."""
        sheet = self._network.world.account
        plan = PLANS[sheet.plan]
        today = self._network.started
        usage = [
            UsageDay(day(today - timedelta(days=age)), tokens)
            for age, tokens in enumerate(sheet.usage, start=1)
        ]
        return Account(
            logged_in=sheet.logged_in,
            email=sheet.email,
            plan=sheet.plan,
            tokens=min(sheet.tokens, plan.token_cap),
            hosts_used=self._hosts.count,
            host_limit=plan.hosts,
            token_cap=plan.token_cap,
            daily_refill=plan.daily_refill,
            context_tokens=plan.context_tokens,
            usage=tuple(usage),
        )

    def state(self) -> dict[str, Any]:
        """Returns login, plan and tokens, JSON values."""
        sheet = self._network.world.account
        return {"logged_in": sheet.logged_in, "plan": sheet.plan, "tokens": sheet.tokens}
