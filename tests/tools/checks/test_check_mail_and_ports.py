"""Mail-server and port checks on loopback."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
import trustme
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP

from tests.tools.checks.loopback import NameServer, Serve, server_context
from tools.checks.smtp import check_smtp
from tools.checks.tcp import check_port
from tools.errors import CheckFailed
from tools.resolve import Resolver


@pytest.mark.parametrize("starttls", [True, False])
async def test_a_mail_server(starttls: bool, resolver: Resolver, authority: trustme.CA) -> None:
    loop = asyncio.get_running_loop()
    context = server_context(authority.issue_cert("shop.test")) if starttls else None
    server = await loop.create_server(
        lambda: SMTP(Sink(), tls_context=context, hostname="mail.test", loop=loop), "127.0.0.1", 0
    )
    try:
        outcome = await check_smtp(resolver, "shop.test", server.sockets[0].getsockname()[1])
    finally:
        server.close()
    assert outcome.starttls is starttls
    assert outcome.banner.startswith("mail.test") and "size" in outcome.extensions
    assert 0 < outcome.connect_ms <= outcome.total_ms
    await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"554 go away\r\n", b"", b"\xff" * 9000]
)
async def test_what_is_no_working_mail_server(greeting: bytes, resolver: Resolver, serve: Serve) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()

    server = await serve(speak)
    with pytest.raises(CheckFailed, match="is no working mail server"):
        await check_smtp(resolver, "shop.test", server.port, timeout_s=5)


async def test_a_mail_server_that_never_ends_its_greeting(resolver: Resolver, serve: Serve) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"220-wait\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    server = await serve(drip)
    began = time.perf_counter()
    with pytest.raises(CheckFailed, match="within 300 ms"):
        await check_smtp(resolver, "shop.test", server.port, timeout_s=0.3)
    assert time.perf_counter() - began < 1.5


async def test_open_and_closed_ports(resolver: Resolver, serve: Serve) -> None:
    async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await serve(idle)
    found = await check_port(resolver, "shop.test", server.port)
    assert found.state == "open" and found.connect_ms is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = await check_port(resolver, "shop.test", free.getsockname()[1])
    assert (closed.state, closed.connect_ms) == ("closed", None)


async def test_a_filtered_port(resolver: Resolver) -> None:
    """A full queue of connections drops the next, as a firewall does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for queued in waiting:
            queued.setblocking(False)
            queued.connect_ex(("127.0.0.1", port))
        began = time.perf_counter()
        outcome = await check_port(resolver, "shop.test", port, timeout_s=0.3)
        assert outcome.state == "filtered" and time.perf_counter() - began < 1.5
        for queued in waiting:
            queued.close()


async def test_a_name_that_does_not_resolve(resolver: Resolver, names: NameServer) -> None:
    with pytest.raises(CheckFailed, match="does not resolve"):
        await check_port(resolver, "nowhere.test", 80)
