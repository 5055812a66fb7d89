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
from agent.searching import add_functions
from providers.base import Message, ToolCall
from tools.clock import Clock, system_clock

T = TypeVar("T")

_TITLE_CHARS = 60
_BUSY_S = 5.0
_SCHEMA_VERSION = 2
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
CREATE TABLE IF NOT EXISTS drafts (
    conversation TEXT PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    content TEXT NOT NULL
) WITHOUT ROWID;
"""
# What a person said, the model answered or the agent told them; not what tools returned or models were told.
_SPOKEN = "role IN ('user', 'assistant') AND note != 'reask'"


@dataclass(frozen=True, slots=True)
class Summary:
    """A stored conversation in a list.

    Attributes:
        id: Its name.
        title: Its first words, or what it was renamed to.
        created: When it began.
        updated: When something was said last.
        messages: How many messages it has.
        partial: Its last answer is only what had come of it: it was cut short, or is being written now.
        excerpt: Of a search, the words around what was found; the title may hold it too.
    """

    id: str
    title: str
    created: datetime
    updated: datetime
    messages: int
    partial: bool = False
    excerpt: str = ""


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
            connection.execute("DELETE FROM drafts WHERE conversation = ?", (conversation,))

        await self._do(work)

    async def save_draft(self, conversation: str, position: int, text: str) -> None:
        """Stores what has come so far of an answer; see `agent.conversation.Recorder`.

        Raises:
            StoreError: The file cannot be written.
        """
        row = (conversation, position, _storable(text))
        query = "INSERT OR REPLACE INTO drafts VALUES (?, ?, ?)"
        await self._do(lambda connection: connection.execute(query, row))

    async def load(self, conversation: str) -> Conversation:
        """Reads a conversation, to go on with it; calls that were interrupted are answered in its next turn.

        An answer that was cut short is an entry marked `partial`; so is the last one, as far as it has come,
        while another process is writing it.

        Raises:
            StoreError: There is none of that id, or the file cannot be read.
        """

        def work(connection: sqlite3.Connection) -> tuple[list[tuple[Any, ...]], str]:
            columns = "role, content, tool_calls, tool_call_id, note"
            query = f"SELECT {columns} FROM messages WHERE conversation = ? ORDER BY position"  # noqa: S608
            rows = connection.execute(query, (conversation,)).fetchall()
            query = "SELECT content FROM drafts WHERE conversation = ? AND position = ?"
            draft = connection.execute(query, (conversation, len(rows))).fetchone()
            return rows, draft[0] if draft else ""

        rows, draft = await self._do(work)
        if not rows:
            raise StoreError(f"there is no conversation {conversation}; it was deleted or never stored")
        entries = [_entry(*row) for row in rows]
        return Conversation(conversation, entries, self, draft if draft.strip() else "")

    async def summaries(self, limit: int = 50, search: str = "") -> tuple[Summary, ...]:
        """Lists the conversations, the latest first.

        Args:
            limit: So many at most.
            search: Only those in whose title or spoken words all of these words occur, in any case and order.

        Raises:
            StoreError: The file cannot be read.
        """
        words = search.split()
        found = f"""
            SELECT c.id, c.title, c.created, c.updated,
                (SELECT count(*) FROM messages WHERE conversation = c.id),
                EXISTS (SELECT 1 FROM drafts WHERE conversation = c.id)
                    OR (SELECT note = 'partial' FROM messages WHERE conversation = c.id
                        ORDER BY position DESC LIMIT 1),
                (SELECT excerpt(content, :first) FROM messages
                    WHERE conversation = c.id AND {_SPOKEN} AND holds(content, :first)
                    ORDER BY position LIMIT 1)
            FROM conversations AS c
            WHERE holds_all(c.title || char(10) || coalesce(
                (SELECT group_concat(content, char(10)) FROM messages
                    WHERE conversation = c.id AND {_SPOKEN}), ''), :words)
            ORDER BY c.updated DESC, c.id LIMIT :limit
        """  # noqa: S608 - the only thing put in is a constant
        given = {"first": words[0] if words else "", "words": " ".join(words), "limit": limit}
        rows = await self._do(lambda connection: connection.execute(found, given).fetchall())
        return tuple(_summary(*row) for row in rows)

    async def find(self, name: str) -> str:
        """Returns the id of a conversation by the beginning of it, or of the latest by `last`.

        Raises:
            StoreError: There is none, or more than one.
        """
        if name == "last":
            latest = await self.summaries(limit=1)
            if not latest:
                raise StoreError("there is no conversation yet; begin one")
            return latest[0].id
        query = "SELECT id FROM conversations WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2"
        rows = await self._do(lambda connection: connection.execute(query, (name,)).fetchall())
        if len(rows) != 1 or not name:
            many = "more than one conversation" if rows else "there is no conversation"
            raise StoreError(f"{many} {name!r}; give its whole id, or `last`")
        return rows[0][0]

    async def rename(self, conversation: str, title: str) -> bool:
        """Gives a conversation a title; says whether there was one.

        Raises:
            StoreError: The file cannot be written.
        """
        query = "UPDATE conversations SET title = ? WHERE id = ?"
        row = (_title(_storable(title)), conversation)
        return await self._do(lambda connection: connection.execute(query, row).rowcount > 0)

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
        add_functions(connection)
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


def _summary(
    id: str, title: str, created: str, updated: str, messages: int, partial: int | None, excerpt: str | None
) -> Summary:
    began, ended = datetime.fromisoformat(created), datetime.fromisoformat(updated)
    return Summary(id, title, began, ended, messages, bool(partial), excerpt or "")


def _entry(role: Any, content: str | None, tool_calls: str, tool_call_id: str | None, note: Any) -> Entry:
    calls = tuple(ToolCall(*call) for call in json.loads(tool_calls))
    return Entry(Message(role, content, calls, tool_call_id), note)
