"""Uptime Kuma's backup: the JSON file of Settings, Backup, Export, as versions 1.x write it.

Its monitors are a list, in the answers of its socket interface an object by id; both are read. Times are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import quote, urlsplit, urlunsplit

from monitoring.importers.found import Draft, Entry, Found, Imported, Skip, Skipped, record_type, sort_out
from tools.formats import parse_address

SOURCE: Final = "Uptime Kuma backup"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
# How Uptime Kuma warns where its settings say nothing else.
_CERTIFICATE_DAYS: Final = (7, 14, 21)
_WEB: Final = frozenset({"http", "keyword", "json-query", "real-browser"})


def is_kuma(data: object) -> bool:
    """Says whether a JSON document is a backup of Uptime Kuma."""
    return isinstance(data, Mapping) and isinstance(
        cast("Mapping[str, object]", data).get("monitorList"), list | Mapping
    )


def read_kuma(data: object) -> Imported:
    """Reads a backup."""
    backup = Entry(data)
    monitors = _monitors(cast("Mapping[str, object]", data)["monitorList"])
    groups = {m.text("id"): m.text("name") for m in monitors if m.text("type") == "group"}
    items = [_read(monitor, groups) for monitor in monitors if monitor.text("type") != "group"]
    found, skipped = sort_out(items)
    notes: list[str] = []
    if groups:
        notes.append(f"{len(groups)} groups became tags")
    if backup.list("notificationList"):
        count = len(backup.list("notificationList"))
        notes.append(f"{count} notifications were left out: their settings have another form here")
    if backup.list("proxyList"):
        notes.append(f"{len(backup.list('proxyList'))} proxies were left out: checks go straight to the host")
    return Imported(SOURCE, found, skipped, tuple(notes))


def _monitors(value: object) -> Sequence[Entry]:
    items = cast("Mapping[str, object]", value).values() if isinstance(value, Mapping) else value
    return [Entry(item) for item in cast("Sequence[object]", items)]


def _read(monitor: Entry, groups: Mapping[str, str]) -> Found | Skipped:
    name = monitor.text("name") or f"monitor {monitor.text('id')}"
    draft = Draft(name)
    try:
        _target(draft, monitor)
        _common(draft, monitor, groups)
        return draft.found()
    except Skip as reason:
        return Skipped(name, str(reason))


def _target(draft: Draft, monitor: Entry) -> None:
    kind = monitor.text("type")
    if kind in _WEB:
        _web(draft, monitor, kind)
    elif kind == "ping":
        draft.target(monitor.text("hostname"), "icmp")
    elif kind == "port":
        draft.target(monitor.text("hostname"), "tcp", monitor.number("port"))
    elif kind == "smtp":
        draft.target(monitor.text("hostname"), "smtp", monitor.number("port"))
    elif kind == "dns":
        _dns(draft, monitor)
    elif kind == "push":
        raise Skip("it waits for a program to report (push), and hosts are asked here")
    else:
        raise Skip(f"monitors of the type {kind!r} are not checked here")


def _web(draft: Draft, monitor: Entry, kind: str) -> None:
    url = monitor.text("url")
    method = monitor.text("method").upper() or "GET"
    if method not in _METHODS:
        raise Skip(f"its method {method} may change things on the server, and is not used here")
    if monitor.text("authMethod") == "basic" or (
        not monitor.text("authMethod") and "basic_auth_user" in monitor
    ):
        url = _with_login(url, monitor.text("basic_auth_user"), monitor.text("basic_auth_pass"))
    elif "authMethod" in monitor:
        draft.note(f"its login by {monitor.text('authMethod')} is not used")
    draft.target(url, "https" if url.startswith("https:") else "http")
    draft.options["method"] = method
    draft.options["statuses"] = ",".join(str(code) for code in monitor.list("accepted_statuscodes"))
    draft.options["verify_tls"] = not monitor.flag("ignoreTls")
    if monitor.flag("expiryNotification"):
        draft.options["certificate_days"] = _CERTIFICATE_DAYS
    if kind == "keyword":
        draft.options["keyword"] = monitor.text("keyword")
        draft.options["keyword_absent"] = monitor.flag("invertKeyword")
    if kind == "json-query":
        draft.note("its JSON query is not checked, only the status")
    if kind == "real-browser":
        draft.note("the page is fetched, not shown in a browser")
    for key, words in (
        ("headers", "headers"),
        ("body", "body"),
        ("proxyId", "proxy"),
        ("tlsCert", "certificate"),
    ):
        if key in monitor:
            draft.note(f"its {words} is not sent" if key != "headers" else "its headers are not sent")
    if monitor.number("maxredirects") == 0:
        draft.note("redirects are followed, up to 5")


def _with_login(url: str, user: str, password: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Skip("its URL cannot be read") from error
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@"
    return urlunsplit(parts._replace(netloc=login + parts.netloc.rpartition("@")[2]))


def _dns(draft: Draft, monitor: Entry) -> None:
    draft.target(monitor.text("hostname"), "dns")
    draft.options["record_type"] = record_type(monitor.text("dns_resolve_type") or "A")
    servers = [server.strip() for server in monitor.text("dns_resolve_server").split(",") if server.strip()]
    if servers and parse_address(servers[0]):
        draft.options["resolver"] = servers[0]
    elif servers:
        draft.note(f"the system's DNS servers are asked: {servers[0]} is no address")
    if len(servers) > 1:
        draft.note(f"only the first of its DNS servers is asked, {servers[0]}")
    if monitor.number("port") not in (None, 53):
        draft.note("its DNS server is asked on port 53")


def _common(draft: Draft, monitor: Entry, groups: Mapping[str, str]) -> None:
    interval = monitor.number("interval") or 60
    draft.interval(interval)
    # Versions before 1.22 have no timeout: they take 0.8 of the interval.
    draft.timeout(monitor.number("timeout") or min(0.8 * interval, 48))
    draft.retries(monitor.number("maxretries"))
    retry = monitor.number("retryInterval")
    if retry and 1 <= retry <= 86400:
        draft.options["retry_interval_s"] = round(retry)
    resend = monitor.number("resendInterval")
    if resend:
        draft.options["remind_s"] = round(min(resend * interval, 30 * 86400))
    draft.options["upside_down"] = monitor.flag("upsideDown")
    draft.enabled = monitor.flag("active", default=True)
    tags: list[Any] = [groups[key] for key in [monitor.text("parent")] if key in groups]
    for tag in monitor.list("tags"):
        value = Entry(tag).text("value")
        tags.append(Entry(tag).text("name") + (f": {value}" if value else ""))
    draft.options["tags"] = tuple(dict.fromkeys(str(tag)[:100] for tag in tags if tag))
    if "notificationIDList" in monitor:
        draft.note("its notifications are left out")
