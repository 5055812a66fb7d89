"""Whois: against an RDAP server and port-43 servers on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.checks.loopback import Handler, Serve, Server, server_context
from tools.checks.port43 import Port43, read_fields, whois_fields
from tools.checks.rdap import Rdap, read_domain, read_network
from tools.checks.registration import Registered, masked, read_date
from tools.checks.trust import Trust
from tools.checks.whois import Whois
from tools.clock import SetClock
from tools.errors import CheckFailed, NotFound, Refused
from tools.policy import Address, ReachPolicy, operator_policy, public_policy
from tools.resolve import Resolver, unresolved

_LOOPBACK = operator_policy(["127.0.0.0/8"])
_NAMES = {"rdap.test": "127.0.0.1", "whois.nic.test": "127.0.0.2", "whois.registrar.test": "127.0.0.3"}
_NOWHERE = 9


async def _lookup(host: str) -> Sequence[Address]:
    if host not in _NAMES:
        raise unresolved(host)
    return [ip_address(_NAMES[host])]


def _whois(
    trust: Trust,
    bootstrap: str,
    port: int = _NOWHERE,
    policy: ReachPolicy = _LOOPBACK,
    clock: SetClock | None = None,
    deadline_s: float = 10.0,
) -> Whois:
    resolver = Resolver(policy, _lookup)

    async def resolve(host: str) -> str:
        return str((await resolver.find(host)).address)

    time = clock or SetClock(datetime(2026, 11, 22, tzinfo=UTC))
    rdap = Rdap(resolve, trust.strict, time, bootstrap)
    return Whois(rdap, Port43(resolve, "127.0.0.1", port), deadline_s)


def _card(**properties: str) -> list[Any]:
    rows = [["version", {}, "text", "4.0"], *([key, {}, "text", value] for key, value in properties.items())]
    return ["vcard", rows]


_SHOP = {
    "objectClassName": "domain",
    "ldhName": "shop.test",
    "entities": [
        {"roles": ["registrar"], "handle": "292", "vcardArray": _card(fn="Example Registrar \x1b[31mInc.")},
        {"roles": ["registrant"], "vcardArray": _card(fn="Jane (jane.doe@shop.test)")},
    ],
    "events": [
        {"eventAction": "registration", "eventDate": "2001-02-03T04:05:06Z"},
        {"eventAction": "expiration", "eventDate": "2027-02-03T04:05:06.000001234Z"},
        {"eventAction": "last changed", "eventDate": "never"},
    ],
    "nameservers": [{"ldhName": "NS1.shop.test"}, {"ldhName": "ns2.shop.test."}, {"ldhName": "-bad-"}],
}
_BLOCK = {
    "objectClassName": "ip network",
    "handle": "NET-1",
    "name": "EXAMPLE-NET",
    "startAddress": "8.8.8.0",
    "endAddress": "8.8.8.255",
    "cidr0_cidrs": [{"v4prefix": "8.8.8.0", "length": 24}],
    "port43": "whois.arin.net",
    "entities": [{"roles": ["registrant"], "vcardArray": _card(org="Example Networks", fn="NOC")}],
    "events": [{"eventAction": "registration", "eventDate": "1999-01-02"}],
}


def _json(value: object) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/rdap+json"}, json.dumps(value).encode()


async def _registry(serve_http: Serve, routes: dict[str, Any], **options: Any) -> tuple[Server, str]:
    """Starts a server that is both IANA's lists and the registry; returns it with the URL of the lists."""
    server = await serve_http(routes, **options)
    scheme, host = ("https", "rdap.test") if options.get("tls") else ("http", "127.0.0.1")
    base = f"{scheme}://{host}:{server.port}"
    routes["/lists/dns.json"] = _json({"services": [[["test"], [f"{base}/registry"]]]})
    routes["/lists/ipv4.json"] = _json({"services": [[["8.0.0.0/8"], [f"{base}/registry/"]]]})
    return server, f"{base}/lists/"


async def test_a_domain_is_read_from_rdap(serve_http: Serve, trust: Trust) -> None:
    _, lists = await _registry(serve_http, {"/registry/domain/shop.test": _json(_SHOP)})
    found = await _whois(trust, lists).lookup("Shop.test.")
    assert (found.query, found.source) == ("shop.test", "RDAP")
    assert found.owner == "Jane (j***@shop.test)"
    assert found.created == datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert found.expires is not None and found.expires.date().isoformat() == "2027-02-03"
    assert found.name_servers == ("ns1.shop.test", "ns2.shop.test")
    assert found.network is None


async def test_a_name_below_the_registered_one_is_found(serve_http: Serve, trust: Trust) -> None:
    server, lists = await _registry(serve_http, {"/registry/domain/shop.test": _json(_SHOP)})
    assert (await _whois(trust, lists).lookup("www.eu.shop.test")).owner
    asked = [request.split()[1] for request in server.requests]
    names = [b"www.eu.shop.test", b"eu.shop.test", b"shop.test"]
    assert asked == [b"/lists/dns.json", *(b"/registry/domain/" + name for name in names)]


