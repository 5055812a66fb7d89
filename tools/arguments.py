"""Checks the arguments that a model gave, and says all that is wrong with them in words that it can use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tools.errors import ArgumentProblem, ToolArgumentError
from tools.formats import ALLOWED
from tools.registry import ToolDefinition
from tools.results import harmless
from tools.signature import adapters_of, parameters_of
from tools.wording import nearest

_SHOWN_CHARS = 60
_SHOWN_ITEMS = 3
_NAMES: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number with decimals",
    list: "a list",
    dict: "an object",
}


def validate(definition: ToolDefinition, arguments: object) -> dict[str, Any]:
    """Checks arguments against a tool's signature, strictly: nothing is converted, `"5"` is not 5.

    Args:
        definition: The tool.
        arguments: What the model gave: should be an object, keyed by parameter name.

    Returns:
        The values as the function takes them: date-times as aware `datetime`, the rest as it was given.

    Raises:
        ToolArgumentError: Something does not fit; holds every problem.
    """
    if not isinstance(arguments, Mapping):
        problem = ArgumentProblem("", f"The arguments were {_show(arguments)}; they must be one JSON object.")
        raise ToolArgumentError(definition.name, (problem,))
    given = cast("Mapping[str, Any]", arguments)
    parameters = parameters_of(definition.function)
    adapters = adapters_of(definition.function)
    values: dict[str, Any] = {}
    problems: list[ArgumentProblem] = []
    for parameter in parameters:
        name, allowed = parameter.name, allowed_text(parameter.schema)
        if name not in given:
            if parameter.required:
                problems.append(ArgumentProblem(name, f"{name} is missing; it must be {allowed}."))
            continue
        try:
            values[name] = adapters[name].validate_python(given[name])
        except ValidationError as error:
            problems.extend(
                ArgumentProblem(name, _sentence(name, parameter.schema, parameter.required, detail))
                for detail in error.errors()[:_SHOWN_ITEMS]
            )
    known = [parameter.name for parameter in parameters]
    problems.extend(ArgumentProblem(name, _unknown(name, known)) for name in given if name not in known)
    if problems:
        raise ToolArgumentError(definition.name, tuple(problems))
    return values


def allowed_text(schema: Mapping[str, Any]) -> str:
    """Says in words what a parameter's JSON Schema allows."""
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    if "format" in schema:
        return ALLOWED[schema["format"]]
    match schema["type"]:
        case "integer":
            return f"a whole number{_limits(schema)}"
        case "boolean":
            return "true or false, without quotes"
        case "array":
            inner = schema["items"]
            return f"a list of {'whole numbers' + _limits(inner) if inner['type'] == 'integer' else 'texts'}"
        case _:
            return "text"


def _limits(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f" of at least {low}" if low is not None else f" of at most {high}" if high is not None else ""


def _sentence(name: str, schema: Mapping[str, Any], required: bool, detail: ErrorDetails) -> str:
    value: object = detail["input"]
    index = next((part for part in detail["loc"] if isinstance(part, int)), None)
    if index is not None:
        return f"Item {index + 1} of {name} was {_show(value)}; {name} must be {allowed_text(schema)}."
    must = f"it must be {allowed_text(schema)}"
    if value is None:
        cure = f"{must}." if required else f"leave {name} out, or give {allowed_text(schema)}."
        return f"{name} was null; {cure}"
    reason = ""
    if detail["type"] == "value_error":
        reason = f"{detail['ctx']['error']}; " if "ctx" in detail else ""
    elif "enum" in schema and isinstance(value, str):
        near = nearest(value, schema["enum"], at_most=1)
        must += f" (nearest: {near[0]})" if near else ""
    elif schema["type"] == "integer" and isinstance(value, str) and value.strip().lstrip("-").isdigit():
        must += ", without quotes"
    return f"{name} was {_show(value)}; {reason}{must}."


def _unknown(name: str, known: list[str]) -> str:
    near = nearest(name, known, at_most=1)
    if near:
        return f"{_show(name)} is no parameter of it; the nearest is {near[0]}."
    return f"{_show(name)} is no parameter of it; " + (
        f"there are {', '.join(known)}." if known else "it takes none."
    )


def _show(value: object) -> str:
    """Writes a value as JSON, shortened, with its kind where that could be the mistake."""
    text = harmless(json.dumps(value, ensure_ascii=False, default=str))
    short = text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"
    return f"{short} ({_NAMES.get(type(value), 'nothing')})" if not isinstance(value, str) else short
