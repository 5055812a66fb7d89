"""Readings that probe agents sent: taken once, and deleted by the transaction that keeps what follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from monitoring.database.engine import Database
from monitoring.database.tables import agents, inbox
from monitoring.probe.reading import Reading, reading_from_json

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Arrived:
    """A reading that an agent sent."""

    id: int
    host_id: int
    agent: str
    reading: Reading


class Inbox:
    """What has come in and is not yet kept."""

    def __init__(self, database: Database) -> None:
        """Takes the database."""
        self._database = database
        self._taken: set[int] = set()

    async def fetch(self) -> list[Arrived]:
        """Takes what has come in, in its order, at most 500.

        Raises:
            DatabaseUnavailable: The database does not answer.
        """
        statement = (
            select(inbox.c.id, inbox.c.host_id, inbox.c.reading, agents.c.name)
            .join(agents, agents.c.id == inbox.c.agent_id)
            .order_by(inbox.c.id)
            .limit(_BATCH + len(self._taken))
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(statement)).all()
        new = [row for row in rows if row.id not in self._taken][:_BATCH]
        self._taken.update(row.id for row in new)
        return [Arrived(row.id, row.host_id, row.name, reading_from_json(row.reading)) for row in new]

    def done(self, ids: Iterable[int | None]) -> None:
        """Is told what has been kept."""
        self._taken.difference_update(number for number in ids if number is not None)
