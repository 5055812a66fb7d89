"""Opens a database by its URL, and hands out transactions."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

from platformdirs import user_data_path
from sqlalchemy import create_engine, event, make_url
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from monitoring.database.errors import DatabaseError, DatabaseUnavailable

#: Milliseconds that a statement waits for another one's lock.
BUSY_MS: Final = 5_000
_CONNECT_S: Final = 10
# A server that is cut off answers nothing, not even that it is.
_COMMAND_S: Final = 60
_POOL: Final = 8
_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
_ALLOWED: Final = "write it as sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
#: Execution option of transactions that write.
WRITES: Final = "smallwatch_writes"
# PostgreSQL's number for a lock that lasts until the end of a transaction; any that nobody else uses.
_CHANGES_LOCK: Final = 7_251_901
# Errors of these kinds are ours, whatever the state of the database.
_OURS: Final = (IntegrityError, ProgrammingError, DataError, NotSupportedError)


class Database:
    """An open database.

    Attributes:
        url: Where it is; `shown` hides the password.
        engine: SQLAlchemy's engine.
    """

    def __init__(self, url: URL, engine: AsyncEngine) -> None:
        """Takes an engine; `open_database` makes one and brings the tables up to date."""
        self.url = url
        self.engine = engine
        self._identity = _identity(self.file) if self.file else None

    @property
    def shown(self) -> str:
        """Where it is, without password."""
        return self.url.set(drivername=self.url.get_backend_name()).render_as_string(hide_password=True)

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database."""
        return Path(self.url.database or "") if self.sqlite else None

    @property
    def sqlite(self) -> bool:
        """Whether it is SQLite."""
        return self.url.get_backend_name() == "sqlite"

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction that reads: all of it sees the same moment.

        Raises:
            DatabaseUnavailable: It does not answer.
        """
        async with self._connected() as connection:
            if not self.sqlite:
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction that writes: all of it is kept for good, or nothing.

        Raises:
            DatabaseUnavailable: It does not answer; nothing of it is kept, unless just the answer to its end was
                lost.
        """
        async with self._connected() as connection:
            await connection.execution_options(**{WRITES: True})
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[AsyncConnection]:
        with translated(self.shown):
            await self._look_for_file()
            async with self.engine.connect() as connection:
                yield connection

    async def _look_for_file(self) -> None:
        """Stops what would be written into a deleted file, and lost; follows a file that was put back."""
        if self.file is None:
            return
        try:
            now = _identity(self.file)
        except OSError as error:
            raise DatabaseUnavailable(f"The database {self.shown} is gone: put its file back.") from error
        if now != self._identity:
            await self.engine.dispose()
            self._identity = now

    async def order_changes(self, connection: AsyncConnection) -> None:
        """Makes writers of changes wait for each other, so that numbers become visible in their order."""
        if not self.sqlite:
            # SQLite has one writer at a time anyway.
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_CHANGES_LOCK})")

    def blocking_engine(self) -> Engine:
        """An engine for a thread that works on an SQLite file alone; each connection is closed when it is given back.

        Transactions with the execution option `WRITES` take the write lock at their start.
        """
        engine = create_engine(_address(str(self.file), "sqlite"), poolclass=NullPool)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine

    async def aclose(self) -> None:
        """Closes all connections."""
        await self.engine.dispose()

    async def __aenter__(self) -> Self:
        """Returns itself."""
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Closes it."""
        await self.aclose()


def make_database(url: str) -> Database:
    """Makes an engine; connects to nothing, but makes the file of an SQLite database where there is none.

    Args:
        url: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`; empty: a file of the user's.

    Raises:
        DatabaseError: The URL is wrong, or its file cannot be made.
    """
    parsed = _parse(url or f"sqlite:///{user_data_path('smallwatch') / 'smallwatch.sqlite3'}")
    if parsed.get_backend_name() != "sqlite":
        engine = create_async_engine(
            parsed,
            pool_size=_POOL,
            pool_pre_ping=True,
            connect_args={"timeout": _CONNECT_S, "command_timeout": _COMMAND_S},
        )
        return Database(parsed, engine)
    path = Path(parsed.database or "").absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # What is watched, and passwords in URLs, are nobody else's business.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseError(
            f"The database file {path} cannot be opened: {error.strerror}; name another one."
        ) from error
    address = _address(str(path), "sqlite+aiosqlite")
    engine = create_async_engine(address, pool_size=_POOL, connect_args={"timeout": BUSY_MS / 1000})
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return Database(parsed.set(database=str(path)), engine)


def _address(path: str, driver: str) -> str:
    # Opened so, a file that has gone is not made anew, empty, in the middle of the work.
    return f"{driver}:///file:{quote(path)}?mode=rw&uri=true"


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        driver = _DRIVERS.get(parsed.drivername.partition("+")[0])
    except (ArgumentError, ValueError) as error:
        raise DatabaseError(f"The database URL cannot be read: {_ALLOWED}.") from error
    if driver is None:
        raise DatabaseError(f"No database of the kind {parsed.drivername!r} can be used: {_ALLOWED}.")
    if not parsed.database or (driver.startswith("sqlite") and parsed.database == ":memory:"):
        raise DatabaseError(f"The database URL {parsed.render_as_string()} names no database: {_ALLOWED}.")
    return parsed.set(drivername=driver)


def _prepare(connection: Any, record: object) -> None:
    """Sets a new SQLite connection up; transactions are begun by `_begin` alone."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MS}",
        "journal_size_limit=67108864",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Takes the write lock at the start: a reader that turns writer could only fail."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def translated(shown: str) -> Generator[None]:
    """Turns what drivers raise about a database that does not answer into one error."""
    try:
        yield
    except _OURS:
        raise
    except (DBAPIError, PoolTimeout, OSError, TimeoutError) as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        words = str(cause).strip().partition("\n")[0] or type(cause).__name__
        raise DatabaseUnavailable(f"The database {shown} does not answer: {words}.") from error


def _identity(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_dev, status.st_ino
