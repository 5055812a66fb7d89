"""Secrets that a server hands out and recognises again, without keeping them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

#: How tokens begin, so that people and secret scanners tell them apart.
SESSION_PREFIX: Final = "sws_"
PROGRAM_PREFIX: Final = "swp_"


def new_secret(prefix: str = "") -> str:
    """Draws 256 bits of chance, as text."""
    return prefix + secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """SHA-256 in hexadecimal: enough for what nobody can guess."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def same(first: str, second: str) -> bool:
    """Compares without telling by the time how much is alike."""
    return hmac.compare_digest(first.encode("utf-8", "replace"), second.encode("utf-8", "replace"))
