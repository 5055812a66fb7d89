"""Gatus's configuration: its endpoints with their conditions (https://github.com/TwiN/gatus, README)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final, cast
from urllib.parse import urlsplit

from monitoring.importers.durations import parse_duration
from monitoring.importers.found import Draft, Entry, Found, Imported, Skip, Skipped, record_type, sort_out
from tools.formats import parse_address

SOURCE: Final = "Gatus configuration"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_CONDITION: Final = re.compile(r"\s*(\S+(?:\s\S+)*?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*")
_ANY: Final = re.compile(r"any\((.*)\)")
_CONTAINS: Final = re.compile(r"pat\(\*(.*)\*\)")
_VARIABLE: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")
_LOWEST, _HIGHEST = 100, 599
# Where an alert says nothing else.
_FAILURES, _SUCCESSES = 3, 2


def is_gatus(data: object) -> bool:
    """Says whether a YAML document is a configuration of Gatus."""
    if not isinstance(data, Mapping):
        return False
    known = cast("Mapping[str, object]", data)
    return isinstance(known.get("endpoints"), list) or isinstance(known.get("suites"), list)


def expand_variables(text: str, environment: Mapping[str, str]) -> str:
    """Replaces `$NAME` and `${NAME}` as Gatus does; `$$` is a dollar sign, an unknown name stays as it is."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return "$" if name is None else environment.get(name, match[0])

    return _VARIABLE.sub(value, text)


def read_gatus(data: object) -> Imported:
    """Reads a configuration."""
    configuration = Entry(data)
    defaults = _default_alerts(configuration.entry("alerting"))
    items = [_read(Entry(value), defaults) for value in configuration.list("endpoints")]
    for value in configuration.list("external-endpoints"):
        items.append(
            Skipped(Entry(value).text("name"), "it waits for reports (external), and hosts are asked here")
        )
    for value in configuration.list("suites"):
        items.append(Skipped(Entry(value).text("name"), "it is a suite, and each host is checked alone here"))
    found, skipped = sort_out(items)
    notes: list[str] = []
    if "alerting" in configuration:
        kinds = ", ".join(key for key, _ in configuration.entry("alerting").items())
        notes.append(f"the alert providers ({kinds}) were left out: their settings have another form here")
    if "maintenance" in configuration:
        notes.append("the maintenance window was left out: it repeats, and windows here are set once")
    return Imported(SOURCE, found, skipped, tuple(notes))


def _default_alerts(alerting: Entry) -> Mapping[str, Entry]:
    return {kind: Entry(settings).entry("default-alert") for kind, settings in alerting.items()}


def _read(endpoint: Entry, defaults: Mapping[str, Entry]) -> Found | Skipped:
    name = endpoint.text("name") or endpoint.text("url") or "an endpoint without name"
    draft = Draft(name)
    try:
        _target(draft, endpoint)
        _client(draft, endpoint.entry("client"))
        for condition in endpoint.list("conditions"):
            _condition(draft, str(condition))
        _alerts(draft, endpoint, defaults)
        draft.interval(parse_duration(endpoint.text("interval")) or 60)
        draft.enabled = endpoint.flag("enabled", default=True)
        draft.options["tags"] = (endpoint.text("group")[:100],) if endpoint.text("group") else ()
        return draft.found()
    except Skip as reason:
        return Skipped(name, str(reason))


def _target(draft: Draft, endpoint: Entry) -> None:
    url = endpoint.text("url")
    if _VARIABLE.search(url):
        raise Skip("its URL holds an environment variable that is not set here")
    if "dns" in endpoint:
        _dns(draft, endpoint, url)
        return
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Skip(f"its URL cannot be read: {error}") from error
    match parts.scheme:
        case "http" | "https":
            _web(draft, endpoint, url)
        case "icmp":
            draft.target(host, "icmp")
        case "tcp" | "ssh":
            draft.target(host, "tcp", port or (22 if parts.scheme == "ssh" else None))
        case "tls":
            draft.target(host, "tcp", port)
            draft.note("its certificate is not checked, only its port")
        case "starttls":
            draft.target(host, "smtp", port)
            draft.note("its certificate is not checked, only its greeting")
        case scheme:
            raise Skip(f"{scheme or 'it has no scheme, which'}:// is not checked here")
    for key, words in (("headers", "headers are"), ("body", "body is"), ("ssh", "ssh login is")):
        if key in endpoint:
            draft.note(f"its {words} not sent")


