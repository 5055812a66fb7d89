"""What `smallwatch watch` does beside watching: serves probe agents, and takes interrupted scans up again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    from monitoring.database.engine import Database
    from settings.schema import Config
    from tools.policy import ReachPolicy


@dataclass(frozen=True, slots=True)
class Listening:
    """Where probe agents connect to.

    Attributes:
        host: Address.
        port: TCP port.
        tls: Certificate for `wss`; None where a proxy before it speaks TLS.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None


@asynccontextmanager
async def watch_services(
    config: Config,
    database: Database,
    policy: ReachPolicy,
    agents: Listening | None,
    say: Callable[[str], None],
) -> AsyncGenerator[None]:
    """Runs them as long as the block lasts.

    Args:
        config: The settings.
        database: The database.
        policy: Which addresses scans may reach.
        agents: Where agents connect to; they are not served here if None.
        say: Is told where agents connect to, and how scans had to be done.

    Raises:
        ListenError: Agents cannot be served there.
    """
    from monitoring.agents.server import serving
    from monitoring.agents.service import agents_here, open_hub
    from monitoring.jobs import SqlJobStore
    from tools.clock import system_clock
    from tools.real import RealBackend

    async with open_hub(database, system_clock, retry_s=config.monitoring.retry_interval_s) as hub:
        here = agents_here(database, system_clock, hub)
        async with RealBackend(
            policy, agents=here.directory, away=here.away, job_store=SqlJobStore(database), say=say
        ) as backend:
            taking = asyncio.create_task(backend.scan_jobs.take_up())
            try:
                if agents is None:
                    yield
                    return
                async with serving(hub, agents.host, agents.port, agents.tls) as (host, port):
                    say(f"Agents connect to {'wss' if agents.tls else 'ws'}://{host}:{port}/agents.")
                    yield
            finally:
                taking.cancel()
                await asyncio.wait([taking])
