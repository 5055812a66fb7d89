"""Certificate checks against TLS servers on loopback."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
import trustme
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.checks.certificates import self_signed, without_intermediate
from tests.tools.checks.loopback import LoopbackGuard, NameServer, Serve, server_context
from tools.checks.hello import NotTls, ServerAnswer, parse_server_hello
from tools.checks.tls import check_certificate, covers
from tools.checks.trust import Trust
from tools.errors import CheckFailed
from tools.resolve import Resolver


async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Waits until the client leaves."""
    await reader.read()


async def test_a_good_certificate(
    resolver: Resolver, trust: Trust, serve: Serve, authority: trustme.CA
) -> None:
    leaf = authority.create_child_ca().issue_cert("shop.test", "*.shop.test", "127.0.0.1")
    server = await serve(idle, tls=server_context(leaf))
    report = await check_certificate(resolver, trust, "shop.test", server.port)
    outcome = report.outcome
    assert outcome.names_match and outcome.chain_ok and outcome.problem is None
    assert outcome.names == ("shop.test", "*.shop.test", "127.0.0.1")
    assert outcome.not_before < datetime.now(UTC) < outcome.not_after
    assert outcome.protocols == ("TLSv1.2", "TLSv1.3") and report.version == "TLSv1.3"
    assert len(report.chain) == 2 and report.chain[1].issuer == "Trusted Tests"
    by_address = await check_certificate(resolver, trust, "127.0.0.1", server.port)
    assert by_address.outcome.names_match


async def test_an_expired_certificate_has_no_other_fault(
    resolver: Resolver, trust: Trust, serve: Serve, authority: trustme.CA
) -> None:
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    server = await serve(idle, tls=server_context(authority.issue_cert("shop.test", not_after=end)))
    outcome = (await check_certificate(resolver, trust, "shop.test", server.port)).outcome
    assert outcome.not_after == end
    assert outcome.chain_ok and outcome.names_match


async def test_a_wrong_name(resolver: Resolver, trust: Trust, serve: Serve, authority: trustme.CA) -> None:
    server = await serve(idle, tls=server_context(authority.issue_cert("other.test")))
    outcome = (await check_certificate(resolver, trust, "shop.test", server.port)).outcome
    assert not outcome.names_match and outcome.chain_ok and outcome.names == ("other.test",)


async def test_self_signed_broken_and_foreign_chains_are_named_apart(
    resolver: Resolver, trust: Trust, serve: Serve, authority: trustme.CA
) -> None:
    stranger = trustme.CA(organization_name="Stranger").create_child_ca()
    contexts = {
        "it is self-signed": self_signed("shop.test"),
        "the chain is incomplete: the server does not send": without_intermediate(authority, "shop.test"),
        "the chain ends at Stranger, which is not among": server_context(stranger.issue_cert("shop.test")),
    }
    for words, context in contexts.items():
        server = await serve(idle, tls=context)
        outcome = (await check_certificate(resolver, trust, "shop.test", server.port)).outcome
        assert not outcome.chain_ok and outcome.names_match
        assert outcome.problem is not None and words in outcome.problem


@pytest.mark.parametrize(
    ("lowest", "highest", "accepted"),
    [
        (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3, ("TLSv1.3",)),
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, ("TLSv1.2",)),
        (ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_2, ("TLSv1.0", "TLSv1.1", "TLSv1.2")),
    ],
)
async def test_protocol_versions(
    lowest: ssl.TLSVersion,
    highest: ssl.TLSVersion,
    accepted: tuple[str, ...],
    resolver: Resolver,
    trust: Trust,
    serve: Serve,
    authority: trustme.CA,
) -> None:
    context = server_context(authority.issue_cert("shop.test"))
    context.minimum_version = lowest
    context.maximum_version = highest
    if lowest is ssl.TLSVersion.MINIMUM_SUPPORTED:
        context.set_ciphers("ALL:@SECLEVEL=0")
    server = await serve(idle, tls=context)
    report = await check_certificate(resolver, trust, "shop.test", server.port)
    assert report.outcome.protocols == accepted and report.outcome.chain_ok


