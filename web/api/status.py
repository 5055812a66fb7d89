"""Public status pages: off until an account turns its own on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, StringConstraints

from monitoring.hosts.store import load_standings
from monitoring.hosts.views import view_of
from tools.records import Status
from web.api.who import Parts
from web.errors import not_found, responses
from web.network.series import day_bars, series
from web.services import Services

router = APIRouter(prefix="/api/status", tags=["status"])

_DAYS = 90


class Bar(BaseModel):
    """A day; `uptime_pct` is null where nothing was checked."""

    day: datetime
    uptime_pct: float | None


class StatusHost(BaseModel):
    """A host, without what only its owner should know: no path, query, port or password."""

    name: str
    status: Status
    uptime_90d_pct: float | None
    bars: list[Bar]


class StatusIncident(BaseModel):
    """An outage of the last 90 days."""

    name: str
    began: datetime
    ended: datetime | None


class StatusAnswer(BaseModel):
    """A status page."""

    state: Literal["up", "down", "unknown"]
    at: datetime
    hosts: list[StatusHost]
    incidents: list[StatusIncident]


@router.get("/{slug}", responses=responses(404, 422))
async def status_page(
    parts: Parts, slug: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
) -> StatusAnswer:
    """What an account shows to everybody."""
    return await read_status(parts, slug)


async def read_status(parts: Services, slug: str) -> StatusAnswer:
    """Reads a status page.

    Raises:
        ApiError: There is none of that name.
    """
    account = await parts.accounts.by_slug(slug)
    if account is None:
        raise not_found("status page")
    now = parts.clock()
    since = now - timedelta(days=_DAYS)
    owner_id = await parts.network.owner_id(account.owner, account.email)
    async with parts.store.reading() as connection:
        standings = await load_standings(connection, now, owner_id=owner_id)
        days = [await series(connection, found.host.id, since, now, "day") for found in standings]
    views = [view_of(standing, now) for standing in standings]
    names = {view.id: plain_name(view.address) for view in views}
    found = await (await parts.network.hosts(await parts.quotas.terms_of_account(account))).incidents(
        list(names)
    )
    hosts: list[StatusHost] = []
    for view, points in zip(views, days, strict=True):
        checks = sum(point.checks for point in points)
        failures = sum(point.failures for point in points)
        hosts.append(
            StatusHost(
                name=names[view.id],
                status=view.status,
                uptime_90d_pct=round(100 * (1 - failures / checks), 3) if checks else None,
                bars=[Bar(day=day, uptime_pct=share) for day, share in day_bars(points, now, _DAYS)],
            )
        )
    states = {view.status for view in views}
    return StatusAnswer(
        state="down" if "down" in states else "up" if "up" in states else "unknown",
        at=now,
        hosts=hosts,
        incidents=[
            StatusIncident(name=names[one.host_id], began=one.began, ended=one.ended)
            for one in found
            if one.began >= since or one.ended is None
        ],
    )


def plain_name(address: str) -> str:
    """The host's name alone of what is watched: of a URL neither path nor query, login nor port."""
    host = address.partition("://")[2] or address
    host = host.partition("/")[0].partition("?")[0].rpartition("@")[2]
    return host if host.count(":") > 1 and not host.startswith("[") else host.rpartition(":")[0] or host
