"""Draws hosts as networks have them: labels, domains, machines, addresses, URLs and patterns.

All of them come from spaces too large to memorise.
"""

from __future__ import annotations

import ipaddress
from random import Random

from training.places import CITIES, CODES
from training.words import (
    DEVICES,
    DOMAIN_WORDS,
    FILE_ENDS,
    FILES,
    FOREIGN_WORDS,
    PATHS,
    PRIVATE_SUFFIXES,
    SERVICES,
    SIBLINGS,
    SUBDOMAINS,
    SYLLABLES,
    TLDS,
)

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_CITY_LABELS = tuple(city.lower().replace(" ", "") for city in CITIES if city.isascii() and "'" not in city)


def label(rng: Random) -> str:
    """One label of a host name, pronounceable or not."""
    kind = rng.random()
    if kind < 0.26:
        return rng.choice(DOMAIN_WORDS)
    if kind < 0.44:
        return rng.choice(DOMAIN_WORDS) + rng.choice(("", "-", "")) + rng.choice(DOMAIN_WORDS)
    if kind < 0.84:
        return "".join([rng.choice(SYLLABLES) for _ in range(rng.randint(2, 4))])
    if kind < 0.94:
        return rng.choice(_LETTERS[:26]) + "".join([rng.choice(_LETTERS) for _ in range(rng.randint(2, 9))])
    return _odd_label(rng)


def _odd_label(rng: Random) -> str:
    """A label of digits, of many words, of a place, of another alphabet (in the form that DNS takes)."""
    kind = rng.random()
    if kind < 0.25:
        return str(rng.choice((rng.randint(100, 9999), rng.randint(10000, 999999))))
    if kind < 0.45:
        return "-".join([rng.choice(DOMAIN_WORDS) for _ in range(rng.randint(3, 4))])
    if kind < 0.6:
        return f"{rng.choice(DOMAIN_WORDS)}{rng.choice(('-', ''))}{rng.choice(_CITY_LABELS)}"
    if kind < 0.75:
        return f"{rng.randint(1, 365)}{rng.choice(('', '-'))}{rng.choice(DOMAIN_WORDS)}"
    word = rng.choice(FOREIGN_WORDS) + rng.choice(("", rng.choice(SYLLABLES), rng.choice(DOMAIN_WORDS)))
    return "xn--" + word.encode("punycode").decode("ascii")


def domain(rng: Random) -> str:
    """A registrable domain."""
    return f"{label(rng)}{rng.choice(('', '', '', '-' + label(rng)))}.{rng.choice(TLDS)}"


def machine(rng: Random) -> str:
    """A bare machine name such as db-03."""
    base = rng.choice(DEVICES) if rng.random() < 0.7 else label(rng)
    if base.isdecimal():
        # Digits alone would be a broken address.
        base = f"{rng.choice(DEVICES)}-{base}"
    kind = rng.random()
    if kind < 0.15:
        return base
    number = rng.choice((str(rng.randint(1, 9)), f"{rng.randint(0, 99):02d}", f"{rng.randint(1, 240)}"))
    if kind < 0.55:
        return base + rng.choice(("", "-", "-", "-", "_")) + number
    if kind < 0.7:
        return f"{base}-{rng.choice(rng.choice(SIBLINGS))}"
    middle = rng.choice(_MIDDLES if rng.random() < 0.9 else rng.choice((_CITY_LABELS, CODES)))
    return f"{base}-{middle}{rng.choice(('', '-' + number, number))}"


_MIDDLES = (*SUBDOMAINS, *DEVICES)


def fqdn(rng: Random) -> str:
    """A full host name, public or private."""
    kind = rng.random()
    if kind < 0.35:
        return domain(rng)
    if kind < 0.65:
        return f"{rng.choice(SUBDOMAINS)}{rng.choice(('', '', '', str(rng.randint(1, 40))))}.{domain(rng)}"
    if kind < 0.88:
        suffix = rng.choice(PRIVATE_SUFFIXES)
        return f"{machine(rng)}.{rng.choice(('', '', label(rng) + '.'))}{suffix}"
    if kind < 0.91:
        # As reverse zones and clouds name machines: the address in front.
        dashed = "-".join([str(rng.randint(1, 254)) for _ in range(4)])
        head = rng.choice(("ip", "host", "static", "dyn", "ec2"))
        return f"{head}-{dashed}.{rng.choice(CODES) if rng.random() < 0.5 else label(rng)}.{domain(rng)}"
    return (
        f"{machine(rng)}.{rng.choice((rng.choice(SUBDOMAINS), rng.choice(CODES), label(rng)))}.{domain(rng)}"
    )


