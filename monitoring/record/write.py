"""Writes judged readings: results, states, incidents and what is to be told, all in one transaction.

What hangs together is kept together, so whatever dies when, no incident is open twice, and none stays open whose
end is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.changes import Change, write_changes
from monitoring.database.engine import Database
from monitoring.database.statements import insert_new, upsert
from monitoring.database.tables import alerts, coverage, hosts, inbox, incidents, results, states
from monitoring.database.types import to_ms
from monitoring.history.rollups import refresh_rollups
from monitoring.notify.words import alert_words
from monitoring.record.fence import check_token
from monitoring.record.steps import Step
from monitoring.state.effects import IncidentClosed, IncidentOpened, StatusChanged, StretchEnded, Told
from monitoring.state.stored import state_to_row


async def write_steps(database: Database, token: int, steps: Sequence[Step]) -> list[Change]:
    """Writes steps, and returns the changes that follow, with their numbers, once all is kept.

    Of a host that was changed meanwhile only the results are kept: the rest was judged by what no longer holds.

    Args:
        database: The database.
        token: What `RunnerLock.acquire` gave.
        steps: Judged readings, those of one host in their order.

    Raises:
        RunnerLost: Another watcher has taken over.
        DatabaseUnavailable: Nothing was kept.
    """
    async with database.writing() as connection:
        await check_token(connection, token)
        wanted = sorted({step.host.id for step in steps})
        locked = select(hosts.c.id, hosts.c.revision).where(hosts.c.id.in_(wanted)).order_by(hosts.c.id)
        revisions = {
            row.id: row.revision for row in await connection.execute(locked.with_for_update(read=True))
        }
        there = [step for step in steps if step.host.id in revisions]
        await insert_new(connection, results, [_result(step) for step in there])
        await refresh_rollups(connection, {(step.host.id, step.reading.at) for step in there})
        current = [step for step in there if step.host.revision == revisions[step.host.id]]
        latest = {step.host.id: step.state for step in current}
        await upsert(connection, states, [state_to_row(key, state) for key, state in latest.items()])
        for step in current:
            await _write_effects(connection, step)
        arrived = [step.inbox_id for step in steps if step.inbox_id is not None]
        if arrived:
            await connection.execute(inbox.delete().where(inbox.c.id.in_(arrived)))
        return await write_changes(database, connection, list(_changes(current)))


def _result(step: Step) -> dict[str, Any]:
    reading = step.reading
    return {
        "host_id": step.host.id,
        "at": reading.at,
        "ok": reading.ok,
        "response_ms": reading.response_ms,
        "sent": reading.sent,
        "received": reading.received,
        "cause": reading.cause,
        "maintenance": step.maintenance,
        "agent": step.agent,
    }


async def _write_effects(connection: AsyncConnection, step: Step) -> None:
    host = step.host
    for effect in step.effects:
        match effect:
            case IncidentOpened(began=began, cause=cause):
                row = {"host_id": host.id, "began": began, "cause": cause}
                await insert_new(connection, incidents, [row])
            case IncidentClosed(ended=ended):
                still_open = (incidents.c.host_id == host.id) & incidents.c.ended.is_(None)
                await connection.execute(incidents.update().where(still_open).values(ended=ended))
            case StretchEnded(start=start, end=end):
                row = {"host_id": host.id, "start": start, "end": end}
                await insert_new(connection, coverage, [row])
            case Told():
                await insert_new(connection, alerts, [_alert(step, effect)])
            case StatusChanged():
                pass


def _alert(step: Step, told: Told) -> dict[str, Any]:
    words = alert_words(step.host, told)
    return {
        "owner_id": step.host.owner_id,
        "host_id": step.host.id,
        "kind": told.kind,
        "at": told.at,
        "title": words.title,
        "body": words.body,
        "once": f"{step.host.id}:{told.kind}:{to_ms(told.since)}",
    }


def _changes(steps: Iterable[Step]) -> Iterable[Change]:
    for step in steps:
        owner_id, host_id = step.host.owner_id, step.host.id
        for effect in step.effects:
            match effect:
                case IncidentOpened(began=began, at=at, cause=cause):
                    data = {"began": began.isoformat(), "cause": cause}
                    yield Change("incident_opened", at, owner_id, host_id, data)
                case IncidentClosed(began=began, ended=ended, at=at):
                    data = {"began": began.isoformat(), "ended": ended.isoformat()}
                    yield Change("incident_closed", at, owner_id, host_id, data)
                case StatusChanged(at=at, before=before, after=after, cause=cause):
                    data = {"before": before, "after": after, "cause": cause}
                    yield Change("status", at, owner_id, host_id, data)
                case Told(kind=kind, at=at):
                    title = alert_words(step.host, effect).title
                    yield Change("alert", at, owner_id, host_id, {"about": kind, "title": title})
                case StretchEnded():
                    pass
