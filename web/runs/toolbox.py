"""The tools that a plan offers, described once."""

from __future__ import annotations

from functools import cache

from providers.base import ToolSpec
from tools.catalogue import default_registry
from tools.registry import Effect, Registry


class Offered(Registry):
    """Tools whose descriptions are made once: copying them for each question takes milliseconds."""

    def __init__(self, tools: Registry) -> None:
        """Takes the tools."""
        super().__init__(tools)
        self._specs = super().specs()

    def specs(self) -> tuple[ToolSpec, ...]:
        """Returns the tools as providers take them; to be read only."""
        return self._specs


@cache
def tools_of(effects: tuple[Effect, ...]) -> Registry:
    """Returns the tools whose effects a plan allows."""
    registry = default_registry()
    return Offered(registry.only(tool.name for tool in registry if tool.effect in effects))
