"""Changes hosts in the database; each change is a transaction that also tells the watcher."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.changes import Change, ChangeKind, write_changes
from monitoring.database.engine import Database
from monitoring.database.statements import insert_new
from monitoring.database.tables import coverage, hosts, incidents, owners, states, windows
from monitoring.hosts.host import Host
from monitoring.hosts.limits import HostLimit
from monitoring.hosts.options import HostOptions
from monitoring.hosts.store import bump, host_from_row, load_standings
from monitoring.state.machine import State
from monitoring.state.stored import state_to_row
from tools.errors import NotFound, Refused
from tools.masking import mask_url
from tools.records import NewHost


class HostChanger:
    """The hosts of one owner, as they are changed from outside of the watcher."""

    def __init__(self, database: Database, owner_id: int) -> None:
        """Takes the database and whose hosts they are."""
        self._database = database
        self._owner_id = owner_id

    async def add(
        self, row: Mapping[str, Any], options: HostOptions, now: datetime, limit: HostLimit | None
    ) -> int:
        """Adds a host, and returns its id.

        Args:
            row: Columns of `tables.hosts` but those that are told by the other arguments.
            options: What is expected of it.
            now: The present time.
            limit: How many the owner may have; None: as many as wanted.

        Raises:
            Refused: It is watched so already, or the limit is reached.
        """
        async with self._database.writing() as connection:
            # Two that are added at the same time must see each other.
            await connection.execute(
                select(owners.c.id).where(owners.c.id == self._owner_id).with_for_update(key_share=True)
            )
            await self._refuse_full(connection, limit)
            await self._refuse_twin(connection, row, options)
            values = {
                **row,
                "owner_id": self._owner_id,
                "options": options.stored(),
                "created": now,
                "revision": 1,
            }
            host_id = int(await connection.scalar(hosts.insert().values(values).returning(hosts.c.id)) or 0)
            await self._tell(connection, host_id, "host_added", now)
        return host_id

    async def edit(self, host_id: int, values: Mapping[str, Any], now: datetime) -> None:
        """Changes columns of a host; pausing it ends its open incident.

        Raises:
            NotFound: The owner has no such host.
        """
        async with self._database.writing() as connection:
            host = await self._locked(connection, host_id)
            enabled = values.get("enabled")
            await connection.execute(hosts.update().where(hosts.c.id == host_id).values(dict(values)))
            await bump(connection, host_id)
            if enabled is not None and enabled != host.enabled:
                await self._start_over(connection, host, now)
            await self._tell(connection, host_id, "host_changed", now)

    async def delete(self, host_id: int, now: datetime) -> None:
        """Removes a host with all that was seen of it.

        Raises:
            NotFound: The owner has no such host.
        """
        async with self._database.writing() as connection:
            await self._locked(connection, host_id)
            await connection.execute(hosts.delete().where(hosts.c.id == host_id))
            await self._tell(connection, host_id, "host_removed", now)

    async def add_window(self, host_id: int, start: datetime, end: datetime, now: datetime) -> None:
        """Adds a maintenance window.

        Raises:
            NotFound: The owner has no such host.
        """
        async with self._database.writing() as connection:
            await self._locked(connection, host_id)
            await connection.execute(windows.insert().values(host_id=host_id, start=start, end=end))
            await bump(connection, host_id)
            await self._tell(connection, host_id, "maintenance", now)

    async def end_windows(self, host_id: int, now: datetime) -> bool:
        """Ends the running windows, or drops the planned ones where none runs; says whether there were some.

        Raises:
            NotFound: The owner has no such host.
        """
        of_host = windows.c.host_id == host_id
        running = of_host & (windows.c.start <= now) & (windows.c.end > now)
        async with self._database.writing() as connection:
            await self._locked(connection, host_id)
            ended = await connection.execute(windows.update().where(running).values(end=now))
            dropped = ended
            if not ended.rowcount:
                dropped = await connection.execute(windows.delete().where(of_host & (windows.c.start > now)))
            if not dropped.rowcount:
                return False
            await bump(connection, host_id)
            await self._tell(connection, host_id, "maintenance", now)
        return True

    async def reset_alert(self, host_id: int, now: datetime) -> bool:
        """Clears a host's alert; says whether there was one.

        Raises:
            NotFound: The owner has no such host.
        """
        raised = (states.c.host_id == host_id) & states.c.alert.is_(True)
        async with self._database.writing() as connection:
            await self._locked(connection, host_id)
            done = await connection.execute(states.update().where(raised).values(alert=False))
            if not done.rowcount:
                return False
            await bump(connection, host_id)
            await self._tell(connection, host_id, "alert_reset", now)
        return True

    async def _locked(self, connection: AsyncConnection, host_id: int) -> Host:
        mine = (hosts.c.id == host_id) & (hosts.c.owner_id == self._owner_id)
        row = (
            (await connection.execute(select(hosts).where(mine).with_for_update(key_share=True)))
            .mappings()
            .first()
        )
        if row is None:
            raise missing(host_id)
        return host_from_row(row)

    async def _start_over(self, connection: AsyncConnection, host: Host, now: datetime) -> None:
        """Forgets what was under way: nobody looks while a host is paused, and nothing is known afterwards."""
        standing = (await load_standings(connection, now, host_ids=[host.id]))[0]
        state = standing.state
        still_open = (incidents.c.host_id == host.id) & incidents.c.ended.is_(None)
        await connection.execute(incidents.update().where(still_open).values(ended=now))
        if state.watched_since is not None and state.last_check is not None:
            row = {"host_id": host.id, "start": state.watched_since, "end": max(now, state.last_check)}
            await insert_new(connection, coverage, [row])
        kept = State(
            alert=state.alert, last_check=state.last_check, response_ms=state.response_ms, warned=state.warned
        )
        values = state_to_row(host.id, kept)
        await connection.execute(states.update().where(states.c.host_id == host.id).values(values))

    async def _refuse_full(self, connection: AsyncConnection, limit: HostLimit | None) -> None:
        if limit is None:
            return
        mine = select(func.count()).select_from(hosts).where(hosts.c.owner_id == self._owner_id)
        used = await connection.scalar(mine) or 0
        if used >= limit.hosts:
            raise Refused(
                f"The {limit.plan} plan allows {limit.hosts} hosts and all are in use:"
                " remove one or take a larger plan.",
                {"host_limit": limit.hosts, "hosts_used": used},
            )

    async def _refuse_twin(
        self, connection: AsyncConnection, row: Mapping[str, Any], options: HostOptions
    ) -> None:
        same = (
            (hosts.c.owner_id == self._owner_id)
            & (func.lower(hosts.c.address) == str(row["address"]).lower())
            & (hosts.c.endpoint == row["endpoint"])
            & hosts.c.port.is_not_distinct_from(row["port"])
        )
        for twin in await connection.execute(
            select(hosts.c.id, hosts.c.address, hosts.c.options).where(same)
        ):
            # Hosts of another expectation, such as other records of one name, are others.
            if HostOptions.model_validate(twin.options) == options:
                raise Refused(
                    f"{mask_url(twin.address)} is already monitored with {row['endpoint']} (host {twin.id}):"
                    " use edit_host to change it.",
                    {"id": twin.id},
                )

    async def _tell(self, connection: AsyncConnection, host_id: int, kind: ChangeKind, now: datetime) -> None:
        await write_changes(self._database, connection, [Change(kind, now, self._owner_id, host_id)])


def missing(host_id: int) -> NotFound:
    """The error of a host that is not there, or is somebody else's."""
    return NotFound(f"No monitored host has the id {host_id}; get_host_list shows the ids.")


def new_row(new: NewHost, defaults: tuple[int, int, int]) -> dict[str, Any]:
    """Columns of a new host.

    Args:
        new: What was asked for.
        defaults: Interval in seconds, timeout in milliseconds and retries where it says none.
    """
    interval_s, timeout_ms, retries = defaults
    return {
        "address": new.address,
        "endpoint": new.endpoint,
        "port": new.port,
        "timeout_ms": timeout_ms if new.timeout_ms is None else new.timeout_ms,
        "interval_s": interval_s if new.interval_s is None else new.interval_s,
        "retries": retries if new.retries is None else new.retries,
        "enabled": True,
        "email": new.email,
        "agent_location": new.agent_location,
    }
