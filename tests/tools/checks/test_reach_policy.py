"""The judgement of addresses, and the plain spelling of hosts."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.checks.loopback import LoopbackGuard, NameServer
from tools.errors import CheckFailed, Refused
from tools.policy import operator_policy, public_policy
from tools.resolve import Resolver, canonical_host

LEGITIMATE = [
    *("1.1.1.1", "8.8.8.8", "9.9.9.9", "93.184.216.34", "140.82.121.4", "151.101.1.69", "104.16.132.229"),
    *("11.0.0.1", "9.255.255.255", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1"),
    *("169.253.255.255", "169.255.0.1", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.0.3.1"),
    *("192.88.98.1", "192.167.255.255", "192.169.0.1", "198.17.255.255", "198.20.0.1", "198.51.99.1"),
    *("203.0.112.1", "203.0.114.1", "223.255.255.255", "168.63.129.17", "1.0.0.0", "192.31.196.1"),
    *("2606:4700:4700::1111", "2001:4860:4860::8888", "2620:fe::fe", "2a00:1450:4001:82a::200e"),
    *("2400:cb00:2048:1::6814:55", "2001:200::1", "2001:db7:ffff::1", "2001:db9::1", "2003::1"),
    *("2001:67c:2e8:22::c100:68b", "3ffe::1", "2a02:26f0::1", "2600:1f18::1:5efe:7f00:1", "2c0f:fb50::1"),
    *("64:ff9b::808:808", "64:ff9b::5db8:d822", "::ffff:8.8.8.8", "::ffff:5db8:d822", "240e::1"),
]
NAMES = {
    "shop.example": ["93.184.216.34"],
    "SHOP.Example.": ["93.184.216.34"],
    "Bücher.example": ["93.184.216.34"],
    "xn--bcher-kva.example": ["93.184.216.34"],
    "_dmarc.shop.example": ["93.184.216.34"],
    "1and1.example": ["93.184.216.34"],
    "0x7f.example": ["93.184.216.34"],
    "127.0.0.1.example": ["93.184.216.34"],
    "v6.example": ["2606:4700:4700::1111"],
    "alias.example": ["shop.example."],
    "mixed.example": ["127.0.0.1", "93.184.216.34"],
}


@pytest.mark.parametrize("address", LEGITIMATE)
async def test_public_addresses_pass(address: str, public: Resolver) -> None:
    expected = ip_address(address)
    mapped = expected.ipv4_mapped if isinstance(expected, IPv6Address) else None
    assert (await public.find(address)).address == (mapped or expected)


@pytest.mark.parametrize("name", NAMES)
async def test_public_names_pass(name: str, public: Resolver, names: NameServer) -> None:
    for known, answers in NAMES.items():
        names.zone.add(canonical_host(known), answers)
    target = await public.find(name)
    assert str(target.address) in ("93.184.216.34", "2606:4700:4700::1111")
    assert target.host == target.server_name == canonical_host(name)


def test_there_are_enough_controls() -> None:
    assert len({*LEGITIMATE, *NAMES}) >= 50


@given(st.ip_addresses(v=4))
def test_what_python_calls_private_is_never_public(address: IPv4Address) -> None:
    if not address.is_global or address.is_multicast:
        with pytest.raises(Refused):
            public_policy().admit(address, str(address))


@given(st.ip_addresses(v=6))
def test_what_python_calls_private_is_never_public_in_version_6(address: IPv6Address) -> None:
    if not address.is_global or address.is_multicast or address.sixtofour or address.teredo:
        with pytest.raises(Refused):
            public_policy().admit(address, str(address))


@pytest.mark.parametrize(
    ("allowed", "address", "admitted"),
    [
        (["10.1.0.0/16"], "10.1.2.3", True),
        (["10.1.0.0/16"], "10.2.0.1", False),
        (["10.1.0.0/16"], "::ffff:10.1.2.3", True),
        (["10.1.0.0/16"], "64:ff9b::a01:203", True),
        (["10.1.0.0/16"], "64:ff9b::a02:1", False),
        (["10.1.0.0/16"], "2002:a01:203::1", False),
        (["2002::/16", "10.1.0.0/16"], "2002:a01:203::1", True),
        (["2002::/16"], "2002:a01:203::1", False),
        (["fe80::/10"], "fe80::1%eth0", False),
        ([], "8.8.8.8", True),
        (["0.0.0.0/0", "::/0"], "169.254.169.254", False),
        (["0.0.0.0/0", "::/0"], "fd00:ec2::254", False),
        (["169.254.169.254"], "169.254.169.254", True),
        (["0.0.0.0/0", "::/0"], "224.0.0.1", False),
        (["0.0.0.0/0", "::/0"], "0.0.0.0", False),
        (["0.0.0.0/0", "::/0"], "::", False),
        (["0.0.0.0/0", "::/0"], "ff02::1", False),
        (["0.0.0.0/0", "::/0"], "255.255.255.255", False),
        (["0.0.0.0/0", "::/0"], "::1", True),
        (["::/0"], "2001:470::5efe:127.0.0.1", False),
    ],
)
def test_the_operators_list(allowed: list[str], address: str, admitted: bool) -> None:
    policy = operator_policy(allowed)
    if admitted:
        policy.admit(ip_address(address), address)
    else:
        with pytest.raises(Refused):
            policy.admit(ip_address(address), address)


def test_reasons_are_one_sentence_with_a_cure() -> None:
    inside = ip_address("10.0.0.5")
    with pytest.raises(Refused) as refusal:
        public_policy().admit(inside, "db.example")
    assert str(refusal.value) == (
        "db.example leads to a private address, and only public internet addresses may be reached: give a"
        " public host."
    )
    with pytest.raises(Refused) as refusal:
        operator_policy(["10.1.0.0/16"]).admit(inside, "db.example")
    assert str(refusal.value) == (
        "db.example leads to 10.0.0.5, a private address, and the operator allows public addresses and the"
        " ranges 10.1.0.0/16: give such a host, or ask the operator to allow this one."
    )


def test_a_wrong_range_is_named() -> None:
    with pytest.raises(ValueError, match=r"'10\.0\.0\.1/8' among the allowed ranges"):
        operator_policy(["10.1.0.0/16", "10.0.0.1/8"])


@pytest.mark.parametrize(
    "text", ["-rf", "a,b", "a b", "a\nb", "a\0b", "", ".", "a..b", "http://a", "a/b", "a" * 64]
)
def test_what_is_no_host(text: str) -> None:
    with pytest.raises(Refused):
        canonical_host(text)


@given(st.text(max_size=80))
def test_any_text_becomes_a_plain_host_or_is_refused(text: str) -> None:
    try:
        plain = canonical_host(text)
    except Refused:
        return
    assert plain.isascii() and plain == plain.lower() and canonical_host(plain) == plain


async def test_a_name_without_address(public: Resolver) -> None:
    with pytest.raises(CheckFailed, match="does not resolve"):
        await public.find("nowhere.example")


async def test_names_are_looked_up_as_the_system_does(guard: LoopbackGuard) -> None:
    target = await Resolver(operator_policy(["127.0.0.0/8", "::1"])).find("localhost")
    assert target.address.is_loopback
    with pytest.raises(Refused, match=r"^localhost leads to a loopback address"):
        await Resolver(public_policy()).find("localhost")