def _web(draft: Draft, endpoint: Entry, url: str) -> None:
    method = endpoint.text("method").upper() or "GET"
    if method not in _METHODS:
        raise Skip(f"its method {method} may change things on the server, and is not used here")
    draft.target(url, "https" if url.startswith("https:") else "http")
    draft.options["method"] = method
    if endpoint.flag("graphql"):
        draft.note("its GraphQL query is not sent")


def _dns(draft: Draft, endpoint: Entry, server: str) -> None:
    question = endpoint.entry("dns")
    draft.target(question.text("query-name").removesuffix("."), "dns")
    draft.options["record_type"] = record_type(question.text("query-type") or "A")
    address = server.removeprefix("dns://").removesuffix(":53")
    if parse_address(address):
        draft.options["resolver"] = address
    else:
        draft.note(f"the system's DNS servers are asked: {server} is no address")


def _client(draft: Draft, client: Entry) -> None:
    draft.timeout(parse_duration(client.text("timeout")) or 10)
    if client.flag("insecure"):
        draft.options["verify_tls"] = False
    for key, _ in client.items():
        if key not in ("timeout", "insecure"):
            draft.note(f"client.{key} is not used")


def _condition(draft: Draft, text: str) -> None:
    """Takes over one condition where we have the like of it; the others are noted."""
    match = _CONDITION.fullmatch(text)
    left, operator, right = match.groups() if match else ("", "", "")
    taken = False
    if left == "[STATUS]":
        statuses = _statuses(operator, right)
        taken = statuses is not None and not draft.options.get("statuses")
        if taken:
            draft.options["statuses"] = statuses
    elif left == "[RESPONSE_TIME]" and operator in ("<", "<=") and right.isdigit():
        draft.options["slow_ms"] = min(float(right), 120_000)
        draft.note(f"an answer slower than {right} ms is told as slow, not as down")
        taken = True
    elif left == "[CERTIFICATE_EXPIRATION]" and operator in (">", ">="):
        length = parse_duration(right)
        if length:
            draft.options["certificate_days"] = (min(math.ceil(length / 86400), 3650),)
        taken = length is not None
    elif left == "[BODY]" and operator in ("==", "!=") and (part := _CONTAINS.fullmatch(right)):
        if "*" not in part[1] and "keyword" not in draft.options:
            draft.options["keyword"] = part[1]
            draft.options["keyword_absent"] = operator == "!="
            taken = True
    elif (left, operator) in (("[CONNECTED]", "=="), ("[DNS_RCODE]", "==")):
        taken = right in ("true", "NOERROR")
    if not taken:
        draft.note(f"the condition {text!r} is not checked")


def _statuses(operator: str, right: str) -> str | None:
    """Turns a comparison of the status into our codes and ranges."""
    several = _ANY.fullmatch(right)
    codes = [code.strip() for code in (several[1].split(",") if several else [right])]
    if not all(code.isdigit() and _LOWEST <= int(code) <= _HIGHEST for code in codes):
        return None
    if operator == "==":
        return ",".join(codes)
    if several:
        return None
    code = int(codes[0])
    low, high = {
        "<": (_LOWEST, code - 1),
        "<=": (_LOWEST, code),
        ">": (code + 1, _HIGHEST),
        ">=": (code, _HIGHEST),
        "!=": (0, 0),
    }[operator]
    if operator == "!=":
        parts = [(_LOWEST, code - 1), (code + 1, _HIGHEST)]
    else:
        parts = [(low, high)]
    return ",".join(f"{first}-{last}" for first, last in parts if first <= last) or None


def _alerts(draft: Draft, endpoint: Entry, defaults: Mapping[str, Entry]) -> None:
    """Takes the thresholds of the most patient alert."""
    alerts = [Entry(value) for value in endpoint.list("alerts")]
    if not alerts:
        return
    draft.note("its alerts are left out, but for their thresholds")

    def most(key: str, otherwise: int) -> int:
        return max(
            int(alert.number(key) or defaults.get(alert.text("type"), Entry(None)).number(key) or otherwise)
            for alert in alerts
        )

    draft.retries(most("failure-threshold", _FAILURES) - 1)
    draft.options["recovery"] = min(max(most("success-threshold", _SUCCESSES), 1), 10)
    reminders = [parse_duration(alert.text("minimum-reminder-interval")) for alert in alerts]
    lengths = [length for length in reminders if length]
    if lengths:
        draft.options["remind_s"] = round(min(*lengths, 30 * 86400))
