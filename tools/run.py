"""Runs one call: look up, check, run within the time limit, and turn what went wrong into a result."""

from __future__ import annotations

import asyncio

from tools.arguments import validate
from tools.context import ToolContext
from tools.errors import ToolError
from tools.results import ToolResult, clipped, failed, safe
from tools.wording import number


async def run_tool(name: str, arguments: object, context: ToolContext) -> ToolResult:
    """Runs the tool `name` with the arguments that a model gave.

    Every error that a tool foresees is a result with `success` false. Cancelling the task cancels the call.

    Args:
        name: Name of the tool.
        arguments: JSON values, keyed by parameter name.
        context: What the tool works with.
    """
    limits = context.limits
    deadline = asyncio.timeout(limits.call_timeout_s)
    try:
        definition = context.registry.get(name)
        values = validate(definition, arguments)
        async with deadline:
            result = await definition.function(context, **values)
    except ToolError as error:
        result = failed(str(error), **error.data)
    except TimeoutError:
        if not deadline.expired():
            raise
        seconds = number(limits.call_timeout_s)
        result = failed(
            f"{name} did not finish within {seconds} s and was stopped; try again or ask for less."
        )
    return clipped(safe(result), limits.max_bytes)