async def test_an_address_is_read_from_rdap(serve_http: Serve, trust: Trust) -> None:
    _, lists = await _registry(serve_http, {"/registry/ip/8.8.8.8": _json(_BLOCK)})
    found = await _whois(trust, lists).lookup("8.8.8.8")
    assert (found.network, found.owner, found.registrar) == ("8.8.8.0/24", "Example Networks", "ARIN")


async def test_rdap_over_tls_checks_the_name_and_goes_to_the_judged_address(
    serve_http: Serve, trust: Trust, authority: trustme.CA
) -> None:
    routes = {"/registry/domain/shop.test": _json(_SHOP)}
    right = server_context(authority.issue_cert("rdap.test"))
    _, lists = await _registry(serve_http, routes, tls=right)
    assert (await _whois(trust, lists).lookup("shop.test")).source == "RDAP"
    wrong = server_context(authority.issue_cert("other.test"))
    _, lists = await _registry(serve_http, routes, tls=wrong)
    with pytest.raises(CheckFailed, match=r"rdap\.test.*did not answer as RDAP should"):
        await _whois(trust, lists).lookup("shop.test")


async def test_the_lists_are_kept_for_a_day(serve_http: Serve, trust: Trust) -> None:
    server, lists = await _registry(serve_http, {"/registry/domain/shop.test": _json(_SHOP)})
    clock = SetClock(datetime(2026, 11, 22, tzinfo=UTC))
    whois = _whois(trust, lists, clock=clock)
    fetched: list[int] = []
    for step in (timedelta(0), timedelta(hours=23), timedelta(hours=2)):
        clock.advance(step)
        await whois.lookup("shop.test")
        fetched.append(sum(b"dns.json" in request for request in server.requests))
    assert fetched == [1, 1, 2]


async def test_what_is_not_registered_is_not_found(serve_http: Serve, trust: Trust) -> None:
    server, lists = await _registry(serve_http, {})
    whois = _whois(trust, lists)
    for query in ("free.test", "a.b.free.test", "8.8.4.4"):
        with pytest.raises(NotFound, match=f"No registration was found for .*{query}"):
            await whois.lookup(query)
    asked = len(server.requests)
    with pytest.raises(NotFound, match="not a public address"):
        await whois.lookup("192.168.1.1")
    assert len(server.requests) == asked


async def test_redirects_are_followed_but_each_is_judged(serve_http: Serve, trust: Trust) -> None:
    away = (302, {"Location": "/moved"}, b"")
    loop = (302, {"Location": "/registry/domain/loop.test"}, b"")
    inside = (302, {"Location": "http://10.0.0.1/latest"}, b"")
    routes = {
        "/registry/domain/shop.test": away,
        "/moved": _json(_SHOP),
        "/registry/domain/loop.test": loop,
        "/registry/domain/evil.test": inside,
    }
    _, lists = await _registry(serve_http, routes)
    assert (await _whois(trust, lists).lookup("shop.test")).source == "RDAP"
    with pytest.raises(CheckFailed, match="more than 5 redirects"):
        await _whois(trust, lists).lookup("loop.test")
    with pytest.raises(Refused, match=r"10\.0\.0\.1 is a private address"):
        await _whois(trust, lists).lookup("evil.test")


async def test_the_public_policy_keeps_it_from_loopback(serve_http: Serve, trust: Trust) -> None:
    server, lists = await _registry(serve_http, {})
    with pytest.raises(Refused, match="loopback"):
        await _whois(trust, lists, policy=public_policy()).lookup("shop.test")
    assert server.accepted == 0


def _text(reply: str, seen: list[bytes]) -> Handler:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readline())
        writer.write(reply.encode())
        await writer.drain()
        writer.write_eof()
        await reader.read()

    return answer


_ROOT = "% IANA WHOIS server\n\nrefer:        whois.nic.test\n\ndomain:       OLD\ncreated:      1985-01-01\n"
_REGISTRY = """   Domain Name: SHOP.OLD
   Registrar WHOIS Server: whois.registrar.test
   Registrar: Example Registrar
   Creation Date: 2001-02-03T04:05:06Z
   Registry Expiry Date: 2027-02-03T04:05:06Z
   Name Server: NS1.SHOP.TEST
   Name Server: ns2.shop.test 192.0.2.1
"""
_REGISTRAR = """Registrant Name: REDACTED FOR PRIVACY
Registrant Organization: Shop Ltd. <info@shop.test>
Registrar: Another Name
whois: whois.nic.test
"""


