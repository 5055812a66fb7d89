"""Tools that follow long-running calls."""

from __future__ import annotations

from tools.context import ToolContext
from tools.jobwords import job_result, job_title
from tools.registry import tool
from tools.results import ToolResult, done


@tool(effect="read", polling=True)
async def get_function_status(context: ToolContext, message_id: str) -> ToolResult:
    """State and, once finished, the result of a long-running call.

    Args:
        context: What the tool works with.
        message_id: Id that the call returned when it was started.
    """
    return job_result(await context.backend.jobs.get(message_id))


@tool(effect="write")
async def cancel_function(context: ToolContext, message_id: str) -> ToolResult:
    """Stop a long-running call.

    Args:
        context: What the tool works with.
        message_id: Id that the call returned when it was started.
    """
    job = await context.backend.jobs.cancel(message_id)
    return done(
        f"The {job_title(job)} ({job.message_id}) was cancelled.",
        message_id=job.message_id,
        function=job.function,
        state=job.state,
    )