def service(rng: Random) -> str:
    """The name of a service record, of a policy or of a challenge."""
    return f"{rng.choice(SERVICES)}.{domain(rng) if rng.random() < 0.7 else fqdn(rng)}"


def ip4(rng: Random) -> str:
    """An IPv4 address, private or public."""
    kind = rng.random()
    if kind < 0.3:
        return f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"
    if kind < 0.55:
        return f"192.168.{rng.randint(0, 255)}.{rng.randint(1, 254)}"
    if kind < 0.65:
        return f"172.{rng.randint(16, 31)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"
    return f"{rng.randint(1, 223)}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"


def ip6(rng: Random) -> str:
    """An IPv6 address in its short form."""
    prefix = rng.choice((0x20010DB8, 0x2A010000 + rng.randrange(65536), 0xFD000000 + rng.randrange(2**24)))
    low = rng.choice((rng.randint(1, 255), rng.getrandbits(16), rng.getrandbits(64)))
    return str(ipaddress.IPv6Address((prefix << 96) | (rng.getrandbits(16) << 64) | low))


def ip(rng: Random) -> str:
    """An IP address."""
    return ip6(rng) if rng.random() < 0.12 else ip4(rng)


def cidr(rng: Random) -> str:
    """A network in CIDR form."""
    bits = rng.choice((8, 16, 20, 22, 23, 24, 24, 24, 24, 25, 26, 27, 28, 29, 30))
    return str(ipaddress.ip_network(f"{ip4(rng)}/{bits}", strict=False))


def host(rng: Random) -> str:
    """A host as people name it: full name, bare name or address."""
    kind = rng.random()
    found = fqdn(rng) if kind < 0.6 else machine(rng) if kind < 0.8 else ip(rng)
    return found if rng.random() > 0.03 else found.upper() if rng.random() < 0.5 else found.capitalize()


def pattern(rng: Random) -> str:
    """A wildcard pattern over host names."""
    suffix = rng.choice(
        (domain(rng), rng.choice(PRIVATE_SUFFIXES), f"{label(rng)}.{rng.choice(PRIVATE_SUFFIXES)}")
    )
    stem = rng.choice((label(rng), rng.choice(DEVICES)))
    return rng.choice(
        (
            f"*.{suffix}",
            f"*.{suffix}",
            f"{stem}*",
            f"{stem}-*",
            f"*{stem}*",
            f"{stem}-??",
            f"{stem}-*.{suffix}",
        )
    )


def url(rng: Random) -> str:
    """An absolute URL."""
    scheme = "http" if rng.random() < 0.2 else "https"
    where = fqdn(rng) if rng.random() < 0.85 else machine(rng) if rng.random() < 0.5 else ip4(rng)
    port = (
        f":{rng.choice((8080, 8443, 3000, 5000, 9090, rng.randint(1024, 65535)))}"
        if rng.random() < 0.15
        else ""
    )
    return f"{scheme}://{where}{port}{path(rng)}"


def path(rng: Random) -> str:
    """The path of a URL, often empty."""
    kind = rng.random()
    if kind < 0.42:
        return ""
    if kind < 0.47:
        return "/"
    parts = [rng.choice(PATHS) if rng.random() < 0.6 else label(rng) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.18:
        return "/" + "/".join([*parts[1:], _file(rng)])
    query = f"?{label(rng)}={rng.randint(1, 999)}" if rng.random() < 0.08 else ""
    return "/" + "/".join(parts) + rng.choice(("", "", "", ".html", "/")) + query


def _file(rng: Random) -> str:
    """A file's name, well known or made up."""
    if rng.random() < 0.35:
        return rng.choice(FILES)
    stem = rng.choice((rng.choice(PATHS), label(rng), rng.choice(DOMAIN_WORDS)))
    part = rng.choice(("", "", f"-{rng.randint(2019, 2027)}", f"_{rng.randint(1, 99)}", f"-{label(rng)}"))
    return f"{stem}{part}.{rng.choice(FILE_ENDS)}"
