"""TCP servers of tests. No connection outlives its server, so none is left for the next test to trip over."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

#: Turns of the loop between a connection's being accepted and its transport's being there.
_TURNS = 10


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def _abort_clients(server: asyncio.Server) -> None:
    """What `asyncio.Server.abort_clients` does since Python 3.13; those amid a TLS handshake too."""
    loop = asyncio.get_running_loop()
    for transport in list(loop._transports.values()):  # type: ignore[attr-defined]
        if transport._server is server:
            transport.abort()


@asynccontextmanager
async def listening(
    handler: Handler, port: int = 0, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncGenerator[int]:
    """Serves on loopback as long as the block lasts.

    A handler may end with its peer's going away: `ConnectionError`, `IncompleteReadError` and `SSLError` are
    no failures. Its connection is dropped when it returns.

    Yields:
        The port.
    """
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()
            tasks.discard(task)

    server = await asyncio.start_server(accept, host, port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await _turns()
        running = list(tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        _abort_clients(server)
        await _turns()
