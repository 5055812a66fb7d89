"""Real servers on loopback, and a guard: in these tests nothing else is ever connected to."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import trustme
from dnslib.server import DNSServer

from tests.listening import listening
from tests.tools.checks.loopback import Handler, LoopbackGuard, NameServer, Route, Serve, Server, Silent, Zone
from tools.checks.trust import Trust, load_trust
from tools.policy import operator_policy, public_policy
from tools.resolve import Resolver, dns_lookup

_guard = LoopbackGuard()
sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def guard() -> Iterator[LoopbackGuard]:
    """The guard, switched on for the length of a test."""
    _guard.seen.clear()
    _guard.on = True
    yield _guard
    _guard.on = False


@pytest.fixture(scope="session")
def name_server() -> Iterator[NameServer]:
    """A DNS server."""
    zone = Zone()
    server = DNSServer(zone, address="127.0.0.1", port=0, logger=Silent())
    server.start_thread()
    yield NameServer(zone, server.server.server_address[1])
    server.stop()
    server.server.server_close()


@pytest.fixture
def names(name_server: NameServer) -> NameServer:
    """The DNS server, which knows `shop.test` alone."""
    zone = name_server.zone
    zone.clear()
    zone.add("shop.test", ["127.0.0.1"])
    return name_server


@pytest.fixture
def resolver(names: NameServer) -> Resolver:
    """A resolver whose operator allows loopback."""
    policy = operator_policy(["127.0.0.0/8", "::1"])
    return Resolver(policy, dns_lookup(["127.0.0.1"], names.port))


@pytest.fixture
def public(names: NameServer) -> Resolver:
    """A resolver that admits public addresses only."""
    return Resolver(public_policy(), dns_lookup(["127.0.0.1"], names.port))


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """The authority that the tests trust."""
    return trustme.CA(organization_name="Trusted Tests")


@pytest.fixture(scope="session")
def trust(authority: trustme.CA) -> Trust:
    """Trust in the authority."""
    return load_trust(authority.cert_pem.bytes().decode())


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts servers: `serve(handler, tls=None, hosts=("127.0.0.1",), port=0)`."""
    async with AsyncExitStack() as stack:

        async def start(
            handler: Handler,
            tls: ssl.SSLContext | None = None,
            hosts: tuple[str, ...] = ("127.0.0.1",),
            port: int = 0,
        ) -> Server:
            state = Server(port)

            async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                state.accepted += 1
                await handler(reader, writer)

            for host in hosts:
                state.port = await stack.enter_async_context(
                    listening(accept, state.port, host=host, tls=tls)
                )
            return state

        yield start


@pytest.fixture
def serve_http(serve: Serve) -> Serve:
    """Starts HTTP servers: `serve_http({path: (status, headers, body) or handler}, tls=None)`."""

    async def start(routes: dict[str, Route], **options: Any) -> Server:
        requests: list[bytes] = []

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readuntil(b"\r\n\r\n")
            requests.append(request)
            path = request.split(b" ", 2)[1].decode()
            route = routes.get(path, (404, {}, b"not here"))
            if not isinstance(route, tuple):
                await route(reader, writer)
                return
            status, headers, body = route
            head = {"Content-Length": str(len(body)), "Server": "tests", **headers}
            lines = "".join(f"{key}: {value}\r\n" for key, value in head.items())
            writer.write(f"HTTP/1.1 {status} Fine\r\n{lines}\r\n".encode() + body)
            await writer.drain()
            # Read up to the client's end, so that nothing written is cut off.
            await reader.read()

        state = await serve(handle, **options)
        state.requests = requests
        return state

    return start
