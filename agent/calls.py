"""What becomes of the calls of one reply: refused, approved, run together, answered in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from agent.approval import ApprovalGate, Verdict
from agent.conversation import Conversation
from agent.events import (
    ApprovalDecided,
    ApprovalRequested,
    CallRejected,
    Event,
    RejectionReason,
    ToolCallProposed,
    ToolFinished,
    ToolRunning,
)
from agent.limits import Budget
from agent.repeats import RepeatWatch
from agent.running import Runner
from agent.stopping import Stop, abandon
from providers.base import Call, Message, ToolCall
from tools.arguments import validate
from tools.errors import ToolArgumentError, UnknownTool
from tools.results import ToolResult, clipped, failed

# Short: small models answer by repeating them, and long ones make them call again.
_REFUSALS: dict[Verdict, str] = {
    "denied": "it was not allowed.",
    "expired": "nobody allowed it in time.",
    "withdrawn": "the turn was ended before it was allowed.",
}
_NOT_RUN = "{} was not run: the turn was ended before that."
_CUT_OFF = "{} was stopped with the turn; it may have been carried out or not. Look before you call it again."


class CallRound:
    """Answers the calls of one turn's replies."""

    def __init__(
        self, runner: Runner, gate: ApprovalGate, conversation: Conversation, budget: Budget, stop: Stop
    ) -> None:
        """Takes what the calls of a turn share."""
        registry = runner.context.registry
        self._registry = registry
        self._max_bytes = runner.context.limits.max_bytes
        self._runner = runner
        self._gate = gate
        self._conversation = conversation
        self._budget = budget
        self._stop = stop
        self._watch = RepeatWatch(
            budget.limits.identical, lambda name: name in registry and registry.get(name).polling
        )

    async def answer(self, calls: Sequence[Call]) -> AsyncGenerator[Event, None]:
        """Takes the calls of a reply that is part of the conversation, and adds a result for each.

        However it ends, every call has its result afterwards, in the order of the calls.

        Raises:
            Stopped: The turn must end.
        """
        answers = _Answers([chunk.call for chunk in calls], self._conversation, self._max_bytes)
        try:
            for phase in (self._propose(calls, answers), self._approve(answers), self._run(answers)):
                async with aclosing(phase) as events:
                    async for event in events:
                        yield event
        finally:
            await answers.complete()

    async def _propose(self, calls: Sequence[Call], answers: _Answers) -> AsyncGenerator[Event, None]:
        """Refuses what cannot be right, before any person is asked."""
        repeated = self._watch.judge([chunk.call for chunk in calls])
        for chunk, is_repeated in zip(calls, repeated, strict=True):
            call = chunk.call
            effect = self._registry.get(call.name).effect if call.name in self._registry else None
            yield ToolCallProposed(chunk.index, call, effect, chunk.repairs)
            refusal = self._refusal(call, is_repeated)
            if refusal:
                await answers.give(call, refusal[1])
                yield CallRejected(call.id, call.name, *refusal)

    async def _approve(self, answers: _Answers) -> AsyncGenerator[Event, None]:
        """Asks for all approvals at once, then waits for each."""
        waiting: list[ToolCall] = []
        for call in answers.open:
            effect = self._registry.get(call.name).effect
            if effect != "read":
                approval = self._gate.request(self._conversation.id, call.name, call.arguments, effect)
                answers.approvals[call.id] = approval.id
                waiting.append(call)
                yield ApprovalRequested(call.id, approval)
        for call in waiting:
            approval_id = answers.approvals[call.id]
            decision = await self._stop.wait(self._gate.decision(approval_id), timed=False)
            yield ApprovalDecided(call.id, approval_id, decision.verdict)
            if decision.verdict != "approved":
                why = decision.reason or _REFUSALS[decision.verdict]
                result = failed(f"{call.name} was not run: {why}")
                await answers.give(call, result)
                yield CallRejected(call.id, call.name, "not-approved", result)

    async def _run(self, answers: _Answers) -> AsyncGenerator[Event, None]:
        """Runs what is left, all at once."""
        calls = answers.open
        for call in calls:
            yield ToolRunning(call)
        self._stop.check()
        tasks = {
            asyncio.create_task(_timed(self._runner, call, answers.approvals.get(call.id))): call
            for call in calls
        }
        pending = set(tasks)
        try:
            while pending:
                some = asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                done, pending = await self._stop.wait(some)
                for task in [task for task in tasks if task in done]:
                    call, (result, seconds) = tasks[task], task.result()
                    await answers.give(call, result)
                    yield ToolFinished(call.id, call.name, result, seconds)
        finally:
            await abandon(tasks)
            for task, call in tasks.items():
                if task.done() and not task.cancelled() and task.exception() is None:
                    await answers.give(call, task.result()[0])
                else:
                    await answers.give(call, failed(_CUT_OFF.format(call.name)))

    def _refusal(self, call: ToolCall, repeated: bool) -> tuple[RejectionReason, ToolResult] | None:
        """Says why a call may not even be proposed to people, and tells the model."""
        if repeated:
            self._budget.stop("repeats")
            words = "It was called like this before, in this very turn. Answer from the results you have."
            return "repeated", failed(f"{call.name} was not run. {words}")
        if not self._budget.take_call():
            words = "Too many calls in a row. Answer from the results you have."
            return "call-limit", failed(f"{call.name} was not run. {words}")
        try:
            validate(self._registry.get(call.name), call.arguments)
        except UnknownTool as error:
            return "unknown-tool", failed(str(error), **error.data)
        except ToolArgumentError as error:
            return "bad-arguments", failed(str(error), **error.data)
        return None


class _Answers:
    """The results of one reply's calls, added to the conversation in the order of the calls.

    Attributes:
        approvals: Ids of the approvals that were asked for, by call id.
    """

    def __init__(self, calls: Sequence[ToolCall], conversation: Conversation, max_bytes: int) -> None:
        self.approvals: dict[str, str] = {}
        self._calls = calls
        self._conversation = conversation
        self._max_bytes = max_bytes
        self._results: dict[str, ToolResult] = {}
        self._added = 0

    @property
    def open(self) -> list[ToolCall]:
        """The calls that have no result."""
        return [call for call in self._calls if call.id not in self._results]

    async def give(self, call: ToolCall, result: ToolResult) -> None:
        """Takes the result of a call, unless it has one, and adds what can be added in order."""
        self._results.setdefault(call.id, result)
        while self._added < len(self._calls) and self._calls[self._added].id in self._results:
            call_id = self._calls[self._added].id
            self._added += 1
            content = clipped(self._results[call_id], self._max_bytes).to_json()
            await self._conversation.add(Message("tool", content, tool_call_id=call_id))

    async def complete(self) -> None:
        """Gives a result to calls that have none."""
        for call in self.open:
            await self.give(call, failed(_NOT_RUN.format(call.name)))


async def _timed(runner: Runner, call: ToolCall, approval_id: str | None) -> tuple[ToolResult, float]:
    began = time.perf_counter()
    result = await runner.run(call, approval_id)
    return result, time.perf_counter() - began
