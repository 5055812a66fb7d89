"""Hides passwords before anything is shown."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

_URL: Final = re.compile(r"\b[a-z][a-z0-9+.-]{0,30}://[^\s'\"<>]+", re.IGNORECASE)
_LOGIN: Final = re.compile(r"(//[^\s/:@'\"<>]{0,200}):[^\s/@'\"<>]{1,500}@")
_SECRET: Final = re.compile(
    r"(?i)([?&;][^=&;#]*(?:pass|pwd|token|secret|key|auth|sig|credential)[^=&;#]*=)[^&;#]+"
)


def mask_url(url: str) -> str:
    """Writes a URL with `***` for its password, and for values in its query whose names speak of secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "***" if "@" in url else url
    place = parts.netloc
    user, at, host = place.rpartition("@")
    if at and ":" in user:
        place = f"{user.partition(':')[0]}:***@{host}"
    query = _SECRET.sub(r"\1***", f"?{parts.query}")[1:] if parts.query else ""
    if (place, query) == (parts.netloc, parts.query):
        return url
    return urlunsplit((parts.scheme, place, parts.path, query, parts.fragment))


def mask_text(text: str) -> str:
    """Masks every URL in a text, also one that stands inside of another."""
    text = _LOGIN.sub(r"\1:***@", text)
    return _URL.sub(lambda found: mask_url(found[0]), text)
