"""The only place where the agent runs tools."""

from __future__ import annotations

from dataclasses import replace

from agent.approval import ApprovalError, ApprovalGate
from providers.base import ToolCall
from tools.context import ToolContext
from tools.errors import ToolError
from tools.results import ToolResult, failed
from tools.run import run_tool


def offered(context: ToolContext, read_only: bool) -> ToolContext:
    """Returns the context with the tools that may be called: in read-only mode, those that only read."""
    if not read_only:
        return context
    names = [definition.name for definition in context.registry if definition.effect == "read"]
    return replace(context, registry=context.registry.only(names))


class Runner:
    """Runs the calls of one conversation; nothing but reading without an approval."""

    def __init__(self, context: ToolContext, gate: ApprovalGate, conversation: str) -> None:
        """Takes what tools work with, and the gate that they must pass."""
        self.context = context
        self._gate = gate
        self._conversation = conversation

    async def run(self, call: ToolCall, approval_id: str | None = None) -> ToolResult:
        """Runs one call; what can go wrong is a result.

        Args:
            call: The call; where it is approved, what runs is what was approved.
            approval_id: The approval to use up; not needed for tools that only read.
        """
        arguments = call.arguments
        try:
            if self.context.registry.get(call.name).effect != "read":
                arguments = self._gate.redeem(approval_id or "", self._conversation, call.name, arguments)
        except ApprovalError as error:
            return failed(f"{call.name} was not run: no approval fits it, {error}. Ask the user again.")
        except ToolError as error:
            return failed(str(error), **error.data)
        return await run_tool(call.name, arguments, self.context)
