"""The agent's results on disk, from the moment they are made until the server has stored them.

Each row has a number that is never used again. A number is given and the row written in one transaction, so
a result either is in the outbox whole or was never made; a kill -9 leaves nothing between.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self, TypeVar

from monitoring.agents.messages import BATCH, Result, Watch, WatchedHost

T = TypeVar("T")

#: Results that are kept at most: 100 hosts, checked every minute, for a week.
MOST_RESULTS: Final = 1_000_000

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS outbox (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS results (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS watch (body TEXT NOT NULL);
"""


class OutboxError(RuntimeError):
    """The outbox cannot be used; the message names the cause and the cure."""


class Outbox:
    """A queue of results in one SQLite file, used by one process; all work is done in a thread of its own."""

    def __init__(self, path: Path, most: int = MOST_RESULTS) -> None:
        """Opens or makes the file.

        Args:
            path: The file; its folder is made where it is missing.
            most: Results to keep at most.

        Raises:
            OutboxError: The file cannot be opened, is damaged, or another agent is using it.
        """
        self.dropped = 0
        self._most = most
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            self.id, self._size = _prepare(self._database)
        except (sqlite3.Error, OSError) as error:
            self._thread.shutdown()
            raise OutboxError(
                f"The results cannot be kept in {path}: {error}; choose another folder with --state, or end the"
                " agent that uses this one."
            ) from error
        path.chmod(0o600)

    async def __aenter__(self) -> Self:
        """Returns itself."""
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Closes it."""
        await self.aclose()

    @property
    def size(self) -> int:
        """Results that wait."""
        return self._size

    async def add(self, result: Result) -> int | None:
        """Keeps a result; on return it is on the disk.

        Args:
            result: The result; its number is replaced.

        Returns:
            The number that it was given, or None where there is no room: then it is counted as dropped.
        """
        if self._size >= self._most:
            self.dropped += 1
            return None
        body = result.model_dump_json(exclude={"seq"}, exclude_none=True)

        def insert() -> int | None:
            # Counted in the same thread: the caller may be cancelled, and another may delete the row at once.
            number = self._database.execute("INSERT INTO results (body) VALUES (?)", (body,)).lastrowid
            self._size += 1
            return number

        return await self._work(insert)

    async def first(self, after: int, limit: int = BATCH) -> Sequence[Result]:
        """Returns the oldest results behind a number, in their order."""

        def select() -> list[tuple[int, str]]:
            query = "SELECT seq, body FROM results WHERE seq > ? ORDER BY seq LIMIT ?"
            return self._database.execute(query, (after, limit)).fetchall()

        rows = await self._work(select)
        return [Result.model_validate_json(f'{{"seq":{seq},{body[1:]}') for seq, body in rows]

    async def forget(self, up_to: int) -> None:
        """Deletes what the server has stored."""

        def delete() -> None:
            self._size -= self._database.execute("DELETE FROM results WHERE seq <= ?", (up_to,)).rowcount

        await self._work(delete)

    async def keep_hosts(self, watch: Watch) -> None:
        """Keeps the list of hosts, for a start while the server is away."""

        def replace() -> None:
            with _transaction(self._database):
                self._database.execute("DELETE FROM watch")
                self._database.execute("INSERT INTO watch (body) VALUES (?)", (watch.model_dump_json(),))

        await self._work(replace)

    async def hosts(self) -> Sequence[WatchedHost]:
        """Returns the list of hosts that was kept last."""

        def select() -> tuple[str] | None:
            return self._database.execute("SELECT body FROM watch").fetchone()

        row = await self._work(select)
        return Watch.model_validate_json(row[0]).hosts if row else ()

    async def last_number(self) -> int:
        """Returns the last number that was given; 0 where none was."""

        def select() -> int:
            row = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'results'").fetchone()
            return int(row[0]) if row else 0

        return await self._work(select)

    async def aclose(self) -> None:
        """Closes the file."""
        await self._work(self._database.close)
        self._thread.shutdown()

    async def _work(self, work: Callable[[], T]) -> T:
        # A cancelled caller must not leave a transaction half done: the thread always ends what it began.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, work))


def _prepare(database: sqlite3.Connection) -> tuple[str, int]:
    """Sets the file up; returns its id and how many results it holds."""
    # One process a file: two would send each other's results under two connections.
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.executescript(_SCHEMA)
    with _transaction(database):
        row = database.execute("SELECT id FROM outbox").fetchone()
        if row is None:
            row = (secrets.token_hex(16),)
            database.execute("INSERT INTO outbox (id) VALUES (?)", row)
        (size,) = database.execute("SELECT count(*) FROM results").fetchone()
    return str(row[0]), int(size)


@contextmanager
def _transaction(database: sqlite3.Connection) -> Generator[None]:
    """Commits what is inside as one, or nothing of it."""
    database.execute("BEGIN EXCLUSIVE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
