"""Conversations in the database, each with an owner."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.conversation import Conversation, Entry, StoreError
from monitoring.database.errors import DatabaseUnavailable
from providers.base import Message, ToolCall
from tools.clock import Clock
from web.database.store import Store
from web.database.tables import conversations, drafts, messages, runs

_TITLE_CHARS = 60
#: Seconds for which drafts are collected; the events of the run are on the disk long before.
_DRAFTS_S = 2.0


def _heads() -> Any:
    count = (
        select(func.count())
        .select_from(messages)
        .where(messages.c.conversation == conversations.c.id)
        .scalar_subquery()
    )
    active = (
        select(runs.c.id)
        .where(runs.c.conversation == conversations.c.id, runs.c.ended.is_(None))
        .scalar_subquery()
    )
    columns = (conversations.c.id, conversations.c.title, conversations.c.created, conversations.c.updated)
    return select(*columns, count.label("messages"), active.label("active_run"))


# Made once: making a statement takes longer than the database needs for it.
_HEADS = _heads()
_ONE = _HEADS.where(
    conversations.c.owner == bindparam("owner"), conversations.c.id == bindparam("conversation")
)
_MINE = select(conversations.c.id).where(
    conversations.c.owner == bindparam("owner"), conversations.c.id == bindparam("conversation")
)
_MESSAGES = (
    select(messages).where(messages.c.conversation == bindparam("conversation")).order_by(messages.c.position)
)
_DRAFT = select(drafts.c.content).where(
    drafts.c.conversation == bindparam("conversation"), drafts.c.position == bindparam("position")
)
_SAVE = insert(messages)
_FORGET_DRAFT = delete(drafts).where(drafts.c.conversation == bindparam("of"))
_TOUCH = update(conversations).where(conversations.c.id == bindparam("of"))
_BEGIN = insert(conversations)


@dataclass(frozen=True, slots=True)
class Head:
    """A conversation in a list; `title` are its first words, `active_run` the run under way."""

    id: str
    title: str
    created: datetime
    updated: datetime
    messages: int
    active_run: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it is stored."""

    entry: Entry
    created: datetime


