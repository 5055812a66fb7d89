"""Watched hosts, incidents and probe agents of an account, for the dashboard."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import select

from monitoring.database.tables import states
from monitoring.hosts.backend import WatchedHosts
from monitoring.hosts.store import Standing, load_standings
from monitoring.hosts.views import view_of
from tools.errors import NotFound, ToolError
from tools.records import (
    Agent,
    Endpoint,
    HostChanges,
    HostFilter,
    Incident,
    MaintenanceWindow,
    MonitoredHost,
    NewHost,
    Status,
)
from web.api.forms import Email, Flag, Form, Name, Number, When
from web.api.who import Parts, Somebody
from web.errors import ApiError, not_found, responses
from web.network.series import Point, Step, series

router = APIRouter(prefix="/api", tags=["hosts"])

_Address = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
_Timeout = Annotated[int, Field(strict=True, ge=100, le=120_000)]
_Interval = Annotated[int, Field(strict=True, ge=5, le=86_400)]
_Retries = Annotated[int, Field(strict=True, ge=0, le=10)]


class HostAnswer(BaseModel):
    """A watched host with its state of now; passwords in its address are masked."""

    id: int
    address: str
    endpoint: Endpoint
    port: int | None
    timeout_ms: int
    interval_s: int
    retries: int
    enabled: bool
    email: str | None
    agent_location: str | None
    status: Status
    alert: bool
    last_check: datetime | None
    response_ms: float | None
    cause: str | None
    certificate_ends: datetime | None


class HostForm(Form):
    """A host to watch; what is left out is the usual."""

    address: _Address
    endpoint: Endpoint
    port: _Port | None = None
    timeout_ms: _Timeout | None = None
    interval_s: _Interval | None = None
    retries: _Retries | None = None
    email: Email | None = None
    agent_location: Name | None = None


class HostChangeForm(Form):
    """What to change; what is left out stays."""

    enabled: Flag | None = None
    endpoint: Endpoint | None = None
    port: _Port | None = None
    timeout_ms: _Timeout | None = None
    interval_s: _Interval | None = None
    retries: _Retries | None = None
    agent_location: Name | None = None


class WindowForm(Form):
    """A maintenance window."""

    start: When
    end: When


class SummaryAnswer(BaseModel):
    """A host's results of a period, summed up."""

    last_check: datetime | None
    response_ms: float | None
    checks: int
    failures: int
    avg_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None
    loss_pct: float


class UptimeAnswer(BaseModel):
    """How well a host was reached over a period."""

    start: datetime
    end: datetime
    uptime_pct: float | None
    outages: int
    downtime_s: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class SeriesAnswer(BaseModel):
    """A host's results over time."""

    step: Step
    start: datetime
    end: datetime
    points: list[Point]


class Done(BaseModel):
    """Whether there was something to do."""

    done: bool


@asynccontextmanager
async def _hosts(parts: Parts, person: Somebody) -> AsyncGenerator[WatchedHosts]:
    """The person's hosts; what the tools refuse is refused here in the same words."""
    try:
        yield await parts.network.hosts(await parts.quotas.terms(person))
    except NotFound as error:
        raise ApiError(404, "not-found", str(error)) from error
    except ToolError as error:
        raise ApiError(409, "refused", str(error), error.data or None) from error


def _answer(view: MonitoredHost, standing: Standing, certificate_ends: datetime | None) -> HostAnswer:
    known = {name: getattr(view, name) for name in MonitoredHost.__slots__}
    state = standing.state
    return HostAnswer(
        **known,
        last_check=state.last_check,
        response_ms=state.response_ms,
        cause=state.cause,
        certificate_ends=certificate_ends,
    )


async def _standings(parts: Parts, person: Somebody, host: int | None = None) -> list[HostAnswer]:
    owner_id = await parts.network.owner_id(
        person.owner or "", person.account.email if person.account else None
    )
    now = parts.clock()
    async with parts.store.reading() as connection:
        found = await load_standings(
            connection, now, owner_id=owner_id, host_ids=None if host is None else [host]
        )
        ids = [standing.host.id for standing in found]
        query = select(states.c.host_id, states.c.certificate_ends).where(states.c.host_id.in_(ids))
        ends = {row.host_id: row.certificate_ends for row in await connection.execute(query)}
    return [_answer(view_of(standing, now), standing, ends.get(standing.host.id)) for standing in found]


async def _one(parts: Parts, person: Somebody, host: int) -> HostAnswer:
    found = await _standings(parts, person, host)
    if not found:
        raise not_found("host")
    return found[0]


@router.get("/hosts", responses=responses(401))
async def hosts(parts: Parts, person: Somebody) -> list[HostAnswer]:
    """The watched hosts."""
    return await _standings(parts, person)


@router.post("/hosts", status_code=201, responses=responses(400, 401, 403, 404, 409, 422, 429))
async def add(parts: Parts, person: Somebody, form: HostForm) -> HostAnswer:
    """Starts to watch a host."""
    await parts.rates.count("run", person.owner or "")
    async with _hosts(parts, person) as store:
        made = await store.add(NewHost(**form.model_dump()))
    return await _one(parts, person, made.id)


