"""The server's side put together: connections in, results into the database, calls of other processes out."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from monitoring.agents.directory import AgentDirectory, LocalPlace
from monitoring.agents.hub import Hub
from monitoring.agents.reach import PlacedChecks, scan_from
from monitoring.agents.relay import AgentReach, Dispatcher
from monitoring.agents.server import serving
from monitoring.agents.store import AgentStore
from monitoring.database.engine import Database
from tools.backend import Checks
from tools.checks.nmap import Scan
from tools.clock import Clock
from tools.job_store import OPERATOR
from tools.real import Away
from tools.records import NmapRequest
from tools.scans import Tell

#: Seconds between an agent's signs of life.
BEAT_S = 15.0


@dataclass(frozen=True, slots=True)
class AgentsHere:
    """The agents as tools use them, for `tools.real.RealBackend`."""

    directory: AgentDirectory
    away: Away


@asynccontextmanager
async def open_hub(
    database: Database, clock: Clock, *, beat_s: float = BEAT_S, retry_s: float = 20.0
) -> AsyncGenerator[Hub]:
    """Makes a hub for the connections of this process, which also runs what other processes ask of its agents.

    Args:
        database: The database.
        clock: Gives the present time.
        beat_s: Seconds between signs of life.
        retry_s: Seconds to the next check of a failing host whose options name none.
    """
    hub = Hub(AgentStore(database, clock, 4 * beat_s, retry_s), clock, beat_s)
    dispatcher = asyncio.create_task(Dispatcher(database, hub, clock).run())
    try:
        yield hub
    finally:
        dispatcher.cancel()
        await hub.aclose()
        with contextlib.suppress(asyncio.CancelledError):
            await dispatcher


@asynccontextmanager
async def serving_agents(
    database: Database,
    clock: Clock,
    host: str,
    port: int,
    *,
    tls: ssl.SSLContext | None = None,
    beat_s: float = BEAT_S,
    retry_s: float = 20.0,
) -> AsyncGenerator[tuple[str, int]]:
    """Serves agents on an address as long as the block lasts; yields address and port.

    Args:
        database: The database.
        clock: Gives the present time.
        host: Address to listen on.
        port: TCP port; 0 takes a free one.
        tls: Certificate for `wss`.
        beat_s: Seconds between signs of life.
        retry_s: See `open_hub`.

    Raises:
        ListenError: The address cannot be listened on.
    """
    async with (
        open_hub(database, clock, beat_s=beat_s, retry_s=retry_s) as hub,
        serving(hub, host, port, tls) as address,
    ):
        yield address


def agents_here(
    database: Database,
    clock: Clock,
    hub: Hub | None = None,
    place: LocalPlace | None = None,
    silent_s: float = 4 * BEAT_S,
    *,
    owner: int = OPERATOR,
    public: bool = False,
) -> AgentsHere:
    """Returns the agents for tools of this process, whichever process holds their connections.

    Args:
        database: The database.
        clock: Gives the present time.
        hub: The connections of this process, if it has some.
        place: Where this machine stands.
        silent_s: Seconds of silence after which an agent counts as offline.
        owner: Who asks. Agents that are not one's own reach only public addresses for all but the operator.
        public: Whether all agents reach only public addresses, since it is not known who asks.
    """
    store = AgentStore(database, clock, silent_s)
    reach = AgentReach(database, store, clock, hub, owner, public=public)

    def placed(local: Checks) -> Checks:
        return PlacedChecks(local, reach)

    async def scan(request: NmapRequest, tell: Tell) -> Scan:
        found = await scan_from(reach, request, tell)
        return Scan(0, found.hosts, found.notes)

    return AgentsHere(AgentDirectory(store, clock, place, owner), Away(placed, scan))
