"""Puts imported hosts among the watched ones; what is there already stays as it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from monitoring.hosts.backend import WatchedHosts
from monitoring.importers.found import Found, HostKey, Imported, Skipped, host_key
from tools.errors import ToolError
from tools.masking import mask_url

#: Judges the address of a host that is to be watched; raises `Refused` for one that may not be reached.
Judge = Callable[[Found], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of an import.

    Attributes:
        source: What kind of file it was.
        added: Hosts that are watched now, or would be.
        known: Hosts that were watched before.
        skipped: What was left out, and why.
        notes: What was left out besides hosts.
        dry: Whether nothing was changed.
    """

    source: str
    added: tuple[Found, ...]
    known: tuple[Found, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]
    dry: bool

    def as_dict(self) -> dict[str, Any]:
        """Returns it as JSON values, without passwords."""
        return {
            "source": self.source,
            "dry_run": self.dry,
            "added": [_row(found) for found in self.added],
            "already_there": [_row(found) for found in self.known],
            "skipped": [{"name": item.name, "reason": item.reason} for item in self.skipped],
            "notes": list(self.notes),
        }


async def apply_import(
    imported: Imported, hosts: WatchedHosts, known: set[HostKey], judge: Judge, *, dry: bool
) -> Report:
    """Adds the hosts that are not there yet, one transaction each, so that an import can be cut off and repeated.

    Args:
        imported: What the file holds.
        hosts: The watched hosts.
        known: The `host_key` of each host that is there.
        judge: Judges addresses.
        dry: Whether to change nothing.
    """
    added: list[Found] = []
    there: list[Found] = []
    skipped = list(imported.skipped)
    for found in imported.found:
        host = found.host
        if host_key(host.address, host.endpoint, host.port, found.options) in known:
            there.append(found)
            continue
        try:
            await judge(found)
            if not dry:
                await hosts.add_with(host, found.options, enabled=found.enabled)
            added.append(found)
        except ToolError as error:
            skipped.append(Skipped(found.name, str(error).rstrip(".")))
    return Report(imported.source, tuple(added), tuple(there), tuple(skipped), imported.notes, dry)


def _row(found: Found) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": found.name,
        "address": mask_url(found.host.address),
        "endpoint": found.host.endpoint,
        "port": found.host.port,
        "interval_s": found.host.interval_s,
        "enabled": found.enabled,
        "notes": list(found.notes) or None,
    }
    return {key: value for key, value in row.items() if value is not None}
