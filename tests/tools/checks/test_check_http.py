"""HTTP checks against servers on loopback."""

from __future__ import annotations

import asyncio
import gzip
import time
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from tests.tools.checks.certificates import self_signed, without_intermediate
from tests.tools.checks.loopback import NameServer, Serve, server_context
from tools.checks.body import BODY_LIMIT
from tools.checks.http import check_http
from tools.checks.trust import Trust
from tools.errors import CheckFailed, Refused
from tools.policy import operator_policy
from tools.resolve import Resolver, dns_lookup

HOME = (200, {"Content-Type": "text/html; charset=utf-8"}, "<title>Our &amp; Shop</title>käse".encode())


async def test_answer_with_timings(resolver: Resolver, trust: Trust, serve_http: Serve) -> None:
    server = await serve_http({"/a?b=1": HOME})
    report = await check_http(resolver, trust, f"http://shop.test:{server.port}/a?b=1#top")
    outcome = report.outcome
    assert (outcome.status, outcome.reason, outcome.server) == (200, "Fine", "tests")
    assert outcome.title == "Our & Shop"
    assert "käse" in outcome.body and outcome.body_bytes == len(HOME[2])
    assert report.address == "127.0.0.1" and report.tls is None and not report.body_truncated
    phases = report.phases
    assert phases.connect_ms is not None and phases.first_byte_ms is not None and phases.tls_ms is None
    parts = phases.resolve_ms + phases.connect_ms + phases.first_byte_ms + phases.body_ms
    assert 0 < parts <= outcome.total_ms
    assert f"Host: shop.test:{server.port}\r\n".encode() in server.requests[0]


async def test_https_tells_its_session(
    resolver: Resolver, trust: Trust, serve_http: Serve, authority: trustme.CA
) -> None:
    server = await serve_http({"/": HOME}, tls=server_context(authority.issue_cert("shop.test")))
    report = await check_http(resolver, trust, f"https://shop.test:{server.port}/")
    assert report.outcome.status == 200
    assert report.tls is not None and report.tls.version == "TLSv1.3"
    assert "Trusted Tests" in report.tls.issuer and report.tls.not_after > datetime.now(UTC)
    assert report.phases.tls_ms is not None and report.phases.tls_ms > 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("expired", "has expired"),
        ("wrong name", "does not cover this name"),
        ("self-signed", "is self-signed"),
        ("broken chain", "has an incomplete chain"),
    ],
)
async def test_each_bad_certificate_is_named(
    fault: str, words: str, resolver: Resolver, trust: Trust, serve_http: Serve, authority: trustme.CA
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    context = {
        "expired": lambda: server_context(authority.issue_cert("shop.test", not_after=yesterday)),
        "wrong name": lambda: server_context(authority.issue_cert("other.test")),
        "self-signed": lambda: self_signed("shop.test"),
        "broken chain": lambda: without_intermediate(authority, "shop.test"),
    }[fault]()
    server = await serve_http({"/": HOME}, tls=context)
    with pytest.raises(CheckFailed, match=words):
        await check_http(resolver, trust, f"https://shop.test:{server.port}/")
    assert server.requests == []


async def test_redirects_are_followed_and_listed(resolver: Resolver, trust: Trust, serve_http: Serve) -> None:
    server = await serve_http(
        {
            "/one": (301, {"Location": "/two words"}, b""),
            "/two%20words": (307, {"Location": "?three"}, b""),
            "/two%20words?three": HOME,
        }
    )
    base = f"http://shop.test:{server.port}"
    outcome = (await check_http(resolver, trust, f"{base}/one", "HEAD")).outcome
    assert outcome.redirects == (f"{base}/one", f"{base}/two%20words")
    assert outcome.final_url == f"{base}/two%20words?three"
    assert all(request.startswith(b"HEAD ") for request in server.requests)


@pytest.mark.parametrize(("status", "verb"), [(301, b"GET"), (303, b"GET"), (307, b"POST"), (308, b"POST")])
async def test_post_over_a_redirect(
    status: int, verb: bytes, resolver: Resolver, trust: Trust, serve_http: Serve
) -> None:
    server = await serve_http({"/": (status, {"Location": "/next"}, b""), "/next": HOME})
    await check_http(resolver, trust, f"http://shop.test:{server.port}/", "POST")
    assert server.requests[1].startswith(verb + b" /next ")


@pytest.mark.parametrize(("hops", "ends"), [(5, True), (6, False)])
async def test_at_most_five_redirects(
    hops: int, ends: bool, resolver: Resolver, trust: Trust, serve_http: Serve
) -> None:
    routes = {f"/{n}": (302, {"Location": f"/{n + 1}"}, b"") for n in range(hops)}
    server = await serve_http({**routes, f"/{hops}": HOME})
    url = f"http://shop.test:{server.port}/0"
    if ends:
        assert len((await check_http(resolver, trust, url)).outcome.redirects) == 5
    else:
        with pytest.raises(CheckFailed, match="more than 5 times"):
            await check_http(resolver, trust, url)
        assert len(server.requests) == 6


@pytest.mark.parametrize(
    "location", ["ftp://shop.test/", "file:///etc/passwd", "http://[::1", "http://a b.test/", "javascript:x"]
)
async def test_redirects_to_what_is_no_web_page(
    location: str, resolver: Resolver, trust: Trust, serve_http: Serve
) -> None:
    server = await serve_http({"/": (302, {"Location": location}, b"")})
    with pytest.raises(Refused):
        await check_http(resolver, trust, f"http://shop.test:{server.port}/")


async def test_passwords_are_masked_and_not_handed_on(
    resolver: Resolver, trust: Trust, serve_http: Serve
) -> None:
    server = await serve_http({"/": (302, {"Location": "/next"}, b""), "/next": HOME})
    report = await check_http(resolver, trust, f"http://ops:s3cret@shop.test:{server.port}/")
    assert "s3cret" not in repr(report) and "ops:***@" in report.outcome.url
    assert b"authorization: basic" in server.requests[0].lower()
    assert b"authorization" not in server.requests[1].lower()


async def test_an_endless_body_is_cut(resolver: Resolver, trust: Trust, serve_http: Serve) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    server = await serve_http({"/": endless})
    report = await check_http(resolver, trust, f"http://shop.test:{server.port}/")
    assert report.body_truncated and report.outcome.body_bytes == BODY_LIMIT


async def test_a_gzip_bomb_is_cut(resolver: Resolver, trust: Trust, serve_http: Serve) -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, 9)
    server = await serve_http(
        {
            "/": (200, {"Content-Encoding": "gzip"}, bomb),
            "/s": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"ok")),
        }
    )
    report = await check_http(resolver, trust, f"http://shop.test:{server.port}/")
    assert report.body_truncated and report.outcome.body_bytes == BODY_LIMIT
    assert (await check_http(resolver, trust, f"http://shop.test:{server.port}/s")).outcome.body == "ok"


