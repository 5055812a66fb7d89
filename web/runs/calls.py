"""Calls of models that run in people's browsers: only the tools run here, on the terms of whoever asks.

What changes something is written down first and waits until the person decides; then what was shown runs, once,
whichever process is asked. All calls are kept for as long as the events of runs are.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.approval import Approval
from agent.audit import AuditAction, AuditRecord, AuditSink
from agent.canonical import canonical
from tools.arguments import validate
from tools.clock import Clock
from tools.context import ToolContext
from tools.errors import ToolArgumentError, UnknownTool
from tools.registry import Effect
from tools.results import ToolResult, failed
from tools.run import run_tool
from web.database.store import Store
from web.database.tables import tool_calls
from web.errors import ApiError
from web.runs.driver import OpenBackend
from web.runs.terms import Terms
from web.runs.toolbox import tools_of

CallState = Literal["finished", "rejected", "waiting"]
Rejection = Literal["unknown-tool", "bad-arguments", "not-approved"]

#: Calls of one person that this process works on at a time.
_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What became of a call.

    Attributes:
        id: Names it.
        name: The tool, as the model wrote it.
        arguments: As they run.
        effect: What the tool does; None where there is no such tool.
        state: Whether it ran, was refused, or waits for a person.
        approval: What the person is asked.
        reason: Why it was refused.
        result: What the model is told.
        seconds: How long it ran.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    effect: Effect | None
    state: CallState
    approval: Approval | None = None
    reason: Rejection | None = None
    result: ToolResult | None = None
    seconds: float = 0.0


class ToolCalls:
    """Runs calls for browsers; nothing but reading without a person's word."""

    def __init__(
        self, store: Store, clock: Clock, backend: OpenBackend, audit: AuditSink, ttl_s: float
    ) -> None:
        """Takes the database, the time, and what tools work on.

        Args:
            store: The database.
            clock: Gives the present time.
            backend: Opens the network of a person.
            audit: Takes a record of every decision before it counts.
            ttl_s: Seconds that people have to decide.
        """
        self._store = store
        self._clock = clock
        self._backend = backend
        self._audit = audit
        self._ttl_s = ttl_s
        self._running: Counter[str] = Counter()

    async def call(self, terms: Terms, name: str, arguments: dict[str, Any]) -> CallOutcome:
        """Takes a call of a model: runs it, refuses it, or writes it down for a person to decide.

        Raises:
            ApiError: The person has too many calls under way.
            DatabaseUnavailable: The database does not answer.
        """
        call = CallOutcome(secrets.token_hex(16), name, arguments, None, "rejected")
        try:
            definition = tools_of(terms.effects).get(name)
            call = replace(call, effect=definition.effect)
            validate(definition, arguments)
        except UnknownTool as error:
            return replace(call, reason="unknown-tool", result=failed(str(error), **error.data))
        except ToolArgumentError as error:
            return replace(call, reason="bad-arguments", result=failed(str(error), **error.data))
        if definition.effect == "read":
            with self._place(terms.owner):
                await self._write_down(terms, call, "running")
                return await self._run(terms, call)
        approval = Approval(
            call.id, _place_of(terms), name, canonical(arguments), definition.effect, self._ttl_s
        )
        self._note("requested", terms, call, "model")
        await self._write_down(terms, call, "waiting")
        return replace(call, state="waiting", approval=approval)

    async def decide(
        self, terms: Terms, call_id: str, approve: bool, by: str, *, remembered: bool = False
    ) -> CallOutcome:
        """Takes a person's word on a call that waits, and runs it if they allow it.

        Args:
            terms: Whose call it is.
            call_id: Which one.
            approve: Whether it may run.
            by: Who says so, for the audit log.
            remembered: They said so before, of all calls of this tool.

        Raises:
            ApiError: There is no such call, it does not wait any more, or too many are under way.
            DatabaseUnavailable: The database does not answer.
        """
        row = await self._find(terms, call_id)
        call = CallOutcome(row.id, row.tool, json.loads(row.arguments), row.effect, "rejected")
        with self._place(terms.owner):
            if not await self._take(terms, call_id, "running" if approve else "denied"):
                if row.state == "waiting" and row.created <= self._clock() - timedelta(seconds=self._ttl_s):
                    self._note("expired", terms, call, "gate")
                said = "That request is not open: it was answered, or has expired."
                raise ApiError(409, "expired", said)
            who = f"{by} (for the whole turn)" if remembered else by
            self._note("approved" if approve else "denied", terms, call, who)
            if not approve:
                result = failed(f"{call.name} was not run: it was not allowed.")
                return replace(call, reason="not-approved", result=result)
            self._note("used", terms, call, "gate")
            # What has begun to change something is carried out, whether the asker is still there or not.
            return await asyncio.shield(asyncio.ensure_future(self._run(terms, call)))

    async def _run(self, terms: Terms, call: CallOutcome) -> CallOutcome:
        began, state = time.perf_counter(), "stopped"
        try:
            async with self._backend(terms) as backend:
                context = ToolContext(backend, self._clock, tools_of(terms.effects))
                result = await run_tool(call.name, call.arguments, context)
            state = "finished" if result.success else "failed"
        finally:
            ended = update(tool_calls).where(tool_calls.c.id == call.id)
            change = ended.values(state=state, ended=self._clock())
            await self._store.write(lambda connection: connection.execute(change))
        return replace(call, state="finished", result=result, seconds=time.perf_counter() - began)

    async def _write_down(self, terms: Terms, call: CallOutcome, state: str) -> None:
        values = {
            "id": call.id, "owner": terms.owner, "tool": call.name, "arguments": canonical(call.arguments),
            "effect": call.effect, "state": state, "created": self._clock(),
        }  # fmt: skip
        await self._store.write(lambda connection: connection.execute(insert(tool_calls), values))

    async def _find(self, terms: Terms, call_id: str) -> Row[Any]:
        query = select(tool_calls).where(tool_calls.c.id == call_id, tool_calls.c.owner == terms.owner)

        async def work(connection: AsyncConnection) -> Row[Any] | None:
            return (await connection.execute(query)).one_or_none()

        row = await self._store.read(work)
        if row is None:
            raise ApiError(404, "not-found", "There is no such call, or it is not yours.")
        return row

    async def _take(self, terms: Terms, call_id: str, state: str) -> bool:
        """Takes a call that waits, unless somebody else was faster or time is up."""
        now = self._clock()
        change = (
            update(tool_calls)
            .where(
                tool_calls.c.id == call_id,
                tool_calls.c.owner == terms.owner,
                tool_calls.c.state == "waiting",
                tool_calls.c.created > now - timedelta(seconds=self._ttl_s),
            )
            .values(state=state, ended=None if state == "running" else now)
        )

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(change)).rowcount == 1

        return await self._store.write(work)

    def _place(self, owner: str) -> _Place:
        return _Place(self._running, owner)

    def _note(self, action: AuditAction, terms: Terms, call: CallOutcome, by: str) -> None:
        written = canonical(call.arguments)
        self._audit(AuditRecord(action, call.id, _place_of(terms), call.name, written, call.effect, by))


class _Place:
    """A place among the calls of one person that are under way."""

    def __init__(self, running: Counter[str], owner: str) -> None:
        self._running = running
        self._owner = owner

    def __enter__(self) -> None:
        if self._running[self._owner] >= _AT_ONCE:
            said = f"{_AT_ONCE} calls of yours are under way; wait for one to end."
            raise ApiError(429, "too-many", said, headers={"Retry-After": "2"})
        self._running[self._owner] += 1

    def __exit__(self, *exception: object) -> None:
        self._running[self._owner] -= 1
        if not self._running[self._owner]:
            del self._running[self._owner]


def _place_of(terms: Terms) -> str:
    """Where such calls are made, for the audit log: there is no conversation here."""
    return f"browser of {terms.owner}"
