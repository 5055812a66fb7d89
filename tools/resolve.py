"""From what was asked for to the one address to connect to: spelled plainly, resolved once, judged."""

from __future__ import annotations

import asyncio
import re
import socket
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import Final

import dns.asyncresolver
import dns.exception
import idna

from tools.errors import CheckFailed, Refused
from tools.formats import parse_address, parse_host
from tools.policy import Address, ReachPolicy

#: Finds the addresses of a host name, the best first; raises `CheckFailed` where there are none.
Lookup = Callable[[str], Awaitable[Sequence[Address]]]

# What inet_aton reads as one of the one to four parts of an IPv4 address.
_NUMERIC_PARTS: Final = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect to.

    Attributes:
        host: The name or address that was asked for, in its plain spelling.
        address: The judged address. Connect to this one and to no other.
    """

    host: str
    address: Address

    @property
    def server_name(self) -> str | None:
        """The name for TLS server name indication; None where an address was asked for."""
        return None if parse_address(self.host) else self.host


class Resolver:
    """Finds the address of a host under a policy."""

    def __init__(self, policy: ReachPolicy, lookup: Lookup | None = None) -> None:
        """Takes the policy, and how names are looked up: as the system does if None."""
        self.policy = policy
        self._lookup = lookup or system_lookup

    async def find(self, host: str) -> Target:
        """Resolves a host, once, to the first of its addresses that the policy admits.

        Raises:
            Refused: The host is misspelled, or the policy admits none of its addresses.
            CheckFailed: The name does not resolve.
        """
        name = canonical_host(host)
        literal = parse_address(name)
        addresses = [literal] if literal else await self._lookup(name)
        refusal: Refused | None = None
        for address in addresses:
            try:
                return Target(name, self.policy.admit(address, name))
            except Refused as error:
                refusal = refusal or error
        raise refusal or CheckFailed(f"{name} has no IP address; check its spelling.")


def canonical_host(text: str) -> str:
    """Spells a host name or address plainly: lower case, punycode, no dot at the end.

    Raises:
        Refused: It is neither, or it is an address in a spelling that hides it, such as 0177.0.0.1.
    """
    hidden = _hidden_address(text)
    if hidden is not None:
        raise Refused(f"The host {text!r} is an unusual spelling of {hidden}: write the address plainly.")
    try:
        parse_host(text)
        name = ".".join(_label(label) for label in text.lower().removesuffix(".").split("."))
        parse_host(name)
    except (ValueError, idna.IDNAError) as error:
        raise Refused(
            f"The host {text!r} cannot be used: {error}; give a host name such as shop.example.org, or an IP"
            " address."
        ) from error
    literal = parse_address(name)
    return str(literal) if literal else name


async def system_lookup(host: str) -> Sequence[Address]:
    """Looks a name up as the system does: hosts file, then DNS, in the order that the system prefers."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise unresolved(host) from error
    return tuple(dict.fromkeys(ip_address(entry[4][0]) for entry in found))


def dns_lookup(servers: Sequence[str], port: int = 53, timeout_s: float = 5.0) -> Lookup:
    """Makes a lookup that asks these DNS servers only, for IPv6 and IPv4 addresses.

    Args:
        servers: Their IP addresses.
        port: Their port.
        timeout_s: Seconds for one lookup in all.
    """
    client = dns.asyncresolver.Resolver(configure=False)
    client.nameservers = list(servers)
    client.port = port

    async def lookup(host: str) -> Sequence[Address]:
        try:
            answers = await client.resolve_name(host, lifetime=timeout_s, search=False)
        except dns.exception.DNSException as error:
            raise unresolved(host) from error
        return tuple(dict.fromkeys(ip_address(text) for text in answers.addresses()))

    return lookup


def unresolved(host: str) -> CheckFailed:
    """Returns the error of a name without an address."""
    return CheckFailed(f"{host} does not resolve to an IP address; check its spelling.")


def _label(label: str) -> str:
    return label if label.isascii() else idna.encode(label, uts46=True).decode("ascii")


def _hidden_address(text: str) -> Address | None:
    """Finds the address in a spelling that some resolvers take for one, though it is not its plain form."""
    plain = unicodedata.normalize("NFKC", text).replace("\u3002", ".").strip(" []").removesuffix(".")
    if plain == text:
        if parse_address(text):
            return None
    elif parse_address(plain):
        return parse_address(plain)
    if not _NUMERIC_PARTS.fullmatch(plain) or len(plain) > 80:
        return None
    try:
        return IPv4Address(socket.inet_aton(plain))
    except OSError:
        return None
