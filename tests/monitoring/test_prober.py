"""One check of a watched host, of every kind, against real servers on loopback."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator

import pytest
import trustme
from aiosmtpd.controller import Controller
from dnslib import QTYPE, RR, A
from dnslib.server import BaseResolver, DNSServer

from monitoring.hosts.host import ProbeSpec
from monitoring.hosts.options import HostOptions, status_accepted
from monitoring.probe.prober import Prober, spec_url
from monitoring.probe.reading import Reading, reading_from_json
from tests.listening import listening
from tests.monitoring.servers import Page, serving
from tools.checks.trust import Trust, load_trust
from tools.clock import system_clock
from tools.policy import public_policy
from tools.records import Endpoint
from tools.resolve import Resolver


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trust(authority: trustme.CA) -> Trust:
    return load_trust(authority.cert_pem.bytes().decode())


@pytest.fixture
def prober(resolver: Resolver, trust: Trust) -> Prober:
    return Prober(resolver, trust, system_clock, pings=2)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with serving(Page()) as made:
        yield made


def _spec(
    endpoint: Endpoint, port: int | None = None, address: str = "127.0.0.1", **options: object
) -> ProbeSpec:
    return ProbeSpec(address, endpoint, port, 5000, HostOptions.model_validate(options))


def _unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


async def test_a_page(prober: Prober, page: Page) -> None:
    reading = await prober.probe(_spec("http", page.port))
    assert reading.ok and reading.cause is None and (reading.response_ms or 0) > 0
    assert reading.facts["probe_http_status_code"] == 200
    assert reading.facts["probe_ip_protocol"] == 4
    assert reading.facts["probe_http_duration_seconds:connect"] > 0
    assert reading_from_json(reading.to_json()).response_ms == reading.response_ms


@pytest.mark.parametrize(
    ("endpoint", "status", "body", "options", "cause"),
    [
        ("http", 500, b"x", {}, "status 500 Fine"),
        ("http", 404, b"x", {"statuses": "200,404"}, None),
        ("http", 200, b"x", {"statuses": "300-399"}, "status 200 Fine"),
        ("http", 200, b"all is well", {"keyword": "well"}, None),
        ("http", 200, b"all is well", {"keyword": "ill"}, "the page does not contain 'ill'"),
        ("http", 200, b"error", {"keyword": "error", "keyword_absent": True}, "the page contains 'error'"),
        ("http", 500, b"x", {"upside_down": True}, None),
        ("http", 200, b"x", {"upside_down": True}, "it answers, and should not"),
        ("httphtml", 200, b"<p>hello", {}, None),
        ("httphtml", 200, b"hello", {}, "the page is no HTML"),
        ("httphtml", 200, b"", {}, "the page is empty"),
    ],
)
async def test_what_a_page_is_held_against(
    prober: Prober,
    page: Page,
    endpoint: Endpoint,
    status: int,
    body: bytes,
    options: dict[str, object],
    cause: str | None,
) -> None:
    page.status, page.body = status, body
    reading = await prober.probe(_spec(endpoint, address=f"http://127.0.0.1:{page.port}/", **options))
    assert (reading.ok, reading.cause) == (cause is None, cause)


async def test_certificates(prober: Prober, authority: trustme.CA, resolver: Resolver, trust: Trust) -> None:
    page = Page()
    good, other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(good)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(other)
    for context, verify, ok in ((good, True, True), (other, True, False), (other, False, True)):
        async with listening(page.answer, tls=context) as port:
            reading = await prober.probe(_spec("https", port, verify_tls=verify))
        assert reading.ok is ok, reading.cause
        assert (reading.certificate_ends is not None) is (ok and verify)
        if not ok:
            assert "not trusted" in (reading.cause or "")


async def test_ports(prober: Prober, page: Page) -> None:
    assert (await prober.probe(_spec("tcp", page.port))).ok
    closed = await prober.probe(_spec("tcp", port := _unused_port()))
    assert closed.cause == f"port {port} is closed: nothing listens there"
    assert closed.response_ms is None and closed.received == 0


async def test_ping(prober: Prober) -> None:
    reading = await prober.probe(_spec("icmp"))
    assert reading.ok and (reading.sent, reading.received) == (2, 2)
    assert reading.facts["probe_icmp_duration_seconds:rtt"] > 0


async def test_mail_servers(prober: Prober) -> None:
    controller = Controller(object(), hostname="127.0.0.1", port=_unused_port())
    controller.start()
    try:
        assert (await prober.probe(_spec("smtp", controller.port))).ok
    finally:
        controller.stop()
    refused = await prober.probe(_spec("smtp", controller.port))
    assert not refused.ok and "no working mail server" in (refused.cause or "")


class _Zone(BaseResolver):
    def resolve(self, request: object, handler: object) -> object:
        reply = request.reply()  # type: ignore[attr-defined]
        if str(request.q.qname) == "shop.test." and request.q.qtype == QTYPE.A:  # type: ignore[attr-defined]
            reply.add_answer(RR("shop.test", QTYPE.A, rdata=A("127.0.0.1"), ttl=1))
        return reply


async def test_names(resolver: Resolver, trust: Trust) -> None:
    server = DNSServer(_Zone(), address="127.0.0.1", port=0, logger=type("L", (), {"__getattr__": _silent})())
    server.start_thread()
    port = server.server.server_address[1]
    prober = Prober(resolver, trust, system_clock, dns_servers=("127.0.0.1",), dns_port=port)
    try:
        found = await prober.probe(_spec("dns", address="shop.test"))
        assert found.ok and found.facts["probe_dns_answer_rrs"] == 1
        missing = await prober.probe(_spec("dns", address="shop.test", record_type="MX"))
        assert missing.cause == "shop.test has no MX record"
    finally:
        server.stop()
        server.server.server_close()


def _silent(self: object, name: str) -> object:
    return lambda *arguments: None


async def test_forbidden_addresses_are_refused_at_every_check(trust: Trust, page: Page) -> None:
    prober = Prober(Resolver(public_policy()), trust, system_clock)
    for endpoint in ("icmp", "http", "tcp", "smtp", "quantum"):
        reading = await prober.probe(_spec(endpoint, page.port))
        assert not reading.ok and "only public internet addresses" in (reading.cause or "")
    assert page.requests == []


async def test_causes_hold_no_passwords_and_no_escapes(prober: Prober, page: Page) -> None:
    page.status, page.headers = 302, "Location: http://bob:hunter2@127.0.0.1:1/\x1b[31m\r\n"
    address = f"http://alice:hunter3@127.0.0.1:{page.port}/"
    reading = await prober.probe(_spec("http", address=address))
    assert not reading.ok and "hunter" not in (reading.cause or "") and "\x1b" not in (reading.cause or "")


async def test_a_host_that_never_answers_costs_its_timeout(prober: Prober) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as port:
        reading = await prober.probe(ProbeSpec("127.0.0.1", "http", port, 300))
    assert "did not answer within 300 ms" in (reading.cause or "")


@pytest.mark.parametrize(
    ("address", "endpoint", "port", "url"),
    [
        ("shop.test", "http", None, "http://shop.test"),
        ("shop.test", "https", 8443, "https://shop.test:8443"),
        ("::1", "httphtml", 80, "https://[::1]:80"),
        ("http://shop.test/x?y", "http", 81, "http://shop.test:81/x?y"),
        ("http://shop.test:82/x", "http", 81, "http://shop.test:82/x"),
        ("http://a:b@shop.test/x", "http", 81, "http://a:b@shop.test:81/x"),
    ],
)
def test_urls(address: str, endpoint: Endpoint, port: int | None, url: str) -> None:
    assert spec_url(_spec(endpoint, port, address)) == url


def test_status_codes() -> None:
    assert [code for code in (200, 204, 299, 300, 401, 404) if status_accepted("200-299,401", code)] == [
        200, 204, 299, 401,
    ]  # fmt: skip
    for wrong in ("20", "200-", "300-200", "600", "a"):
        with pytest.raises(ValueError, match="no status code or range"):
            HostOptions(statuses=wrong)


def test_what_is_no_reading_is_refused() -> None:
    for wrong in ({}, {"at": "x", "ok": True}, {"at": 10**30, "ok": True}):
        with pytest.raises(ValueError, match="not a reading"):
            reading_from_json(wrong)
    assert reading_from_json({"at": 0, "ok": 1}) == Reading(reading_from_json({"at": 0, "ok": 1}).at, True)
