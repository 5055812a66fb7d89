"""Answers to BFCL's cases, right and spoiled, to hold judges against each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, TypeGuard, cast

from evals.bfcl.data import Entry
from providers.base import ToolCall

Calls = tuple[ToolCall, ...]
_MISSING = object()


def right_calls(entry: Entry, random: Random) -> Calls:
    """Calls that a case accepts: of every acceptable value one is drawn, and optional ones may be left out."""
    calls: list[ToolCall] = []
    for answer in entry.answers:
        name = next(iter(answer))
        described = next(f for f in entry.functions if f["name"] == name)["parameters"]["properties"]
        given = {key: _drawn(values, random) for key, values in answer[name].items()}
        arguments = {key: value for key, value in given.items() if value is not _MISSING}
        if entry.language != "python":
            arguments = {
                key: _literal(value, described.get(key, {}), entry.language)
                for key, value in arguments.items()
            }
        calls.append(ToolCall("", name, arguments))
    return tuple(calls)


def spoiled_calls(entry: Entry, random: Random) -> tuple[str, Calls]:
    """Right calls with one thing changed, and the name of the change; a few changes leave them right."""
    calls = right_calls(entry, random)
    names = list(_CHANGES)
    random.shuffle(names)
    for name in names:
        changed = _CHANGES[name](entry, calls, random)
        if changed is not None:
            return name, changed
    return "nothing", calls


def _drawn(values: list[Any], random: Random) -> Any:
    value = random.choice(values or [""])  # a few of BFCL's answers accept nothing at all
    if value == "" and any(item != "" for item in values):
        return _MISSING if random.random() < 0.8 else ""
    return _filled(value, random)


def _filled(value: Any, random: Random) -> Any:
    """Draws the fields of an acceptable object, each of which has a list of acceptable values."""
    if isinstance(value, list):
        return [_filled(item, random) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        drawn = {key: _drawn(item, random) if _is_choice(item) else item for key, item in fields.items()}
        return {key: item for key, item in drawn.items() if item is not _MISSING}
    return value


def _is_choice(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list) and bool(cast("list[Any]", value))


def _literal(value: Any, described: Mapping[str, Any], language: str) -> str:
    """Writes a value as source code has it, in the type that the parameter has."""
    kind = described.get("type")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if kind == "long":
        return f"{value}L"
    if kind == "Bigint":
        return f"{value}n"
    if kind == "float" and language == "java":
        return f"{value}f"
    if isinstance(value, list):
        return _listed(cast("list[Any]", value), described, language)
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if language == "java":
            puts = " ".join(f'put("{key}", {_inner(item)});' for key, item in fields.items())
            return f"new HashMap<String, Object>() {{{{ {puts} }}}}"
        return "{" + ", ".join(f"{key}: {_inner(item)}" for key, item in fields.items()) + "}"
    return str(value)


def _listed(items: list[Any], described: Mapping[str, Any], language: str) -> str:
    inner = described.get("items", {})
    kind = inner.get("type")
    parts = [
        f'"{item}"' if isinstance(item, str) and kind == "String" else _literal(item, inner, language)
        for item in items
    ]
    listed = ", ".join(parts)
    if language == "javascript":
        return f"[{listed}]"
    if described.get("type") == "ArrayList":
        return f"new ArrayList<Object>(Arrays.asList({listed}))" if items else "new ArrayList<Object>()"
    return f"new Object[]{{{listed}}}"


def _inner(value: Any) -> str:
    return json.dumps(value) if not isinstance(value, str) else f'"{value}"'


Change = Callable[[Entry, Calls, Random], Calls | None]


def _with_call(calls: Calls, place: int, call: ToolCall) -> Calls:
    return (*calls[:place], call, *calls[place + 1 :])


def _on_argument(change: Callable[[Any, Random], Any]) -> Change:
    """Makes a change of one argument; `change` returns `_MISSING` for values that it does not fit."""

    def apply(entry: Entry, calls: Calls, random: Random) -> Calls | None:
        places = [(n, key) for n, call in enumerate(calls) for key in call.arguments]
        random.shuffle(places)
        for number, key in places:
            call = calls[number]
            value = change(call.arguments[key], random)
            if value is not _MISSING:
                changed = ToolCall("", call.name, {**call.arguments, key: value})
                return _with_call(calls, number, changed)
        return None

    return apply


def _dropped_call(entry: Entry, calls: Calls, random: Random) -> Calls | None:
    return calls[:-1]


def _doubled_call(entry: Entry, calls: Calls, random: Random) -> Calls | None:
    return (*calls, calls[0])


def _reversed(entry: Entry, calls: Calls, random: Random) -> Calls | None:
    return calls[::-1] if len(calls) > 1 else None


def _renamed(entry: Entry, calls: Calls, random: Random) -> Calls | None:
    place = random.randrange(len(calls))
    others = [f["name"] for f in entry.functions if f["name"] != calls[place].name]
    name = random.choice([*others, calls[place].name.replace(".", "_") + "_x", calls[place].name.upper()])
    return _with_call(calls, place, ToolCall("", name, calls[place].arguments))


def _dropped_argument(entry: Entry, calls: Calls, random: Random) -> Calls | None:
    place = random.randrange(len(calls))
    arguments = dict(calls[place].arguments)
    if not arguments:
        return None
    del arguments[random.choice(list(arguments))]
    return _with_call(calls, place, ToolCall("", calls[place].name, arguments))


def _added_argument(entry: Entry, calls: Calls, random: Random) -> Calls | None:
    place = random.randrange(len(calls))
    call = calls[place]
    described = next(f for f in entry.functions if f["name"] == call.name)["parameters"]["properties"]
    names = [name for name in described if name not in call.arguments]
    name = random.choice([*names, "verbose"])
    others: list[Any] = ["", "x", 1, True, None, [], {}]
    value = random.choice(others)
    return _with_call(calls, place, ToolCall("", call.name, {**call.arguments, name: value}))


def _repunctuated(value: Any, random: Random) -> Any:
    if not isinstance(value, str) or not value:
        return _MISSING
    place = random.randrange(len(value) + 1)
    return value[:place] + random.choice(" ,./-_*^") + value[place:]


def _recased(value: Any, random: Random) -> Any:
    return value.swapcase() if isinstance(value, str) and value else _MISSING


def _reworded(value: Any, random: Random) -> Any:
    return f"{value} more" if isinstance(value, str) else _MISSING


def _quoted(value: Any, random: Random) -> Any:
    return random.choice([f"'{value}'", f'"{value}"']) if isinstance(value, str) else _MISSING


def _as_text(value: Any, random: Random) -> Any:
    return _MISSING if isinstance(value, str) else json.dumps(value)


def _as_other(value: Any, random: Random) -> Any:
    return random.choice([None, 0, 1.5, True, "", [], [value], {"a": value}, str(value)])


def _nudged(value: Any, random: Random) -> Any:
    if isinstance(value, bool):
        return random.choice([not value, int(value), str(value).lower()])
    if isinstance(value, int):
        return random.choice([value + 1, -value, float(value), value + 0.5, value == 1])
    return random.choice([value + 0.1, -value, round(value)]) if isinstance(value, float) else _MISSING


def _shuffled(value: Any, random: Random) -> Any:
    if not isinstance(value, list) or not value:
        return _MISSING
    items = cast("list[Any]", value)
    return random.choice([items[::-1], items[:-1], [*items, items[0]], [*items[:-1], str(items[-1])]])


def _inside(value: Any, random: Random) -> Any:
    """Changes something inside of a list or an object."""
    if isinstance(value, list) and value:
        items = cast("list[Any]", value)
        place = random.randrange(len(items))
        changed = random.choice([_as_other, _repunctuated, _nudged])(items[place], random)
        return _MISSING if changed is _MISSING else [*items[:place], changed, *items[place + 1 :]]
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if not fields or random.random() < 0.3:
            return {**fields, "more": 1}
        key = random.choice(list(fields))
        if random.random() < 0.3:
            return {name: item for name, item in fields.items() if name != key}
        changed = random.choice([_as_other, _repunctuated, _recased, _nudged])(fields[key], random)
        return _MISSING if changed is _MISSING else {**fields, key: changed}
    return _MISSING


_CHANGES: dict[str, Change] = {
    "call dropped": _dropped_call,
    "call doubled": _doubled_call,
    "calls reversed": _reversed,
    "function renamed": _renamed,
    "argument dropped": _dropped_argument,
    "argument added": _added_argument,
    "text repunctuated": _on_argument(_repunctuated),
    "text in other case": _on_argument(_recased),
    "text longer": _on_argument(_reworded),
    "text quoted": _on_argument(_quoted),
    "value as text": _on_argument(_as_text),
    "value of another type": _on_argument(_as_other),
    "number or boolean nudged": _on_argument(_nudged),
    "list changed": _on_argument(_shuffled),
    "inside changed": _on_argument(_inside),
}
