"""Servers on loopback that tests switch on and off."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.listening import listening


@dataclass
class Page:
    """A web server of one page.

    Attributes:
        port: Where it listens.
        status: What it answers.
        body: With what.
        headers: And what before it.
        connections: How often it was connected to.
        requests: What it was asked: head and body of each request.
    """

    port: int = 0
    status: int = 200
    body: bytes = b"<html><title>fine</title></html>"
    headers: str = ""
    connections: int = 0
    requests: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request."""
        self.connections += 1
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lengths = [line.split(":")[1] for line in head.lower().split("\r\n") if "content-length" in line]
        self.requests.append((head, await reader.readexactly(int(lengths[0]) if lengths else 0)))
        lines = f"HTTP/1.1 {self.status} Fine\r\n{self.headers}Content-Length: {len(self.body)}\r\n"
        writer.write(f"{lines}Connection: close\r\n\r\n".encode() + self.body)
        await writer.drain()
        await reader.read()


@asynccontextmanager
async def serving(page: Page, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Page]:
    """Serves a page as long as the block lasts."""
    async with listening(page.answer, page.port, tls=tls) as page.port:
        yield page
