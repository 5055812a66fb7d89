"""Tells other parts of the server, in this process or in others, that something has changed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from typing import Any, Literal, Protocol

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
from sqlalchemy.engine import URL

_log = logging.getLogger(__name__)

Channel = Literal["events", "signals", "queue"]
Listener = Callable[[dict[str, Any]], None]

_PG_CHANNEL = "smallwatch_web"
_BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)


class Bus(Protocol):
    """Carries short messages; one may be lost, so whoever waits for one looks into the database now and then."""

    def listen(self, channel: Channel, listener: Listener) -> None:
        """Calls `listener` with each message of a channel, from whichever process."""
        ...

    async def publish(self, channel: Channel, message: dict[str, Any]) -> None:
        """Sends a message of less than 7,900 bytes to all processes, this one too."""
        ...

    async def aclose(self) -> None:
        """Ends it."""
        ...


class LocalBus:
    """A `Bus` for one process."""

    def __init__(self) -> None:
        """Starts with no listeners."""
        self._listeners: dict[Channel, list[Listener]] = {}

    def listen(self, channel: Channel, listener: Listener) -> None:
        """Adds a listener."""
        self._listeners.setdefault(channel, []).append(listener)

    async def publish(self, channel: Channel, message: dict[str, Any]) -> None:
        """Calls the listeners."""
        self.deliver(channel, message)

    def deliver(self, channel: Channel, message: dict[str, Any]) -> None:
        """Calls the listeners, at once."""
        for listener in self._listeners.get(channel, ()):
            listener(message)

    async def aclose(self) -> None:
        """Does nothing."""


class PostgresBus(LocalBus):
    """A `Bus` over PostgreSQL's LISTEN and NOTIFY, by a connection of its own."""

    def __init__(self, url: URL) -> None:
        """Takes the database's URL; `start` connects."""
        super().__init__()
        query = {key: value for key, value in url.query.items() if isinstance(value, str)}
        self._options: dict[str, Any] = {
            "host": query.get("host") or url.host,
            "port": url.port,
            "user": url.username,
            "password": url.password,
            "database": url.database,
        }
        self._connection: Any = None
        self._sending = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connects, and stays so in the background.

        Raises:
            OSError: The server does not answer.
        """
        await self._connect()
        self._task = asyncio.create_task(self._stay_connected(), name="bus")

    async def _connect(self) -> None:
        # asyncpg has no types.
        connect: Any = asyncpg.connect  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        connection = await connect(**self._options)
        await connection.add_listener(_PG_CHANNEL, self._received)
        self._connection = connection

    async def _stay_connected(self) -> None:
        attempt = 0
        while True:
            await asyncio.sleep(_BACK_OFF_S[min(attempt, len(_BACK_OFF_S) - 1)])
            if self._connection is not None and not self._connection.is_closed():
                attempt = 0
                continue
            attempt += 1
            try:
                await self._connect()
            except (OSError, asyncpg.PostgresError) as error:
                _log.warning("the bus is not connected: %s", type(error).__name__)

    def _received(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        message = json.loads(payload)
        self.deliver(message["channel"], message["body"])

    async def publish(self, channel: Channel, message: dict[str, Any]) -> None:
        """Sends a message; where the server is gone it is lost, but for this process."""
        payload = json.dumps({"channel": channel, "body": message}, separators=(",", ":"))
        try:
            async with self._sending:
                if self._connection is None or self._connection.is_closed():
                    raise ConnectionError
                await self._connection.execute("SELECT pg_notify($1, $2)", _PG_CHANNEL, payload)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.deliver(channel, message)

    async def aclose(self) -> None:
        """Disconnects."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._connection is not None:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._connection.close(timeout=2)
