"""Reads hosts from the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.tables import hosts, states, windows
from monitoring.hosts.host import Host, ProbeSpec
from monitoring.hosts.options import HostOptions
from monitoring.state.machine import State
from monitoring.state.stored import state_from_row

# Agents that were cut off hand in what they saw meanwhile, also within windows that are over by now.
_LATE: Final = timedelta(days=7)

#: Ids in one statement; SQLite takes 32,766 values.
MOST_IDS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window, its end not included."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Says whether a moment lies in it."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Standing:
    """A host, its state, and its maintenance windows, but for those that have long been over.

    Attributes:
        host: The host.
        state: What is known of it.
        windows: Its windows, in no order.
    """

    host: Host
    state: State
    windows: tuple[Window, ...]


async def load_standings(
    connection: AsyncConnection,
    now: datetime,
    *,
    owner_id: int | None = None,
    host_ids: Sequence[int] | None = None,
) -> list[Standing]:
    """Reads hosts with their states, by id.

    Args:
        connection: A transaction.
        now: The present time.
        owner_id: Only this owner's; None: everybody's.
        host_ids: Only these; None: all.
    """

    def chosen(statement: Any) -> Any:
        if owner_id is not None:
            statement = statement.where(hosts.c.owner_id == owner_id)
        return statement if host_ids is None else statement.where(hosts.c.id.in_(host_ids))

    rows = (await connection.execute(chosen(select(hosts)).order_by(hosts.c.id))).mappings().all()
    known = await connection.execute(chosen(select(states).join(hosts, hosts.c.id == states.c.host_id)))
    state_of = {row["host_id"]: state_from_row(row) for row in known.mappings()}
    ahead = chosen(
        select(windows.c.host_id, windows.c.start, windows.c.end)
        .join(hosts, hosts.c.id == windows.c.host_id)
        .where(windows.c.end > now - _LATE)
    )
    windows_of: dict[int, list[Window]] = {}
    for row in await connection.execute(ahead):
        windows_of.setdefault(row.host_id, []).append(Window(row.start, row.end))
    return [
        Standing(host_from_row(row), state_of.get(row["id"], State()), tuple(windows_of.get(row["id"], ())))
        for row in rows
    ]


def host_from_row(row: RowMapping) -> Host:
    """Makes a host of a row of `tables.hosts`."""
    return Host(
        id=row["id"],
        owner_id=row["owner_id"],
        spec=ProbeSpec(
            address=row["address"],
            endpoint=row["endpoint"],
            port=row["port"],
            timeout_ms=row["timeout_ms"],
            options=HostOptions.model_validate(row["options"]),
        ),
        interval_s=row["interval_s"],
        retries=row["retries"],
        enabled=row["enabled"],
        email=row["email"],
        agent_location=row["agent_location"],
        created=row["created"],
        revision=row["revision"],
    )


async def bump(connection: AsyncConnection, host_id: int) -> None:
    """Marks a host as changed, so that the watcher reads it anew; part of every change from outside."""
    await connection.execute(
        hosts.update().where(hosts.c.id == host_id).values(revision=hosts.c.revision + 1)
    )
