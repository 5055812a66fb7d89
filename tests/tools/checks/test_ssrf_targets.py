"""Targets that must not be reached: every form of every forbidden address, through every check and path."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.tools.checks.forbidden import TARGETS, add_names, in_url
from tests.tools.checks.loopback import LoopbackGuard, NameServer, Serve, Server
from tools.checks.dns import check_dns
from tools.checks.http import check_http
from tools.checks.quantum import check_quantum
from tools.checks.smtp import check_smtp
from tools.checks.tcp import check_port
from tools.checks.tls import check_certificate
from tools.checks.trust import Trust
from tools.errors import Refused
from tools.policy import operator_policy
from tools.resolve import Resolver, dns_lookup


@pytest.fixture
def evil(names: NameServer) -> NameServer:
    """A DNS server whose names lead to forbidden addresses, plainly, by an alias and in mapped form."""
    add_names(names.zone)
    return names


@pytest.fixture
async def canary(serve: Serve) -> Server:
    """Listens on loopback addresses, counting."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 reached\r\n")
        await writer.drain()

    return await serve(greet, hosts=("127.0.0.1", "127.0.0.53", "127.255.255.254", "::1"))


def test_there_are_enough_targets() -> None:
    assert len(TARGETS) >= 300


@pytest.mark.parametrize("target", TARGETS)
async def test_public_policy_refuses_it_in_every_check(
    target: str,
    evil: NameServer,
    public: Resolver,
    trust: Trust,
    canary: Server,
    guard: LoopbackGuard,
    record_property: Callable[[str, object], None],
) -> None:
    port = canary.port
    attempts: dict[str, Callable[[], Awaitable[object]]] = {
        "http": lambda: check_http(public, trust, f"http://{in_url(target)}:{port}/"),
        "https": lambda: check_http(public, trust, f"https://{in_url(target)}:{port}/"),
        "certificate": lambda: check_certificate(public, trust, target, port),
        "starttls": lambda: check_certificate(public, trust, target, port, "smtp"),
        "port": lambda: check_port(public, target, port),
        "smtp": lambda: check_smtp(public, target, port),
        "quantum": lambda: check_quantum(public, target, port),
        "dns": lambda: check_dns(public.policy, "shop.test", "A", target, port=port),
    }
    for name, attempt in attempts.items():
        try:
            outcome = await attempt()
        except Refused as error:
            reason = str(error)
        else:
            pytest.fail(f"{name} reached {outcome}")
        assert reason.endswith("."), name
    assert canary.accepted == 0
    assert {port for _, port in guard.seen} <= {evil.port}
    record_property("SSRF: targets × checks", len(attempts))


@pytest.mark.parametrize("target", TARGETS)
async def test_a_redirect_to_it_is_refused(
    target: str,
    evil: NameServer,
    trust: Trust,
    canary: Server,
    serve_http: Serve,
    guard: LoopbackGuard,
    record_property: Callable[[str, object], None],
) -> None:
    """The first hop is allowed, by an operator's list of that one address; where it leads to is not."""
    resolver = Resolver(operator_policy(["127.0.0.2"]), dns_lookup(["127.0.0.1"], evil.port))
    location = f"http://{in_url(target)}:{canary.port}/"
    if "\n" in location:
        location = location.replace("\n", "%0a")
    first = await serve_http({"/": (302, {"Location": location}, b"")}, hosts=("127.0.0.2",))
    with pytest.raises(Refused):
        await check_http(resolver, trust, f"http://127.0.0.2:{first.port}/")
    assert canary.accepted == 0
    assert {port for _, port in guard.seen} <= {evil.port, first.port}
    record_property("SSRF: redirects to a target", 1)
