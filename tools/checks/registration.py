"""What the two whois protocols share: the pieces of a registration, dates and masked e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from tools.formats import parse_host, parse_instant

#: Turns a host name or address into the address that may be connected to, or raises a `ToolError`.
Resolve = Callable[[str], Awaitable[str]]

_EMAIL = re.compile(r"([^\s@<>:;,()]{1,64})@([^\s@<>:;,()]{1,253})")
_WITHHELD = re.compile(r"redacted|privacy|not disclosed|withheld|statutory masking|gdpr", re.IGNORECASE)
_LONGEST = 200
_DATE_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%Y.%m.%d", "%Y/%m/%d", "%d-%b-%Y", "%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Registered:
    """What one server told; None or empty where it told nothing."""

    registrar: str | None = None
    owner: str | None = None
    created: datetime | None = None
    expires: datetime | None = None
    name_servers: tuple[str, ...] = ()
    network: str | None = None

    def __bool__(self) -> bool:
        """Says whether anything was told."""
        return any(getattr(self, field.name) for field in fields(self))

    def completed_by(self, other: Registered) -> Registered:
        """Fills what is missing from another server's answer."""
        return Registered(
            **{f.name: getattr(self, f.name) or getattr(other, f.name) for f in fields(Registered)}
        )


def clean(text: object) -> str | None:
    """Makes a name of what a server sent: one line, e-mail addresses masked; None where it is withheld."""
    if not isinstance(text, str):
        return None
    line = " ".join(text.split())[:_LONGEST]
    if not line or _WITHHELD.search(line):
        return None
    return masked(line)


def masked(text: str) -> str:
    """Masks the e-mail addresses in a text: `jane@example.org` becomes `j***@example.org`."""
    return _EMAIL.sub(lambda match: f"{match[1][0]}***@{match[2]}", text)


def read_date(text: object) -> datetime | None:
    """Reads a date as registries write it; None where it is none."""
    if not isinstance(text, str):
        return None
    word = text.strip()
    try:
        return parse_instant(re.sub(r"(\.\d{1,6})\d*", r"\1", word))
    except ValueError:
        pass
    for form in _DATE_FORMATS:
        for part in (word, word.partition(" ")[0]):
            try:
                return datetime.strptime(part, form).replace(tzinfo=UTC)
            except ValueError:
                continue
    return None


def host_name(text: object) -> str | None:
    """Reads a server's name from a registry's answer; None where it is no host name."""
    if not isinstance(text, str):
        return None
    word = text.strip().casefold().removesuffix(".")
    try:
        return parse_host(word)
    except ValueError:
        return None