class Conversations:
    """Makes, lists, reads and deletes conversations; implements `agent.conversation.Recorder`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Takes the database and the time."""
        self._store = store
        self._clock = clock
        self._drafts: dict[str, tuple[int, str]] = {}
        self._storing: asyncio.Task[None] | None = None

    async def make(self, owner: str) -> Head:
        """Begins a conversation."""
        now, new = self._clock(), secrets.token_hex(16)
        values = {"id": new, "owner": owner, "title": "", "created": now, "updated": now}
        await self._store.write(lambda connection: connection.execute(_BEGIN, values))
        return Head(new, "", now, now, 0, None)

    async def latest(self, owner: str, before: datetime | None, limit: int) -> Sequence[Head]:
        """Lists an owner's conversations that have messages, the latest first."""
        query = _HEADS.where(conversations.c.owner == owner)
        if before is not None:
            query = query.where(conversations.c.updated < before)
        counted = query.subquery()
        query = (
            select(counted)
            .where(counted.c.messages > 0)
            .order_by(counted.c.updated.desc(), counted.c.id)
            .limit(limit)
        )

        async def work(connection: AsyncConnection) -> list[Head]:
            return [_head(row) for row in await connection.execute(query)]

        return await self._store.read(work)

    async def find(self, owner: str, conversation: str) -> Head | None:
        """Finds an owner's conversation."""

        async def work(connection: AsyncConnection) -> Head | None:
            row = (
                await connection.execute(_ONE, {"owner": owner, "conversation": conversation})
            ).one_or_none()
            return None if row is None else _head(row)

        return await self._store.read(work)

    async def has(self, owner: str, conversation: str) -> bool:
        """Says whether a conversation is an owner's."""
        where = {"owner": owner, "conversation": conversation}

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(_MINE, where)).one_or_none() is not None

        return await self._store.read(work)

    async def said(self, conversation: str) -> Sequence[Said]:
        """Reads the messages of a conversation, in order."""
        return await self._store.read(lambda connection: self._said(connection, conversation))

    async def _said(self, connection: AsyncConnection, conversation: str) -> list[Said]:
        found = await connection.execute(_MESSAGES, {"conversation": conversation})
        return [Said(_entry(row), row.created) for row in found]

    async def load(self, conversation: str) -> Conversation:
        """Reads a conversation, to go on with it; what a dead process had written of an answer is its last entry."""

        async def work(connection: AsyncConnection) -> tuple[list[Said], str]:
            found = await self._said(connection, conversation)
            where = {"conversation": conversation, "position": len(found)}
            return found, (await connection.execute(_DRAFT, where)).scalar_one_or_none() or ""

        found, draft = await self._store.read(work)
        return Conversation(
            conversation, [said.entry for said in found], self, draft if draft.strip() else ""
        )

    async def rename(self, owner: str, conversation: str, title: str) -> bool:
        """Gives an owner's conversation a title; says whether there is one."""
        mine = (conversations.c.owner == owner) & (conversations.c.id == conversation)
        change = update(conversations).where(mine).values(title=title)
        return (await self._store.write(lambda connection: connection.execute(change))).rowcount == 1

    async def delete(self, owner: str, conversation: str) -> bool:
        """Deletes an owner's conversation; says whether there was one."""
        gone = delete(conversations).where(conversations.c.owner == owner, conversations.c.id == conversation)
        return (await self._store.write(lambda connection: connection.execute(gone))).rowcount == 1

    async def save(self, conversation: str, position: int, entry: Entry) -> None:
        """Stores a message; see `agent.conversation.Recorder`.

        Raises:
            StoreError: The database does not answer, or the conversation is gone or has gone on elsewhere.
        """
        now, message = self._clock(), entry.message
        row = {
            "conversation": conversation,
            "position": position,
            "role": message.role,
            "content": None if message.content is None else _storable(message.content),
            "tool_calls": [[call.id, call.name, call.arguments] for call in message.tool_calls],
            "tool_call_id": message.tool_call_id,
            "note": entry.note,
            "created": now,
        }

        async def work(connection: AsyncConnection) -> None:
            values: dict[str, Any] = {"of": conversation, "updated": now}
            if message.role == "user" and position == 0:
                values["title"] = _title(message.content or "")
            await connection.execute(_SAVE, row)
            if message.role == "assistant":
                await connection.execute(_FORGET_DRAFT, {"of": conversation})
            await connection.execute(_TOUCH, values)

        try:
            await self._store.write(work)
        except IntegrityError as error:
            raise StoreError("the conversation was deleted, or has gone on elsewhere") from error
        except DatabaseUnavailable as error:
            raise StoreError("the conversation cannot be stored just now; try again in a moment") from error

    async def save_draft(self, conversation: str, position: int, text: str) -> None:
        """Stores what has come so far of an answer; see `agent.conversation.Recorder`.

        Raises:
            StoreError: The database does not answer.
        """
        self._drafts[conversation] = (position, _storable(text))
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_drafts())
            # Whoever waits may be cancelled, and then nobody asks how it ended.
            self._storing.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            await asyncio.shield(self._storing)
        except DatabaseUnavailable as error:
            raise StoreError("the answer cannot be stored just now; try again in a moment") from error

    async def aclose(self) -> None:
        """Stores the drafts that wait."""
        if self._storing is not None:
            await asyncio.wait([self._storing])

    async def _store_drafts(self) -> None:
        """Stores the drafts of all conversations that come within a while, in one transaction."""
        await asyncio.sleep(_DRAFTS_S)
        taken, self._drafts, self._storing = self._drafts, {}, None
        dialect = sqlite if self._store.database.sqlite else postgresql
        made = dialect.insert(drafts)
        kept = {"position": made.excluded.position, "content": made.excluded.content}
        made = made.on_conflict_do_update(index_elements=[drafts.c.conversation], set_=kept)

        async def work(connection: AsyncConnection) -> None:
            query = select(conversations.c.id).where(conversations.c.id.in_(taken)).with_for_update(read=True)
            known = set(await connection.scalars(query))
            rows = [
                {"conversation": name, "position": position, "content": content}
                for name, (position, content) in taken.items()
                if name in known
            ]
            if rows:
                await connection.execute(made, rows)

        await self._store.write(work)


def _head(row: Row[Any]) -> Head:
    return Head(row.id, row.title, row.created, row.updated, row.messages, row.active_run)


def _entry(row: Row[Any]) -> Entry:
    calls = tuple(ToolCall(*call) for call in row.tool_calls)
    return Entry(Message(row.role, row.content, calls, row.tool_call_id), row.note)


def _storable(text: str) -> str:
    """Replaces what UTF-8 or PostgreSQL cannot hold: halves of surrogate pairs, and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _title(content: str) -> str:
    words = " ".join(_storable(content).split())
    return words if len(words) <= _TITLE_CHARS else f"{words[: _TITLE_CHARS - 1].rstrip()}…"
