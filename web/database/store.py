"""Transactions of the web: one writer of a process at a time on SQLite, and patience where other processes write."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.engine import Database
from monitoring.database.errors import DatabaseUnavailable

T = TypeVar("T")

#: Seconds for which a transaction is tried again while others hold SQLite's one lock.
_PATIENCE_S = 60.0


class Store:
    """Reads and writes one database.

    SQLite has one writer at a time, and whoever waits for its lock gets it by chance. So the writers of one process
    wait for each other here, in order, and only one of them competes with other processes.

    Attributes:
        database: The database.
    """

    def __init__(self, database: Database) -> None:
        """Takes an open database, whose tables are there."""
        self.database = database
        self._turn = asyncio.Semaphore(1 if database.sqlite else 1_000_000)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction that reads.

        Raises:
            DatabaseUnavailable: The database does not answer.
        """
        async with self.database.reading() as connection:
            yield connection

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Runs a transaction that writes, again where another process had the lock all the time.

        Args:
            work: What is done in it; whatever it raises undoes all of it.

        Raises:
            DatabaseUnavailable: The database does not answer.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + _PATIENCE_S
        async with self._turn:
            while True:
                try:
                    async with self.database.writing() as connection:
                        return await work(connection)
                except DatabaseUnavailable as error:
                    if "database is locked" not in str(error) or loop.time() > end:
                        raise
                await asyncio.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - no secret
