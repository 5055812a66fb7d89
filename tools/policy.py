"""Which addresses checks may reach. It judges resolved addresses, never names or their spelling.

`public` reaches global unicast addresses and nothing else. `operator` also reaches the ranges that the
operator lists. Neither reaches multicast, reserved or unspecified addresses; a cloud's metadata service is
reached only where the operator lists that very address, since ranges such as fd00::/8 hold one by accident.

IPv6 addresses that carry an IPv4 address are judged by both. NAT64 networks with a prefix of their own, taken
from global unicast space, cannot be told from other addresses: the network has to filter such a prefix.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, Literal

from tools.errors import Refused
from tools.wording import join

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _table(*rows: tuple[str, str]) -> tuple[tuple[Network, str], ...]:
    return tuple((ip_network(text), words) for text, words in rows)


_NEVER: Final = _table(
    ("0.0.0.0/8", "an unspecified address"),
    ("224.0.0.0/4", "a multicast address"),
    ("255.255.255.255/32", "the broadcast address"),
    ("240.0.0.0/4", "a reserved address"),
    ("::/128", "an unspecified address"),
    ("ff00::/8", "a multicast address"),
    # The place of the IPv4 address inside depends on a prefix length that only the network knows.
    ("64:ff9b:1::/48", "a local NAT64 address"),
)

_METADATA: Final = _table(
    ("169.254.169.254/32", "a cloud metadata address"),
    ("169.254.170.2/32", "a cloud metadata address"),
    ("100.100.100.200/32", "a cloud metadata address"),
    ("168.63.129.16/32", "a cloud metadata address"),
    ("192.0.0.192/32", "a cloud metadata address"),
    ("fd00:ec2::254/128", "a cloud metadata address"),
    ("fd20:ce::254/128", "a cloud metadata address"),
)

_SPECIAL: Final = _table(
    ("10.0.0.0/8", "a private address"),
    ("100.64.0.0/10", "a carrier's shared address"),
    ("127.0.0.0/8", "a loopback address"),
    ("169.254.0.0/16", "a link-local address"),
    ("172.16.0.0/12", "a private address"),
    ("192.0.0.0/24", "an address kept for protocols"),
    ("192.0.2.0/24", "a documentation address"),
    ("192.88.99.0/24", "a 6to4 relay address"),
    ("192.168.0.0/16", "a private address"),
    ("198.18.0.0/15", "a benchmarking address"),
    ("198.51.100.0/24", "a documentation address"),
    ("203.0.113.0/24", "a documentation address"),
    ("::1/128", "a loopback address"),
    ("::/96", "an IPv4-compatible address"),
    ("::ffff:0:0:0/96", "an IPv4-translated address"),
    ("100::/64", "a discard address"),
    ("2001::/32", "a Teredo address"),
    ("2001::/23", "an address kept for protocols"),
    ("2001:db8::/32", "a documentation address"),
    ("2002::/16", "a 6to4 address"),
    ("3fff::/20", "a documentation address"),
    ("5f00::/16", "a segment-routing address"),
    ("fc00::/7", "a private address"),
    ("fe80::/10", "a link-local address"),
    ("fec0::/10", "a site-local address"),
)

_GLOBAL_V6: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOW_BITS: Final = (_NAT64, IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96"))
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
_TEREDO: Final = IPv6Network("2001::/32")
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
_LOW_32: Final = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class ReachPolicy:
    """Which addresses may be reached; made by `public_policy` or `operator_policy`.

    Attributes:
        name: Which of the two it is.
        allowed: Ranges that are not global and may be reached all the same.
    """

    name: Literal["operator", "public"]
    allowed: tuple[Network, ...] = ()

    def admit(self, address: Address, asked: str) -> Address:
        """Judges an address.

        Args:
            address: The resolved address.
            asked: What was asked for, a name or the address itself, for the reason.

        Returns:
            The address to connect to: the same, or the IPv4 address that an IPv4-mapped one stands for.

        Raises:
            Refused: It may not be reached; the message is one sentence.
        """
        plain = _unmapped(address)
        for candidate in (plain, *_embedded(plain)):
            words = self._objection(candidate)
            if words is not None:
                raise Refused(self._refusal(asked, address, words), {"policy": self.name})
        return plain

    def _objection(self, address: Address) -> str | None:
        """Says what kind of forbidden address it is; None where it may be reached."""
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            return "an address of one network interface"
        never = _kind(address, _NEVER)
        if never is not None:
            return never
        metadata = _kind(address, _METADATA)
        if metadata is not None:
            listed = any(address in net and net.num_addresses == 1 for net in self.allowed)
            return None if listed else metadata
        special = _kind(address, _SPECIAL)
        if special is None and not _is_global(address):
            special = "an unassigned address"
        if special is None or any(address in net for net in self.allowed):
            return None
        return special

    def _refusal(self, asked: str, address: Address, words: str) -> str:
        literal = asked == str(address)
        if self.name == "public":
            # The address behind a name is not told: it would map the inside for those who may not see it.
            verb = "is" if literal else "leads to"
            cure = "and only public internet addresses may be reached: give a public host"
            return f"{asked} {verb} {words}, {cure}."
        verb = "is" if literal else f"leads to {address},"
        ranges = f"the ranges {join(self.allowed)}" if self.allowed else "no private ranges"
        return (
            f"{asked} {verb} {words}, and the operator allows public addresses and {ranges}: give such a"
            " host, or ask the operator to allow this one."
        )


def public_policy() -> ReachPolicy:
    """Returns the policy that reaches global unicast addresses only."""
    return ReachPolicy("public")


def operator_policy(ranges: Iterable[str] = ()) -> ReachPolicy:
    """Returns the policy that also reaches the listed ranges.

    Args:
        ranges: Networks such as `10.20.0.0/16`, or single addresses.

    Raises:
        ValueError: One is no network or address; the message names it.
    """
    allowed: list[Network] = []
    for text in ranges:
        try:
            allowed.append(ip_network(text.strip()))
        except ValueError as error:
            raise ValueError(
                f"{text!r} among the allowed ranges is not usable: {error}; write it as 10.20.0.0/16"
            ) from error
    return ReachPolicy("operator", tuple(allowed))


def _kind(address: Address, table: tuple[tuple[Network, str], ...]) -> str | None:
    return next((words for network, words in table if address in network), None)


def _is_global(address: Address) -> bool:
    return isinstance(address, IPv4Address) or address in _GLOBAL_V6 or address in _NAT64


def _unmapped(address: Address) -> Address:
    """Turns an IPv4-mapped address into the IPv4 address that the kernel would connect to."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _embedded(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that a packet to this address may be handed on to."""
    if isinstance(address, IPv4Address) or address in (IPv6Address("::"), IPv6Address("::1")):
        return ()
    bits = int(address)
    if any(address in network for network in _LOW_BITS) or bits >> 32 & _LOW_32 in _ISATAP:
        return (IPv4Address(bits & _LOW_32),)
    if address in _SIX_TO_FOUR:
        return (IPv4Address(bits >> 80 & _LOW_32),)
    if address in _TEREDO:
        return (IPv4Address(bits >> 64 & _LOW_32), IPv4Address(bits & _LOW_32 ^ _LOW_32))
    return ()
