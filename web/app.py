"""The application: routes, what browsers obey, one form of errors."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import WebSocketRoute

from monitoring.agents.asgi import AgentsApp
from monitoring.agents.server import PATH as AGENTS_PATH
from web.api import account, admin, chat, evals, hosts, login, machines, models, session, status, tools
from web.errors import install, responses
from web.metrics import Counting
from web.pages.router import install_pages
from web.security.body import BodyLimit
from web.security.browser import BrowserRules
from web.services import Services

#: Bytes of a request's body at most: 10,000 characters, each written as a JSON escape, and some more.
MOST_BODY: Final = 128 * 1024
_STATIC: Final = Path(__file__).parent / "static"
_FAR_HEADERS: Final = ("Authorization", "Content-Type", "Last-Event-ID")


def create_app(services: Services) -> FastAPI:
    """Makes the application; whoever made the services starts and stops them."""
    app = FastAPI(
        title="Smallwatch",
        summary="Ask a small language model to look after a network.",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    # The first are looked through first: those that are asked for most.
    for part in (chat, models, session, tools, login, account, hosts, evals, status, admin, machines):
        # Whatever is asked, the request may be too large, and the database may not answer.
        app.include_router(part.router, responses=responses(413, 503))
    install_pages(app)
    # A mount would answer only below the path.
    app.router.routes.append(WebSocketRoute(AGENTS_PATH, AgentsApp(services.hub)))
    if _STATIC.is_dir():
        app.mount("/static", StaticFiles(directory=_STATIC))
    install(app)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(services.origins.others),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=list(_FAR_HEADERS),
        expose_headers=["Retry-After"],
        max_age=3600,
    )
    app.add_middleware(BodyLimit, most=MOST_BODY)
    app.add_middleware(BrowserRules, origins=services.origins, peers=services.peers)
    app.add_middleware(Counting)
    return app
