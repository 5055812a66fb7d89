"""Serves agents on an address of its own, for programs without a web server."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from monitoring.agents.hub import Hub
from monitoring.agents.messages import MAX_FRAME_CHARS
from monitoring.agents.transport import WebSocket

#: Path that agents connect to; a web application mounts `asgi.AgentsApp` there.
PATH = "/agents"


class ListenError(OSError):
    """The address cannot be listened on; the message names the cause and the cure."""


@asynccontextmanager
async def serving(
    hub: Hub, host: str, port: int, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[tuple[str, int]]:
    """Listens for agents as long as the block lasts, then sends them away.

    Args:
        hub: Who speaks with them.
        host: Address to listen on.
        port: TCP port; 0 takes a free one.
        tls: Certificate for `wss`; without one the tokens travel openly.

    Yields:
        Address and port.

    Raises:
        ListenError: The address cannot be listened on.
    """

    async def speak(connection: ServerConnection) -> None:
        await hub.serve(WebSocket(connection))

    try:
        server = await serve(
            speak,
            host,
            port,
            ssl=tls,
            process_request=_only_our_path,
            max_size=MAX_FRAME_CHARS,
            max_queue=4,
            # Signs of life are frames of ours, so that they are the same behind any server.
            ping_interval=None,
            close_timeout=2,
            server_header=None,
        )
    except OSError as error:
        raise ListenError(
            f"Agents cannot be served on {host}:{port}: {error.strerror or error}; choose another address."
        ) from error
    try:
        yield _address(server)
    finally:
        await hub.aclose()
        server.close()
        await server.wait_closed()


def _only_our_path(connection: ServerConnection, request: Request) -> Response | None:
    if request.path.partition("?")[0].rstrip("/") == PATH:
        return None
    return connection.respond(HTTPStatus.NOT_FOUND, "Probe agents connect to /agents.\n")


def _address(server: Server) -> tuple[str, int]:
    host, port = next(iter(server.sockets)).getsockname()[:2]
    return str(host), int(port)