async def test_starttls_with_a_mail_server(resolver: Resolver, trust: Trust, authority: trustme.CA) -> None:
    loop = asyncio.get_running_loop()
    context = server_context(authority.issue_cert("shop.test"))
    server = await loop.create_server(lambda: SMTP(Sink(), tls_context=context, loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        report = await check_certificate(resolver, trust, "shop.test", port, "smtp")
        assert report.outcome.chain_ok and report.outcome.protocols == ("TLSv1.2", "TLSv1.3")
        with pytest.raises(CheckFailed, match=r"speaks no TLS"):
            await check_certificate(resolver, trust, "shop.test", port)
        with pytest.raises(CheckFailed, match=r"starttls=imap"):
            await check_certificate(resolver, trust, "shop.test", port, "imap")
    finally:
        server.close()
    await asyncio.sleep(0.05)


DIALOGUES = {
    "imap": [("* OK ready", None), ("* CAPABILITY IMAP4rev1\r\na OK begin", "a STARTTLS")],
    "pop3": [("+OK ready", None), ("+OK begin", "STLS")],
    "ftp": [("220-hello\r\n220 ready", None), ("234 begin", "AUTH TLS")],
    "smtp": [("220 mail", None), ("250-mail\r\n250 STARTTLS", "EHLO localhost"), ("220 go", "STARTTLS")],
}


@pytest.mark.parametrize("protocol", ["imap", "pop3", "ftp", "smtp"])
async def test_starttls_dialogues(
    protocol: Literal["imap", "pop3", "ftp", "smtp"],
    resolver: Resolver,
    trust: Trust,
    serve: Serve,
    authority: trustme.CA,
) -> None:
    context = server_context(authority.issue_cert("shop.test"))

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer, asked in DIALOGUES[protocol]:
            if asked is not None:
                assert (await reader.readline()).decode().strip() == asked
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()
        await writer.start_tls(context)
        await reader.read()

    server = await serve(speak)
    report = await check_certificate(resolver, trust, "shop.test", server.port, protocol)
    assert report.outcome.chain_ok and report.outcome.names_match


@pytest.mark.parametrize("protocol", ["imap", "pop3", "ftp", "smtp"])
async def test_starttls_that_is_refused_or_never_ends(
    protocol: Literal["imap", "pop3", "ftp", "smtp"], resolver: Resolver, trust: Trust, serve: Serve
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer, _ in DIALOGUES[protocol][:-1]:
            writer.write(f"{answer}\r\n".encode())
        writer.write(b"502 no\r\n" if protocol in ("ftp", "smtp") else b"a NO no\r\n")
        await reader.read()

    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"220-more\r\n" * 100 if protocol in ("ftp", "smtp") else b"x" * 100_000)
            await writer.drain()

    for handler in (refuse, chatter):
        server = await serve(handler)
        with pytest.raises(CheckFailed, match="did not go over to TLS"):
            await check_certificate(resolver, trust, "shop.test", server.port, protocol, timeout_s=5)


async def test_silence_ends_at_the_deadline(resolver: Resolver, trust: Trust, serve: Serve) -> None:
    server = await serve(idle)
    with pytest.raises(CheckFailed, match="did not answer within 200 ms"):
        await check_certificate(resolver, trust, "shop.test", server.port, timeout_s=0.2)


async def test_the_name_is_resolved_once(
    names: NameServer,
    guard: LoopbackGuard,
    resolver: Resolver,
    trust: Trust,
    serve: Serve,
    authority: trustme.CA,
) -> None:
    names.zone.add("rebind.test", ["127.0.0.2"], ["127.0.0.1"])
    context = server_context(authority.issue_cert("rebind.test"))
    server = await serve(idle, tls=context, hosts=("127.0.0.2",))
    report = await check_certificate(resolver, trust, "rebind.test", server.port)
    assert report.outcome.names_match and ("127.0.0.2", server.port) in guard.seen
    assert ("127.0.0.1", server.port) not in guard.seen


@pytest.mark.parametrize(
    ("names", "host", "covered"),
    [
        (("*.shop.test",), "www.SHOP.test.", True),
        (("*.shop.test",), "shop.test", False),
        (("*.shop.test",), "a.b.shop.test", False),
        (("*.test", "shop.test"), "shop.test", True),
        (("127.0.0.1",), "127.0.0.1", True),
        (("::1",), "0:0:0:0:0:0:0:1", True),
        (("*.0.0.1",), "127.0.0.1", False),
    ],
)
def test_covered_names(names: tuple[str, ...], host: str, covered: bool) -> None:
    assert covers(names, host) is covered


def hello_body(extensions: bytes, session: bytes = b"", version: int = 0x0303) -> bytes:
    """The body of a ServerHello."""
    start = version.to_bytes(2, "big") + bytes(32) + bytes([len(session)]) + session + b"\x13\x01\x00"
    return start + len(extensions).to_bytes(2, "big") + extensions


CHOICE = bytes.fromhex("002b00020304") + bytes.fromhex("0033000211ec")


@given(st.binary(max_size=32))
def test_server_hello_is_read(session: bytes) -> None:
    assert parse_server_hello(hello_body(CHOICE, session)) == ServerAnswer(0x0304, 0x11EC, None)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(hello_body))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        answer = parse_server_hello(body)
    except NotTls:
        return
    assert answer.version is not None and answer.alert is None


@given(st.integers(0, len(hello_body(CHOICE)) - 1))
def test_a_cut_server_hello_never_names_a_group(end: int) -> None:
    try:
        answer = parse_server_hello(hello_body(CHOICE)[:end])
    except NotTls:
        return
    assert answer.group is None