@router.get("/hosts/{host}", responses=responses(401, 404, 422))
async def see(parts: Parts, person: Somebody, host: Number) -> HostAnswer:
    """One host."""
    return await _one(parts, person, host)


@router.patch("/hosts/{host}", responses=responses(400, 401, 403, 404, 409, 422, 429))
async def edit(parts: Parts, person: Somebody, host: Number, form: HostChangeForm) -> HostAnswer:
    """Changes how a host is watched; `enabled: false` pauses it."""
    await parts.rates.count("run", person.owner or "")
    async with _hosts(parts, person) as store:
        await store.edit(host, HostChanges(**form.model_dump()))
    return await _one(parts, person, host)


@router.delete("/hosts/{host}", status_code=204, responses=responses(401, 403, 404, 422))
async def delete(parts: Parts, person: Somebody, host: Number) -> None:
    """Stops watching a host and forgets it."""
    async with _hosts(parts, person) as store:
        await store.delete(host)


def _period(
    parts: Parts, start: datetime | None, end: datetime | None, days: float
) -> tuple[datetime, datetime]:
    end = end or parts.clock()
    start = start or end - timedelta(days=days)
    if start >= end:
        raise ApiError(422, "invalid", "start: the period must begin before it ends.")
    return start, end


@router.get("/hosts/{host}/summary", responses=responses(401, 404, 409, 422))
async def summary(
    parts: Parts, person: Somebody, host: Number, start: When | None = None, end: When | None = None
) -> SummaryAnswer:
    """Results of a period, of the last 24 hours where none is named."""
    begin, finish = _period(parts, start, end, 1)
    await _one(parts, person, host)
    async with _hosts(parts, person) as store:
        data = (await store.data([host], begin, finish))[0]
    return SummaryAnswer(**{name: getattr(data, name) for name in SummaryAnswer.model_fields})


@router.get("/hosts/{host}/uptime", responses=responses(401, 404, 409, 422))
async def uptime(
    parts: Parts, person: Somebody, host: Number, start: When | None = None, end: When | None = None
) -> UptimeAnswer:
    """How well a host was reached over a period, of the last 30 days where none is named."""
    begin, finish = _period(parts, start, end, 30)
    await _one(parts, person, host)
    async with _hosts(parts, person) as store:
        found = (await store.uptime([host], begin, finish))[0]
    names = UptimeAnswer.model_fields.keys() - {"start", "end"}
    return UptimeAnswer(start=begin, end=finish, **{name: getattr(found, name) for name in names})


@router.get("/hosts/{host}/series", responses=responses(401, 404, 422))
async def chart(
    parts: Parts,
    person: Somebody,
    host: Number,
    step: Step = "check",
    start: When | None = None,
    end: When | None = None,
) -> SeriesAnswer:
    """Results over time: single checks of a day, hours of 30 days or days of 90, where no period is named."""
    usual: dict[Step, float] = {"check": 1, "hour": 30, "day": 90}
    begin, finish = _period(parts, start, end, usual[step])
    await _one(parts, person, host)
    async with parts.store.reading() as connection:
        points = await series(connection, host, begin, finish, step)
    return SeriesAnswer(step=step, start=begin, end=finish, points=points)


@router.put("/hosts/{host}/maintenance", responses=responses(400, 401, 403, 404, 409, 422))
async def set_maintenance(
    parts: Parts, person: Somebody, host: Number, form: WindowForm
) -> MaintenanceWindow:
    """Silences a host's alerts for a time."""
    begin, finish = _period(parts, form.start, form.end, 1)
    async with _hosts(parts, person) as store:
        return await store.set_maintenance(host, begin, finish)


@router.delete("/hosts/{host}/maintenance", responses=responses(401, 403, 404, 409, 422))
async def end_maintenance(parts: Parts, person: Somebody, host: Number) -> Done:
    """Ends a host's maintenance."""
    async with _hosts(parts, person) as store:
        return Done(done=await store.end_maintenance(host))


@router.post("/hosts/{host}/reset-alert", responses=responses(401, 403, 404, 409, 422))
async def reset_alert(parts: Parts, person: Somebody, host: Number) -> Done:
    """Clears a host's alert."""
    async with _hosts(parts, person) as store:
        return Done(done=await store.reset_alert(host))


@router.get("/incidents", responses=responses(401, 404, 409, 422))
async def incidents(
    parts: Parts,
    person: Somebody,
    state: Literal["all", "open"] = "all",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[Incident]:
    """Outages, newest first."""
    async with _hosts(parts, person) as store:
        ids = [found.id for found in await store.find(HostFilter())]
        found = await store.incidents(ids) if ids else ()
    return [one for one in found if state == "all" or one.ended is None][:limit]


@router.get("/agents", responses=responses(401))
async def agents(parts: Parts, person: Somebody) -> list[Agent]:
    """The probe agents that can be used."""
    owner_id = await parts.network.owner_id(
        person.owner or "", person.account.email if person.account else None
    )
    return list(await parts.network.agents_of(owner_id).all())
