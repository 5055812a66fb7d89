"""All agents that are connected to this process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import timedelta
from typing import Protocol

from monitoring.agents.messages import (
    MAX_HELLO_CHARS,
    PROTOCOL,
    BadFrame,
    Bye,
    Hello,
    Welcome,
    read_from_agent,
    write,
)
from monitoring.agents.session import Enrolled, Session, SessionStore
from monitoring.agents.transport import GOING_AWAY, POLICY, Closed, Transport
from monitoring.database.errors import DatabaseUnavailable
from tools.clock import Clock, system_clock

_log = logging.getLogger(__name__)

_HELLO_S = 10.0
_MOST_STRANGERS = 64


class HubStore(SessionStore, Protocol):
    """What the hub asks of the database."""

    async def by_token(self, token: str) -> Enrolled | None:
        """Finds the agent that a token belongs to; None for a token that is unknown or revoked."""
        ...

    async def connected(self, agent: Enrolled, hello: Hello, skew: timedelta) -> int:
        """Notes that an agent is here; returns the last number of its outbox that is stored."""
        ...

    async def disconnected(self, agent: Enrolled) -> None:
        """Notes that it is gone."""
        ...


class Hub:
    """Lets agents in, and finds the session of each."""

    def __init__(self, store: HubStore, clock: Clock = system_clock, beat_s: float = 15.0) -> None:
        """Takes the database's side, the time, and the seconds between signs of life."""
        self._store = store
        self._clock = clock
        self._beat_s = beat_s
        self._sessions: dict[int, Session] = {}
        self._strangers = 0

    def session(self, name: str) -> Session | None:
        """Finds the session of an agent by its name."""
        return next((s for s in self._sessions.values() if s.agent.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the agents that are connected."""
        return tuple(session.agent.name for session in self._sessions.values())

    async def serve(self, transport: Transport) -> None:
        """Speaks with one connection until it ends."""
        if self._strangers >= _MOST_STRANGERS:
            await transport.close(GOING_AWAY, "too many connections that have not said who they are")
            return
        self._strangers += 1
        try:
            session = await self._greet(transport)
        except Closed:
            return
        except TimeoutError:
            await transport.close(POLICY, "no hello came in time")
            return
        except DatabaseUnavailable as error:
            _log.warning("An agent was sent away for now: %s", error)
            await _refuse(transport, "the server's database does not answer now", retry=True)
            return
        finally:
            self._strangers -= 1
        if session is None:
            return
        key = session.agent.id
        self._sessions[key] = session
        _log.info("The agent %s is connected.", session.agent.name)
        try:
            await session.run()
        finally:
            # A newer connection of the same agent may have taken the place.
            if self._sessions.get(key) is session:
                del self._sessions[key]
                # Where that fails, its silence will tell.
                with contextlib.suppress(DatabaseUnavailable):
                    await self._store.disconnected(session.agent)
                _log.info("The agent %s is gone.", session.agent.name)

    async def aclose(self) -> None:
        """Sends all agents away; they come back when there is a server again."""
        sessions = list(self._sessions.values())
        await asyncio.gather(*(s.end("the server is closing", retry=True, code=GOING_AWAY) for s in sessions))

    async def _greet(self, transport: Transport) -> Session | None:
        """Reads the first frame and answers it; None where the agent was sent away."""
        async with asyncio.timeout(_HELLO_S):
            text = await transport.receive()
        try:
            if len(text) > MAX_HELLO_CHARS:
                raise BadFrame("the first frame is too long")
            hello = read_from_agent(text)
            if not isinstance(hello, Hello):
                raise BadFrame("the first frame must be a hello")
        except BadFrame as error:
            await _refuse(transport, f"the hello cannot be read: {error}", retry=False)
            return None
        if hello.protocol != PROTOCOL:
            words = f"the server speaks protocol {PROTOCOL}, the agent {hello.protocol}; update the older one"
            await _refuse(transport, words, retry=False)
            return None
        agent = await self._store.by_token(hello.token)
        if agent is None:
            words = "the token is unknown or revoked; make a new one with `smallwatch agents add`"
            await _refuse(transport, words, retry=False)
            return None
        if hello.name is not None and hello.name != agent.name:
            words = f"the token belongs to the agent {agent.name}, not to {hello.name}; leave --name out"
            await _refuse(transport, words, retry=False)
            return None
        return await self._admit(transport, agent, hello)

    async def _admit(self, transport: Transport, agent: Enrolled, hello: Hello) -> Session | None:
        old = self._sessions.get(agent.id)
        if old is not None and old.outbox != hello.outbox:
            # Two programs with one token would push each other out for ever.
            words = f"another program is connected as {agent.name}; give each agent a token of its own"
            await _refuse(transport, words, retry=True)
            return None
        if old is not None:
            await old.end("a newer connection of the same agent took its place", retry=False)
        received = await self._store.connected(agent, hello, self._clock() - hello.now)
        session = Session(agent, hello, received, transport, self._store, self._clock, self._beat_s)
        welcome = Welcome(
            protocol=PROTOCOL, agent=agent.name, now=self._clock(), beat_s=self._beat_s, received=received
        )
        await transport.send(write(welcome))
        return session


async def _refuse(transport: Transport, reason: str, *, retry: bool) -> None:
    with contextlib.suppress(Closed):
        await transport.send(write(Bye(reason=reason, retry=retry)))
    await transport.close(POLICY, reason)
