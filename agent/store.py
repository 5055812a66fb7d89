"""Conversations in a SQLite file; what was said survives the death of the process."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from agent.conversation import Conversation, Entry, StoreError
from providers.base import Message, ToolCall
from tools.clock import Clock, system_clock

T = TypeVar("T")

_TITLE_CHARS = 60
_BUSY_S = 5.0
_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS messages (
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    role TEXT NOT NULL,
    content TEXT,
    tool_calls TEXT NOT NULL,
    tool_call_id TEXT,
    note TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (conversation, position)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """A stored conversation in a list; `title` are its first words."""

    id: str
    title: str
    created: datetime
    updated: datetime
    messages: int


class ConversationStore:
    """Stores conversations in one file; made by `open_store`.

    Each operation is one transaction in one thread, so that a cancelled wait tears nothing apart.
    """

    def __init__(self, connection: sqlite3.Connection, executor: ThreadPoolExecutor, clock: Clock) -> None:
        """Takes an open connection and the only thread that uses it."""
        self._connection = connection
        self._executor = executor
        self._clock = clock

    def new(self) -> Conversation:
        """Begins a conversation; it is in the file from its first message on."""
        return Conversation(recorder=self)

    async def save(self, conversation: str, position: int, entry: Entry) -> None:
        """Stores one message; see `agent.conversation.Recorder`.

        Raises:
            StoreError: The file cannot be written, or another process has gone on with the conversation.
        """
        now = self._clock().isoformat()
        message = entry.message
        calls = json.dumps([[c.id, c.name, c.arguments] for c in message.tool_calls])
        content = message.content if message.content is None else _storable(message.content)
        row = (conversation, position, message.role, content, calls, message.tool_call_id, entry.note, now)
        title = _title(content or "") if message.role == "user" else ""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO conversations VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET updated = ?",
                (conversation, title, now, now, now),
            )
            connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

        await self._do(work)

    async def load(self, conversation: str) -> Conversation:
        """Reads a conversation, to go on with it; calls that were interrupted are answered in its next turn.

        Raises:
            StoreError: There is none of that id, or the file cannot be read.
        """

        def work(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            columns = "role, content, tool_calls, tool_call_id, note"
            query = f"SELECT {columns} FROM messages WHERE conversation = ? ORDER BY position"  # noqa: S608
            return connection.execute(query, (conversation,)).fetchall()

        rows = await self._do(work)
        if not rows:
            raise StoreError(f"there is no conversation {conversation}; it was deleted or never stored")
        return Conversation(conversation, [_entry(*row) for row in rows], self)

    async def summaries(self, limit: int = 50) -> tuple[Summary, ...]:
        """Lists the conversations, the latest first.

        Raises:
            StoreError: The file cannot be read.
        """
        query = """
            SELECT id, title, created, updated,
                (SELECT count(*) FROM messages WHERE conversation = conversations.id)
            FROM conversations ORDER BY updated DESC, id LIMIT ?
        """
        rows = await self._do(lambda connection: connection.execute(query, (limit,)).fetchall())
        return tuple(
            Summary(id, title, datetime.fromisoformat(created), datetime.fromisoformat(updated), count)
            for id, title, created, updated, count in rows
        )

    async def delete(self, conversation: str) -> bool:
        """Deletes a conversation; says whether there was one.

        Raises:
            StoreError: The file cannot be written.
        """
        query = "DELETE FROM conversations WHERE id = ?"
        return await self._do(lambda connection: connection.execute(query, (conversation,)).rowcount > 0)

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def transaction() -> T:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                return work(self._connection)

        work_done = asyncio.get_running_loop().run_in_executor(self._executor, transaction)
        try:
            # Shielded: what waits for its turn in the thread would be dropped with the wait.
            return await asyncio.shield(work_done)
        except sqlite3.IntegrityError as error:
            raise StoreError("another process has gone on with this conversation; load it again") from error
        except sqlite3.Error as error:
            raise StoreError(f"the conversations cannot be stored or read: {error}") from error


@asynccontextmanager
async def open_store(path: Path, clock: Clock = system_clock) -> AsyncGenerator[ConversationStore, None]:
    """Opens the file, which is made if it is not there, and closes it at the end.

    Raises:
        StoreError: It cannot be opened, is no such file, or was made by a later version.
    """
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="conversations")
    loop = asyncio.get_running_loop()
    try:
        try:
            connection = await loop.run_in_executor(executor, _connect, path)
        except sqlite3.Error as error:
            raise StoreError(f"{path} cannot hold conversations: {error}; name another file") from error
        try:
            yield ConversationStore(connection, executor, clock)
        finally:
            await loop.run_in_executor(executor, connection.close)
    finally:
        executor.shutdown(wait=False)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > _SCHEMA_VERSION:
            raise StoreError(f"{path} was made by a later version; use that one, or name another file")
        connection.executescript(f"{_SCHEMA} PRAGMA user_version = {_SCHEMA_VERSION};")
    except (sqlite3.Error, StoreError):
        connection.close()
        raise
    return connection


def _storable(text: str) -> str:
    """Replaces halves of surrogate pairs, which JSON may hold and UTF-8 may not."""
    return text.encode("utf-8", "replace").decode()


def _title(content: str) -> str:
    words = " ".join(content.split())
    return words if len(words) <= _TITLE_CHARS else f"{words[: _TITLE_CHARS - 1].rstrip()}…"


def _entry(role: Any, content: str | None, tool_calls: str, tool_call_id: str | None, note: Any) -> Entry:
    calls = tuple(ToolCall(*call) for call in json.loads(tool_calls))
    return Entry(Message(role, content, calls, tool_call_id), note)
