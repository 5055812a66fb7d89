"""Plays a scenario: a scripted user and the agent's loop talk until the user is done."""

from __future__ import annotations

import re
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agent.agent import Agent
from agent.approval import Approval, ApprovalGate
from agent.audit import AuditRecord
from agent.canonical import canonical
from agent.conversation import Conversation
from agent.events import (
    ApprovalDecided,
    ApprovalRequested,
    CallRejected,
    Event,
    MalformedCall,
    StepStarted,
    ToolCallProposed,
    ToolFinished,
    TurnFailed,
    TurnFinished,
)
from agent.instructions import ASSISTANT
from agent.limits import TurnLimits, add_usage
from agent.loop import run_turn
from evals.failures import failure
from evals.scenarios.form import END, ConditionForm, StateForm
from evals.scenarios.scenario import Scenario, wait_of
from evals.scenarios.states import changes_of
from providers.base import Message, Provider, Settings, Usage
from tools.clock import SetClock

#: What the network's clock moves on for each reply of the model.
STEP = timedelta(seconds=5)
# A slow machine is no fault of the model: each reply has a deadline of its own, and the turn time for them all.
_LIMITS = TurnLimits(seconds=3600)
_ASKS = re.compile("[?\uff1f\u061f]")


@dataclass(frozen=True, slots=True)
class Ran:
    """A call that was made, as JSON keeps it; `outcome` is `done`, `failed`, or why it did not run."""

    turn: int
    name: str
    arguments: dict[str, Any]
    outcome: str
    message: str

    @property
    def ran(self) -> bool:
        """Whether it has run, well or not."""
        return self.outcome in ("done", "failed")


@dataclass(slots=True)
class Played:
    """What a conversation came to.

    Attributes:
        lines: All that was said and done, a line each.
        messages: The conversation as the model saw it, without what it is told first.
        calls: The calls, in the order in which they ended.
        answers: What the agent said at the end of each turn.
        endings: Why each turn ended.
        complete: Whether the user came to their end.
        changes: What is otherwise than in an untouched network.
        ended: When it ended, on the network's clock.
        usage: Tokens, all replies together.
        malformed: Calls that could not be read.
        repairs: Tolerances that calls needed.
        steps: Replies of the model.
    """

    ended: datetime
    lines: list[str] = field(default_factory=list[str])
    messages: list[Message] = field(default_factory=list[Message])
    calls: list[Ran] = field(default_factory=list[Ran])
    answers: list[str] = field(default_factory=list[str])
    endings: list[str] = field(default_factory=list[str])
    complete: bool = False
    changes: dict[str, Any] = field(default_factory=dict[str, Any])
    usage: Usage = field(default_factory=Usage)
    malformed: int = 0
    repairs: list[str] = field(default_factory=list[str])
    steps: int = 0


async def play(
    scenario: Scenario, provider: Provider, settings: Settings, limits: TurnLimits | None = None
) -> Played:
    """Plays a scenario on a network of its own.

    Raises:
        ProviderError: The model could not be asked.
    """
    clock = SetClock(scenario.now)
    context, backend = scenario.context(clock)
    gate = ApprovalGate(_unrecorded)
    agent = Agent(provider, context, gate, settings, limits or _LIMITS, system=ASSISTANT)
    talk = _Talk(scenario, agent, clock)
    await talk.go()
    talk.played.ended = clock()
    talk.played.changes = await changes_of(scenario, backend, clock())
    return talk.played


def _unrecorded(record: AuditRecord) -> None:
    """Takes the audit records of a simulated user, which nobody needs: the transcript has them."""


