"""The default world, and short ways to call a tool in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from providers.base import DEFAULT_NOW
from tools.catalogue import default_registry
from tools.clock import SetClock
from tools.context import ToolContext
from tools.results import ToolResult
from tools.run import run_tool
from tools.simulated import SimulatedBackend
from tools.simulation.world import World, load_world


@pytest.fixture(scope="session")
def world() -> World:
    """The default world, read once."""
    return load_world()


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands at the default time."""
    return SetClock(DEFAULT_NOW)


@pytest.fixture
def backend(world: World, clock: SetClock) -> SimulatedBackend:
    """A fresh simulation of the default world."""
    return SimulatedBackend(world, clock)


@pytest.fixture
def context(backend: SimulatedBackend, clock: SetClock) -> ToolContext:
    """What tools are handed."""
    return ToolContext(backend, clock, default_registry())


@pytest.fixture
def good(context: ToolContext) -> Callable[..., Awaitable[ToolResult]]:
    """Calls a tool that must succeed."""

    async def call(name: str, /, **arguments: Any) -> ToolResult:
        result = await run_tool(name, arguments, context)
        assert result.success, result.message
        return result

    return call


@pytest.fixture
def bad(context: ToolContext) -> Callable[..., Awaitable[str]]:
    """Calls a tool that must fail; returns its message."""

    async def call(name: str, /, **arguments: Any) -> str:
        result = await run_tool(name, arguments, context)
        assert not result.success, result.message
        return result.message

    return call
