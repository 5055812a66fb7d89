"""Results in other shapes: wrapped, keyed, in columns, as tables and lines of text.

A shape never changes what is said: all facts and traits that the tools' own form shows are in it (in other words),
and rows keep their names whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from training.naming import Naming
from training.outcome import Outcome

_WRAPPERS = ("data", "data", "result", "result", "results", "response", "payload", "output", "body", "value", "content", "return", "answer", "report", "info")  # fmt: skip
_LISTS = ("data", "result", "results", "items", "rows", "payload", "records", "list", "entries", "objects", "elements", "response", "values", "found", "members", "set")  # fmt: skip
_HOST_LISTS = ("hosts", "monitors", "devices", "nodes", "targets", "checks", "servers", "machines", "systems", "endpoints", "inventory")  # fmt: skip
_GOOD: tuple[tuple[str, Any], ...] = (("ok", True), ("success", True), ("status", "ok"), ("status", "success"), ("error", None), ("code", 0), ("rc", 0), ("exit_code", 0), ("successful", "yes"), ("errors", []), ("code", 200))  # fmt: skip

#: Key of a row's name, in any list of the tools' own form.
_NAME_KEYS = ("address", "name", "agent", "ip", "host", "value", "port")


def foreign(found: Outcome, rng: Random) -> str:
    """A result as a tool that nobody here wrote might word it."""
    if found.error and not found.ok and rng.random() < 0.75:
        return _failed(found, rng)
    name, table = _table(found.data)
    facts = {k: v for k, v in found.data.items() if k != name}
    if not table:
        return _facts(found, facts, rng)
    naming = Naming(rng)
    if not isinstance(table[0], dict):
        return _strings(name, table, facts, naming, rng)
    entries = naming.states(table)
    if rng.random() < 0.15:
        entries = [dict(reversed(e.items())) for e in entries]
    shaped = rng.choices(_SHAPES, cum_weights=_SHAPE_WEIGHTS)[0]
    return shaped(name, entries, facts, naming, rng)


def _table(data: dict[str, Any]) -> tuple[str, list[Any]]:
    for name, value in data.items():
        if isinstance(value, list):
            return name, value  # type: ignore[reportUnknownVariableType]
    return "", []


_dumped = json.JSONEncoder(ensure_ascii=False).encode


def _extras(rng: Random, count: int) -> dict[str, Any]:
    """Fields that say nothing."""
    found: dict[str, Any] = {}
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        key, value = rng.choice(_IDLE)
        found[key] = count if value == "count" else f"{rng.getrandbits(32):08x}" if value == "hex" else rng.randint(1, 4000) if value == "number" else value  # fmt: skip
    return found


_IDLE: tuple[tuple[str, Any], ...] = (
    ("took", "number"), ("cached", False), ("cached", True), ("request_id", "hex"), ("page", 1), ("total", "count"), ("count", "count"), ("api_version", "1"), ("api_version", "v2"), ("next", None), ("warnings", []),
    ("generated_at", "2026-11-22T12:00:00Z"), ("duration_ms", "number"), ("has_more", False), ("tz", "UTC"), ("trace", "hex"), ("_cache", "miss"), ("retry_after", None), ("elapsed", "number"), ("user", "ops"), ("license", "trial"), ("version", "2.3"),
)  # fmt: skip


def _wrapped(inner: Any, key: str, facts: dict[str, Any], rng: Random, count: int = 1) -> Any:
    """Rows or facts in whatever stands around them."""
    draw = rng.random()
    if draw < 0.22 and not facts and type(inner) is list:
        return inner  # type: ignore[reportUnknownVariableType]
    while key in facts:
        key += "_list"
    whole: dict[str, Any] = {}
    if rng.random() < 0.35:
        good, value = rng.choice(_GOOD)
        whole[good] = value
    if rng.random() < 0.5:
        whole |= _extras(rng, count)
    body: dict[str, Any] = {**facts, key: inner} if rng.random() < 0.6 else {key: inner, **facts}
    # What stands around says nothing, so it gives way.
    whole = {k: v for k, v in whole.items() if k not in body}
    if draw < 0.45:
        outer = rng.choice(_WRAPPERS)
        whole[outer] = body if outer != key else inner
        if outer == key:
            whole |= facts
    else:
        whole = {**whole, **body} if draw < 0.75 else {**body, **whole}
    return whole


def _list_key(name: str, naming: Naming, rng: Random) -> str:
    draw = rng.random()
    if draw < 0.35:
        return name
    return rng.choice(_HOST_LISTS) if name == "hosts" and draw < 0.65 else rng.choice(_LISTS)


_EMPTY: tuple[tuple[str, Any], ...] = (("tags", []), ("group", None), ("parent", None), ("v", 1), ("owner_id", None), ("comment", ""), ("last_seen", None), ("links", {}))  # fmt: skip


def _dicts(
    name: str, entries: list[dict[str, Any]], facts: dict[str, Any], naming: Naming, rng: Random
) -> str:
    rows = [naming.row(e) for e in entries]
    if rng.random() < 0.2:
        extra, value = rng.choice(_EMPTY)
        for row in rows:
            row.setdefault(extra, value)
    return _dumped(_wrapped(rows, _list_key(name, naming, rng), naming.row(facts), rng, len(rows)))


def _keyed(
    name: str, entries: list[dict[str, Any]], facts: dict[str, Any], naming: Naming, rng: Random
) -> str:
    """A dictionary by id or by name."""
    by = next((k for k in ("id", "host_id", "hop") if k in entries[0] and rng.random() < 0.55), "")
    by = by or next(k for k in _NAME_KEYS if k in entries[0])
    if len({str(e[by]) for e in entries}) < len(entries) or len(entries[0]) < 2:
        return _dicts(name, entries, facts, naming, rng)
    whole: dict[str, Any] = {}
    for entry in entries:
        rest = {k: v for k, v in entry.items() if k != by}
        whole[str(entry[by])] = next(iter(naming.row(rest).values())) if len(rest) == 1 else naming.row(rest)
    if not facts and rng.random() < 0.35:
        return _dumped(whole)
    return _dumped(_wrapped(whole, _list_key(name, naming, rng), naming.row(facts), rng, len(entries)))


def _cells(entries: list[dict[str, Any]], naming: Naming) -> tuple[list[str], list[list[Any]]]:
    keys = list(dict.fromkeys(k for e in entries for k in e))
    return [naming.key(k) for k in keys], [[naming.value(k, e.get(k)) for k in keys] for e in entries]


def _columns(
    name: str, entries: list[dict[str, Any]], facts: dict[str, Any], naming: Naming, rng: Random
) -> str:
    head, rows = _cells(entries, naming)
    columns, data = rng.choice((("columns", "data"), ("fields", "rows"), ("header", "rows"), ("cols", "values"), ("schema", "records"), ("columns", "rows"), ("head", "body")))  # fmt: skip
    whole: dict[str, Any] = {columns: head, data: rows}
    if rng.random() < 0.2:
        whole = {h: [row[i] for row in rows] for i, h in enumerate(head)}
    return _dumped(
        naming.row(facts) | whole if rng.random() < 0.7 else {"result": whole, **naming.row(facts)}
    )


def _lists(
    name: str, entries: list[dict[str, Any]], facts: dict[str, Any], naming: Naming, rng: Random
) -> str:
    head, rows = _cells(entries, naming)
    rows = (
        [head, *rows]
        if rng.random() < 0.75 or not all(isinstance(v, str) for row in rows for v in row)
        else rows
    )
    if not facts and rng.random() < 0.4:
        return _dumped(rows)
    return _dumped(_wrapped(rows, _list_key(name, naming, rng), naming.row(facts), rng, len(entries)))


def _told(value: Any) -> str:
    if value is None:
        return "-"
    if value is True or value is False:
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(map(str, value))  # type: ignore[reportUnknownArgumentType]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _heading(facts: dict[str, Any], naming: Naming, rng: Random, count: int) -> str:
    if facts:
        mark = rng.choice((": ", "=", " = ", ":\t"))
        return "\n".join(naming.key(k) + mark + _told(naming.value(k, v)) for k, v in facts.items()) + "\n"
    return rng.choice(
        ("", "", "", f"{count} rows\n", f"found {count}:\n", "OK\n", "# result\n", f"Total: {count}\n")
    )


def _text_table(
    name: str, entries: list[dict[str, Any]], facts: dict[str, Any], naming: Naming, rng: Random
) -> str:
    head, rows = _cells(entries, naming)
    if rng.random() < 0.5:
        head = [h.upper() for h in head]
    texts = [head, *([_told(v) for v in row] for row in rows)]
    draw = rng.random()
    if draw < 0.5:
        widths = [max(len(t[i]) for t in texts) for i in range(len(head))]
        gap = rng.choice((" ", "  ", "  ", "   "))
        lines = [gap.join(t.ljust(w) for t, w in zip(line, widths, strict=True)).rstrip() for line in texts]
        if draw < 0.12:
            lines.insert(1, gap.join("-" * w for w in widths))
    elif draw < 0.72:
        lines = ["| " + " | ".join(line) + " |" for line in texts]
        lines.insert(1, "|" + "---|" * len(head))
    else:
        lines = ["\t".join(line) for line in texts]
    return _heading(facts, naming, rng, len(rows)) + "\n".join(lines)


def _csv(name: str, entries: list[dict[str, Any]], facts: dict[str, Any], naming: Naming, rng: Random) -> str:
    head, rows = _cells(entries, naming)
    mark = rng.choice((",", ",", ";", "|"))
    lines = [mark.join(head)]
    for row in rows:
        cells = ["" if v is None else _told(v) for v in row]
        lines.append(mark.join(f'"{c}"' if mark in c else c for c in cells))
    return _heading(facts, naming, rng, len(rows)) + "\n".join(lines)


def _lines(
    name: str, entries: list[dict[str, Any]], facts: dict[str, Any], naming: Naming, rng: Random
) -> str:
    """A line a row, as logs and shells write them."""
    mark, between = rng.choice((("=", " "), (": ", ", "), ("=", ", "), (": ", "; "), (" ", ", ")))
    who = next(k for k in _NAME_KEYS if k in entries[0])
    form = rng.choice(("{who}: {rest}", "- {who} ({rest})", "{who} {rest}", "* {who}: {rest}", "{n}. {who} - {rest}", "{who} [{rest}]", "{n}) {who}: {rest}", "{who} -> {rest}", "[{n}] {who} {rest}"))  # fmt: skip
    lines: list[str] = []
    for number, entry in enumerate(entries, 1):
        parts = [
            naming.key(k) + mark + _told(naming.value(k, v))
            for k, v in entry.items()
            if k != who and v is not None
        ]
        lines.append(
            form.format(n=number, who=entry[who], rest=between.join(parts))
            if parts
            else f"{number}. {entry[who]}"
        )
    if rng.random() < 0.25:
        return _dumped(_wrapped(lines, _list_key(name, naming, rng), naming.row(facts), rng, len(lines)))
    return _heading(facts, naming, rng, len(entries)) + "\n".join(lines)


def _blocks(
    name: str, entries: list[dict[str, Any]], facts: dict[str, Any], naming: Naming, rng: Random
) -> str:
    """`key: value` lines, a block a row."""
    mark = rng.choice((": ", ": ", "=", " = ", ":\t"))
    blocks = [
        "\n".join(naming.key(k) + mark + _told(naming.value(k, v)) for k, v in e.items()) for e in entries
    ]
    return _heading(facts, naming, rng, len(entries)) + rng.choice(("\n\n", "\n---\n", "\n\n")).join(blocks)


Shape = Callable[[str, list[dict[str, Any]], dict[str, Any], Naming, Random], str]
_SHAPES: tuple[Shape, ...] = (_dicts, _keyed, _columns, _lists, _lines, _text_table, _csv, _blocks)
_SHAPE_WEIGHTS = (42, 58, 65, 71, 81, 91, 95, 100)


def _strings(name: str, items: Sequence[Any], facts: dict[str, Any], naming: Naming, rng: Random) -> str:
    """A list of bare values."""
    draw = rng.random()
    texts = [str(item) for item in items]
    if draw < 0.1:
        return _heading(facts, naming, rng, len(texts)) + "\n".join(texts)
    if draw < 0.18:
        return _heading(facts, naming, rng, len(texts)) + rng.choice((", ", " ", " | ", "; ")).join(texts)
    if draw < 0.26:
        return _heading(facts, naming, rng, len(texts)) + "\n".join(f"{rng.choice('-')} {t}" for t in texts)
    key = naming.key(name) if rng.random() < 0.7 else rng.choice(_LISTS)
    inner: Any = list(items)
    if draw < 0.4:
        word = rng.choice(("value", "host", "name", "data", "addr", "entry", "target", "item"))
        inner = [{word: item} for item in items]
    elif draw < 0.46 and len(items) > 1:
        inner = {str(number): item for number, item in enumerate(items, 1)}
    elif draw < 0.52:
        inner = ", ".join(texts)
    return _dumped(_wrapped(inner, key, naming.row(facts), rng, len(items)))


def _facts(found: Outcome, facts: dict[str, Any], rng: Random) -> str:
    """Facts without rows."""
    naming = Naming(rng)
    draw = rng.random()
    if not facts or (draw < 0.08 and not found.rows):
        good, value = rng.choice(_GOOD)
        word = rng.choice(("message", "detail", "msg", "text", "summary", "info", "result"))
        return _dumped({good: value, word: found.message} if good != word else {word: found.message}) if draw < 0.9 else found.message  # fmt: skip
    if draw < 0.2:
        mark = rng.choice((": ", ": ", "=", " = ", ":\t"))
        return rng.choice(("\n", "\n", ", ", "; ", " ")).join(
            naming.key(k) + mark + _told(naming.value(k, v)) for k, v in facts.items()
        )
    told = naming.row(facts)
    if draw < 0.27:
        return _dumped(rng.choice(([told], {"rows": [told]}, {"columns": list(told), "data": [list(told.values())]})))  # fmt: skip
    if draw < 0.34:
        return _dumped({"name": "result", "fields": [{"k": k, "v": v} for k, v in told.items()]})
    if draw < 0.5:
        return _dumped(_extras(rng, 1) | told if draw < 0.42 else told)
    wrapper = rng.choice(_WRAPPERS)
    whole: dict[str, Any] = {wrapper: told}
    if draw < 0.6:
        whole = {rng.choice(("response", "result", "r", "api")): whole}
    if rng.random() < 0.4:
        good, value = rng.choice(_GOOD)
        whole = {good: value, **whole} if good not in whole else whole
    if rng.random() < 0.5:
        whole = whole | {k: v for k, v in _extras(rng, 1).items() if k not in whole}
    return _dumped(whole)


def _failed(found: Outcome, rng: Random) -> str:
    """What did not work, in one of the many ways of saying so."""
    text = found.message if rng.random() < 0.4 else found.error
    facts = {k: v for k, v in found.data.items() if k not in ("error", "reason")}
    draw = rng.random()
    if draw < 0.2:
        return rng.choice(("Error: {}", "ERROR {}", "error: {}", "failed: {}", "{}", "FATAL: {}", "exit code 1: {}", "check failed ({})", "! {}", "[error] {}", "Traceback: CheckError: {}", "HTTP 502 from upstream: {}")).format(text) if rng.random() < 0.85 else f"{found.message}"  # fmt: skip
    shapes: tuple[dict[str, Any], ...] = (
        {"error": text}, {"ok": False, "error": {"code": rng.choice(("E_CHECK", "CHECK_FAILED", "1", "ERR42", "NET_ERROR")), "message": text}}, {"status": "error", "detail": text}, {"errors": [text]},
        {"errors": [{"message": text}]}, {"success": False, "reason": text}, {"type": "about:blank", "title": "check failed", "detail": text}, {"result": None, "error": text}, {"exit_code": 1, "stderr": text},
        {"rc": 2, "msg": text}, {"failed": True, "msg": text}, {"data": None, "message": text}, {"fault": {"faultstring": text}}, {"status": "failed", "message": text}, {"isError": True, "content": [{"type": "text", "text": text}]},
        {"exception": "CheckError", "message": text}, {"code": -1, "message": text, "data": {}}, {"ok": 0, "err": text}, {"outcome": "failure", "why": text}, {"state": "FAILED", "output": text},
    )  # fmt: skip
    whole = rng.choice(shapes)
    if facts and draw > 0.6:
        for key, value in Naming(rng).row(facts).items():
            whole.setdefault(key, value)
    return _dumped(whole)
