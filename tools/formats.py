"""The text formats of parameters: what counts as a host, a URL, an address, a moment.

Each `parse_*` returns the value that a tool gets, or raises `ValueError` with a reason that a model can
act on.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator


@dataclass(frozen=True, slots=True)
class Format:
    """Marks an annotated type with its JSON Schema `format`."""

    name: str


#: What each format looks like, in words for a model.
ALLOWED: Final = {
    "host": "a host name or IP address, such as db-03, shop.example.org or 192.0.2.7",
    "uri": "an absolute http or https URL, such as https://shop.example.org/cart",
    "ip": "an IP address, such as 1.1.1.1 or 2001:db8::53",
    "email": "an e-mail address, such as ops@example.org",
    "date-time": "a date and time in ISO 8601, such as 2026-11-22T14:00:00Z",
}

_LABEL = re.compile(r"(?![-])[\w-]{1,63}(?<!-)")
_NUMERIC = re.compile(r"\d+|0[xX][0-9a-fA-F]*")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:?\d{2})?", re.ASCII
)


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Reads an IP address without zone; None where it is none."""
    if "%" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def parse_network(text: str) -> IPv4Network | IPv6Network | None:
    """Reads a CIDR network such as `192.168.1.0/24`, host bits allowed; None where it is none."""
    if "/" not in text or "%" in text:
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def parse_host(text: str) -> str:
    """Checks a host name or IP address.

    Raises:
        ValueError: It is neither; the reason says how to write it.
    """
    if parse_address(text):
        return text
    if "://" in text:
        raise ValueError(f"it is a URL; give only its host, {urlsplit(text).hostname or 'without a path'}")
    name, colon, rest = text.rpartition(":")
    if colon and rest.isdigit() and ":" not in name:
        raise ValueError(f"give only the host, {name}; the port is a parameter of its own where there is one")
    bare = text.removesuffix(".")
    if not bare or len(bare) > 253:
        raise ValueError("a host name has 1 to 253 characters")
    # Letters that turn into others when normalised (such as full-width digits) hide an address.
    if unicodedata.normalize("NFKC", bare) != bare:
        raise ValueError("it holds look-alike characters")
    labels = bare.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("each part between dots has 1 to 63 letters, digits or inner hyphens")
    if _NUMERIC.fullmatch(labels[-1]):
        raise ValueError("it looks like an IP address and is none")
    return text


def parse_uri(text: str) -> str:
    """Checks an absolute http or https URL.

    Raises:
        ValueError: It is none; the reason says why.
    """
    if any(c.isspace() or unicodedata.category(c) == "Cc" for c in text):
        raise ValueError("a URL holds no spaces or control characters")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https"):
        raise ValueError("it must begin with http:// or https://")
    if not parts.hostname:
        raise ValueError("it names no host")
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError("its port is not a number from 1 to 65535") from error
    if port == 0:
        raise ValueError("its port is not a number from 1 to 65535")
    parse_host(parts.hostname)
    return text


def parse_ip(text: str) -> str:
    """Checks an IP address.

    Raises:
        ValueError: It is none.
    """
    if not parse_address(text):
        raise ValueError("it is not an IPv4 or IPv6 address")
    return text


def parse_email(text: str) -> str:
    """Checks an e-mail address of the common form.

    Raises:
        ValueError: It is none; the reason says why.
    """
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local) or len(local) > 64:
        raise ValueError("it needs a name, one @ and a domain")
    if parse_address(domain):
        raise ValueError("the part behind the @ must be a domain")
    parse_host(domain)
    return text


def parse_instant(text: object) -> datetime:
    """Reads an ISO 8601 date and time; without an offset it is UTC.

    Raises:
        ValueError: It is none, or a bare date, which leaves open which moment of the day is meant.
    """
    if isinstance(text, datetime):
        return text if text.tzinfo else text.replace(tzinfo=UTC)
    if not isinstance(text, str):
        raise ValueError("it is not text")
    if not _MOMENT.fullmatch(text):
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError(f"the time of day is missing; write {text}T00:00:00Z")
        raise ValueError("it is not in ISO 8601")
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("there is no such date or time") from error


Host = Annotated[str, Format("host"), AfterValidator(parse_host)]
Uri = Annotated[str, Format("uri"), AfterValidator(parse_uri)]
Ip = Annotated[str, Format("ip"), AfterValidator(parse_ip)]
Email = Annotated[str, Format("email"), AfterValidator(parse_email)]
Instant = Annotated[datetime, Format("date-time"), BeforeValidator(parse_instant)]
