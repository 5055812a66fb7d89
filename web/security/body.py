"""Bodies of requests that are too large are not read."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import ApiError


class BodyLimit:
    """Refuses bodies beyond a number of bytes: by what they say of themselves, and by what comes."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        """Wraps an application; `most` is in bytes."""
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "0")
        if not said.isdigit() or int(said) > self._most:
            refused = ApiError(413, "too-large", f"A request may have {self._most:,} bytes at most.")
            await refused.response()(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)
