"""The routes of the pages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, cast
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.templating import Jinja2Templates

from web.accounts.people import Person
from web.api import evals as evals_api
from web.api import hosts as hosts_api
from web.api.session import account_answer
from web.api.status import read_status
from web.api.who import Anyone, Parts
from web.errors import not_found
from web.network.series import day_bars, series
from web.pages.drawing import sparkline, uptime_bars
from web.pages.words import FILTERS
from web.services import Services

router = APIRouter(include_in_schema=False)

_WIDGET: Final = Path(__file__).parent.parent / "static" / "widget.js"
_BAR_DAYS: Final = 90
_SHOWN_INCIDENTS: Final = 50


def _templates() -> Jinja2Templates:
    environment = Environment(
        loader=PackageLoader("web.pages"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # jinja2 declares these by the functions that it ships.
    filters, names = cast("dict[str, Any]", environment.filters), cast("dict[str, Any]", environment.globals)
    filters.update(FILTERS)
    names["bars"] = uptime_bars
    return Jinja2Templates(env=environment)


async def _page(
    request: Request, parts: Services, person: Person, name: str, status: int = 200, **values: Any
) -> Response:
    """Draws a page with what each page shows."""
    account = (
        await account_answer(parts, person.account) if person.account and person.via != "program" else None
    )
    common = {
        "account": account,
        "csrf": person.session.csrf if person.session and person.via == "cookie" else "",
        "now": parts.clock(),
        "registration": parts.config.web.registration,
    }
    return request.app.state.templates.TemplateResponse(
        request, name, {**common, **values}, status_code=status, headers={"Cache-Control": "no-store"}
    )


def _to_login(request: Request) -> Response:
    return RedirectResponse(f"/login?next={quote(request.url.path)}", status_code=303)


@router.get("/widget.js")
async def widget() -> Response:
    """The chat widget, for any page."""
    headers = {
        "Cache-Control": "public, max-age=300",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
    }
    return FileResponse(_WIDGET, media_type="text/javascript", headers=headers)


@router.get("/")
async def home(request: Request, parts: Parts, person: Anyone) -> Response:
    """What this is, and a place to try it."""
    return await _page(request, parts, person, "home.html")


@router.get("/login")
async def login(
    request: Request,
    parts: Parts,
    person: Anyone,
    following: Annotated[str, Query(alias="next")] = "/dashboard",
    embed: bool = False,
    origin: str = "",
) -> Response:
    """Log in or register; a widget on another site opens it in a window of its own."""
    # Only a path of this server: `//host` and `/\\host` would lead elsewhere.
    path = following if following.startswith("/") and following[1:2] not in ("/", "\\") else "/dashboard"
    if person.account is not None and not embed:
        return RedirectResponse(path, status_code=303)
    known = embed and origin in parts.origins.others
    providers = [{"label": p.label, "url": f"/api/login/{p.name}"} for p in parts.config.web.oidc]
    return await _page(
        request,
        parts,
        person,
        "login.html",
        following=path,
        embed=embed,
        origin=origin if known else "",
        providers=providers,
    )


@router.get("/account")
async def account(request: Request, parts: Parts, person: Anyone) -> Response:
    """The account's own page."""
    if person.account is None:
        return _to_login(request)
    quota = await parts.quotas.of(person)
    usage = await parts.quotas.usage(await parts.quotas.terms(person), 30)
    tokens = await parts.tokens.of(person.account.id)
    return await _page(request, parts, person, "account.html", quota=quota, usage=usage, tokens=tokens)


@router.get("/dashboard")
async def dashboard(request: Request, parts: Parts, person: Anyone) -> Response:
    """All watched hosts at a glance."""
    found = await hosts_api.hosts(parts, person) if person.owner else []
    now = parts.clock()
    rows: list[dict[str, Any]] = []
    async with parts.store.reading() as connection:
        for host in found:
            day = await series(connection, host.id, now - timedelta(days=1), now, "check")
            days = await series(connection, host.id, now - timedelta(days=_BAR_DAYS), now, "day")
            rows.append(
                {"host": host, "spark": sparkline(_thin(day)), "bars": day_bars(days, now, _BAR_DAYS)}
            )
    incidents = await hosts_api.incidents(parts, person) if person.owner else []
    open_now = [incident for incident in incidents if incident.ended is None]
    return await _page(request, parts, person, "dashboard.html", rows=rows, open_incidents=open_now)


def _thin(points: list[Any], most: int = 60) -> list[Any]:
    """At most so many points, evenly taken."""
    stride = max(1, -(-len(points) // most))
    return points[::stride]


@router.get("/dashboard/hosts/{host}")
async def host_page(request: Request, parts: Parts, person: Anyone, host: int) -> Response:
    """One host: charts, figures, incidents, and what can be changed."""
    if person.owner is None:
        return _to_login(request)
    seen = await hosts_api.see(parts, person, host)
    now = parts.clock()
    periods = {"24 hours": 1, "7 days": 7, "30 days": 30, "90 days": 90}
    uptimes = {
        words: await hosts_api.uptime(parts, person, host, now - timedelta(days=days), now)
        for words, days in periods.items()
    }
    async with parts.store.reading() as connection:
        days = await series(connection, host, now - timedelta(days=_BAR_DAYS), now, "day")
    incidents = [one for one in await hosts_api.incidents(parts, person) if one.host_id == host]
    return await _page(
        request, parts, person, "host.html", host=seen, uptimes=uptimes,
        days=day_bars(days, now, _BAR_DAYS), incidents=incidents[:_SHOWN_INCIDENTS],
    )  # fmt: skip


@router.get("/dashboard/incidents")
async def incidents_page(request: Request, parts: Parts, person: Anyone) -> Response:
    """Outages, newest first."""
    found = await hosts_api.incidents(parts, person) if person.owner else []
    return await _page(request, parts, person, "incidents.html", incidents=found)


@router.get("/dashboard/agents")
async def agents_page(request: Request, parts: Parts, person: Anyone) -> Response:
    """Probe agents, and how to install one."""
    found = await hosts_api.agents(parts, person) if person.owner else []
    server = parts.config.web.public_url or str(request.base_url).rstrip("/")
    return await _page(request, parts, person, "agents.html", agents=found, server=server)


@router.get("/dashboard/evals")
async def evals_page(request: Request, parts: Parts, person: Anyone) -> Response:
    """Eval runs of this server."""
    return await _page(request, parts, person, "evals.html", runs=await evals_api.runs(parts))


@router.get("/status/{slug}")
async def status_page(request: Request, parts: Parts, person: Anyone, slug: str) -> Response:
    """An account's public status page."""
    if len(slug) != 16 or set(slug) - set("0123456789abcdef"):
        raise not_found("status page")
    status = await read_status(parts, slug)
    return await _page(request, parts, person, "status.html", shown=status)


def install_pages(app: Any) -> None:
    """Puts the pages on an application."""
    app.state.templates = _templates()
    app.include_router(router)
