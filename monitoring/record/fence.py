"""Keeps two watchers from writing at once: the one that was taken over from finds its token no longer holds."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.errors import DatabaseError
from monitoring.database.tables import runner


class RunnerLost(DatabaseError):
    """Another watcher has taken over; what this one still holds is not to be written."""


async def check_token(connection: AsyncConnection, token: int) -> None:
    """Makes sure that nobody else has taken over, until the end of the transaction.

    Raises:
        RunnerLost: Somebody has.
    """
    held = await connection.scalar(select(runner.c.token).where(runner.c.id == 1).with_for_update(read=True))
    if held != token:
        raise RunnerLost("Another watcher has taken this database over, so this one stops.")
