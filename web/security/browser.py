"""What browsers may do with this server: origins that are let in, and headers on every answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import ApiError
from web.security.addresses import Peers

_SAFE: Final = ("GET", "HEAD", "OPTIONS")
#: Pages that hand something to the window that opened them.
_SPEAKS_TO_OPENER: Final = ("/login",)


class Origins:
    """Which origins may ask for what."""

    def __init__(self, own: str, others: Sequence[str], peers: Peers) -> None:
        """Takes this server's origin (empty: whatever host was asked for), the allowed others, and who is believed."""
        self._own = own
        self.others = tuple(others)
        self._peers = peers

    def is_own(self, origin: str, connection: HTTPConnection) -> bool:
        """Says whether an origin is this server."""
        if self._own:
            return origin == self._own
        scheme = "https" if self._peers.of(connection).secure else "http"
        return origin == f"{scheme}://{connection.headers.get('host', '')}"

    def objection(self, connection: HTTPConnection, method: str) -> ApiError | None:
        """Says why a request may not change anything; None where it may."""
        if method in _SAFE:
            return None
        origin = connection.headers.get("origin")
        if origin is None:
            crossed = connection.headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")
            return _FOREIGN if crossed else None
        if self.is_own(origin, connection) or origin in self.others:
            return None
        return _FOREIGN


_FOREIGN: Final = ApiError(
    403, "origin", "Pages of that site may not use this server; its operator can allow it in web.origins."
)


class BrowserRules:
    """Refuses what comes from foreign pages, and puts the headers on that browsers obey."""

    def __init__(self, app: ASGIApp, origins: Origins, peers: Peers) -> None:
        """Wraps an application."""
        self._app = app
        self._origins = origins
        self._peers = peers
        ancestors = " ".join(("'self'", *origins.others))
        self._policy = (
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "
            "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
            f"form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        # A WebSocket is opened by GET, and no browser asks before it.
        objection = self._origins.objection(connection, scope.get("method", "WEBSOCKET"))
        if objection is not None and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "foreign origin"})
            return
        secure = self._peers.of(connection).secure

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._put_on(MutableHeaders(scope=message), scope["path"], secure)
            await send(message)

        if objection is not None:
            await objection.response()(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _put_on(self, headers: MutableHeaders, path: str, secure: bool) -> None:
        headers.setdefault("Content-Security-Policy", self._policy)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        if path not in _SPEAKS_TO_OPENER:
            headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if path.startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        if secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"


def origin_of(url: str) -> str:
    """The origin of a URL; empty for none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def foreign_origin(headers: Headers, origins: Origins, connection: HTTPConnection) -> str | None:
    """The origin of a page of another site that asks; None where it is this server's own page, or no page."""
    origin = headers.get("origin")
    return None if origin is None or origins.is_own(origin, connection) else origin
