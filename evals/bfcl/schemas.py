"""BFCL's functions as tools: its types become JSON Schema's, its dotted names what every provider takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evals.bfcl.data import Entry, Language
from providers.base import ToolSpec

#: JSON Schema's type for each of BFCL's, which are Python's, Java's and JavaScript's.
_TYPES = {
    "integer": "integer", "byte": "integer", "short": "integer", "long": "integer", "Bigint": "integer",
    "float": "number", "double": "number", "number": "number",
    "boolean": "boolean", "bool": "boolean", "Boolean": "boolean",
    "string": "string", "String": "string", "char": "string", "any": "string", "Any": "string",
    "array": "array", "list": "array", "tuple": "array", "Array": "array", "ArrayList": "array",
    "Queue": "array", "Stack": "array", "Set": "array",
    "dict": "object", "object": "object", "HashMap": "object", "Hashtable": "object",
}  # fmt: skip
_HINTS: Mapping[Language, str] = {
    "python": "Note that the provided function is in Python 3 syntax.",
    "java": "Note that the provided function is in Java 8 SDK syntax.",
    "javascript": "Note that the provided function is in JavaScript syntax.",
}
_LANGUAGE_NAMES: Mapping[Language, str] = {"python": "Python", "java": "Java", "javascript": "JavaScript"}
_KEPT = ("default", "enum", "minItems", "maxItems", "minimum", "maximum", "format")
# What OpenAI's API, and with it every server that speaks it, takes for a function's name.
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class OfferedTools:
    """The tools of an entry.

    Attributes:
        specs: As a model is shown them.
        originals: BFCL's name of each, by the name that is shown.
    """

    specs: tuple[ToolSpec, ...]
    originals: Mapping[str, str]

    def original(self, name: str) -> str:
        """BFCL's name of what a model called; a model that writes BFCL's own name is taken at its word."""
        return self.originals.get(name, name)


def offered_tools(entry: Entry) -> OfferedTools:
    """The tools of an entry, each with a name of its own."""
    originals: dict[str, str] = {}
    specs: list[ToolSpec] = []
    for function in entry.functions:
        name = _own_name(function["name"], originals)
        originals[name] = function["name"]
        description = f"{function['description']} {_HINTS[entry.language]}"
        specs.append(ToolSpec(name, description, _parameters(function["parameters"], entry.language)))
    return OfferedTools(tuple(specs), originals)


def _own_name(name: str, taken: Mapping[str, str]) -> str:
    plain = _NO_NAME.sub("_", name)[:_LONGEST_NAME]
    number = 2
    unique = plain
    while unique in taken:
        unique = f"{plain[: _LONGEST_NAME - 4]}_{number}"
        number += 1
    return unique


def _parameters(form: Mapping[str, Any], language: Language) -> dict[str, Any]:
    convert = _schema if language == "python" else _literal
    return {
        "type": "object",
        "properties": {name: convert(part, language) for name, part in form["properties"].items()},
        "required": list(form.get("required", [])),
    }


def _schema(part: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """A parameter in JSON Schema, with all that lies in it."""
    kind = part.get("type", "string")
    schema: dict[str, Any] = {"type": _TYPES.get(kind, "string")}
    description = part.get("description", "")
    if kind == "float":
        description = f"{description} This is a float type value.".strip()
    if description:
        schema["description"] = description
    schema |= {key: part[key] for key in _KEPT if key in part}
    if schema["type"] == "array":
        schema["items"] = _schema(part.get("items", {}), language)
    if schema["type"] == "object" and isinstance(part.get("properties"), dict):
        schema["properties"] = {name: _schema(inner, language) for name, inner in part["properties"].items()}
        if isinstance(part.get("required"), list):
            schema["required"] = list(part["required"])
    return schema


def _literal(part: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """A parameter of Java or JavaScript: text that holds the value as source code has it."""
    kind, name = part["type"], _LANGUAGE_NAMES[language]
    words = [part.get("description", "")]
    if kind == "any":
        words.append(f"This parameter can be of any type of {name} object in string representation.")
    else:
        words.append(f"This is {name} {kind} type parameter in string representation.")
    if isinstance(part.get("items"), dict):
        inner = part["items"]["type"]
        words.append(f"The list elements are of type {inner}; they are not in string representation.")
    if isinstance(part.get("properties"), dict):
        fields = json.dumps(part["properties"])
        words.append(
            "The dictionary entries have the following schema; they are not in string representation. "
            + fields
        )
    return {"type": "string", "description": " ".join(word for word in words if word)}
