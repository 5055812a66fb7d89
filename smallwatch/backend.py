"""What the tools of a command work on, put together in this one place."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal

from settings.schema import Config
from tools.backend import Backend
from tools.clock import Clock, system_clock

if TYPE_CHECKING:
    from tools.policy import ReachPolicy

_log = logging.getLogger(__name__)

#: Whose hosts and scans are meant without a login: the first row of `owners`.
OPERATOR = 1

Tools = Literal["real", "simulated"]


@asynccontextmanager
async def open_backend(
    config: Config,
    tools: Tools = "real",
    *,
    reach: Iterable[str] = (),
    policy: ReachPolicy | None = None,
    clock: Clock = system_clock,
    say: Callable[[str], None] = _log.warning,
) -> AsyncGenerator[Backend]:
    """Opens the network that tools work on, for the operator of this machine, and closes it at the end.

    Args:
        config: The settings.
        tools: The real network, or the simulated one that ships.
        reach: Ranges that checks may reach, besides public addresses and those of the settings.
        policy: Which addresses may be reached, in place of `reach` and the settings.
        clock: Gives the present time.
        say: Is told, in a sentence, of each fallback that missing rights force.

    Raises:
        ValueError: A range is none; the message names it.
        DatabaseError: The database of watched hosts cannot be used.
    """
    if tools == "simulated":
        from tools.simulated import SimulatedBackend
        from tools.simulation.world import load_world

        yield SimulatedBackend(load_world(None), clock)
        return
    from monitoring.agents.service import agents_here
    from monitoring.database.migrate import open_database
    from monitoring.hosts.backend import WatchedHosts
    from monitoring.jobs import SqlJobStore
    from tools.policy import operator_policy
    from tools.real import LocalOperator, RealBackend
    from tools.resolve import Resolver

    policy = policy or operator_policy((*config.agent.reach, *reach))
    async with await open_database(config.monitoring.database) as database:
        here = agents_here(database, clock)
        hosts = WatchedHosts(
            database, OPERATOR, Resolver(policy), config.monitoring, clock, agents=here.directory
        )
        async with RealBackend(
            policy,
            hosts=hosts,
            agents=here.directory,
            accounts=LocalOperator(hosts),
            away=here.away,
            job_store=SqlJobStore(database),
            clock=clock,
            say=say,
        ) as backend:
            yield backend
