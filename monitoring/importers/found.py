"""What an importer hands back: hosts to watch, what could not be taken over of them, and what was skipped."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from pydantic import ValidationError

from monitoring.hosts.options import HostOptions
from tools.formats import parse_host, parse_uri
from tools.masking import mask_text
from tools.records import Endpoint, NewHost, RecordType

_INTERVAL_S = (5, 86_400)
_TIMEOUT_MS = (1, 120_000)
_RETRIES = (0, 10)


class UnusableFile(ValueError):
    """A file that cannot be imported at all; the message names the cause and the cure."""


class Skip(Exception):
    """An entry that cannot be watched here; the message says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """A host of another monitor.

    Attributes:
        name: What it is called there.
        host: What to watch.
        options: What is expected of it.
        enabled: False where it is paused there.
        notes: What could not be taken over, a sentence without full stop each.
    """

    name: str
    host: NewHost
    options: HostOptions
    enabled: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that was not taken over."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """All of a file.

    Attributes:
        source: What kind of file it is.
        found: Its hosts.
        skipped: What is not among them.
        notes: What was left out besides hosts.
    """

    source: str
    found: tuple[Found, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...] = ()


class Entry:
    """A mapping of unknown content, read key by key; a value of another kind than the one asked for is none."""

    def __init__(self, value: object) -> None:
        """Takes what should be a mapping."""
        self._map: Mapping[object, object] = {}
        if isinstance(value, Mapping):
            self._map = cast("Mapping[object, object]", value)

    def __contains__(self, key: object) -> bool:
        """Says whether there is anything but nothing under a key."""
        return self._map.get(key) not in (None, "", [], {}, False)

    def text(self, key: str) -> str:
        """A text or a number as text; empty if there is none."""
        value = self._map.get(key)
        return (
            str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
        )

    def number(self, key: str) -> float | None:
        """A number, also one that is written as text."""
        try:
            return float(self.text(key))
        except ValueError:
            return None

    def flag(self, key: str, default: bool = False) -> bool:
        """A truth value; 0 and 1 count."""
        value = self._map.get(key)
        return bool(value) if isinstance(value, bool | int) else default

    def list(self, key: str) -> Sequence[object]:
        """A list; empty if there is none."""
        value = self._map.get(key)
        return cast("list[object]", value) if isinstance(value, list) else ()

    def entry(self, key: str) -> Entry:
        """A mapping; empty if there is none."""
        return Entry(self._map.get(key))

    def items(self) -> Sequence[tuple[str, object]]:
        """All keys and values."""
        return [(str(key), value) for key, value in self._map.items()]


class Draft:
    """A host in the making: values are brought within our limits, and each change is noted."""

    def __init__(self, name: str) -> None:
        """Takes what it is called."""
        self.name = name[:200]
        self.enabled = True
        self.options: dict[str, Any] = {"name": self.name}
        self.notes: list[str] = []
        self._host: dict[str, Any] = {}

    def target(self, address: str, endpoint: Endpoint, port: float | None = None) -> None:
        """Sets what is watched.

        Raises:
            Skip: The address is none.
        """
        try:
            checked = parse_uri(address) if "://" in address else parse_host(address)
        except ValueError as error:
            raise Skip(f"its address {mask_text(repr(address))} cannot be used: {error}") from error
        self._host |= {"address": checked, "endpoint": endpoint}
        if port is not None:
            if not 1 <= port <= 65535:
                raise Skip(f"its port {port:g} is none")
            self._host["port"] = int(port)

    def interval(self, seconds: float | None) -> None:
        """Sets the seconds between checks."""
        self._set("interval_s", seconds, _INTERVAL_S, "interval", "s")

    def timeout(self, seconds: float | None) -> None:
        """Sets the seconds that a check may take."""
        self._set("timeout_ms", None if seconds is None else seconds * 1000, _TIMEOUT_MS, "timeout", "ms")

    def retries(self, count: float | None) -> None:
        """Sets how many failures are borne."""
        self._set("retries", count, _RETRIES, "retries", "")

    def place(self, email: str | None, agent: str | None) -> None:
        """Sets where alerts go, and the agent that checks."""
        self._host |= {"email": email, "agent_location": agent}

    def note(self, words: str) -> None:
        """Notes what could not be taken over."""
        if words not in self.notes:
            self.notes.append(words)

    def found(self) -> Found:
        """Makes the host.

        Raises:
            Skip: Something about it cannot be watched.
        """
        try:
            options = HostOptions.model_validate(self.options)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise Skip(f"{place} cannot be used: {first['msg']}") from error
        return Found(self.name, NewHost(**self._host), options, self.enabled, tuple(self.notes))

    def _set(self, key: str, value: float | None, bounds: tuple[int, int], word: str, unit: str) -> None:
        if value is None:
            return
        low, high = bounds
        whole = round(min(max(value, low), high))
        if abs(whole - value) > 0.5:
            self.note(f"its {word} of {value:g} {unit}".rstrip() + f" became {whole}")
        self._host[key] = whole


HostKey = tuple[object, ...]


def host_key(address: str, endpoint: str, port: int | None, options: HostOptions) -> HostKey:
    """What makes two hosts the same one to watch: what is asked, and what is expected."""
    return (
        address.lower(),
        endpoint,
        port,
        options.method,
        options.statuses,
        options.keyword,
        options.keyword_absent,
        options.record_type,
        options.resolver,
        options.upside_down,
    )


def record_type(text: str) -> RecordType:
    """Reads a DNS record type.

    Raises:
        Skip: It is none that is checked here.
    """
    known: dict[str, RecordType] = {kind: kind for kind in get_args(RecordType)}
    if text.upper() not in known:
        raise Skip(f"DNS records of the type {text!r} are not checked here")
    return known[text.upper()]


def sort_out(found: Sequence[Found | Skipped]) -> tuple[tuple[Found, ...], tuple[Skipped, ...]]:
    """Parts hosts from what was skipped, and skips what stands there twice."""
    hosts: dict[HostKey, Found] = {}
    skipped: list[Skipped] = []
    for item in found:
        if isinstance(item, Skipped):
            skipped.append(item)
            continue
        key = host_key(item.host.address, item.host.endpoint, item.host.port, item.options)
        if key in hosts:
            skipped.append(Skipped(item.name, f"{hosts[key].name!r} already checks the same"))
        else:
            hosts[key] = item
    masked = [dataclasses.replace(item, reason=mask_text(item.reason)) for item in skipped]
    return tuple(hosts.values()), tuple(masked)
