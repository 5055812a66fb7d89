"""Targets that must not be reached: every form of every forbidden address."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

from tests.tools.checks.loopback import Zone

FORBIDDEN = [
    *("127.0.0.1", "127.0.0.53", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1"),
    *("172.31.255.254", "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.170.2", "100.64.0.1"),
    *("100.100.100.200", "192.0.0.192", "192.0.0.8", "198.18.0.1", "198.19.255.255", "192.0.2.1"),
    *("198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("0.0.0.0", "0.1.2.3", "168.63.129.16", "192.88.99.1"),
]
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
FULL_WIDTH = {ord(c): ord(c) + 0xFEE0 for c in "0123456789."}


def number(text: str) -> int:
    """The address as a number."""
    return int(IPv4Address(text))


def octets(text: str) -> list[int]:
    """The address as four numbers."""
    return list(IPv4Address(text).packed)


def v6(prefix: str, shift: int, value: int) -> str:
    """An IPv6 address that holds a value at a place."""
    return str(IPv6Address(int(IPv6Address(prefix)) | value << shift))


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "trailing dot": lambda a: f"{a}.",
    "decimal": lambda a: str(number(a)),
    "hex": lambda a: hex(number(a)),
    "dotted hex": lambda a: ".".join(hex(o) for o in octets(a)),
    "dotted octal": lambda a: ".".join(f"0{o:o}" for o in octets(a)),
    "long octal": lambda a: ".".join(f"{o:010o}" for o in octets(a)),
    "two parts": lambda a: f"{octets(a)[0]}.{number(a) & 0xFFFFFF}",
    "three parts": lambda a: f"{octets(a)[0]}.{octets(a)[1]}.{number(a) & 0xFFFF}",
    "mixed": lambda a: f"{octets(a)[0]:#x}.{octets(a)[1]}.0{octets(a)[2]:o}.{octets(a)[3]}",
    "circled": lambda a: a.translate(CIRCLED),
    "full width": lambda a: a.translate(FULL_WIDTH),
    "ideographic dots": lambda a: a.replace(".", "。"),
    "half-width dots": lambda a: a.replace(".", "｡"),
    "mapped": lambda a: f"::ffff:{a}",
    "mapped hex": lambda a: f"::ffff:{number(a) >> 16:x}:{number(a) & 0xFFFF:x}",
    "mapped long": lambda a: f"0:0:0:0:0:FFFF:{number(a) >> 16:04X}:{number(a) & 0xFFFF:04X}",
    "compatible": lambda a: f"::{a}",
    "translated": lambda a: f"::ffff:0:{a}",
    "NAT64": lambda a: f"64:ff9b::{a}",
    "6to4": lambda a: v6("2002::1", 80, number(a)),
    "Teredo": lambda a: v6("2001:0:4136:e378::", 0, number(a) ^ 0xFFFFFFFF),
    "ISATAP": lambda a: f"2001:470:1:2:0:5efe:{a}",
    "name": lambda a: f"a-{number(a):08x}.evil.test",
    "alias": lambda a: f"c-{number(a):08x}.evil.test",
    "mapped by name": lambda a: f"m-{number(a):08x}.evil.test",
}
OTHERS = [
    *("localhost", "LOCALHOST", "localhost.", "ip6-localhost", "metadata.google.internal", "printer"),
    *("::1", "0:0:0:0:0:0:0:1", "::", "[::1]", "[::]", "fe80::1", "fe80::1%1", "fe80::1%eth0", "fec0::1"),
    *("fc00::1", "fd00:ec2::254", "fd20:ce::254", "ff02::1", "ff0e::1", "100::1", "2001:db8::1", "3fff::1"),
    *("5f00::1", "64:ff9b:1::7f00:1", "2001:2::1", "2001:10::1", "2001:20::1", "4000::1", "8000::1"),
    *("127.1", "127.0.1", "0", "0x0", "00", "127.0.0.1%00", "127.0.0.1 ", " 127.0.0.1", "127.0.0.1\n"),
    *(
        "127.0.0.1,8.8.8.8",
        "8.8.8.8,127.0.0.1",
        "-127.0.0.1",
        "127.0.0.1/8",
        "0x7f000001.",
        "1.1.1.1@127.0.0.1",
    ),
    *("127.0.0.1#@8.8.8.8", "127.0.0.1\\@8.8.8.8", "①②⑦.1", "0x7F.1", "0177.1", "\uff14\uff12"),
]
TARGETS = list(dict.fromkeys([*(form(address) for form in FORMS.values() for address in FORBIDDEN), *OTHERS]))


def add_names(zone: Zone) -> None:
    """Adds names that lead to forbidden addresses, plainly, by an alias and in mapped form."""
    for address in FORBIDDEN:
        zone.add(FORMS["name"](address), [address])
        zone.add(FORMS["alias"](address), [f"{FORMS['name'](address)}."])
        zone.add(FORMS["mapped by name"](address), [FORMS["mapped hex"](address)])
    for name in ("localhost", "ip6-localhost", "printer"):
        zone.add(name, ["127.0.0.1", "::1"])
    zone.add("metadata.google.internal", ["169.254.169.254"])


def in_url(target: str) -> str:
    """The host part of a URL."""
    return f"[{target}]" if ":" in target and not target.startswith("[") else target
