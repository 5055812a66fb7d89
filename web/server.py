"""Runs the application on a socket, in one process or several."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Callable, Generator

import uvicorn

from monitoring.agents.messages import MAX_FRAME_CHARS
from settings.schema import Config
from web.app import create_app
from web.opening import Parts, open_services

_BACKLOG = 2048
#: Seconds that open streams get to notice that the server stops, once all runs have ended.
_CLOSE_S = 3
#: New objects until the garbage collector looks at the youngest, and at the older ones so many times less often.
_COLLECT = (10_000, 20, 20)


async def serve(
    config: Config,
    listener: socket.socket,
    *,
    parts: Parts | None = None,
    stop: asyncio.Event | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serves until SIGTERM, SIGINT or `stop`; runs under way end first, see `web.opening.open_services`.

    Args:
        config: The settings.
        listener: The socket; it is closed at the end.
        parts: What to put in place of the usual parts.
        stop: Set to end the server.
        on_ready: Called once requests are answered.

    Raises:
        DatabaseError: The database cannot be used.
        ServeError: Another server has it.
    """
    ending = stop or asyncio.Event()
    try:
        async with open_services(config, parts or Parts()) as services:
            _end_on_signals(ending)
            server = _Server(
                uvicorn.Config(
                    create_app(services),
                    log_config=None,
                    access_log=False,
                    lifespan="off",
                    # Forwarded headers are judged by web.security.addresses alone.
                    proxy_headers=False,
                    server_header=False,
                    ws_max_size=MAX_FRAME_CHARS * 4,
                    timeout_graceful_shutdown=_CLOSE_S,
                )
            )
            serving = asyncio.create_task(server.serve(sockets=[listener]), name="server")
            stopping = asyncio.create_task(ending.wait())
            on_ready()
            await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
            # Readers of runs get the last events before the connections are closed.
            await services.runs.stop(config.web.shutdown_s)
            server.should_exit = True
            await serving
            stopping.cancel()
    finally:
        listener.close()


def _end_on_signals(ending: asyncio.Event) -> None:
    """Ends in order from now on; before, there was nothing to put in order. Threads get no signals."""
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(ValueError, RuntimeError):
            asyncio.get_running_loop().add_signal_handler(number, ending.set)


def spare_the_collector() -> None:
    """Lets the garbage collector pass over what is there for good, for a process that does nothing but serve.

    Else it goes through all modules again and again, and everybody waits for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)


class _Server(uvicorn.Server):
    """Leaves signals to `serve`, which ends runs first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Captures none."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """Opens the socket, which several processes may share.

    Raises:
        OSError: The port is taken, or the address is not this machine's.
    """
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)