@pytest.mark.parametrize("broken", ["no list", "error", "no json", "too long", "deep", "not listed"])
async def test_port_43_is_asked_where_rdap_fails(
    serve: Serve, serve_http: Serve, trust: Trust, broken: str
) -> None:
    answers: dict[str, Any] = {
        "error": (500, {}, b"oops"),
        "no json": (200, {}, b"<html>"),
        "too long": (200, {}, b" " * 2_000_000),
        "deep": (200, {}, b"[" * 100_000),
        "no list": (404, {}, b""),
        "not listed": (404, {}, b""),
    }
    _, lists = await _registry(serve_http, {"/registry/domain/shop.test": answers[broken]})
    lists = f"{lists}elsewhere/" if broken == "no list" else lists
    query = "shop.old" if broken == "not listed" else "shop.test"
    seen: list[bytes] = []
    first = await serve(_text(_ROOT, seen))
    await serve(_text(_REGISTRY, seen), hosts=("127.0.0.2",), port=first.port)
    await serve(_text(_REGISTRAR, seen), hosts=("127.0.0.3",), port=first.port)
    found = await _whois(trust, lists, first.port).lookup(query)
    assert seen == [f"{query}\r\n".encode()] * 3
    assert (found.source, found.registrar) == ("whois, port 43", "Example Registrar")
    assert found.owner == "Shop Ltd. <i***@shop.test>"
    assert found.created == datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert found.name_servers == ("ns1.shop.test", "ns2.shop.test")


@pytest.mark.parametrize("referral", ["10.0.0.1", "whois://169.254.169.254", "nowhere.test", "127.0.0.1"])
async def test_a_referral_goes_nowhere_that_the_policy_forbids(
    serve: Serve, serve_http: Serve, trust: Trust, referral: str
) -> None:
    _, lists = await _registry(serve_http, {})
    seen: list[bytes] = []
    server = await serve(_text(f"refer: {referral}\nRegistrar: Root\n", seen))
    with pytest.raises((Refused, CheckFailed, NotFound)):
        await _whois(trust, lists, server.port).lookup("shop.old")
    assert len(seen) == 1


async def test_a_referral_cannot_choose_the_port(serve: Serve, serve_http: Serve, trust: Trust) -> None:
    _, lists = await _registry(serve_http, {})
    seen: list[bytes] = []
    canary = await serve(_text("secret", []), hosts=("127.0.0.2",))
    server = await serve(_text(f"ReferralServer: rwhois://whois.nic.test:{canary.port}/\n", seen))
    with pytest.raises(CheckFailed, match=r"whois\.nic\.test did not answer on port"):
        await _whois(trust, lists, server.port).lookup("shop.old")
    assert canary.accepted == 0


async def test_when_nothing_answers_both_failures_are_told(trust: Trust) -> None:
    with pytest.raises(CheckFailed, match=r"of shop.test could not be read: .*dns.json.*; The whois server"):
        await _whois(trust, f"http://127.0.0.1:{_NOWHERE}/").lookup("shop.test")


async def test_the_deadline_holds_for_all_of_it(serve: Serve, serve_http: Serve, trust: Trust) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"Registrar: slow\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    _, lists = await _registry(serve_http, {})
    server = await serve(drip)
    with pytest.raises(CheckFailed, match=r"within 0.5 s"):
        await _whois(trust, lists, server.port, deadline_s=0.5).lookup("shop.old")


@pytest.mark.parametrize("query", ["", "a b", "shop.test\r\nother", "-x", "a,b", "http://shop.test/", "a..b"])
async def test_what_is_no_domain_is_refused(trust: Trust, query: str) -> None:
    with pytest.raises(Refused, match="give a domain name"):
        await _whois(trust, "http://127.0.0.1:9/").lookup(query)


async def test_other_scripts_are_asked_for_in_a_labels(serve_http: Serve, trust: Trust) -> None:
    _, lists = await _registry(serve_http, {"/registry/domain/xn--bcher-kva.test": _json(_SHOP)})
    assert (await _whois(trust, lists).lookup("Bücher.test")).query == "xn--bcher-kva.test"


@pytest.mark.parametrize(
    "text",
    ["2027-02-03", "2027-02-03T00:00:00Z", "20270203", "03.02.2027", "3-Feb-2027", "2027-02-03 00:00:00"],
)
def test_dates_of_registries(text: str) -> None:
    assert read_date(text) == datetime(2027, 2, 3, tzinfo=UTC)


def test_addresses_are_masked() -> None:
    assert masked("a.b@c.test, <x@y.test>") == "a***@c.test, <x***@y.test>"


_KEYS = st.sampled_from(
    [
        "entities",
        "roles",
        "vcardArray",
        "events",
        "eventAction",
        "nameservers",
        "ldhName",
        "cidr0_cidrs",
        "name",
    ]
)
_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_KEYS | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(_KEYS, _ANY_JSON, max_size=6))
def test_any_json_is_survived(document: dict[str, Any]) -> None:
    assert isinstance(read_domain(document), Registered)
    assert isinstance(read_network(document), Registered)


@given(st.lists(st.sampled_from([*_REGISTRY.splitlines(), *_REGISTRAR.splitlines()]) | st.text(), max_size=8))
def test_any_text_is_survived(lines: list[str]) -> None:
    found = read_fields(whois_fields("\n".join(lines)))
    assert "@shop" not in (found.owner or "").replace("***@shop", "")


def test_a_long_line_takes_no_time() -> None:
    assert whois_fields("a" * 200_000) == {} and whois_fields("a: " + " " * 200_000) == {}
