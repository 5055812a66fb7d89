"""Reads a file of another monitor, whichever it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from monitoring.importers.found import Imported, UnusableFile
from monitoring.importers.gatus import expand_variables, is_gatus, read_gatus
from monitoring.importers.kuma import is_kuma, read_kuma
from monitoring.importers.own import is_own, read_own
from monitoring.importers.prometheus import is_prometheus, read_prometheus

Kind = Literal["kuma", "gatus", "prometheus", "smallwatch"]
_LARGEST: Final = 32 << 20


def read_hosts_file(
    path: Path,
    kind: Kind | None = None,
    *,
    modules: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Imported:
    """Reads the hosts of a file.

    Args:
        path: The file.
        kind: Whose it is; found out by its content if None.
        modules: blackbox_exporter's configuration, for Prometheus.
        environment: Variables that Gatus's file may name.

    Raises:
        UnusableFile: It cannot be read, or is of no kind that is known.
    """
    text = _text(path)
    data = _document(path, text)
    kinds: dict[Kind, bool] = {
        "kuma": is_kuma(data),
        "gatus": is_gatus(data),
        "prometheus": is_prometheus(data),
        "smallwatch": is_own(data),
    }
    found: Kind | None = kind or next((name for name, fits in kinds.items() if fits), None)
    if found is None or not kinds[found]:
        raise UnusableFile(
            f"{path} is {'none of' if kind else 'no'} {_wanted(kind)}; look whether it is the right file."
        )
    if found == "kuma":
        return read_kuma(data)
    if found == "gatus":
        return read_gatus(_document(path, expand_variables(text, environment or {})))
    if found == "prometheus":
        return read_prometheus(data, path.parent, _document(modules, _text(modules)) if modules else None)
    return read_own(data)


def _wanted(kind: Kind | None) -> str:
    names: dict[Kind, str] = {
        "kuma": "Uptime Kuma backup (JSON with monitorList)",
        "gatus": "Gatus configuration (YAML with endpoints)",
        "prometheus": "Prometheus configuration (YAML with scrape_configs) or list of targets",
        "smallwatch": "export of Smallwatch",
    }
    return f"the kind asked for: {names[kind]}" if kind else f"{', no '.join(names.values())}"


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise UnusableFile(f"{path} is larger than {_LARGEST >> 20} MiB; it is hardly a list of hosts.")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UnusableFile(f"{path} cannot be read: {words}.") from error


def _document(path: Path, text: str) -> Any:
    try:
        if text.lstrip().startswith(("{", "[")) and path.suffix.lower() not in (".yml", ".yaml"):
            return json.loads(text)
        return yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        first = " ".join(str(error).split())[:200] or "it is nested too deeply"
        raise UnusableFile(f"{path} is neither JSON nor YAML: {first}.") from error
