"""Arguments as the shipped family writes them (the wire), and as the tools take them.

Only two kinds of value differ: amounts of time (`timeout_ms`, `interval_s`, `duration_min`), which the model
writes with the unit that the person used, and points in time, which it writes as the person said them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from providers.dialects.quantities import (
    Toward,
    Unit,
    iso,
    resolve_amount,
    resolve_point,
    spell_amount,
)

Kind = Literal["text", "integer", "boolean", "texts", "integers", "amount", "point", "choice"]

#: Parameters that hold an amount of time, and the unit that the tool takes it in.
AMOUNTS: Mapping[str, Unit] = {"timeout_ms": "ms", "interval_s": "s", "duration_min": "m"}


def kind_of(name: str, schema: Mapping[str, Any]) -> Kind:
    """Says how a parameter is written on the wire, from its name and JSON Schema."""
    if name in AMOUNTS and schema.get("type") == "integer":
        return "amount"
    if schema.get("format") == "date-time":
        return "point"
    if "enum" in schema:
        return "choice"
    match schema.get("type"):
        case "integer":
            return "integer"
        case "boolean":
            return "boolean"
        case "array":
            return "integers" if schema.get("items", {}).get("type") == "integer" else "texts"
        case _:
            return "text"


def toward_of(name: str) -> Toward:
    """Windows lie ahead; the periods of reports lie behind."""
    return "future" if name == "start" else "past"


def from_wire(
    arguments: Mapping[str, Any], schemas: Mapping[str, Mapping[str, Any]], now: datetime
) -> dict[str, Any]:
    """Turns the model's arguments into the tool's.

    A value that cannot be understood is passed on as it is, for validation to report.

    Args:
        arguments: Arguments as the model wrote them.
        schemas: JSON Schema of each parameter.
        now: The time that relative points are counted from.
    """
    result: dict[str, Any] = {}
    points: dict[str, datetime] = {}
    for name, value in arguments.items():
        if isinstance(value, str) and kind_of(name, schemas.get(name, {})) == "point":
            moment = resolve_point(value, now, toward_of(name))
            if moment is not None:
                points[name] = moment
                value = iso(moment)
        result[name] = value
    for name, value in arguments.items():
        if isinstance(value, str) and kind_of(name, schemas.get(name, {})) == "amount":
            amount = _amount(value, AMOUNTS[name], points.get("start", now))
            if amount is not None:
                result[name] = amount
    return result


def _amount(text: str, unit: Unit, start: datetime) -> int | None:
    if not text.startswith("until "):
        return resolve_amount(text, unit)
    # A bare end ("until 03:00") is the first such time after the start.
    end = resolve_point(text.removeprefix("until "), start, "future")
    if end is None or end < start:
        return None
    return resolve_amount(f"{(end - start).total_seconds():.0f}s", unit)


def to_wire(arguments: Mapping[str, Any], schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Writes a tool's arguments as the model would have written them, in the schema's order."""
    order = {name: index for index, name in enumerate(schemas)}
    result: dict[str, Any] = {}
    for name in sorted(arguments, key=lambda n: order.get(n, len(order))):
        value = arguments[name]
        kind = kind_of(name, schemas.get(name, {}))
        if kind == "amount" and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            value = spell_amount(value, AMOUNTS[name])
        elif kind == "point" and isinstance(value, str):
            value = value.removesuffix("Z").removesuffix(":00").replace("T", " ")
        result[name] = value
    return result
