"""DNS checks against a DNS server on loopback."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.tools.checks.loopback import NameServer
from tools.checks.dns import check_dns
from tools.errors import CheckFailed, Refused
from tools.policy import operator_policy, public_policy
from tools.records import DnsOutcome, RecordType

LOCAL = operator_policy(["127.0.0.0/8"])
ZONE = {
    ("all.test", "A"): (
        "all.test. 60 IN A 192.0.2.7\nall.test. 60 IN A 192.0.2.8",
        ("192.0.2.7", "192.0.2.8"),
    ),
    ("all.test", "AAAA"): ("all.test. 60 IN AAAA 2001:db8::7", ("2001:db8::7",)),
    ("www.test", "CNAME"): ("www.test. 60 IN CNAME all.test.", ("all.test",)),
    ("all.test", "MX"): (
        "all.test. 60 IN MX 20 mx2.test.\nall.test. 60 IN MX 10 mx1.test.",
        ("20 mx2.test", "10 mx1.test"),
    ),
    ("all.test", "NS"): ("all.test. 60 IN NS ns1.test.", ("ns1.test",)),
    ("all.test", "TXT"): ('all.test. 60 IN TXT "v=spf1 " "-all"', ("v=spf1 -all",)),
    ("all.test", "SOA"): (
        "all.test. 60 IN SOA ns1.test. ops.test. 7 7200 3600 86400 300",
        ("ns1.test ops.test 7 7200 3600 86400 300",),
    ),
    ("all.test", "CAA"): ('all.test. 60 IN CAA 0 issue "ca.test"', ('0 issue "ca.test"',)),
    ("_sip._tcp.all.test", "SRV"): (
        "_sip._tcp.all.test. 60 IN SRV 10 5 5060 pbx.test.",
        ("10 5 5060 pbx.test",),
    ),
}


async def ask(names: NameServer, name: str, kind: RecordType = "A", timeout_s: float = 5) -> DnsOutcome:
    """Asks the server on loopback, by choosing it."""
    return await check_dns(LOCAL, name, kind, "127.0.0.1", port=names.port, timeout_s=timeout_s)


@pytest.mark.parametrize(("name", "kind"), ZONE)
async def test_every_record_type(name: str, kind: RecordType, names: NameServer) -> None:
    text, answers = ZONE[name, kind]
    names.zone.records[name, kind] = text
    outcome = await ask(names, name, kind)
    assert (set(outcome.answers), outcome.ttl_s, outcome.resolver) == (set(answers), 60, "127.0.0.1")
    assert (name, kind) in names.zone.asked


@pytest.mark.parametrize(
    ("address", "question"),
    [("192.0.2.7", "7.2.0.192.in-addr.arpa"), ("2001:db8::1", f"1{'.0' * 23}.8.b.d.0.1.0.0.2.ip6.arpa")],
)
async def test_ptr_takes_an_address(address: str, question: str, names: NameServer) -> None:
    names.zone.records[question, "PTR"] = f"{question}. 60 IN PTR shop.test."
    outcome = await ask(names, address, "PTR")
    assert outcome.answers == ("shop.test",) and outcome.name == address
    with pytest.raises(Refused, match="takes an IP address"):
        await ask(names, "shop.test", "PTR")


async def test_an_address_through_a_canonical_name(names: NameServer) -> None:
    names.zone.add("www.test", ["shop.test."])
    assert (await ask(names, "www.test")).answers == ("127.0.0.1",)


async def test_no_record_and_no_name(names: NameServer) -> None:
    names.zone.records["all.test", "A"] = ZONE["all.test", "A"][0]
    outcome = await ask(names, "all.test", "MX")
    assert outcome.answers == () and outcome.ttl_s is None
    with pytest.raises(CheckFailed, match=r"nowhere\.test does not exist according to 127\.0\.0\.1"):
        await ask(names, "nowhere.test")


async def test_international_names_are_asked_in_punycode(names: NameServer) -> None:
    names.zone.add("xn--bcher-kva.test", ["192.0.2.9"])
    assert (await ask(names, "Bücher.test")).answers == ("192.0.2.9",)


async def test_usual_servers_need_no_allowance(names: NameServer) -> None:
    outcome = await check_dns(public_policy(), "shop.test", servers=["127.0.0.1"], port=names.port)
    assert outcome.answers == ("127.0.0.1",) and outcome.resolver == "default"


@pytest.mark.parametrize("resolver", ["127.0.0.1", "::ffff:127.0.0.1", "10.0.0.53", "not-an-ip", "fe80::1%1"])
async def test_a_chosen_server_is_judged(resolver: str, names: NameServer) -> None:
    with pytest.raises(Refused):
        await check_dns(public_policy(), "shop.test", "A", resolver, port=names.port)
    assert names.zone.asked == []


async def test_a_silent_server_ends_in_time() -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, ("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    began = time.perf_counter()
    with pytest.raises(CheckFailed, match=r"127\.0\.0\.1"):
        await check_dns(LOCAL, "shop.test", "A", "127.0.0.1", port=port, timeout_s=0.3)
    assert time.perf_counter() - began < 2
    transport.close()
