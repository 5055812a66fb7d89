"""Jobs in the database: they outlive the process that started them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.engine import Database
from monitoring.database.errors import DatabaseUnavailable
from monitoring.database.tables import jobs
from tools.job_store import OPERATOR, JobRow, JobStoreError
from tools.records import JobRequest, JobState, ScannedHost

_REQUEST: Final[TypeAdapter[JobRequest]] = TypeAdapter(JobRequest)
_FOUND: Final[TypeAdapter[tuple[ScannedHost, ...]]] = TypeAdapter(tuple[ScannedHost, ...])
_LONGEST_ERROR: Final = 2000


class SqlJobStore:
    """Implements `tools.job_store.JobStore`."""

    def __init__(self, database: Database) -> None:
        """Takes the database."""
        self._database = database

    async def add(self, row: JobRow) -> None:
        """Writes a new job."""
        values: dict[str, Any] = {
            "message_id": row.message_id,
            "owner_id": row.owner,
            "function": row.function,
            "request": _REQUEST.dump_python(row.request, mode="json"),
            "state": row.state,
            "progress_pct": row.progress_pct,
            "addresses": row.addresses,
            "started": row.started,
            "runner": row.runner,
            "heartbeat": row.heartbeat,
            "attempts": row.attempts,
            "cancel_wanted": False,
            "found": [],
        }
        async with self._writing() as connection:
            await connection.execute(insert(jobs).values(values))

    async def get(self, owner: int, message_id: str) -> JobRow | None:
        """Finds a job of an owner."""
        query = select(jobs).where(jobs.c.owner_id == owner, jobs.c.message_id == message_id)
        rows = await self._read(query)
        return rows[0] if rows else None

    async def of(self, owner: int) -> Sequence[JobRow]:
        """Returns an owner's jobs, oldest first."""
        return await self._read(select(jobs).where(jobs.c.owner_id == owner).order_by(jobs.c.started))

    async def beat(self, message_id: str, runner: str, percent: int, now: datetime) -> bool:
        """Notes that a job's runner lives, and how far it is; says whether it is to go on."""
        mine = _run_by(message_id, runner)
        async with self._writing() as connection:
            values = {"progress_pct": percent, "heartbeat": now}
            done = await connection.execute(update(jobs).where(mine).values(values))
            if not done.rowcount:
                return False
            wanted = await connection.execute(select(jobs.c.cancel_wanted).where(mine))
            return not wanted.scalar_one()

    async def end(
        self,
        message_id: str,
        runner: str,
        state: JobState,
        now: datetime,
        found: Sequence[ScannedHost] = (),
        error: str | None = None,
    ) -> None:
        """Writes how a job ended, unless another runner has it by now."""
        values: dict[str, Any] = {
            "state": state,
            "ended": now,
            "runner": None,
            "found": _FOUND.dump_python(tuple(found), mode="json"),
            "error": None if error is None else error[:_LONGEST_ERROR],
        }
        if state == "finished":
            values["progress_pct"] = 100
        async with self._writing() as connection:
            await connection.execute(update(jobs).where(_run_by(message_id, runner)).values(values))

    async def leave(self, message_id: str, runner: str) -> None:
        """Notes that a job's runner stops before its end."""
        values = {"runner": None, "heartbeat": None}
        async with self._writing() as connection:
            await connection.execute(update(jobs).where(_run_by(message_id, runner)).values(values))

    async def want_cancel(self, message_id: str) -> None:
        """Asks the runner of a job to stop it."""
        wanted = update(jobs).where(jobs.c.message_id == message_id).values(cancel_wanted=True)
        async with self._writing() as connection:
            await connection.execute(wanted)

    async def take(
        self,
        runner: str,
        silent_since: datetime,
        now: datetime,
        *,
        only: str | None = None,
        operator: bool | None = None,
    ) -> Sequence[JobRow]:
        """Gives running jobs of runners that fell silent to this one, counting one more attempt."""
        silent = (jobs.c.state == "running") & or_(
            jobs.c.heartbeat.is_(None), jobs.c.heartbeat < silent_since
        )
        if only is not None:
            silent &= jobs.c.message_id == only
        if operator is not None:
            silent &= jobs.c.owner_id == OPERATOR if operator else jobs.c.owner_id != OPERATOR
        query = select(jobs).where(silent)
        if not await self._read(query):
            return ()
        values = {
            "runner": runner,
            "heartbeat": now,
            "progress_pct": 0,
            "attempts": jobs.c.attempts + 1,
        }
        async with self._writing() as connection:
            rows = (await connection.execute(query.with_for_update(skip_locked=True))).all()
            keys = [row.message_id for row in rows]
            await connection.execute(update(jobs).where(jobs.c.message_id.in_(keys)).values(values))
            taken = (await connection.execute(select(jobs).where(jobs.c.message_id.in_(keys)))).all()
        return [_row(row) for row in taken]

    async def forget(self, ended_before: datetime) -> None:
        """Deletes jobs that ended before a moment."""
        old = jobs.c.ended < ended_before
        if await self._read(select(jobs).where(old).limit(1)):
            async with self._writing() as connection:
                await connection.execute(delete(jobs).where(old))

    async def _read(self, query: Any) -> list[JobRow]:
        try:
            async with self._database.reading() as connection:
                return [_row(row) for row in (await connection.execute(query)).all()]
        except DatabaseUnavailable as error:
            raise JobStoreError(str(error)) from error

    @asynccontextmanager
    async def _writing(self) -> AsyncGenerator[AsyncConnection]:
        try:
            async with self._database.writing() as connection:
                yield connection
        except DatabaseUnavailable as error:
            raise JobStoreError(str(error)) from error


def _run_by(message_id: str, runner: str) -> ColumnElement[bool]:
    return (jobs.c.message_id == message_id) & (jobs.c.runner == runner) & (jobs.c.state == "running")


def _row(row: Row[Any]) -> JobRow:
    return JobRow(
        message_id=row.message_id,
        owner=row.owner_id,
        function=row.function,
        request=_REQUEST.validate_python(row.request),
        state=row.state,
        progress_pct=row.progress_pct,
        addresses=row.addresses,
        started=row.started,
        ended=row.ended,
        runner=row.runner,
        heartbeat=row.heartbeat,
        attempts=row.attempts,
        cancel_wanted=row.cancel_wanted,
        found=_FOUND.validate_python(row.found),
        error=row.error,
    )
