"""When two argument values are equal: decided by the parameter's schema, never by loosened text.

Every rule maps a value to a canonical key; two values are equal when both have the parameter's JSON type
and their keys are equal. Keys make equality transitive, and the keys of the acceptable values of a case
are computed once, when its suite is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any, cast

# Parameters that hold a URL, a network or a host and that have no `format` to say which.
NETWORK_NAMES = frozenset({"address", "target", "query", "name"})

_DEFAULT_PORTS = {"http": "80", "ws": "80", "https": "443", "wss": "443", "ftp": "21"}
# RFC 3986, appendix B. urllib.parse drops tabs, newlines and the "?" of an empty query, which would make
# different URLs equal.
_URI = re.compile(r"(?s:([^:/?#]+)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?)")
_AUTHORITY = re.compile(r"(?s:(.*@)?(\[[^\]]*\]|[^:]*)(?::([0-9]*))?)")
_CIDR = re.compile(r"[0-9A-Fa-f.:]+/[0-9]{1,3}")
_INSTANT = re.compile(r"[0-9W-]+(?:[Tt ][0-9:.,]+(?:[Zz]|[+-][0-9:]+)?)?")
_PORT_ITEM = re.compile(r"([0-9]{1,5})|([0-9]{0,5})-([0-9]{0,5})")
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Comparator:
    """Equality of the values of one parameter.

    Attributes:
        expects: The JSON type in words, such as "an integer".
        fits: Whether a value has that JSON type.
        key: The canonical form of a value that fits; equal values have equal keys.
    """

    expects: str
    fits: Callable[[Any], bool]
    key: Callable[[Any], Hashable]

    def equal(self, left: Any, right: Any) -> bool:
        """Whether both values have the right type and mean the same."""
        return self.fits(left) and self.fits(right) and self.key(left) == self.key(right)


def comparator(tool: str, parameter: str, schema: Mapping[str, Any]) -> Comparator:
    """The comparator of a parameter.

    Args:
        tool: The tool's name.
        parameter: The parameter's name.
        schema: The parameter's JSON Schema.
    """
    match schema.get("type"):
        case "integer":
            return Comparator("an integer", _is_integer, _as_is)
        case "boolean":
            return Comparator("a boolean", _is_boolean, _as_is)
        case "number":
            return Comparator("a number", _is_number, _as_is)
        case "array":
            # The items follow the rule of their own schema; the parameter's name is not theirs.
            items = comparator(tool, "", schema.get("items", {}))
            return _array_of(items)
        case "string":
            return Comparator("a string", _is_string, _string_key(tool, parameter, schema))
        case _:
            return Comparator("a JSON value", _is_anything, json_key)


def json_key(value: Any) -> Hashable:
    """A key that tells any two different JSON values apart, `1`, `1.0` and `true` included."""
    if isinstance(value, dict):
        entries = cast(dict[str, Any], value).items()
        return ("object", frozenset((name, json_key(item)) for name, item in entries))
    if isinstance(value, list):
        return ("array", tuple(json_key(item) for item in cast(list[Any], value)))
    return (type(value).__name__, value)


def parse_instant(text: str) -> datetime | None:
    """Reads an ISO 8601 time; without an offset it is UTC, a date alone is its first moment.

    Returns:
        A time with an offset, or None where the text is no ISO 8601 time.
    """
    if not _INSTANT.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def fold_case(text: str) -> str:
    """Drops differences of case, and no others.

    `str.casefold` would also make `ß` equal `ss`, and `str.lower` the Kelvin sign equal `k`: other names
    in the DNS.
    """
    if text.isascii():
        return text.lower()
    return "".join(low if (low := char.lower()).upper() == char else char for char in text)


def host_key(text: str) -> Hashable:
    """Key of a host: an address, or a name without case and without one trailing dot."""
    bare = text.removesuffix(".")
    return _address(bare) or fold_case(bare)


def uri_key(text: str) -> Hashable:
    """Key of a URI: scheme and host without case, no default port, no empty path; the rest as it is."""
    parts = _URI.fullmatch(text)
    authority = _AUTHORITY.fullmatch(parts[2]) if parts else None
    if parts is None or authority is None:
        return text
    scheme = parts[1].lower()
    user, host, port = authority[1] or "", fold_case(authority[2]), authority[3] or ""
    if port == _DEFAULT_PORTS.get(scheme):
        port = ""
    path = "" if parts[3] == "/" else parts[3]
    return ("uri", scheme, user, host, port, path, parts[4], parts[5])


def network_key(text: str) -> Hashable:
    """Key of a parameter of `NETWORK_NAMES`: a URI, a CIDR network, or else a host."""
    if "://" in text:
        return uri_key(text)
    if _CIDR.fullmatch(text):
        try:
            return ip_network(text, strict=False)
        except ValueError:
            pass
    return host_key(text)


def ports_key(text: str) -> Hashable:
    """Key of a port list in nmap's form, such as `22,80,8000-8100`: the set, as merged ranges."""
    ranges: list[tuple[int, int]] = []
    for item in text.split(","):
        parts = _PORT_ITEM.fullmatch(item.strip(" "))
        if parts is None:
            return text
        if parts[1]:
            first = last = int(parts[1])
        else:
            first, last = int(parts[2] or 1), int(parts[3] or _LAST_PORT)
        if not first <= last <= _LAST_PORT:
            return text
        ranges.append((first, last))
    return ("ports", _merged(ranges))


def email_key(text: str) -> Hashable:
    """Key of an e-mail address: the domain without case, the mailbox as it is."""
    mailbox, at, domain = text.rpartition("@")
    return mailbox + at + (fold_case(domain) if at else domain)


def _merged(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _string_key(tool: str, parameter: str, schema: Mapping[str, Any]) -> Callable[[Any], Hashable]:
    by_format = _FORMATS.get(schema.get("format", ""))
    if by_format:
        return by_format
    if (tool, parameter) == ("run_nmap", "ports"):
        return ports_key
    if parameter in NETWORK_NAMES:
        return network_key
    return _enum_key if "enum" in schema else _as_is


def _array_of(items: Comparator) -> Comparator:
    def fits(value: Any) -> bool:
        return isinstance(value, list) and all(items.fits(item) for item in cast(list[Any], value))

    def key(value: Any) -> Hashable:
        return frozenset(items.key(item) for item in value)

    return Comparator(f"an array, each item {items.expects}", fits, key)


def _address(text: str) -> Hashable:
    # Spares the exception for names, which are most of what is compared.
    if ":" not in text and not text[-1:].isdigit():
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def _ip_key(text: str) -> Hashable:
    return _address(text) or text


def _instant_key(text: str) -> Hashable:
    return parse_instant(text) or text


def _enum_key(text: str) -> Hashable:
    return text.strip().casefold()


def _as_is(value: Any) -> Hashable:
    return value


def _is_string(value: Any) -> bool:
    return type(value) is str


def _is_integer(value: Any) -> bool:
    return type(value) is int


def _is_boolean(value: Any) -> bool:
    return type(value) is bool


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_anything(value: Any) -> bool:
    return True


_FORMATS: Mapping[str, Callable[[Any], Hashable]] = {
    "host": host_key,
    "uri": uri_key,
    "ip": _ip_key,
    "email": email_key,
    "date-time": _instant_key,
}
