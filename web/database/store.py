"""Transactions of the web: on SQLite together and in order, on PostgreSQL side by side."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.engine import Database
from web.database.lane import Lane, Work

T = TypeVar("T")


class Store:
    """Reads and writes one database.

    SQLite has one writer at a time, and whoever waits for its lock gets it by chance. So the writers of one process
    share one lane here, in order, and only that competes with other processes; see `web.database.lane`.

    Attributes:
        database: The database.
    """

    def __init__(self, database: Database) -> None:
        """Takes an open database, whose tables are there."""
        self.database = database
        self._reads = Lane(database, writes=False) if database.sqlite else None
        self._writes = Lane(database, writes=True) if database.sqlite else None

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction that reads much, or waits between its statements.

        Raises:
            DatabaseUnavailable: The database does not answer.
        """
        async with self.database.reading() as connection:
            yield connection

    async def read(self, work: Work[T]) -> T:
        """Runs a short transaction that reads.

        Args:
            work: What is done in it; it may wait for nothing but its statements.

        Raises:
            DatabaseUnavailable: The database does not answer.
        """
        if self._reads is not None:
            return await self._reads.run(work)
        async with self.database.reading() as connection:
            return await work(connection)

    async def write(self, work: Work[T]) -> T:
        """Runs a transaction that writes, again where another process had the lock all the time.

        Once it has begun it is carried out, even if the caller is cancelled.

        Args:
            work: What is done in it, perhaps more than once; it may wait for nothing but its statements. Whatever it
                raises undoes all of it.

        Raises:
            DatabaseUnavailable: The database does not answer.
        """
        if self._writes is not None:
            return await self._writes.run(work)
        async with self.database.writing() as connection:
            return await work(connection)
