"""A server's TLS certificate: its chain, names, dates, and the protocol versions that the server accepts."""

from __future__ import annotations

import asyncio
import dataclasses
import ssl
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from tools.checks.connection import Stream, connected, deadline
from tools.checks.hello import GROUP_IDS, VERSIONS, NotTls, client_hello, read_answer
from tools.checks.starttls import USUAL_PORTS, upgrade
from tools.checks.trust import EXPIRED, NO_ISSUER, NOT_YET_VALID, SELF_SIGNED, Trust, fault_words
from tools.errors import CheckFailed
from tools.formats import parse_address
from tools.groups import CLASSICAL
from tools.measured import ChainLink
from tools.records import CertificateOutcome, StartTls
from tools.resolve import Resolver, Target
from tools.wording import day

_MOST_HANDSHAKE_BYTES: Final = 1 << 20
_UNREADABLE: Final = (
    ValueError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class CertificateReport:
    """A certificate, and the chain that came with it, the server's own first."""

    outcome: CertificateOutcome
    chain: tuple[ChainLink, ...]
    version: str


async def check_certificate(
    resolver: Resolver,
    trust: Trust,
    host: str,
    port: int = 443,
    starttls: StartTls | None = None,
    timeout_s: float = 20.0,
) -> CertificateReport:
    """Fetches and judges a certificate.

    A wrong date or name is told by the outcome's dates and `names_match`; `chain_ok` is about the rest.

    Args:
        resolver: Finds and judges the address.
        trust: Which authorities are trusted.
        host: Host name or IP address.
        port: TCP port.
        starttls: Protocol whose plain connection is to go over to TLS first.
        timeout_s: Seconds for all of it.

    Raises:
        Refused: The address may not be reached.
        CheckFailed: Nothing answers, or it speaks no TLS.
    """
    async with deadline(timeout_s, f"{host} on port {port}"):
        target = await resolver.find(host)
        try:
            session = await _session(target, port, starttls, trust.probe)
            fault = None
        except ssl.SSLCertVerificationError as error:
            session = await _session(target, port, starttls, trust.blind)
            fault = error
        asked = [_accepts(target, port, starttls, version) for version in VERSIONS.values()]
        accepted = await asyncio.gather(*asked)
    protocols = tuple(name for name, yes in zip(VERSIONS, accepted, strict=True) if yes)
    try:
        chain = [x509.load_der_x509_certificate(der) for der in _chain(session)]
        links = tuple(ChainLink(_name(c.subject), _name(c.issuer), c.not_valid_after_utc) for c in chain)
        version = session.version() or "unknown"
        outcome = _outcome(target, host, port, chain, fault, protocols)
        outcome = dataclasses.replace(outcome, version=version, chain=links)
    except _UNREADABLE as error:
        raise CheckFailed(f"The certificate of {host} cannot be read: {error}.") from error
    return CertificateReport(outcome, links, version)


def covers(names: tuple[str, ...], host: str) -> bool:
    """Says whether the names of a certificate cover a host; `*` stands for its first label."""
    address = parse_address(host)
    if address is not None:
        return any(parse_address(name) == address for name in names)
    bare = host.lower().removesuffix(".")
    parent = bare.partition(".")[2]
    wildcard = f"*.{parent}" if parent else None
    return any(name.lower() in (bare, wildcard) for name in names)


async def _session(
    target: Target, port: int, starttls: StartTls | None, context: ssl.SSLContext
) -> ssl.SSLObject:
    async with connected(target, port) as stream:
        if starttls is not None:
            await upgrade(stream, starttls)
        try:
            return await _handshake(stream, context, target.server_name)
        except ssl.SSLCertVerificationError:
            raise
        except ssl.SSLError as error:
            usual = None if starttls else USUAL_PORTS.get(port)
            cure = f"; give starttls={usual} for this port" if usual else ""
            if error.reason == "WRONG_VERSION_NUMBER":
                raise CheckFailed(f"{target.host} speaks no TLS on port {port}{cure}.") from error
            reason = (error.reason or "unknown reason").replace("_", " ").lower()
            raise CheckFailed(
                f"The TLS handshake with {target.host} on port {port} failed: {reason}{cure}."
            ) from error


async def _handshake(stream: Stream, context: ssl.SSLContext, server_name: str | None) -> ssl.SSLObject:
    """Shakes hands in memory, so that a failure is the handshake's own and no transport's."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname=server_name)
    taken = 0
    while True:
        try:
            session.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            done = False
        # The last words too: a server that misses them logs a failed handshake.
        stream.writer.write(outgoing.read())
        await stream.writer.drain()
        if done:
            return session
        data = await stream.reader.read(1 << 14)
        taken += len(data)
        if not data or taken > _MOST_HANDSHAKE_BYTES:
            raise ConnectionResetError("the handshake did not come to an end")
        incoming.write(data)


def _chain(session: ssl.SSLObject) -> list[bytes]:
    """Returns the certificates that the server sent, in DER."""
    public = getattr(session, "get_unverified_chain", None)
    if public is not None:
        return list(public())
    # Python before 3.13 keeps the same method one level deeper; 2 asks for DER.
    inner: Any = getattr(session, "_sslobj")  # noqa: B009
    return [certificate.public_bytes(2) for certificate in inner.get_unverified_chain()]


async def _accepts(target: Target, port: int, starttls: StartTls | None, version: int) -> bool:
    hello = client_hello(version, [GROUP_IDS[name] for name in CLASSICAL], target.server_name)
    try:
        async with connected(target, port) as stream:
            if starttls is not None:
                await upgrade(stream, starttls)
            stream.writer.write(hello)
            await stream.writer.drain()
            answer = await read_answer(stream.reader)
    except (NotTls, CheckFailed):
        # Servers drop a connection that offers nothing they take; that they speak TLS is known by now.
        return False
    return answer.version == version


def _outcome(
    target: Target,
    host: str,
    port: int,
    chain: list[x509.Certificate],
    fault: ssl.SSLCertVerificationError | None,
    protocols: tuple[str, ...],
) -> CertificateOutcome:
    leaf = chain[0]
    names = _names(leaf)
    problem = _problem(fault, chain) if fault else None
    return CertificateOutcome(
        host=host,
        port=port,
        subject=_name(leaf.subject),
        issuer=_name(leaf.issuer),
        names=names or (f"{_name(leaf.subject)} (as subject only, which clients ignore)",),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        names_match=covers(names, target.host),
        chain_ok=problem is None,
        problem=problem,
        protocols=protocols,
    )


def _problem(fault: ssl.SSLCertVerificationError, chain: list[x509.Certificate]) -> str | None:
    """Says what is wrong with the chain; None where only the server's own dates are."""
    top = _name(chain[-1].issuer)
    if fault.verify_code in (EXPIRED, NOT_YET_VALID):
        return _dates_problem(fault.verify_code == EXPIRED, chain, fault)
    if fault.verify_code == SELF_SIGNED:
        return "it is self-signed"
    if fault.verify_code == NO_ISSUER and len(chain) == 1:
        return f"the chain is incomplete: the server does not send the certificate of its issuer, {top}"
    if fault.verify_code == NO_ISSUER:
        return f"the chain ends at {top}, which is not among the trusted authorities"
    return f"it {fault_words(fault)} (the chain ends at {top})"


def _dates_problem(
    expired: bool, chain: list[x509.Certificate], fault: ssl.SSLCertVerificationError
) -> str | None:
    now = datetime.now(tz=chain[0].not_valid_after_utc.tzinfo)
    for place, certificate in enumerate(chain):
        wrong = certificate.not_valid_after_utc <= now if expired else now < certificate.not_valid_before_utc
        if not wrong:
            continue
        if place == 0:
            return None
        name = _name(certificate.subject)
        if expired:
            return f"the certificate of {name} in its chain expired on {day(certificate.not_valid_after_utc)}"
        return f"the certificate of {name} in its chain is not valid yet"
    return f"its chain is not valid: {fault.verify_message}"


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    return (*found.get_values_for_type(x509.DNSName), *addresses)


def _name(name: x509.Name) -> str:
    """Returns the common name, else the organisation, else all of a name."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        found = name.get_attributes_for_oid(kind)
        if found:
            return str(found[0].value)
    return name.rfc4514_string() or "an unnamed one"
