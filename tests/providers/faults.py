"""A server on loopback that misbehaves in a chosen way, and the stream that it sends when it behaves."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.listening import listening

#: Answers one request: it is handed the writer, and the connection is closed after it.
Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]

KEY = "hf_secretsecretsecret0123456789"


def event(delta: dict[str, Any] | None = None, reason: str | None = None, **more: Any) -> str:
    """Writes one event of a stream."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    head = {
        "id": "x",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "system_fingerprint": "f",
    }
    return f"data: {json.dumps(head | {'choices': choices} | more)}\n\n"


def call_piece(
    index: int | None, arguments: str | None, name: str | None = None, call_id: str | None = None
) -> str:
    """Writes an event with a piece of a call."""
    piece = {
        "index": index,
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }
    return event({"tool_calls": [piece]})


USAGE = event(None, usage={"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17})
DONE = "data: [DONE]\n\n"
#: A whole reply: some text, one call in two pieces, its finish reason, usage.
GOOD = (
    event({"role": "assistant", "content": ""})
    + event({"content": "Looking – "})
    + call_piece(0, "", "ping", "call-1")
    + call_piece(0, '{"host": "gw')
    + call_piece(0, '1.lan"}')
    + event({}, "tool_calls")
    + USAGE
    + DONE
)


def head(status: str, *headers: str) -> bytes:
    """Writes the head of a response."""
    return "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *headers, "", ""]).encode()


def answer(status: str, body: str = "", *headers: str, kind: str = "application/json") -> Behaviour:
    """Answers with a whole response."""
    data = body.encode()

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(head(status, f"Content-Type: {kind}", f"Content-Length: {len(data)}", *headers) + data)
        await writer.drain()

    return behave


def events(body: str, cut: int | None = None, *, chunked: bool = True) -> Behaviour:
    """Streams a body, or its first bytes only.

    Args:
        body: The events.
        cut: Bytes of the body after which the connection ends; None sends all of it.
        chunked: Frame the body, so that a client can tell a cut; else the end of the connection ends it.
    """
    data = body.encode()[:cut]

    async def behave(writer: asyncio.StreamWriter) -> None:
        framing = ("Transfer-Encoding: chunked",) if chunked else ()
        writer.write(head("200 OK", "Content-Type: text/event-stream", *framing))
        if chunked:
            writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n" if data else b"")
            writer.write(b"0\r\n\r\n" if cut is None else b"")
        else:
            writer.write(data)
        await writer.drain()

    return behave


async def hang(writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.sleep(3600)


async def hang_midway(writer: asyncio.StreamWriter) -> None:
    """Sends half of a stream and no more."""
    writer.write(head("200 OK", "Content-Type: text/event-stream") + GOOD[: len(GOOD) // 2].encode())
    await writer.drain()
    await asyncio.sleep(3600)


async def linger(writer: asyncio.StreamWriter) -> None:
    """Sends the whole stream and keeps the connection open."""
    writer.write(head("200 OK", "Content-Type: text/event-stream") + GOOD.encode())
    await writer.drain()
    await asyncio.sleep(3600)


async def reset(writer: asyncio.StreamWriter) -> None:
    """Resets the connection before any answer."""
    # Closing with a linger of 0 s sends a reset, not an end.
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def reset_midway(writer: asyncio.StreamWriter) -> None:
    """Resets the connection in the middle of the stream."""
    writer.write(head("200 OK", "Content-Type: text/event-stream") + GOOD[: len(GOOD) // 2].encode())
    await writer.drain()
    await asyncio.sleep(0.05)
    await reset(writer)


async def drip(writer: asyncio.StreamWriter) -> None:
    """Sends a stream so slowly that it never ends, though something arrives all the time."""
    writer.write(head("200 OK", "Content-Type: text/event-stream"))
    for byte in GOOD.encode():
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(0.05)


@dataclass(slots=True)
class FaultServer:
    """What a test sees of the server."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    paths: list[str] = field(default_factory=list[str])
    authorizations: list[str] = field(default_factory=list[str])


@asynccontextmanager
async def fault_server(*behaviours: Behaviour) -> AsyncIterator[FaultServer]:
    """Runs a server whose requests meet the behaviours in order, the last of them again and again."""
    server = FaultServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        server.requests.append(json.loads(body))
        server.paths.append(lines[0].split(" ")[1])
        server.authorizations.append(headers.get("authorization", ""))
        await behaviours[min(len(server.requests), len(behaviours)) - 1](writer)

    async with listening(serve) as port:
        server.url = f"http://127.0.0.1:{port}/v1"
        yield server
