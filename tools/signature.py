"""From a typed function to its parameters: JSON Schema for the model, a strict check for what comes back."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Le
from pydantic import ConfigDict, TypeAdapter
from pydantic.fields import FieldInfo

from tools.docstrings import read_docstring
from tools.formats import Format

_SCALARS: Mapping[object, str] = {str: "string", int: "integer", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter that a model may give.

    Attributes:
        name: Its name.
        annotation: Its type with constraints, without `None`.
        required: Whether it has no default.
        schema: Its JSON Schema.
    """

    name: str
    annotation: Any
    required: bool
    schema: dict[str, Any]


@cache
def parameters_of(function: Callable[..., object]) -> tuple[Parameter, ...]:
    """Reads a tool's parameters, in signature order, without `context`, the first.

    Raises:
        TypeError: The first parameter is not `context`, one is not described in the docstring's `Args`, or a
            type has no JSON form.
    """
    where = function.__qualname__
    signature = inspect.signature(function)
    names = list(signature.parameters)
    if not names or names[0] != "context":
        raise TypeError(f"{where}: the first parameter of a tool is context: ToolContext")
    hints = get_type_hints(function, include_extras=True)
    texts = read_docstring(function).arguments
    parameters: list[Parameter] = []
    for name in names[1:]:
        if name not in texts or name not in hints:
            raise TypeError(f"{where}: parameter {name} needs a type and a line in the docstring's Args")
        required = signature.parameters[name].default is inspect.Parameter.empty
        annotation = _without_none(hints[name])
        try:
            schema = json_schema(annotation, texts[name])
        except TypeError as error:
            raise TypeError(f"{where}: parameter {name}: {error}") from error
        parameters.append(Parameter(name, annotation, required, schema))
    return tuple(parameters)


@cache
def adapters_of(function: Callable[..., object]) -> Mapping[str, TypeAdapter[Any]]:
    """Makes the strict checker of each parameter: `"5"` is not 5, `true` is not 1."""
    config = ConfigDict(strict=True)
    return {p.name: TypeAdapter(p.annotation, config=config) for p in parameters_of(function)}


def object_schema(parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """Builds the JSON Schema of a whole argument object."""
    return {
        "type": "object",
        "properties": {p.name: p.schema for p in parameters},
        "required": [p.name for p in parameters if p.required],
        "additionalProperties": False,
    }


def json_schema(annotation: Any, description: str | None = None) -> dict[str, Any]:
    """Builds the JSON Schema of one type.

    Raises:
        TypeError: The type is not text, a whole number, a boolean, a choice of texts or a list of such.
    """
    base, markers = _unwrap(annotation)
    form = next((marker for marker in markers if isinstance(marker, Format)), None)
    if form is not None:
        schema: dict[str, Any] = {"type": "string"}
    elif base in _SCALARS:
        schema = {"type": _SCALARS[base]}
    elif get_origin(base) is Literal and all(isinstance(value, str) for value in get_args(base)):
        schema = {"type": "string"}
    elif get_origin(base) is list:
        schema = {"type": "array"}
    else:
        raise TypeError(f"{base!r} has no JSON form here; use str, int, bool, Literal of texts, or a list")
    if description is not None:
        schema["description"] = description
    if form is not None:
        schema["format"] = form.name
    if get_origin(base) is Literal:
        schema["enum"] = list(get_args(base))
    if get_origin(base) is list:
        schema["items"] = json_schema(get_args(base)[0])
    for marker in markers:
        if isinstance(marker, Ge):
            schema["minimum"] = marker.ge
        elif isinstance(marker, Le):
            schema["maximum"] = marker.le
    return schema


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    kept = [part for part in get_args(annotation) if part is not type(None)]
    return kept[0] if len(kept) == 1 else annotation


def _unwrap(annotation: Any) -> tuple[Any, list[Any]]:
    """Splits an annotated type into the bare type and its markers, nested ones included."""
    if get_origin(annotation) is not Annotated:
        return annotation, []
    base, *outer = get_args(annotation)
    inner, markers = _unwrap(base)
    for marker in outer:
        markers.extend(marker.metadata if isinstance(marker, FieldInfo) else [marker])
    return inner, markers
