"""The event log: what is shown was stored before, so that whoever comes back sees the same.

Events of all runs of a process are stored together, in one transaction every few hundredths of a second, with what
they cost so far: what a reader saw is what is charged, whatever dies when.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.errors import DatabaseUnavailable
from web.database.store import Store
from web.database.tables import events, runs
from web.ledger.ledger import StepKey, note_streamed
from web.runs.bus import Bus
from web.runs.events import LAST, RunEvent, Stored, joined, written

_log = logging.getLogger(__name__)

#: Seconds between two transactions at least; pieces of an answer that come within are stored as one.
_WINDOW_S = 0.02
#: Events that wait for the database; beyond that, runs wait too.
_MOST_WAITING = 20_000
_RETRY_S = 0.5
#: Run ids of one message on the bus; 8,000 bytes are the limit of PostgreSQL's.
_IDS = 200
#: Seconds after which a reader looks into the database though nobody told it to.
_LOOK_S = 5.0
_PAGE = 500
_INSERT = insert(events)


@dataclass(slots=True)
class _Open:
    """A run of this process: what waits to be stored, what is stored, what it has cost, and whether it was left."""

    waiting: list[RunEvent] = field(default_factory=list[RunEvent])
    stored: list[Stored] = field(default_factory=list[Stored])
    cost: tuple[StepKey, int] | None = None
    left: bool = False


class EventLog:
    """Stores and reads the events of runs."""

    def __init__(self, store: Store, bus: Bus) -> None:
        """Takes the database, and what tells readers that there is more."""
        self._store = store
        self._bus = bus
        self._open: dict[str, _Open] = {}
        self._wakers: dict[str, set[asyncio.Event]] = {}
        self._wake = asyncio.Event()
        self._flushed = asyncio.Condition()
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        bus.listen("events", lambda message: self._changed(message["runs"]))

    def start(self) -> None:
        """Starts storing in the background."""
        self._task = asyncio.create_task(self._run(), name="event log")
        self._looking = asyncio.create_task(self._look(), name="event log's readers")

    async def aclose(self) -> None:
        """Stores what waits, and stops."""
        if self._task is None:
            return
        await self.flush()
        for task in (self._task, self._looking):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def begin(self, run: str) -> None:
        """Begins the log of a new run of this process."""
        self._open[run] = _Open()

    async def open(self, run: str) -> None:
        """Goes on with the log of a run that another process began."""
        self._open[run] = _Open(stored=await self._from_database(run, 0, limit=None))

    async def add(self, run: str, event: RunEvent, cost: tuple[StepKey, int] | None = None) -> None:
        """Adds an event to the log of a run of this process; waits only where the database lags far behind.

        Args:
            run: The run.
            event: The event.
            cost: The model's step and what it has cost so far.
        """
        if self._waiting > _MOST_WAITING:
            async with self._flushed:
                await self._flushed.wait_for(lambda: self._waiting <= _MOST_WAITING)
        self.add_now(run, event)
        self._open[run].cost = cost or self._open[run].cost

    def add_now(self, run: str, event: RunEvent) -> None:
        """Adds an event without waiting."""
        self._open[run].waiting.append(event)
        self._waiting += 1
        self._wake.set()

    async def end(
        self, run: str, last: RunEvent, work: Callable[[AsyncConnection], Awaitable[object]]
    ) -> None:
        """Ends the log of a run of this process; who comes to read it from then on reads the database.

        Args:
            run: The run.
            last: Its last event.
            work: What is stored with it, in the same transaction.

        Raises:
            DatabaseUnavailable: The database does not answer; the log is as it was.
        """
        await self._stored(run)
        item = Stored(len(self._open[run].stored) + 1, *written(last))

        async def both(connection: AsyncConnection) -> None:
            row = {"run": run, "seq": item.seq, "type": item.type, "data": item.data}
            await connection.execute(_INSERT, row)
            await work(connection)

        # A run that was deleted with its conversation has no end to be told of.
        with contextlib.suppress(IntegrityError):
            await self._store.write(both)
        self._open.pop(run).stored.append(item)
        await self._bus.publish("events", {"runs": [run]})

    async def leave(self, run: str) -> None:
        """Leaves the log of a run that another process will go on with."""
        await self._stored(run)
        self._open.pop(run).left = True

    async def _stored(self, run: str) -> None:
        async with self._flushed:
            await self._flushed.wait_for(lambda: not self._open[run].waiting)

    async def flush(self) -> None:
        """Waits until all that was added is stored."""
        async with self._flushed:
            await self._flushed.wait_for(lambda: self._waiting == 0)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._store_waiting()
            except IntegrityError:
                await self._drop_deleted()
                self._wake.set()
            except DatabaseUnavailable as error:
                _log.warning("events wait to be stored: %s", error)
                self._wake.set()
                await asyncio.sleep(_RETRY_S)
                continue
            await asyncio.sleep(_WINDOW_S)

    async def _store_waiting(self) -> None:
        taken = {
            run: (len(log.waiting), joined(log.waiting), log.cost)
            for run, log in self._open.items()
            if log.waiting
        }
        if not taken:
            return
        new = {run: self._numbered(run, found) for run, (_, found, _) in taken.items()}
        rows = [
            {"run": run, "seq": item.seq, "type": item.type, "data": item.data}
            for run, items in new.items()
            for item in items
        ]
        costs = {cost[0]: cost[1] for _, _, cost in taken.values() if cost is not None}

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(_INSERT, rows)
            await note_streamed(connection, costs)

        await self._store.write(work)
        for run, (count, _, _) in taken.items():
            log = self._open[run]
            del log.waiting[:count]
            log.stored += new[run]
            self._waiting -= count
        async with self._flushed:
            self._flushed.notify_all()
        changed = list(taken)
        for start in range(0, len(changed), _IDS):
            await self._bus.publish("events", {"runs": changed[start : start + _IDS]})

    async def _drop_deleted(self) -> None:
        """Forgets what waits for runs that were deleted with their conversations."""
        async with self._store.reading() as connection:
            known = set(await connection.scalars(select(runs.c.id).where(runs.c.id.in_(self._open))))
        for run in self._open.keys() - known:
            self._waiting -= len(self._open[run].waiting)
            self._open[run].waiting.clear()
        async with self._flushed:
            self._flushed.notify_all()

    def _numbered(self, run: str, found: list[RunEvent]) -> list[Stored]:
        first = len(self._open[run].stored) + 1
        return [Stored(first + offset, *written(event)) for offset, event in enumerate(found)]

    def _changed(self, changed: list[str]) -> None:
        for run in changed:
            for waker in self._wakers.get(run, ()):
                waker.set()

    async def _look(self) -> None:
        """Lets all readers look now and then: a message of another process may be lost."""
        while True:
            await asyncio.sleep(_LOOK_S)
            self._changed(list(self._wakers))

    async def read(self, run: str, after: int) -> AsyncGenerator[list[Stored] | None]:
        """Reads a run's log from behind an event, and goes on as it grows, until its last event.

        Yields:
            Events in order; None now and then.

        Raises:
            DatabaseUnavailable: The database does not answer.
        """
        waker = asyncio.Event()
        self._wakers.setdefault(run, set()).add(waker)
        log = self._open.get(run)
        try:
            while True:
                waker.clear()
                if log is None or log.left:
                    log, found = self._open.get(run), await self._from_database(run, after, _PAGE)
                else:
                    found = log.stored[after:]
                if found:
                    after = found[-1].seq
                    yield found
                    if found[-1].type == LAST:
                        return
                    continue
                await waker.wait()
                yield None
        finally:
            wakers = self._wakers[run]
            wakers.discard(waker)
            if not wakers:
                del self._wakers[run]

    async def _from_database(self, run: str, after: int, limit: int | None) -> list[Stored]:
        query = (
            select(events.c.seq, events.c.type, events.c.data)
            .where(events.c.run == run, events.c.seq > after)
            .order_by(events.c.seq)
            .limit(limit)
        )

        async def work(connection: AsyncConnection) -> list[Stored]:
            return [Stored(row.seq, row.type, row.data) for row in await connection.execute(query)]

        return await self._store.read(work)


async def append_to_orphan(connection: AsyncConnection, run: str, found: list[RunEvent]) -> None:
    """Ends the log of a run whose process is gone, in a transaction."""
    query = select(func.coalesce(func.max(events.c.seq), 0)).where(events.c.run == run)
    first = (await connection.execute(query)).scalar_one() + 1
    rows = [
        dict(zip(("type", "data"), written(event), strict=True)) | {"run": run, "seq": first + offset}
        for offset, event in enumerate(found)
    ]
    await connection.execute(insert(events), rows)
