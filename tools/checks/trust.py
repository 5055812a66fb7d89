"""Which authorities are trusted, and words for why a certificate is not."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Final

import certifi

# OpenSSL's codes (X509_V_ERR_...).
NOT_YET_VALID: Final = 9
EXPIRED: Final = 10
SELF_SIGNED: Final = 18
SELF_SIGNED_ROOT: Final = 19
NO_ISSUER: Final = 20
NO_ISSUER_OF_LEAF: Final = 21
WRONG_NAME: Final = 62
WRONG_ADDRESS: Final = 64


@dataclass(frozen=True, slots=True)
class Trust:
    """TLS contexts, made once, since each reads a few hundred certificates.

    Attributes:
        strict: Verifies as a browser does: chain, dates, name, TLS 1.2 at least.
        probe: Verifies chain and dates only, and speaks any version, to name each fault by itself.
        blind: Verifies nothing, to look at what is wrong.
    """

    strict: ssl.SSLContext
    probe: ssl.SSLContext
    blind: ssl.SSLContext


def load_trust(extra_roots: str | None = None) -> Trust:
    """Trusts the system's authorities, Mozilla's, and those given.

    Args:
        extra_roots: More authorities, in PEM.
    """
    probe = _context(extra_roots)
    probe.check_hostname = False
    _speak_anything(probe)
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    _speak_anything(blind)
    return Trust(_context(extra_roots), probe, blind)


def fault_words(error: ssl.SSLCertVerificationError) -> str:
    """Says what is wrong with a certificate, to follow "the certificate of HOST"."""
    known = {
        NOT_YET_VALID: "is not valid yet",
        EXPIRED: "has expired, or one of its chain has",
        SELF_SIGNED: "is self-signed",
        SELF_SIGNED_ROOT: "is issued by an authority that is not trusted",
        NO_ISSUER: "has an incomplete chain, or an authority that is not trusted",
        NO_ISSUER_OF_LEAF: "has an incomplete chain",
        WRONG_NAME: "does not cover this name",
        WRONG_ADDRESS: "does not cover this address",
    }
    return known.get(error.verify_code, f"is not accepted ({error.verify_message})")


def _context(extra_roots: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if extra_roots:
        context.load_verify_locations(cadata=extra_roots)
    return context


def _speak_anything(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
