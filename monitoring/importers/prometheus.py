"""Targets that Prometheus has blackbox_exporter probe: a scrape configuration, or a file of targets.

A module's name says little by itself: `--modules blackbox.yml` tells what each one does; without it, names such
as `http_2xx`, `icmp` and `tcp_connect` are taken by their beginning, as in blackbox_exporter's own example.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import yaml

from monitoring.importers.durations import parse_duration
from monitoring.importers.found import Draft, Entry, Found, Imported, Skip, Skipped, record_type, sort_out
from tools.formats import parse_address

SOURCE: Final = "Prometheus blackbox targets"
_PROBERS: Final = ("http", "icmp", "tcp", "dns", "smtp", "ping", "https")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_SCRAPE_S: Final = 60.0
_SPECIAL: Final = re.compile(r"[\\^$.|?*+()\[\]{}]")


def is_prometheus(data: object) -> bool:
    """Says whether a document is a scrape configuration, or a list of targets as file_sd reads it."""
    if isinstance(data, Mapping):
        return isinstance(cast("Mapping[str, object]", data).get("scrape_configs"), list)
    items = cast("list[object]", data) if isinstance(data, list) else []
    return bool(items) and all(bool(Entry(item).list("targets")) for item in items)


def read_prometheus(data: object, folder: Path, modules: object = None) -> Imported:
    """Reads a configuration, with the files that it names, or a file of targets.

    Args:
        data: The document.
        folder: Where relative file names begin.
        modules: blackbox_exporter's own configuration, if known.
    """
    known = Entry(modules).entry("modules")
    items: list[Found | Skipped] = []
    if isinstance(data, list):
        job = Entry({"job_name": "targets", "static_configs": cast("object", data)})
        items += _job(job, known, _SCRAPE_S, folder)
    else:
        configuration = Entry(data)
        every = parse_duration(configuration.entry("global").text("scrape_interval")) or _SCRAPE_S
        for value in configuration.list("scrape_configs"):
            job = Entry(value)
            if "module" in job.entry("params") or job.text("metrics_path") == "/probe":
                items += _job(job, known, every, folder)
            else:
                name = job.text("job_name") or "a job without name"
                items.append(Skipped(name, "it scrapes metrics, and is no blackbox job"))
    found, skipped = sort_out(items)
    return Imported(SOURCE, found, skipped)


def _job(job: Entry, modules: Entry, every: float, folder: Path) -> list[Found | Skipped]:
    name = job.text("job_name") or "targets"
    groups = [Entry(value) for value in job.list("static_configs")]
    items: list[Found | Skipped] = []
    for value in job.list("file_sd_configs"):
        for pattern in Entry(value).list("files"):
            read, trouble = _files(folder, str(pattern))
            groups += read
            items += [Skipped(f"{name}: {pattern}", words) for words in trouble]
    for key, _ in job.items():
        if key.endswith("_sd_configs") and key != "file_sd_configs":
            items.append(Skipped(name, f"{key} asks a service for targets; list them in a file instead"))
    if not groups and not items:
        items.append(Skipped(name, "it names no targets"))
    for group in groups:
        items += [_read(job, group, str(target), modules, every) for target in group.list("targets")]
    return items


def _files(folder: Path, pattern: str) -> tuple[list[Entry], list[str]]:
    """Reads the files of targets that a pattern names; only the last part may hold `*`."""
    path = folder / pattern
    names = sorted(path.parent.glob(path.name)) if "*" in path.name else [path]
    groups: list[Entry] = []
    trouble: list[str] = [] if names else ["no file has such a name"]
    for name in names:
        try:
            text = name.read_text(encoding="utf-8")
            data: Any = json.loads(text) if name.suffix == ".json" else yaml.safe_load(text)
        except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
            trouble.append(f"{name.name} cannot be read: {str(error).partition(chr(10))[0]}")
            continue
        groups += [Entry(item) for item in cast("list[object]", data)] if isinstance(data, list) else []
    return groups, trouble


def _read(job: Entry, group: Entry, target: str, modules: Entry, every: float) -> Found | Skipped:
    name = f"{job.text('job_name') or 'targets'}: {target}"
    draft = Draft(name)
    labels = group.entry("labels")
    named = [str(item) for item in job.entry("params").list("module")]
    module = labels.text("__param_module") or (named[0] if named else "")
    try:
        _target(draft, target, module, modules.entry(module))
        draft.interval(parse_duration(job.text("scrape_interval")) or every)
        timeout = parse_duration(modules.entry(module).text("timeout"))
        draft.timeout(timeout or parse_duration(job.text("scrape_timeout")) or 10)
        draft.retries(0)
        tags = [f"{key}={value}" for key, value in labels.items() if not key.startswith("__")]
        draft.options["tags"] = tuple(tag[:100] for tag in [job.text("job_name"), *tags] if tag)
        return draft.found()
    except Skip as reason:
        return Skipped(name, str(reason))


def _target(draft: Draft, target: str, module: str, settings: Entry) -> None:
    guessed = next((prober for prober in _PROBERS if module.lower().startswith(prober)), "")
    prober = settings.text("prober") or guessed or ("http" if "://" in target else "")
    if prober in ("http", "https"):
        _web(draft, target, settings.entry("http"))
        return
    if prober == "dns":
        _dns(draft, target, settings.entry("dns"))
        return
    host, port = _host_and_port(target)
    if prober in ("icmp", "ping"):
        draft.target(host, "icmp")
    elif prober == "tcp" and settings.entry("tcp").list("query_response"):
        draft.target(host, "smtp" if "smtp" in module.lower() else "tcp", port)
        draft.note("its dialogue (query_response) is not spoken")
    elif prober in ("tcp", "smtp"):
        draft.target(host, "tcp" if prober == "tcp" else "smtp", port)
        if settings.entry("tcp").flag("tls"):
            draft.note("its certificate is not checked, only its port")
    else:
        raise Skip(
            f"what the module {module!r} does is not known; name blackbox_exporter's file with --modules"
            if module and not settings.text("prober")
            else f"the prober {prober!r} has no match here"
        )


def _web(draft: Draft, target: str, settings: Entry) -> None:
    # blackbox_exporter takes http where a target names no scheme.
    url = target if "://" in target else f"http://{target}"
    method = settings.text("method").upper() or "GET"
    if method not in _METHODS:
        raise Skip(f"its method {method} may change things on the server, and is not used here")
    draft.target(url, "https" if url.startswith("https:") else "http")
    draft.options["method"] = method
    codes = [str(code) for code in settings.list("valid_status_codes")]
    draft.options["statuses"] = ",".join(codes) or "200-299"
    draft.options["verify_tls"] = not settings.entry("tls_config").flag("insecure_skip_verify")
    for key, absent in (("fail_if_body_not_matches_regexp", False), ("fail_if_body_matches_regexp", True)):
        expressions = [str(item) for item in settings.list(key)]
        if not expressions:
            continue
        if len(expressions) == 1 and not _SPECIAL.search(expressions[0]) and "keyword" not in draft.options:
            draft.options["keyword"], draft.options["keyword_absent"] = expressions[0], absent
        else:
            draft.note(f"{key} is not checked: only one plain text can be")
    for key in ("headers", "body", "basic_auth", "proxy_url", "fail_if_ssl", "fail_if_not_ssl"):
        if key in settings:
            draft.note(f"{key} is not used")


def _dns(draft: Draft, target: str, settings: Entry) -> None:
    name = settings.text("query_name").removesuffix(".")
    if not name:
        raise Skip("the name to ask for stands in the module; give blackbox_exporter's file with --modules")
    draft.target(name, "dns")
    draft.options["record_type"] = record_type(settings.text("query_type") or "A")
    host, _ = _host_and_port(target)
    if parse_address(host):
        draft.options["resolver"] = host
    else:
        draft.note(f"the system's DNS servers are asked: {target} is no address")


def _host_and_port(target: str) -> tuple[str, int | None]:
    if parse_address(target):
        return target, None
    try:
        parts = urlsplit(target if "://" in target else f"//{target}")
        return parts.hostname or "", parts.port
    except ValueError as error:
        raise Skip(f"its address {target!r} cannot be read: {error}") from error
