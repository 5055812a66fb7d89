"""The same service as an ASGI application, for a web server that is there anyway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from monitoring.agents.hub import Hub
from monitoring.agents.transport import AsgiWebSocket, Message


class AgentsApp:
    """Speaks WebSocket only: `app.router.routes.append(WebSocketRoute(server.PATH, AgentsApp(hub)))`.

    The web server's own limit on a frame's size has to be `messages.MAX_FRAME_CHARS` or more.
    """

    def __init__(self, hub: Hub) -> None:
        """Takes who speaks with the agents."""
        self._hub = hub

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Speaks with one agent until it goes."""
        if scope["type"] != "websocket":
            await _not_found(send)
            return
        if (await receive())["type"] != "websocket.connect":
            return
        await send({"type": "websocket.accept"})
        await self._hub.serve(AsgiWebSocket(receive, send))


async def _not_found(send: Callable[[Message], Awaitable[None]]) -> None:
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"Probe agents connect here by WebSocket.\n"})
