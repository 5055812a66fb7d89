"""What checks measure on the way to their outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Phases:
    """Milliseconds of each phase of the last request; None where it had no such phase."""

    resolve_ms: float
    connect_ms: float | None
    tls_ms: float | None
    first_byte_ms: float | None
    body_ms: float


@dataclass(frozen=True, slots=True)
class TlsSession:
    """The TLS session of the last request."""

    version: str
    cipher: str
    issuer: str
    not_after: datetime


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One certificate of the chain that a server sends."""

    subject: str
    issuer: str
    not_after: datetime
