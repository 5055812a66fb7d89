"""The runner: time limit, unknown tools, results that never grow too long."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import DEFAULT_NOW
from tools.clock import SetClock
from tools.context import Limits, ToolContext
from tools.registry import Registry, define, tool
from tools.results import ToolResult, clipped, done, harmless, plain
from tools.run import run_tool
from tools.simulated import simulated_context


@tool(effect="read")
async def wait(context: ToolContext, seconds: int) -> ToolResult:
    """Wait.

    Args:
        context: Surroundings.
        seconds: How long.
    """
    await asyncio.sleep(seconds)
    return done("It is over.")


@tool(effect="read")
async def break_down(context: ToolContext) -> ToolResult:
    """Break."""
    raise TimeoutError("from within")


def small_context(call_timeout_s: float = 5.0) -> ToolContext:
    registry = Registry([define(wait), define(break_down)])
    limits = Limits(call_timeout_s=call_timeout_s)
    return simulated_context(clock=SetClock(DEFAULT_NOW), registry=registry, limits=limits)


async def test_a_call_that_takes_too_long_is_stopped() -> None:
    result = await run_tool("wait", {"seconds": 60}, small_context(0.05))
    assert not result.success
    assert result.message == "wait did not finish within 0.1 s and was stopped; try again or ask for less."


async def test_a_call_can_be_cancelled() -> None:
    task = asyncio.create_task(run_tool("wait", {"seconds": 60}, small_context()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_only_foreseen_errors_become_results() -> None:
    with pytest.raises(TimeoutError, match="from within"):
        await run_tool("break_down", {}, small_context())


async def test_unknown_tools_and_tools_that_are_not_offered() -> None:
    result = await run_tool("ping_host", {}, small_context())
    assert not result.success
    assert result.message == "There is no tool named ping_host. There are: wait, break_down."


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.text(), st.dictionaries(st.text(max_size=10), values, max_size=6), st.integers(400, 2000))
def test_a_result_never_exceeds_its_limit(message: str, data: dict[str, Any], limit: int) -> None:
    result = ToolResult(True, harmless(message), {harmless(key): plain(value) for key, value in data.items()})
    cut = clipped(result, limit)
    assert len(cut.to_json()) <= limit
    assert cut == result or cut.truncated


def test_a_cut_result_says_what_is_missing() -> None:
    result = ToolResult(True, "Many.", {"ports": list(range(1000)), "host": "db-03"})
    cut = clipped(result, 1000)
    assert cut.message == "Many. (Cut to fit: ports shows 125 of 1000.)"
    assert cut.data["ports"] == list(range(125))
    assert cut.data["host"] == "db-03"


@given(st.text())
def test_nothing_that_a_terminal_obeys_gets_through(text: str) -> None:
    result = done(text, value=text, nested=[{"text": text}])
    assert not any((ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 for c in result.message)
    shown = json.loads(result.to_json())
    assert shown["data"]["value"] == harmless(text)
    result.to_json().encode()
