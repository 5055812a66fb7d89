"""What may be scanned: one host name, address or network, spelled so that no program takes it for more."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from tools.checks.registration import Resolve
from tools.errors import Refused
from tools.formats import parse_host, parse_network

LARGEST_NETWORK = 65_536
_SHOWN = 60

#: Judges an address that was asked for in these words; raises `Refused` where it may not be reached.
Admit = Callable[[IPv4Address | IPv6Address, str], object]


@dataclass(frozen=True, slots=True)
class ScanTarget:
    """What a program is told to scan.

    Attributes:
        spelled: An address, or a network in CIDR form; never a name.
        version: IP version, 4 or 6.
        addresses: How many addresses that is.
    """

    spelled: str
    version: int
    addresses: int


def safe_text(text: str) -> str:
    """Checks that a target is one word and no option.

    Raises:
        Refused: It begins with a hyphen, or holds a comma, a space, a line break or a control character.
    """
    shown = repr(text[:_SHOWN])
    if text.startswith("-"):
        raise Refused(f"target was {shown}: it begins with a hyphen, as options do; give a host or network.")
    bad = next((c for c in text if c == "," or c.isspace() or unicodedata.category(c)[0] == "C"), None)
    if bad is not None or not text:
        held = "nothing" if not text else f"the character {bad!r}"
        raise Refused(f"target was {shown}: it holds {held}; give one host, address or network, no list.")
    return text


async def scan_target(text: str, resolve: Resolve, admit: Admit) -> ScanTarget:
    """Checks, resolves and judges a target; of a network every address.

    Raises:
        Refused: It is none, is too large, or holds an address that may not be reached.
        CheckFailed: The name does not resolve.
    """
    network = parse_network(safe_text(text))
    if network is None:
        try:
            parse_host(text)
        except ValueError as error:
            raise Refused(
                f"target was {text[:_SHOWN]!r}: {error}; give one host name, address or network."
            ) from error
        address = await resolve(text)
        return ScanTarget(address, 6 if ":" in address else 4, 1)
    if network.num_addresses > LARGEST_NETWORK:
        raise Refused(
            f"{text} has {network.num_addresses:,} addresses; scan at most {LARGEST_NETWORK:,},"
            " such as a /16."
        )
    await asyncio.to_thread(lambda: [admit(address, text) for address in network])
    return ScanTarget(str(network), network.version, network.num_addresses)
