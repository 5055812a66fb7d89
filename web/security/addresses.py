"""Who is at the other end of a connection: headers of proxies are believed only from those that are configured."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from starlette.requests import HTTPConnection

Address = IPv4Address | IPv6Address
#: Where the address is not known, as on a UNIX socket.
_NOWHERE: Final = IPv6Address("::")
_SITE_BITS: Final = 64
#: Where a connection keeps who is at its other end: several ask.
_PEER: Final = "smallwatch.peer"


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end.

    Attributes:
        address: Of whoever asked, behind the proxies that are believed.
        secure: Whether it asked by HTTPS.
    """

    address: Address
    secure: bool


class Peers:
    """Finds out who asked."""

    def __init__(self, trusted_proxies: Sequence[str]) -> None:
        """Takes addresses and networks of the proxies that are believed."""
        self._trusted = tuple(ip_network(text) for text in trusted_proxies)

    def of(self, connection: HTTPConnection) -> Peer:
        """Finds the other end of a connection.

        From a trusted proxy, the last address of X-Forwarded-For that is no trusted proxy counts: those before it
        are the client's own words. From anybody else the header means nothing.
        """
        found = connection.scope.get(_PEER)
        if found is None:
            found = connection.scope[_PEER] = self._of(connection)
        return found

    def _of(self, connection: HTTPConnection) -> Peer:
        nearest = _address(connection.client.host if connection.client else "")
        secure = connection.url.scheme in ("https", "wss")
        if not self._is_trusted(nearest):
            return Peer(nearest, secure)
        scheme = connection.headers.get("x-forwarded-proto", "").split(",")[-1].strip().lower()
        found = nearest
        for text in reversed(",".join(connection.headers.getlist("x-forwarded-for")).split(",")):
            if not text.strip():
                break
            found = _address(text.strip())
            if not self._is_trusted(found):
                break
        return Peer(found, scheme == "https" if scheme else secure)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted if network.version == address.version)


def is_in(address: Address, networks: Sequence[str]) -> bool:
    """Says whether an address is in one of some networks."""
    found = (ip_network(text) for text in networks)
    return any(address in network for network in found if network.version == address.version)


def site(address: Address) -> str:
    """What counts as one user without a login: an IPv4 address, or the /64 that one IPv6 line has."""
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, _SITE_BITS), strict=False))


def wallet_name(address: Address, key: bytes) -> str:
    """Names the wallet of a network, without telling which one to who reads the database."""
    return f"net:{hmac.new(key, site(address).encode(), hashlib.sha256).hexdigest()[:40]}"


def _address(text: str) -> Address:
    try:
        found = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return _NOWHERE
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
