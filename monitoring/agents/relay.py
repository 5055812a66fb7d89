"""The way to an agent: over a connection of this process, else by the database to the process that has it.

A call of another process is a row of `agent_calls`: who wants it writes it and looks for the answer, the process
with the connection takes it, runs it and writes the answer. Rows of callers that died are swept.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from monitoring.agents.calls import (
    Tell,
    read_arguments,
    read_fault,
    read_outcome,
    write_arguments,
    write_fault,
    write_outcome,
)
from monitoring.agents.hub import Hub
from monitoring.agents.messages import Fault
from monitoring.agents.session import lost_agent, offline_agent
from monitoring.agents.store import AgentRow, AgentStore, agents_readable
from monitoring.database.engine import Database
from monitoring.database.errors import DatabaseUnavailable
from monitoring.database.tables import agent_calls, agents
from tools.clock import Clock
from tools.errors import CheckFailed, ToolError
from tools.job_store import OPERATOR
from tools.wording import number

_log = logging.getLogger(__name__)

_LOOK_S: Final = 0.25
#: Seconds that a call may wait for the process with the connection to take it, and for the answer to travel.
_GRACE_S: Final = 15.0
_MOST_TAKEN: Final = 32


class AgentReach:
    """Implements `monitoring.agents.reach.Caller`."""

    def __init__(
        self,
        database: Database,
        store: AgentStore,
        clock: Clock,
        hub: Hub | None = None,
        owner: int = OPERATOR,
        *,
        public: bool = False,
    ) -> None:
        """Takes what it works with.

        Args:
            database: The database.
            store: What is known of agents.
            clock: Gives the present time.
            hub: The connections of this process, if it has any.
            owner: Who asks.
            public: Whether agents reach only public addresses, whoever asks.
        """
        self._public = public
        self._owner = owner
        self._database = database
        self._store = store
        self._clock = clock
        self._hub = hub

    async def __call__(
        self, agent: str, check: str, arguments: Any, timeout_s: float, tell: Tell | None = None
    ) -> Any:
        """Has an agent run a check.

        Raises:
            ToolError: What the check raised, or the agent is unknown, offline, lost or too slow.
        """
        with agents_readable():
            row = await self._find(agent)
        if self._public or self._owner not in (OPERATOR, row.owner_id):
            # Whoever asks may not see the network that somebody else's agent stands in.
            arguments = arguments.model_copy(update={"public": True})
        session = self._hub.session(agent) if self._hub else None
        if session is not None:
            return await session.call(check, arguments, timeout_s, tell)
        with agents_readable():
            answer = await self._relayed(row, check, write_arguments(arguments), timeout_s, tell)
        if "fault" in answer:
            raise read_fault(Fault.model_validate(answer["fault"]))
        return read_outcome(check, answer["outcome"])

    async def _relayed(
        self, row: AgentRow, check: str, arguments: Mapping[str, Any], timeout_s: float, tell: Tell | None
    ) -> Mapping[str, Any]:
        key = await self._write(row, check, arguments, timeout_s)
        try:
            async with asyncio.timeout(timeout_s + _GRACE_S):
                return await self._wait(row, key, tell)
        except TimeoutError as error:
            raise CheckFailed(
                f"The agent {row.name} gave no answer within {number(timeout_s + _GRACE_S)} s; the process that"
                " holds its connection may be overloaded."
            ) from error
        finally:
            # Shielded, so that a cancelled caller still takes its call back.
            await asyncio.shield(self._take_back(key))

    async def _find(self, name: str) -> AgentRow:
        row = next((row for row in await self._store.all(self._owner) if row.name == name), None)
        if row is None or not row.online:
            since = (row.last_contact or row.created) if row else self._clock()
            raise offline_agent(name, since)
        return row

    async def _write(self, row: AgentRow, check: str, arguments: Mapping[str, Any], timeout_s: float) -> int:
        values = {
            "agent_id": row.id,
            "check": check,
            "arguments": dict(arguments),
            "timeout_s": timeout_s,
            "created": self._clock(),
            "taken": False,
            "progress_pct": 0,
        }
        async with self._database.writing() as connection:
            inserted = insert(agent_calls).values(values).returning(agent_calls.c.id)
            return int((await connection.execute(inserted)).scalar_one())

    async def _wait(self, row: AgentRow, key: int, tell: Tell | None) -> Mapping[str, Any]:
        told = 0
        while True:
            query = (
                select(agent_calls.c.answer, agent_calls.c.progress_pct, agents.c.online)
                .join(agents, agents.c.id == agent_calls.c.agent_id)
                .where(agent_calls.c.id == key)
            )
            async with self._database.reading() as connection:
                found = (await connection.execute(query)).one_or_none()
            if found is None or (found.answer is None and not found.online):
                raise lost_agent(row.name)
            if found.answer is not None:
                return found.answer
            if tell is not None and found.progress_pct > told:
                told = found.progress_pct
                tell(told)
            await asyncio.sleep(_LOOK_S)

    async def _take_back(self, key: int) -> None:
        with contextlib.suppress(DatabaseUnavailable):
            async with self._database.writing() as connection:
                await connection.execute(delete(agent_calls).where(agent_calls.c.id == key))


@dataclass(frozen=True, slots=True)
class _Wanted:
    key: int
    agent: str
    check: str
    arguments: Mapping[str, Any]
    timeout_s: float


class Dispatcher:
    """Runs the calls that other processes want of the agents that are connected here."""

    def __init__(self, database: Database, hub: Hub, clock: Clock) -> None:
        """Takes the database and the connections."""
        self._database = database
        self._hub = hub
        self._clock = clock
        self._running: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Looks for calls until it is cancelled."""
        try:
            while True:
                try:
                    await self._look()
                except DatabaseUnavailable as error:
                    _log.warning("Calls to agents wait: %s", error)
                    await asyncio.sleep(10 * _LOOK_S)
                await asyncio.sleep(_LOOK_S)
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _look(self) -> None:
        if not self._hub.names and not self._running:
            return
        for wanted in await self._claim():
            task = asyncio.create_task(self._serve(wanted))
            self._running[wanted.key] = task
            task.add_done_callback(lambda done, key=wanted.key: self._ended(key, done))
        if self._running:
            query = select(agent_calls.c.id).where(agent_calls.c.id.in_(self._running))
            async with self._database.reading() as connection:
                still = set((await connection.execute(query)).scalars())
            for key in set(self._running) - still:
                # Who wanted it took it back.
                self._running[key].cancel()

    async def _claim(self) -> Sequence[_Wanted]:
        room = _MOST_TAKEN - len(self._running)
        query = (
            select(agent_calls, agents.c.name)
            .join(agents, agents.c.id == agent_calls.c.agent_id)
            .where(agents.c.name.in_(self._hub.names), ~agent_calls.c.taken)
            .order_by(agent_calls.c.id)
            .limit(max(0, room))
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        if not rows:
            return ()
        claimed: list[_Wanted] = []
        async with self._database.writing() as connection:
            # A caller that was killed did not take its call back.
            await connection.execute(
                delete(agent_calls).where(agent_calls.c.created < self._clock() - timedelta(days=1))
            )
            for row in rows:
                mine = (agent_calls.c.id == row.id) & ~agent_calls.c.taken
                done = await connection.execute(update(agent_calls).where(mine).values(taken=True))
                if done.rowcount:
                    claimed.append(_Wanted(row.id, row.name, row.check, row.arguments, row.timeout_s))
        return claimed

    async def _serve(self, wanted: _Wanted) -> None:
        told: set[asyncio.Task[None]] = set()

        def tell(percent: int) -> None:
            task = asyncio.create_task(self._note(wanted.key, progress_pct=percent))
            told.add(task)
            task.add_done_callback(told.discard)

        try:
            session = self._hub.session(wanted.agent)
            if session is None:
                raise lost_agent(wanted.agent)
            arguments = read_arguments(wanted.check, wanted.arguments)
            outcome = await session.call(wanted.check, arguments, wanted.timeout_s, tell)
            answer = {"outcome": write_outcome(wanted.check, outcome)}
        except ToolError as error:
            answer = {"fault": write_fault(error).model_dump(mode="json")}
        await self._note(wanted.key, answer=answer)

    async def _note(self, key: int, **values: Any) -> None:
        try:
            async with self._database.writing() as connection:
                await connection.execute(update(agent_calls).where(agent_calls.c.id == key).values(values))
        except DatabaseUnavailable as error:
            _log.warning("The answer to a call of an agent is lost: %s", error)

    def _ended(self, key: int, task: asyncio.Task[None]) -> None:
        self._running.pop(key, None)
        if not task.cancelled() and task.exception() is not None:
            _log.error("A call to an agent failed by an internal error.", exc_info=task.exception())
