"""Runs the application on a socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

import uvicorn

from providers.info import DescribedProvider
from providers.serve.app import DEADLINE_S, create_app
from providers.serve.pool import Models

_BACKLOG = 128
_GRACE_S = 2


class ListenError(Exception):
    """The server cannot listen there; the message says why and what to do."""


def listen(host: str = "127.0.0.1", port: int = 8080) -> socket.socket:
    """Opens the socket, so that a caller knows the port before the server runs.

    Args:
        host: The address; there is no login, so any but a loopback address opens the models to the network.
        port: The port; 0 takes a free one.

    Raises:
        ListenError: The port is taken or the address is not this machine's.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ListenError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another port"
        ) from None


async def serve(
    models: Models | Mapping[str, DescribedProvider],
    listener: socket.socket,
    *,
    stop: asyncio.Event | None = None,
    deadline_s: float = DEADLINE_S,
) -> None:
    """Serves until it is interrupted or told to stop; replies under way are then given up.

    Args:
        models: The models by name; whoever made them closes them.
        listener: The socket, as `listen` opens it; it is closed at the end.
        stop: Set to end the server.
        deadline_s: Seconds that one reply may take.
    """
    config = uvicorn.Config(
        create_app(models, deadline_s=deadline_s),
        log_level="warning",
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = uvicorn.Server(config)
    waiting = asyncio.create_task(_stop(server, stop)) if stop else None
    try:
        await server.serve(sockets=[listener])
    finally:
        if waiting:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        listener.close()


async def _stop(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
