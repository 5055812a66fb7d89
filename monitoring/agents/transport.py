"""The seam under a session: text frames out and in. One side is the websockets library, another any ASGI server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

#: WebSocket close codes (RFC 6455, section 7.4.1).
NORMAL = 1000
GOING_AWAY = 1001
POLICY = 1008
TOO_BIG = 1009

Message = MutableMapping[str, Any]


class Closed(Exception):
    """The connection is over; the message says how, as far as it is known."""


class Transport(Protocol):
    """A connection that carries text frames whole and in order."""

    async def send(self, text: str) -> None:
        """Sends a frame; raises `Closed`."""
        ...

    async def receive(self) -> str:
        """Waits for a frame; raises `Closed`, also for a frame that is no text."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Ends the connection; it may be over already."""
        ...


class WebSocket:
    """A `Transport` over a connection of the websockets library, of either side."""

    def __init__(self, connection: Connection) -> None:
        """Takes the connection."""
        self._connection = connection

    async def send(self, text: str) -> None:
        """Sends a frame."""
        try:
            await self._connection.send(text)
        except ConnectionClosed as error:
            raise Closed(str(error)) from error

    async def receive(self) -> str:
        """Waits for a frame."""
        try:
            frame = await self._connection.recv()
        except ConnectionClosed as error:
            raise Closed(str(error)) from error
        if not isinstance(frame, str):
            raise Closed("a binary frame came, and only text is spoken here")
        return frame

    async def close(self, code: int, reason: str) -> None:
        """Ends the connection."""
        await self._connection.close(code, reason[:120])


class AsgiWebSocket:
    """A `Transport` over the `websocket` scope of an ASGI server, which has already been accepted."""

    def __init__(
        self, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Takes the two callables of the ASGI application."""
        self._receive = receive
        self._send = send
        self._open = True

    async def send(self, text: str) -> None:
        """Sends a frame."""
        if not self._open:
            raise Closed("the connection is closed")
        try:
            await self._send({"type": "websocket.send", "text": text})
        except (OSError, RuntimeError) as error:
            # Servers raise either where the peer has gone.
            self._open = False
            raise Closed(str(error) or "the peer has gone") from error

    async def receive(self) -> str:
        """Waits for a frame."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            self._open = False
            raise Closed(f"the peer has gone (code {message.get('code', 1006)})")
        text = message.get("text")
        if text is None:
            raise Closed("a binary frame came, and only text is spoken here")
        return str(text)

    async def close(self, code: int, reason: str) -> None:
        """Ends the connection."""
        if self._open:
            self._open = False
            try:
                await self._send({"type": "websocket.close", "code": code, "reason": reason[:120]})
            except (OSError, RuntimeError):
                return