class _Talk:
    """One conversation."""

    def __init__(self, scenario: Scenario, agent: Agent, clock: SetClock) -> None:
        self.played = Played(clock())
        self._scenario = scenario
        self._agent = agent
        self._clock = clock
        self._conversation = Conversation(scenario.id)
        self._proposed: dict[str, tuple[str, dict[str, Any]]] = {}
        self._denied = False

    async def go(self) -> None:
        """Has the user speak until they are done or have spoken often enough."""
        try:
            await self._talk()
        finally:
            self.played.messages = self._conversation.messages

    async def _talk(self) -> None:
        user = self._scenario.form.user
        name = next(iter(user.states))
        for _ in range(user.most_turns):
            state = user.states[name]
            await self._turn(state)
            name = self._next(state)
            if name == END:
                self.played.complete = True
                return

    async def _turn(self, state: StateForm) -> None:
        wait = wait_of(state.wait)
        if wait:
            self._clock.advance(wait)
            self.played.lines.append(f"[{state.wait} later]")
        self._denied = False
        self.played.lines.append(f"user: {state.say}")
        async with aclosing(run_turn(self._agent, self._conversation, state.say)) as events:
            async for event in events:
                self._note(event)

    def _note(self, event: Event) -> None:
        played = self.played
        match event:
            case StepStarted():
                played.steps += 1
                self._clock.advance(STEP)
            case ToolCallProposed(call=call, repairs=repairs):
                self._proposed[call.id] = call.name, call.arguments
                played.repairs += repairs
                played.lines.append(f"assistant calls {call.name} {canonical(call.arguments)}")
            case ApprovalRequested(approval=approval):
                self._decide(approval)
            case ApprovalDecided(verdict=verdict):
                played.lines.append(f"[the user was asked: {verdict}]")
            case CallRejected(call_id=call_id, reason=reason, result=result):
                self._ended(call_id, reason, result.message)
            case ToolFinished(call_id=call_id, result=result):
                self._ended(call_id, "done" if result.success else "failed", result.message)
            case MalformedCall(raw=raw, reason=reason):
                played.malformed += 1
                played.lines.append(f"assistant writes a call that cannot be read ({reason}): {raw}")
            case TurnFinished(text=text, reason=reason, usage=usage):
                played.answers.append(text)
                played.endings.append(reason)
                played.usage = add_usage(played.usage, usage)
                played.lines.append(f"assistant: {text}" + ("" if reason == "answer" else f" [{reason}]"))
            case TurnFailed(error=error, message=message):
                raise failure(error, message)
            case _:
                pass

    def _ended(self, call_id: str, outcome: str, message: str) -> None:
        name, arguments = self._proposed[call_id]
        turn = len(self.played.answers)
        self.played.calls.append(Ran(turn, name, arguments, outcome, message))
        self.played.lines.append(f"{name} → {outcome}: {message}")

    def _decide(self, approval: Approval) -> None:
        """Answers a request for approval as the user of the scenario does."""
        user = self._scenario.form.user
        allowed = user.approves == "always"
        if user.approves == "expected":
            allowed = any(
                approval.tool == name and approval.arguments == canonical(arguments)
                for outcome in self._scenario.outcomes
                for name, arguments in outcome
            )
        allowed = allowed and approval.tool not in user.denies
        self._denied = self._denied or not allowed
        self._agent.gate.decide(approval.id, allowed, "simulated user")

    def _next(self, state: StateForm) -> str:
        for step in state.then:
            if step.condition is None or self._holds(step.condition):
                return step.go
        return END

    def _holds(self, condition: ConditionForm) -> bool:
        answer, turn = self.played.answers[-1], len(self.played.answers) - 1
        ran = {call.name for call in self.played.calls if call.turn == turn and call.outcome == "done"}
        asks, denied = condition.asks, condition.denied
        return (
            (condition.answer is None or _found(condition.answer, answer))
            and (condition.lacks is None or not _found(condition.lacks, answer))
            and (asks is None or bool(_ASKS.search(answer)) == asks)
            and (not condition.called or bool(ran & set(condition.called)))
            and (denied is None or self._denied == denied)
        )


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def transcript(played: Played) -> str:
    """All that was said and done, for people."""
    return "\n".join(played.lines)