@pytest.mark.parametrize("charset", ["rot13", "idna", "utf-7", "no such", "utf-8"])
async def test_strange_charsets_are_read_as_utf8(
    charset: str, resolver: Resolver, trust: Trust, serve_http: Serve
) -> None:
    page = (200, {"Content-Type": f"text/html; charset={charset}"}, "\xff ä".encode() + b"\xff")
    server = await serve_http({"/": page})
    body = (await check_http(resolver, trust, f"http://shop.test:{server.port}/")).outcome.body
    assert body == "\xff ä\ufffd"


@pytest.mark.parametrize("place", ["before the answer", "within the body"])
async def test_the_deadline_is_total(place: str, resolver: Resolver, trust: Trust, serve_http: Serve) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if place == "within the body":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"H")
            await writer.drain()
            await asyncio.sleep(0.02)

    server = await serve_http({"/": drip})
    began = time.perf_counter()
    with pytest.raises(CheckFailed, match="within 300 ms"):
        await check_http(resolver, trust, f"http://shop.test:{server.port}/", timeout_s=0.3)
    assert time.perf_counter() - began < 1.5


async def test_it_can_be_cancelled(resolver: Resolver, trust: Trust, serve_http: Serve) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.set()
        await reader.read()
        gone.set()

    begun, gone = asyncio.Event(), asyncio.Event()
    server = await serve_http({"/": hang})
    task = asyncio.create_task(check_http(resolver, trust, f"http://shop.test:{server.port}/"))
    await asyncio.wait_for(begun.wait(), 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(gone.wait(), 2)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200\r\nnonsense\r\n\r\n"])
async def test_what_is_no_http(answer: bytes, resolver: Resolver, trust: Trust, serve_http: Serve) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    server = await serve_http({"/": speak})
    with pytest.raises(CheckFailed, match="gave no HTTP answer"):
        await check_http(resolver, trust, f"http://shop.test:{server.port}/")


async def test_refused_connection_and_unknown_name(resolver: Resolver, trust: Trust, serve: Serve) -> None:
    with pytest.raises(CheckFailed, match="refused the connection on port 9"):
        await check_http(resolver, trust, "http://shop.test:9/")
    with pytest.raises(CheckFailed, match=r"nowhere\.test does not resolve"):
        await check_http(resolver, trust, "http://nowhere.test/")


async def test_environment_proxies_are_ignored(
    resolver: Resolver, trust: Trust, serve_http: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = await serve_http({})
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    server = await serve_http({"/": HOME})
    assert (await check_http(resolver, trust, f"http://shop.test:{server.port}/")).outcome.status == 200
    assert proxy.accepted == 0


async def test_a_rebinding_name_never_reaches_the_canary(
    names: NameServer, trust: Trust, serve_http: Serve
) -> None:
    """The operator allows 127.0.0.2 alone; the name turns to 127.0.0.1 behind its first answer."""
    resolver = Resolver(operator_policy(["127.0.0.2"]), dns_lookup(["127.0.0.1"], names.port))
    decoy = await serve_http({"/": HOME, "/again": (302, {"Location": "/"}, b"")}, hosts=("127.0.0.2",))
    canary = await serve_http({"/": HOME}, port=decoy.port)
    names.zone.add("rebind.test", ["127.0.0.2"], ["127.0.0.1"])
    report = await check_http(resolver, trust, f"http://rebind.test:{decoy.port}/")
    assert report.address == "127.0.0.2"
    assert [kind for name, kind in names.zone.asked if name == "rebind.test"].count("A") == 1
    names.zone.add("rebind.test", ["127.0.0.2"], ["127.0.0.1"])
    with pytest.raises(Refused, match=r"redirects to .* loopback address"):
        await check_http(resolver, trust, f"http://rebind.test:{decoy.port}/again")
    assert decoy.accepted == 2 and canary.accepted == 0
