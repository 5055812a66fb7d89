"""Where jobs are written down: the seam, and a store that lasts as long as the process."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from tools.records import JobRequest, JobState, ScannedHost

_MOST_KEPT: Final = 1000
#: The owner of all that is started without a login.
OPERATOR: Final = 1


class JobStoreError(Exception):
    """Jobs cannot be read or written now; the same may work later."""


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as it is written down.

    Attributes:
        message_id: Its id.
        owner: Whose it is; nobody else sees it.
        function: Name of the tool that started it.
        request: What was asked.
        state: How far it is, as its runner last wrote.
        progress_pct: 0 to 100.
        addresses: Addresses that it looks at.
        started: When it began.
        ended: When it ended.
        runner: The process that runs it; None once nobody does.
        heartbeat: When that process last said so.
        attempts: How often it was begun.
        cancel_wanted: Whether its runner is to stop it.
        found: What it found, once finished.
        error: Why it failed, if it did.
    """

    message_id: str
    owner: int
    function: str
    request: JobRequest
    state: JobState
    progress_pct: int
    addresses: int
    started: datetime
    ended: datetime | None = None
    runner: str | None = None
    heartbeat: datetime | None = None
    attempts: int = 1
    cancel_wanted: bool = False
    found: tuple[ScannedHost, ...] = ()
    error: str | None = None


class JobStore(Protocol):
    """Writes jobs down; every method raises `JobStoreError` where it cannot."""

    async def add(self, row: JobRow) -> None:
        """Writes a new job."""
        ...

    async def get(self, owner: int, message_id: str) -> JobRow | None:
        """Finds a job of an owner."""
        ...

    async def of(self, owner: int) -> Sequence[JobRow]:
        """Returns an owner's jobs, oldest first."""
        ...

    async def beat(self, message_id: str, runner: str, percent: int, now: datetime) -> bool:
        """Notes that a job's runner lives, and how far it is; says whether it is to go on."""
        ...

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
        ...

    async def leave(self, message_id: str, runner: str) -> None:
        """Notes that a job's runner stops before its end."""
        ...

    async def want_cancel(self, message_id: str) -> None:
        """Asks the runner of a job to stop it."""
        ...

    async def take(
        self,
        runner: str,
        silent_since: datetime,
        now: datetime,
        *,
        only: str | None = None,
        operator: bool | None = None,
    ) -> Sequence[JobRow]:
        """Gives running jobs of runners that fell silent to this one, counting one more attempt.

        Args:
            runner: Who takes them.
            silent_since: A runner with no sign of life after this moment is gone.
            now: The present time.
            only: Just the job of this id.
            operator: Just the operator's jobs, or just those of others; None: all.
        """
        ...

    async def forget(self, ended_before: datetime) -> None:
        """Deletes jobs that ended before a moment."""
        ...


class MemoryJobStore:
    """Implements `JobStore` in memory, up to a bound."""

    def __init__(self) -> None:
        """Starts with no jobs."""
        self._rows: dict[str, JobRow] = {}

    async def add(self, row: JobRow) -> None:
        """Writes a new job; forgets the oldest that has ended where there are too many."""
        ended = [key for key, known in self._rows.items() if known.state != "running"]
        for key in ended[: max(0, len(self._rows) - _MOST_KEPT + 1)]:
            del self._rows[key]
        self._rows[row.message_id] = row

    async def get(self, owner: int, message_id: str) -> JobRow | None:
        """Finds a job of an owner."""
        row = self._rows.get(message_id)
        return row if row is not None and row.owner == owner else None

    async def of(self, owner: int) -> Sequence[JobRow]:
        """Returns an owner's jobs, oldest first."""
        return [row for row in self._rows.values() if row.owner == owner]

    async def beat(self, message_id: str, runner: str, percent: int, now: datetime) -> bool:
        """Notes that a job's runner lives, and how far it is; says whether it is to go on."""
        row = self._rows.get(message_id)
        if row is None or row.runner != runner or row.state != "running":
            return False
        self._change(message_id, progress_pct=percent, heartbeat=now)
        return not row.cancel_wanted

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
        row = self._rows.get(message_id)
        if row is not None and row.runner == runner and row.state == "running":
            percent = 100 if state == "finished" else row.progress_pct
            self._change(
                message_id,
                state=state,
                progress_pct=percent,
                ended=now,
                runner=None,
                found=tuple(found),
                error=error,
            )

    async def leave(self, message_id: str, runner: str) -> None:
        """Notes that a job's runner stops before its end."""
        row = self._rows.get(message_id)
        if row is not None and row.runner == runner and row.state == "running":
            self._change(message_id, runner=None, heartbeat=None)

    async def want_cancel(self, message_id: str) -> None:
        """Asks the runner of a job to stop it."""
        if message_id in self._rows:
            self._change(message_id, cancel_wanted=True)

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
        silent = [
            row
            for row in self._rows.values()
            if row.state == "running"
            and (row.heartbeat is None or row.heartbeat < silent_since)
            and only in (None, row.message_id)
            and operator in (None, row.owner == OPERATOR)
        ]
        for row in silent:
            self._change(row.message_id, runner=runner, heartbeat=now, attempts=row.attempts + 1)
        return [self._rows[row.message_id] for row in silent]

    async def forget(self, ended_before: datetime) -> None:
        """Deletes jobs that ended before a moment."""
        for row in list(self._rows.values()):
            if row.ended is not None and row.ended < ended_before:
                del self._rows[row.message_id]

    def _change(self, message_id: str, **values: object) -> None:
        self._rows[message_id] = dataclasses.replace(self._rows[message_id], **values)  # pyright: ignore[reportArgumentType]
