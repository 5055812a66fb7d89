"""Runs in the database: begun, admitted in fair order, ended; those of dead processes are found."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from settings.web import QueueSettings
from tools.clock import Clock
from web.database.store import Store
from web.database.tables import events, ledger, runs, workers
from web.errors import ApiError
from web.runs.events import EndState, RunEnded, RunEvent, RunState
from web.runs.log import append_to_orphan
from web.runs.terms import Terms, read_terms

# PostgreSQL's number for a lock; any that nobody else uses.
_QUEUE_LOCK = 7_251_910
#: Ended runs from which the time of the next ones is estimated, and what is assumed before there are any.
_SAMPLE = 20
_FIRST_GUESS_S = 5.0

# Made once: making a statement takes longer than the database needs for it.
_BEGIN = insert(runs)
_ACTIVE = select(runs.c.state, runs.c.model).where(runs.c.owner == bindparam("owner"), runs.c.ended.is_(None))
_END = update(runs).where(runs.c.id == bindparam("of"), runs.c.ended.is_(None))


@dataclass(frozen=True, slots=True)
class Run:
    """A run, as the database has it; times are None before they come."""

    id: str
    conversation: str
    owner: str
    terms: Terms
    model: str
    text: str
    state: RunState
    worker: str
    cancel_wanted: bool
    charged: int
    created: datetime
    started: datetime | None
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Queue:
    """A model's queue.

    Attributes:
        runs: Who waits, in the order in which they will be admitted.
        running: Runs that have a place.
        run_s: Seconds that a run takes, on average.
    """

    runs: tuple[str, ...]
    running: int
    run_s: float

    def wait_s(self, position: int, slots: int) -> float:
        """Seconds until the run at a position, from 1, may expect to be admitted."""
        return round(self.run_s * position / max(1, slots), 1)


class RunBook:
    """The runs."""

    def __init__(self, store: Store, clock: Clock, limits: QueueSettings) -> None:
        """Takes the database, the time, and the bounds of queues."""
        self._store = store
        self._clock = clock
        self._limits = limits

    async def begin(
        self, terms: Terms, conversation: str, model: str, text: str, *, slots: int, worker: str
    ) -> Run:
        """Begins a run, which waits in the model's queue where that has one.

        Args:
            terms: On which terms.
            conversation: Where.
            model: By which model.
            text: What the person says.
            slots: Runs that the model works on at a time; 0: it has no queue.
            worker: The process that will drive it.

        Raises:
            ApiError: The conversation has a run, the person has too many, or the queue is too long.
        """
        now = self._clock()
        run = Run(
            id=secrets.token_hex(16), conversation=conversation, owner=terms.owner, terms=terms, model=model,
            text=text, state="queued" if slots else "running", worker=worker, cancel_wanted=False, charged=0,
            created=now, started=None if slots else now, ended=None,
        )  # fmt: skip

        async def work(connection: AsyncConnection) -> None:
            await self._lock(connection, run.owner, queue=bool(slots))
            await self._check_bounds(connection, run, slots)
            values = {name: getattr(run, name) for name in Run.__slots__}
            await connection.execute(_BEGIN, values | {"terms": terms.as_dict()})

        try:
            await self._store.write(work)
        except IntegrityError as error:
            raise ApiError(
                409, "busy", "An answer is under way in this conversation: wait for it, or stop it."
            ) from error
        return run

    async def _lock(self, connection: AsyncConnection, owner: str, *, queue: bool) -> None:
        """Lets nobody else begin a run of this owner, or join a queue, until the transaction's end."""
        if self._store.database.sqlite:
            return
        if queue:
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_QUEUE_LOCK})")
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(owner))))

    async def _check_bounds(self, connection: AsyncConnection, run: Run, slots: int) -> None:
        mine = (await connection.execute(_ACTIVE, {"owner": run.owner})).all()
        if len(mine) >= run.terms.runs:
            raise ApiError(
                429,
                "too-many",
                f"Your plan works on {run.terms.runs} questions at a time; wait for one to end, or stop it.",
                headers={"Retry-After": "5"},
            )
        if not slots:
            return
        if sum(row.state == "queued" and row.model == run.model for row in mine) >= self._limits.per_user:
            raise ApiError(
                429,
                "too-many",
                "You have enough questions in this model's queue; wait for one, or take another model.",
                headers={"Retry-After": "5"},
            )
        queue = await self._queue(connection, run.model)
        position = len(queue.runs) + 1
        wait_s = queue.wait_s(position, slots)
        if position > self._limits.waiting or (queue.runs and wait_s > self._limits.wait_s):
            raise ApiError(
                503,
                "overloaded",
                f"{len(queue.runs)} questions wait for {run.model} already, about {wait_s:.0f} s; "
                "try again later, or take another model.",
                headers={"Retry-After": str(max(1, round(wait_s / 2)))},
            )

    async def queue(self, model: str) -> Queue:
        """Looks at a model's queue."""
        return await self._store.read(lambda connection: self._queue(connection, model))

    async def _queue(self, connection: AsyncConnection, model: str) -> Queue:
        columns = (runs.c.id, runs.c.owner, runs.c.state, runs.c.created)
        query = select(*columns).where(runs.c.model == model, runs.c.ended.is_(None)).order_by(runs.c.created)
        active = (await connection.execute(query)).all()
        ended = (
            select(runs.c.started, runs.c.ended)
            .where(runs.c.model == model, runs.c.state == "finished", runs.c.started.is_not(None))
            .order_by(runs.c.ended.desc())
            .limit(_SAMPLE)
        )
        waiting = {row.owner for row in active if row.state == "queued"}
        served = (
            select(runs.c.owner, func.max(runs.c.started).label("last"))
            .where(runs.c.model == model, runs.c.owner.in_(waiting))
            .group_by(runs.c.owner)
        )
        last = {row.owner: row.last for row in await connection.execute(served) if row.last is not None}
        took = [(row.ended - row.started).total_seconds() for row in await connection.execute(ended)]
        return Queue(
            tuple(fair_order([(row.id, row.owner, row.state) for row in active], last)),
            sum(row.state == "running" for row in active),
            sum(took) / len(took) if took else _FIRST_GUESS_S,
        )

    async def admit(self, model: str, slots: int) -> Sequence[str]:
        """Gives free places to those who are next; returns the runs that may begin, of whichever process."""

        async def work(connection: AsyncConnection) -> Sequence[str]:
            if not self._store.database.sqlite:
                await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_QUEUE_LOCK})")
            queue = await self._queue(connection, model)
            chosen = queue.runs[: max(0, slots - queue.running)]
            if chosen:
                await connection.execute(
                    update(runs)
                    .where(runs.c.id.in_(chosen), runs.c.state == "queued")
                    .values(state="running", started=self._clock())
                )
            return chosen

        return await self._store.write(work)

    async def find(self, owner: str, run: str) -> Run | None:
        """Finds an owner's run."""
        found = await self._all((runs.c.owner == owner) & (runs.c.id == run))
        return found[0] if found else None

    async def get(self, run: str) -> Run | None:
        """Finds a run of whomever."""
        found = await self._all(runs.c.id == run)
        return found[0] if found else None

    async def active_of(self, owner: str) -> Sequence[Run]:
        """Returns an owner's runs that have not ended."""
        return await self._all((runs.c.owner == owner) & runs.c.ended.is_(None))

    async def _all(self, condition: Any) -> list[Run]:
        async def work(connection: AsyncConnection) -> list[Run]:
            return [_run(row) for row in await connection.execute(select(runs).where(condition))]

        return await self._store.read(work)

    async def set_state(self, run: str, state: RunState) -> None:
        """Notes how a run that has not ended is doing."""
        change = update(runs).where(runs.c.id == run, runs.c.ended.is_(None)).values(state=state)
        await self._store.write(lambda connection: connection.execute(change))

    async def want_cancel(self, run: str) -> None:
        """Notes that a run is to be stopped, for whichever process drives it."""
        change = update(runs).where(runs.c.id == run, runs.c.ended.is_(None)).values(cancel_wanted=True)
        await self._store.write(lambda connection: connection.execute(change))

    async def wishes(self, worker: str) -> dict[str, tuple[bool, RunState]]:
        """Returns, for the runs of a process that have not ended, whether they are to stop, and their state."""
        query = select(runs.c.id, runs.c.cancel_wanted, runs.c.state).where(
            runs.c.worker == worker, runs.c.ended.is_(None)
        )

        async def work(connection: AsyncConnection) -> dict[str, tuple[bool, RunState]]:
            return {row.id: (row.cancel_wanted, row.state) for row in await connection.execute(query)}

        return await self._store.read(work)

    async def end(self, connection: AsyncConnection, run: str, state: EndState, charged: int) -> None:
        """Ends a run, in the transaction that stores its last event."""
        values = {"of": run, "state": state, "charged": charged, "ended": self._clock()}
        await connection.execute(_END, values)

    async def leave(self, worker: str) -> None:
        """Leaves the runs that this process has not begun to others, or to its next start."""
        change = update(runs).where(runs.c.worker == worker, runs.c.state == "queued").values(worker="")
        await self._store.write(lambda connection: connection.execute(change))

    async def orphans(self, lease: timedelta) -> Sequence[Run]:
        """Finds the runs whose process is gone: one that has not said for `lease` that it lives."""
        living = select(workers.c.id).where(workers.c.beat > self._clock() - lease)
        return await self._all(runs.c.ended.is_(None) & runs.c.worker.not_in(living))

    async def adopt(self, run: Run, worker: str) -> bool:
        """Takes a queued orphan over; says whether no other process was faster."""
        change = (
            update(runs)
            .where(runs.c.id == run.id, runs.c.worker == run.worker, runs.c.state == "queued")
            .values(worker=worker)
        )
        return (await self._store.write(lambda connection: connection.execute(change))).rowcount == 1

    async def bury(self, run: Run) -> bool:
        """Ends an orphan that had begun; says whether no other process was faster.

        Its tokens must have been swept, so that what it was charged is known.
        """

        async def work(connection: AsyncConnection) -> bool:
            payer = run.terms.payers[0].name
            total = select(func.coalesce(func.sum(-ledger.c.amount), 0)).where(
                ledger.c.run == run.id, ledger.c.kind == "charge", ledger.c.payer == payer
            )
            charged = int((await connection.execute(total)).scalar_one())
            done = await connection.execute(
                update(runs)
                .where(runs.c.id == run.id, runs.c.ended.is_(None), runs.c.worker == run.worker)
                .values(state="interrupted", charged=charged, ended=self._clock())
            )
            if done.rowcount != 1:
                return False
            last: list[RunEvent] = [RunEnded("interrupted", charged)]
            await append_to_orphan(connection, run.id, last)
            return True

        return await self._store.write(work)

    async def forget_events(self, before: datetime) -> int:
        """Deletes the events of runs that ended before a moment, but for what says how they ended."""
        old = select(runs.c.id).where(runs.c.ended < before)
        gone = delete(events).where(events.c.run.in_(old), events.c.type != "run-ended")
        return (await self._store.write(lambda connection: connection.execute(gone))).rowcount


def fair_order(
    active: Collection[tuple[str, str, str]], served: Mapping[str, datetime] = MappingProxyType({})
) -> list[str]:
    """Puts the queued runs of a model in the order of their turns.

    A person's first question goes before everybody's second, and questions of theirs that are being answered count.
    Within a round, who was never served is first, then who was served longest ago, then who came first.

    Args:
        active: Id, owner and state of the runs that have not ended, the oldest first.
        served: When each owner was last given a place.
    """
    taken = Counter(owner for _, owner, state in active if state != "queued")
    rounds: list[tuple[int, float, int, str]] = []
    for place, (run, owner, state) in enumerate(active):
        if state == "queued":
            last = served.get(owner)
            rounds.append((taken[owner], last.timestamp() if last else 0.0, place, run))
            taken[owner] += 1
    return [run for *_, run in sorted(rounds)]


def _run(row: Row[Any]) -> Run:
    values: dict[str, Any] = {name: getattr(row, name) for name in Run.__slots__}
    values["terms"] = read_terms(row.terms)
    return Run(**values)
