"""Replies of models, kept between runs in one SQLite file of bounded size, shared by all processes.

A key is the hash of all that a reply depends on (`evals.caching.Asked`); what was kept longest without use
goes first. A cache that fails while a run goes on never fails the run: it is left aside, and that is logged.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from evals.whole_reply import reply_from_json, reply_to_json
from providers.base import Reply

log = logging.getLogger(__name__)

FILE = "responses.sqlite3"
_FORM = 1
_BUSY_S = 10.0
# Making room in portions spares most of the replies that are kept a look at the bound.
_PART_KEPT = 0.9
_LEAST = 64 * 1024
_SCHEMA = """
CREATE TABLE IF NOT EXISTS responses (
    key BLOB PRIMARY KEY, reply TEXT NOT NULL, started REAL NOT NULL, seconds REAL NOT NULL, used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS responses_used ON responses (used);
"""


class CacheError(Exception):
    """The cache cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A reply as it was kept.

    Attributes:
        reply: The reply.
        started: When it was asked for, in seconds since 1970.
        seconds: How long it took then.
    """

    reply: Reply
    started: float
    seconds: float


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What a cache holds; `bytes` is what its replies take, `bound` what they may."""

    path: Path
    replies: int
    bytes: int
    bound: int


class ResponseCache:
    """The kept replies. Use as a context manager, or close it."""

    def __init__(self, path: Path, bound: int) -> None:
        """Opens a cache, which is made if it is not there.

        Args:
            path: Its file.
            bound: Bytes that it may take; at least 64 KiB are always allowed.

        Raises:
            CacheError: It cannot be opened.
        """
        self.path = path
        self._bound = max(bound, _LEAST)
        self._failed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = _open(path)
        except (OSError, sqlite3.Error) as error:
            raise CacheError(
                f"the cache {path} cannot be used: {error}; `evals cache clear` makes a new one, "
                "`--no-cache` goes without"
            ) from error

    def get(self, key: bytes) -> Kept | None:
        """The reply of a key, if it is there."""
        if self._failed:
            return None
        try:
            found = self._database.execute(
                "UPDATE responses SET used = ? WHERE key = ? RETURNING reply, started, seconds",
                (time.time_ns(), key),
            ).fetchone()
            return None if found is None else Kept(reply_from_json(found[0]), found[1], found[2])
        except (sqlite3.Error, ValueError) as error:
            self._give_up(error)
            return None

    def put(self, key: bytes, kept: Kept) -> None:
        """Keeps a reply, in place of others if need be."""
        if self._failed:
            return
        try:
            self._database.execute(
                "INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?)",
                (key, reply_to_json(kept.reply), kept.started, kept.seconds, time.time_ns()),
            )
            if self._bytes() > self._bound:
                self._make_room()
        except sqlite3.Error as error:
            self._give_up(error)

    def info(self) -> CacheInfo:
        """What is kept.

        Raises:
            CacheError: The file is damaged.
        """
        try:
            (replies,) = self._database.execute("SELECT count(*) FROM responses").fetchone()
            return CacheInfo(self.path, replies, self._bytes(), self._bound)
        except sqlite3.Error as error:
            raise CacheError(f"the cache {self.path} is damaged: {error}; run `evals cache clear`") from error

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    def __enter__(self) -> Self:
        """Returns the cache."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()

    def _bytes(self) -> int:
        sizes = [self._pragma(name) for name in ("page_count", "freelist_count", "page_size")]
        return (sizes[0] - sizes[1]) * sizes[2]

    def _pragma(self, name: str) -> int:
        return int(self._database.execute(f"PRAGMA {name}").fetchone()[0])

    def _make_room(self) -> None:
        while self._bytes() > self._bound * _PART_KEPT:
            gone = self._database.execute(
                "DELETE FROM responses WHERE key IN (SELECT key FROM responses ORDER BY used LIMIT "
                "(SELECT 1 + count(*) / 20 FROM responses))"
            )
            if not gone.rowcount:
                break
        self._database.execute("PRAGMA incremental_vacuum").fetchall()

    def _give_up(self, error: Exception) -> None:
        self._failed = True
        log.warning("the cache %s failed and is not used any more: %s", self.path, error)


def clear(path: Path) -> int:
    """Removes a cache, damaged or not; a run that uses it goes on without.

    Returns:
        The bytes that are free now.

    Raises:
        CacheError: It cannot be removed.
    """
    freed = 0
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        try:
            freed += file.stat().st_size
            file.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise CacheError(f"{file} cannot be removed: {error.strerror}") from error
    return freed


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        # Before the first table is made: it says how the file is laid out.
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.execute("PRAGMA journal_mode = WAL")
        # A power cut may cost the last replies, which are then asked for again.
        database.execute("PRAGMA synchronous = NORMAL")
        (form,) = database.execute("PRAGMA user_version").fetchone()
        if form not in (0, _FORM):
            raise sqlite3.DatabaseError(f"it is of version {form}; this program reads version {_FORM}")
        database.executescript(_SCHEMA)
        database.execute(f"PRAGMA user_version = {_FORM}")
    except BaseException:
        database.close()
        raise
    return database
