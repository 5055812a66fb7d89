"""A thread that works on SQLite: what waits for it is done together, in one transaction.

A driver for event loops goes to a thread and back for each statement, and each writer waits for the disk alone. Here a
transaction goes there once, and all that came while the disk was busy is one transaction: each caller waits until it is
on the disk, and what fails is undone and then tried alone, so that nobody else notices.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
import weakref
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Engine, Executable, ScalarResult
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.engine import WRITES, Database, translated
from monitoring.database.errors import DatabaseUnavailable

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]

#: Seconds for which a transaction is tried again while others hold SQLite's one lock.
PATIENCE_S: Final = 60.0
#: Pieces of work of one transaction at most: the first waits for the last.
_TOGETHER: Final = 128


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Work, and where its outcome goes."""

    work: Work[Any]
    outcome: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    value: Any = None
    error: Exception | None = None


class Lane:
    """Runs transactions on one SQLite file, in the order in which they came."""

    def __init__(self, database: Database, *, writes: bool) -> None:
        """Takes the database, and whether transactions write; starts no thread yet."""
        self._desk = _Desk(database, writes=writes)
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        self._waiting: list[_Waiting] = []
        self._busy = False
        # The thread ends with its pool, and that with this.
        weakref.finalize(self, self._desk.close)

    async def run(self, work: Work[T]) -> T:
        """Runs a transaction.

        Args:
            work: What is done in it, perhaps more than once; it may wait for nothing but its statements. Whatever it
                raises undoes all of it.

        Raises:
            DatabaseUnavailable: The database does not answer.
        """
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[T] = loop.create_future()
        self._waiting.append(_Waiting(work, outcome))
        if not self._busy:
            self._next(loop)
        return await outcome

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hands over what waits; who was cancelled before that is left out."""
        wanted = [waiting for waiting in self._waiting if not waiting.outcome.done()]
        taken, self._waiting = wanted[:_TOGETHER], wanted[_TOGETHER:]
        self._busy = bool(taken)
        if taken:
            done = loop.run_in_executor(self._threads, self._desk.run, [waiting.work for waiting in taken])
            done.add_done_callback(lambda done: self._came(loop, taken, done.result()))

    def _came(
        self, loop: asyncio.AbstractEventLoop, taken: Sequence[_Waiting], outcomes: Sequence[_Outcome]
    ) -> None:
        for waiting, outcome in zip(taken, outcomes, strict=True):
            if waiting.outcome.done():
                continue
            if outcome.error is None:
                waiting.outcome.set_result(outcome.value)
            else:
                waiting.outcome.set_exception(outcome.error)
        self._next(loop)


class _Desk:
    """The thread's side: one connection, opened again when the file was replaced."""

    def __init__(self, database: Database, *, writes: bool) -> None:
        self._shown = database.shown
        self._file = os.fspath(database.file or "")
        self._engine: Engine = database.blocking_engine()
        self._writes = writes
        self._connection: Connection | None = None
        self._identity: tuple[int, int] | None = None

    def run(self, works: Sequence[Work[Any]]) -> list[_Outcome]:
        """Runs all in one transaction; where that fails, each in its own."""
        try:
            return [_Outcome(value) for value in self._transaction(works)]
        except DatabaseUnavailable as error:
            return [_Outcome(error=error)] * len(works)
        except Exception as error:
            if len(works) == 1:
                return [_Outcome(error=error)]
        # One of them failed, and undid all: whose it was shows when each runs alone.
        return [outcome for work in works for outcome in self.run([work])]

    def _transaction(self, works: Sequence[Work[Any]]) -> list[Any]:
        """Runs one transaction, again where another process had the lock all the time."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                with translated(self._shown):
                    connection = self._connected()
                    with connection.begin():
                        desk = cast("AsyncConnection", _Statements(connection))
                        return [_at_once(work(desk)) for work in works]
            except DatabaseUnavailable as error:
                self.close()
                if "database is locked" not in str(error) or time.monotonic() > end:
                    raise
            time.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - no secret

    def _connected(self) -> Connection:
        try:
            status = os.stat(self._file)
        except OSError as error:
            raise DatabaseUnavailable(f"The database {self._shown} is gone: put its file back.") from error
        identity = status.st_dev, status.st_ino
        if self._connection is None or identity != self._identity:
            self.close()
            self._connection = self._engine.connect().execution_options(**{WRITES: self._writes})
            self._identity = identity
        return self._connection

    def close(self) -> None:
        """Closes the connection; the next transaction opens one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Statements:
    """What transactions use of an `AsyncConnection`, over a connection that is not: each statement is done at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        """Which database it is."""
        return self._connection.dialect

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Executes a statement."""
        return self._connection.execute(statement, parameters)

    async def scalars(self, statement: Executable, parameters: Any = None) -> ScalarResult[Any]:
        """Executes a statement and returns its first column."""
        return self._connection.scalars(statement, parameters)

    async def exec_driver_sql(self, statement: str, parameters: Any = None) -> CursorResult[Any]:
        """Executes a statement in the database's own words."""
        return self._connection.exec_driver_sql(statement, parameters)


def _at_once(work: Awaitable[T]) -> T:
    """Runs what waits for nothing.

    Raises:
        RuntimeError: It did wait.
    """
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as end:
        return cast("T", end.value)
    raise RuntimeError("a transaction may wait for nothing but its own statements")
