"""Tools: typed async functions, marked by what they do, seen by a model as name, text and JSON Schema."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from providers.base import ToolSpec
from tools.docstrings import read_docstring
from tools.errors import UnknownTool
from tools.results import ToolResult
from tools.signature import object_schema, parameters_of
from tools.wording import hint

Effect = Literal["read", "write", "intrusive"]
ToolFunction = Callable[..., Awaitable[ToolResult]]
F = TypeVar("F", bound=ToolFunction)

_MARK = "__tool__"


@dataclass(frozen=True, slots=True)
class _Mark:
    effect: Effect
    polling: bool


def tool(*, effect: Effect, polling: bool = False) -> Callable[[F], F]:
    """Marks an async function as a tool; the function itself stays as it is.

    Its first parameter is `context`, which no model sees. The others become the schema: their types the
    JSON types and limits, their lines under `Args` the descriptions.

    Args:
        effect: Whether it only reads, changes what is stored, or acts on others' systems.
        polling: Whether calling it again with the same arguments is its ordinary use.
    """

    def mark(function: F) -> F:
        vars(function)[_MARK] = _Mark(effect, polling)
        return function

    return mark


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool, ready to be shown to a model and to be run.

    Attributes:
        name: Its name.
        description: What it does, one line.
        parameters: JSON Schema of its arguments.
        effect: Whether it reads, writes or acts on others' systems.
        polling: Exempt from the stop at identical calls.
        function: What runs; its first argument is a `ToolContext`.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    effect: Effect
    polling: bool
    function: ToolFunction

    def spec(self) -> ToolSpec:
        """Returns the tool as providers take it."""
        return ToolSpec(self.name, self.description, copy.deepcopy(self.parameters), self.effect)

    def openai(self) -> dict[str, Any]:
        """Returns the tool in the OpenAI form, with the effect as `x-effect`."""
        return {
            "type": "function",
            "x-effect": self.effect,
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": copy.deepcopy(self.parameters),
            },
        }


def define(function: ToolFunction) -> ToolDefinition:
    """Builds the definition of a function that `tool` has marked.

    Raises:
        TypeError: It is not marked, not documented, or takes something that has no JSON form.
    """
    mark = vars(function).get(_MARK)
    if not isinstance(mark, _Mark):
        raise TypeError(f"{function.__qualname__} is no tool: put @tool(effect=...) above it")
    description = read_docstring(function).description
    if not description:
        raise TypeError(f"{function.__qualname__} has no docstring to describe it")
    schema = object_schema(parameters_of(function))
    return ToolDefinition(function.__name__, description, schema, mark.effect, mark.polling, function)


class Registry:
    """Tools by name, in their order."""

    def __init__(self, definitions: Iterable[ToolDefinition]) -> None:
        """Takes the tools.

        Raises:
            ValueError: Two have the same name.
        """
        self._tools: dict[str, ToolDefinition] = {}
        for definition in definitions:
            if definition.name in self._tools:
                raise ValueError(f"there are two tools named {definition.name}; rename one")
            self._tools[definition.name] = definition

    def __iter__(self) -> Iterator[ToolDefinition]:
        """Goes through the tools in their order."""
        return iter(self._tools.values())

    def __len__(self) -> int:
        """Counts the tools."""
        return len(self._tools)

    def __contains__(self, name: object) -> bool:
        """Says whether there is a tool of that name."""
        return name in self._tools

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tools, in their order."""
        return tuple(self._tools)

    def get(self, name: str) -> ToolDefinition:
        """Finds a tool by its exact name.

        Raises:
            UnknownTool: There is none; the message has the nearest names.
        """
        if name in self._tools:
            return self._tools[name]
        raise UnknownTool(
            f"There is no tool named {name}."
            + (hint(name, self._tools) or f" There are: {', '.join(self._tools)}.")
        )

    def only(self, names: Iterable[str]) -> Registry:
        """Returns a registry of just these tools, in this registry's order.

        Raises:
            UnknownTool: One of the names is not known.
        """
        wanted = {self.get(name).name for name in names}
        return Registry(definition for definition in self if definition.name in wanted)

    def specs(self) -> tuple[ToolSpec, ...]:
        """Returns the tools as providers take them."""
        return tuple(definition.spec() for definition in self)

    def openai(self) -> list[dict[str, Any]]:
        """Returns the tools in the OpenAI form."""
        return [definition.openai() for definition in self]
