"""One DNS question, to the usual servers or to one that is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import dns.asyncresolver
import dns.exception
import dns.rdata
import dns.rdatatype
import dns.resolver
import dns.reversename

from tools.checks.connection import deadline
from tools.errors import CheckFailed, Refused
from tools.formats import parse_address
from tools.policy import ReachPolicy
from tools.records import DnsOutcome, RecordType
from tools.resolve import canonical_host

_STYLE = dns.rdata.RdataStyle(omit_final_dot=True)


async def check_dns(
    policy: ReachPolicy,
    name: str,
    record_type: RecordType = "A",
    resolver: str | None = None,
    *,
    servers: Sequence[str] = (),
    port: int = 53,
    timeout_s: float = 10.0,
) -> DnsOutcome:
    """Asks a DNS server.

    Args:
        policy: Judges a chosen server; the usual ones are the operator's choice and not judged.
        name: Domain name; for PTR an IP address.
        record_type: Record type.
        resolver: IP address of the server to ask; None for the usual ones.
        servers: IP addresses of the usual servers; the system's if empty.
        port: Port of the servers.
        timeout_s: Seconds for all of it.

    Raises:
        Refused: The chosen server may not be reached, or the name cannot be one.
        CheckFailed: The name does not exist, or no server answers.
    """
    question = _question(name, record_type)
    client = _client(policy, resolver, servers, port)
    place = f"The DNS server {resolver}" if resolver else "DNS"
    try:
        async with deadline(timeout_s, place):
            answer = await client.resolve(
                question, record_type, raise_on_no_answer=False, search=False, lifetime=timeout_s
            )
    except dns.resolver.NXDOMAIN as error:
        by = f" according to {resolver}" if resolver else ""
        raise CheckFailed(f"{name} does not exist{by}; check its spelling.") from error
    except dns.exception.DNSException as error:
        cure = "leave resolver out or try another one" if resolver else "try again, or name a resolver"
        raise CheckFailed(f"{place} gave no usable answer about {name} ({_cause(error)}); {cure}.") from error
    records = tuple(_text(rdata) for rdata in cast("Iterable[Any]", answer.rrset or ()))
    ttl = answer.rrset.ttl if answer.rrset is not None else None
    return DnsOutcome(name, record_type, records, ttl, resolver or "default")


def _question(name: str, record_type: RecordType) -> Any:
    if record_type == "PTR":
        if parse_address(name) is None:
            raise Refused(f"name was {name!r}: a PTR lookup takes an IP address; ask A or AAAA of a name.")
        return dns.reversename.from_address(name)
    return f"{canonical_host(name)}."


def _client(
    policy: ReachPolicy, resolver: str | None, servers: Sequence[str], port: int
) -> dns.asyncresolver.Resolver:
    chosen = list(servers)
    if resolver is not None:
        address = parse_address(resolver)
        if address is None:
            raise Refused(f"resolver was {resolver!r}: give the IP address of a DNS server, such as 9.9.9.9.")
        chosen = [str(policy.admit(address, resolver))]
    try:
        client = dns.asyncresolver.Resolver(configure=not chosen)
    except dns.resolver.NoResolverConfiguration as error:
        raise CheckFailed("This machine has no DNS server set up; name a resolver.") from error
    if chosen:
        client.nameservers = chosen
        client.port = port
    return client


def _text(rdata: Any) -> str:
    """Writes a record as in a zone file, a TXT as the one text that its pieces make."""
    if rdata.rdtype == dns.rdatatype.TXT:
        return b"".join(rdata.strings).decode("utf-8", errors="replace")
    return str(rdata.to_styled_text(_STYLE))


def _cause(error: dns.exception.DNSException) -> str:
    if isinstance(error, dns.exception.Timeout):
        return "it did not answer in time"
    if isinstance(error, dns.resolver.NoNameservers):
        return "it reports a failure or refuses the question"
    return type(error).__name__
