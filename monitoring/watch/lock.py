"""One watcher a database: a lock that ends with its process, and a token that outdates whoever was before."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.engine import Database, translated
from monitoring.database.errors import DatabaseError, DatabaseUnavailable
from monitoring.database.tables import runner
from monitoring.record.fence import RunnerLost
from tools.clock import Clock
from tools.wording import clock as clock_words

_RUNNER_LOCK: Final = 7_251_902
_RETRY_S: Final = 2.0
_LIVENESS_S: Final = 5.0


class AlreadyWatched(DatabaseError):
    """Another watcher runs on the database."""


class RunnerLock:
    """The right to run the scheduler on a database.

    On SQLite a file beside the database is locked, on PostgreSQL an advisory lock is held by a connection: the
    system drops both when the process dies, however it dies.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        """Takes the database; nothing is locked yet."""
        self._database = database
        self._clock = clock
        self._file: FileLock | None = None
        self._connection: AsyncConnection | None = None

    async def acquire(self, *, wait: bool = False) -> int:
        """Takes the right, and returns the token to write with.

        Args:
            wait: Whether to stand by until the other watcher ends.

        Raises:
            AlreadyWatched: Another watcher runs, and `wait` is false.
            DatabaseUnavailable: The database does not answer.
        """
        while not await self._take():
            if not wait:
                raise AlreadyWatched(await self._refusal())
            await asyncio.sleep(_RETRY_S)
        try:
            async with self._database.writing() as connection:
                row = runner.update().where(runner.c.id == 1)
                holder = f"{socket.gethostname()}, process {os.getpid()}"
                token = await connection.scalar(
                    row.values(token=runner.c.token + 1, holder=holder, since=self._clock()).returning(
                        runner.c.token
                    )
                )
        except BaseException:
            await self.release()
            raise
        return int(token or 0)

    async def keep(self) -> None:
        """Looks after the lock until cancelled: a connection that broke is made anew.

        Raises:
            RunnerLost: Another watcher has it now.
        """
        while True:
            await asyncio.sleep(_LIVENESS_S)
            try:
                if not await self._alive() and not await self._take():
                    raise RunnerLost("Another watcher has taken this database over, so this one stops.")
            except DatabaseUnavailable:
                # Nobody can take it now. Who takes it later changes the token.
                continue

    async def release(self) -> None:
        """Gives the right back."""
        if self._file is not None:
            self._file.release()
            self._file = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            # Closing the connection for good drops the lock; giving it back to the pool would not.
            await connection.invalidate()
            await connection.close()

    async def _take(self) -> bool:
        file = self._database.file
        return await self._take_connection() if file is None else self._take_file(file)

    def _take_file(self, database: Path) -> bool:
        lock = FileLock(database.with_name(f"{database.name}.watch-lock"), thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError as error:
            raise DatabaseError(f"The lock {lock.lock_file} cannot be made: {error.strerror}.") from error
        self._file = lock
        return True

    async def _take_connection(self) -> bool:
        with translated(self._database.shown):
            connection = await self._database.engine.connect()
            try:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                taken = await connection.scalar(select(func.pg_try_advisory_lock(_RUNNER_LOCK)))
            except BaseException:
                await connection.invalidate()
                await connection.close()
                raise
        if not taken:
            await connection.close()
            return False
        self._connection = connection
        return True

    async def _alive(self) -> bool:
        if self._connection is None:
            return self._file is not None
        try:
            async with asyncio.timeout(_LIVENESS_S):
                with translated(self._database.shown):
                    await self._connection.exec_driver_sql("SELECT 1")
        except (TimeoutError, DatabaseUnavailable):
            connection, self._connection = self._connection, None
            await connection.invalidate()
            await connection.close()
            return False
        return True

    async def _refusal(self) -> str:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(runner).where(runner.c.id == 1))).one()
        since = f" since {clock_words(row.since)}" if row.since else ""
        who = f" ({row.holder}{since})" if row.holder else ""
        return (
            f"Another watcher runs on {self._database.shown}{who}: end it, name another database, or wait for"
            " its end with --standby."
        )
