"""What changes: told within the process as it is kept, and to other processes by number.

The watcher publishes what it has committed; anybody with the database can follow by polling for numbers above the
last one seen. Single checks have no number: they are told within the watcher's process only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.engine import Database
from monitoring.database.errors import DatabaseUnavailable
from monitoring.database.tables import changes

ChangeKind = Literal[
    "host_added",
    "host_changed",
    "host_removed",
    "maintenance",
    "alert_reset",
    "status",
    "incident_opened",
    "incident_closed",
    "alert",
    "checked",
]
#: Kinds by which somebody else than the watcher changed a host.
FROM_OUTSIDE: Final = frozenset({"host_added", "host_changed", "host_removed", "maintenance", "alert_reset"})
_BATCH: Final = 500
_QUEUE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed.

    Attributes:
        kind: What.
        at: When.
        owner_id: Whose host it is.
        host_id: The host.
        data: More, as JSON values; moments in ISO 8601.
        seq: Its number; None of kinds that are not kept.
    """

    kind: ChangeKind
    at: datetime
    owner_id: int
    host_id: int
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seq: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns it as JSON values."""
        return {
            "seq": self.seq,
            "kind": self.kind,
            "at": self.at.isoformat(),
            "host_id": self.host_id,
            **self.data,
        }


async def write_changes(
    database: Database, connection: AsyncConnection, news: Sequence[Change]
) -> list[Change]:
    """Writes changes as the last statements of a transaction; returns them with their numbers."""
    if not news:
        return []
    await database.order_changes(connection)
    rows = [
        {"at": n.at, "owner_id": n.owner_id, "host_id": n.host_id, "kind": n.kind, "data": dict(n.data)}
        for n in news
    ]
    numbers = await connection.scalars(
        changes.insert().returning(changes.c.seq, sort_by_parameter_order=True), rows
    )
    return [
        Change(n.kind, n.at, n.owner_id, n.host_id, n.data, seq) for n, seq in zip(news, numbers, strict=True)
    ]


async def last_change(database: Database) -> int:
    """The number of the last change; 0 before the first."""
    async with database.reading() as connection:
        return (await connection.scalar(select(func.max(changes.c.seq)))) or 0


async def changes_after(database: Database, seq: int, owner_id: int | None = None) -> list[Change]:
    """The next changes after a number, at most 500, in order.

    Args:
        database: The database.
        seq: The last number that was seen.
        owner_id: Only changes of this owner's hosts; None: of all.
    """
    statement = select(changes).where(changes.c.seq > seq).order_by(changes.c.seq).limit(_BATCH)
    if owner_id is not None:
        statement = statement.where(changes.c.owner_id == owner_id)
    async with database.reading() as connection:
        rows = (await connection.execute(statement)).all()
    return [Change(row.kind, row.at, row.owner_id, row.host_id, row.data, row.seq) for row in rows]


async def follow_changes(
    database: Database, after: int | None = None, *, owner_id: int | None = None, poll_s: float = 1.0
) -> AsyncGenerator[Change]:
    """Tells changes that any process makes, from now on or after a number, until it is closed.

    While the database does not answer it waits; nothing is left out.
    """
    seq = after
    while True:
        try:
            if seq is None:
                seq = await last_change(database)
            for change in await changes_after(database, seq, owner_id):
                seq = change.seq or seq
                yield change
        except DatabaseUnavailable:
            pass
        await asyncio.sleep(poll_s)


class Broadcast:
    """Hands changes to everybody in this process who listens."""

    def __init__(self) -> None:
        """Starts with nobody listening."""
        self._queues: set[asyncio.Queue[Change]] = set()

    def publish(self, news: Sequence[Change]) -> None:
        """Hands changes on; a listener that is too slow loses its oldest."""
        for queue in self._queues:
            for change in news:
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(change)

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._queues)

    async def listen(self) -> AsyncGenerator[Change]:
        """Tells changes from now on, until it is closed."""
        queue: asyncio.Queue[Change] = asyncio.Queue(_QUEUE)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)
