"""The tools of a suite: what the model is offered, and how their arguments compare."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tools as tools_package
from evals.comparators import Comparator, comparator
from providers.base import ToolSpec


class Toolset:
    """Tools by name, with the comparator of each of their parameters.

    Attributes:
        specs: The tools, in the order they are offered.
        sha256: Hash of the specs; it changes with anything that a model sees of a tool.
    """

    def __init__(self, specs: Sequence[ToolSpec]) -> None:
        """Makes a set of `specs`; their names must differ."""
        self.specs = tuple(specs)
        self.sha256 = _digest(self.specs)
        self._by_name = {spec.name: spec for spec in self.specs}
        self._comparators = {spec.name: _comparators(spec) for spec in self.specs}

    @property
    def names(self) -> tuple[str, ...]:
        """The tools' names, in order."""
        return tuple(self._by_name)

    def __contains__(self, name: object) -> bool:
        """Whether there is a tool of this name."""
        return name in self._by_name

    def select(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        """The specs of `names`, in that order and each once.

        Raises:
            KeyError: There is no such tool.
        """
        return tuple(self._by_name[name] for name in dict.fromkeys(names))

    def comparators(self, name: str) -> Mapping[str, Comparator]:
        """The comparators of a tool, by parameter.

        Raises:
            KeyError: There is no such tool.
        """
        return self._comparators[name]


def load_toolset(path: Path | None = None) -> Toolset:
    """Reads tools from a file in OpenAI's form; the shipped ones if no path is given.

    Raises:
        OSError: The file cannot be read.
    """
    where = path or Path(tools_package.__path__[0]) / "schema.json"
    return Toolset([_spec(entry) for entry in json.loads(where.read_text("utf-8"))])


def _spec(entry: Mapping[str, Any]) -> ToolSpec:
    function = entry["function"]
    return ToolSpec(
        function["name"], function["description"], function["parameters"], entry.get("x-effect", "read")
    )


def _comparators(spec: ToolSpec) -> dict[str, Comparator]:
    properties: dict[str, dict[str, Any]] = spec.parameters.get("properties", {})
    return {name: comparator(spec.name, name, schema) for name, schema in properties.items()}


def _digest(specs: Sequence[ToolSpec]) -> str:
    listed = [[spec.name, spec.description, spec.parameters, spec.effect] for spec in specs]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()
