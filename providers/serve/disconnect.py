"""Work that ends when the client that asked for it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar

from fastapi.responses import StreamingResponse
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

T = TypeVar("T")


class ClientGone(Exception):
    """Nobody is left to answer."""


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Awaits work, and cancels it when the client disconnects.

    Args:
        request: The request, whose body has been read.
        work: What is done for it.

    Raises:
        ClientGone: The client disconnected first.
    """
    return await _first(work, _gone(request.receive))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first(work: Coroutine[Any, Any, T], gone: Coroutine[Any, Any, None]) -> T:
    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(gone)
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientGone
    finally:
        working.cancel()
        watching.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


class EventStream(StreamingResponse):
    """Server-sent events; the generator behind them is closed at once when the client disconnects."""

    def __init__(self, generator: AsyncGenerator[str, None]) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(generator, media_type="text/event-stream", headers=headers)
        self._generator = generator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the events."""
        try:
            await _first(self.stream_response(send), _gone(receive))
        except ClientGone:
            pass
        finally:
            await self._generator.aclose()
