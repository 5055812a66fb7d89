"""Our own list of hosts: written as JSON, YAML or CSV, read back from JSON and YAML."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, cast, get_args

import yaml

from monitoring.hosts.host import Host
from monitoring.importers.found import Draft, Entry, Found, Imported, Skip, Skipped, sort_out
from tools.masking import mask_url
from tools.records import Endpoint

SOURCE: Final = "Smallwatch export"
Format = Literal["json", "yaml", "csv"]
_KEY: Final = "smallwatch_hosts"
_COLUMNS: Final = (
    *("address", "endpoint", "port", "timeout_ms", "interval_s", "retries", "enabled", "email"),
    *("agent_location", "options"),
)
#: What a table program would take for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def is_own(data: object) -> bool:
    """Says whether a document is an export of ours."""
    return isinstance(data, Mapping) and isinstance(cast("Mapping[str, object]", data).get(_KEY), list)


def export_hosts(hosts: Sequence[Host], form: Format, *, secrets: bool = False) -> str:
    """Writes hosts.

    Args:
        hosts: The hosts.
        form: JSON, YAML or CSV.
        secrets: Whether passwords in URLs are written; else they become `***`.
    """
    rows = [_row(host, secrets) for host in hosts]
    if form == "json":
        return json.dumps({_KEY: rows}, indent=1, ensure_ascii=False) + "\n"
    if form == "yaml":
        return yaml.safe_dump({_KEY: rows}, sort_keys=False, allow_unicode=True)
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _cell(row.get(key)) for key in _COLUMNS})
    return out.getvalue()


def read_own(data: object) -> Imported:
    """Reads an export."""
    found, skipped = sort_out([_read(Entry(item)) for item in Entry(data).list(_KEY)])
    return Imported(SOURCE, found, skipped)


def _row(host: Host, secrets: bool) -> dict[str, Any]:
    spec = host.spec
    row: dict[str, Any] = {
        "address": spec.address if secrets else mask_url(spec.address),
        "endpoint": spec.endpoint,
        "port": spec.port,
        "timeout_ms": spec.timeout_ms,
        "interval_s": host.interval_s,
        "retries": host.retries,
        "enabled": host.enabled,
        "email": host.email,
        "agent_location": host.agent_location,
        "options": spec.options.stored() or None,
    }
    return {key: value for key, value in row.items() if value is not None}


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _read(row: Entry) -> Found | Skipped:
    address, endpoint = row.text("address"), row.text("endpoint")
    draft = Draft(row.entry("options").text("name") or address)
    try:
        known: dict[str, Endpoint] = {kind: kind for kind in get_args(Endpoint)}
        if endpoint not in known:
            raise Skip(f"the endpoint type {endpoint!r} is none")
        if "***@" in address:
            raise Skip("its password was hidden in the export; export with --secrets")
        draft.target(address, known[endpoint], row.number("port"))
        draft.timeout(None if row.number("timeout_ms") is None else (row.number("timeout_ms") or 0) / 1000)
        draft.interval(row.number("interval_s"))
        draft.retries(row.number("retries"))
        draft.place(row.text("email") or None, row.text("agent_location") or None)
        draft.enabled = row.flag("enabled", default=True)
        draft.options = dict(row.entry("options").items())
        return draft.found()
    except Skip as reason:
        return Skipped(draft.name, str(reason))
