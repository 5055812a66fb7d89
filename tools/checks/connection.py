"""One TCP connection to a judged address, and one deadline around a whole check."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from tools.errors import CheckFailed
from tools.resolve import Target
from tools.wording import number

#: Bytes that one line or one read may hold.
READ_LIMIT: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Stream:
    """An open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


@asynccontextmanager
async def deadline(seconds: float, subject: str) -> AsyncGenerator[None]:
    """Bounds all that is inside by one deadline.

    Args:
        seconds: How long it may take in all.
        subject: Whose answer is waited for, for the message.

    Raises:
        CheckFailed: The time is over.
    """
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise CheckFailed(
            f"{subject} did not answer within {number(seconds * 1000)} ms; it may be down, filtered or slow."
        ) from error


@asynccontextmanager
async def connected(target: Target, port: int) -> AsyncGenerator[Stream]:
    """Connects to exactly the target's address; the connection is dropped at the end.

    Raises:
        CheckFailed: The connection is refused, fails, or breaks off while it is used.
    """
    where = f"{target.host} on port {port}"
    try:
        reader, writer = await asyncio.open_connection(str(target.address), port, limit=READ_LIMIT)
    except ConnectionRefusedError as error:
        raise refused_connection(target, port) from error
    except OSError as error:
        raise CheckFailed(f"{where} cannot be reached: {error.strerror or error}.") from error
    try:
        yield Stream(reader, writer)
    except (ConnectionError, asyncio.IncompleteReadError) as error:
        raise CheckFailed(f"{where} closed the connection in the middle of the check.") from error
    finally:
        writer.transport.abort()


def refused_connection(target: Target, port: int) -> CheckFailed:
    """Returns the error of a port where nothing listens."""
    return CheckFailed(f"{target.host} refused the connection on port {port}: nothing listens there.")
