"""Agents with scripted models and real tools, for the tests of the agent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from agent.agent import Agent
from agent.approval import ApprovalGate
from agent.audit import AuditRecord
from agent.conversation import Conversation
from agent.events import ApprovalRequested, Event
from agent.loop import run_turn
from agent.stopping import CancelToken
from providers.base import Message, Provider, Settings, ToolCall, ToolSpec
from providers.scripted import Rule, ScriptedProvider, ScriptedReply
from tools.context import ToolContext
from tools.registry import Registry, define, tool
from tools.results import ToolResult, done
from tools.simulated import simulated_context
from tools.simulation.world import World, load_world


def call(name: str, /, **arguments: Any) -> ToolCall:
    """A call as a model makes it, without an id."""
    return ToolCall("", name, arguments)


def calls(*made: ToolCall, text: str = "") -> ScriptedReply:
    """A reply that calls."""
    return ScriptedReply(text=text, calls=made)


def says(text: str) -> ScriptedReply:
    """A reply in words."""
    return ScriptedReply(text=text)


@cache
def _world() -> World:
    """The default world, read once."""
    return load_world(None)


class Journal:
    """Tools that write down when they run; the registry is `registry`."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, object]] = []
        self.running = 0
        self.most = 0
        journal = self

        async def note(name: str, value: object, ms: int = 0) -> ToolResult:
            journal.runs.append((name, value))
            journal.running += 1
            journal.most = max(journal.most, journal.running)
            try:
                await asyncio.sleep(ms / 1000)
            finally:
                journal.running -= 1
            return done(f"{name} {value} is done.")

        @tool(effect="read")
        async def pause(context: ToolContext, ms: int) -> ToolResult:
            """Wait.

            Args:
                context: What the tool works with.
                ms: Milliseconds.
            """
            return await note("pause", ms, ms)

        @tool(effect="read")
        async def look(context: ToolContext, at: int) -> ToolResult:
            """Look at a thing.

            Args:
                context: What the tool works with.
                at: Which one.
            """
            return await note("look", at)

        @tool(effect="read", polling=True)
        async def poll(context: ToolContext, job: int) -> ToolResult:
            """Ask how a job is doing.

            Args:
                context: What the tool works with.
                job: Which one.
            """
            return await note("poll", job)

        @tool(effect="write")
        async def change(context: ToolContext, at: int) -> ToolResult:
            """Change a thing.

            Args:
                context: What the tool works with.
                at: Which one.
            """
            return await note("change", at)

        @tool(effect="intrusive")
        async def scan(context: ToolContext, at: int) -> ToolResult:
            """Scan a thing.

            Args:
                context: What the tool works with.
                at: Which one.
            """
            return await note("scan", at)

        @tool(effect="read")
        async def stubborn(context: ToolContext, ms: int) -> ToolResult:
            """Wait, even when it is told to stop.

            Args:
                context: What the tool works with.
                ms: Milliseconds.
            """
            loop = asyncio.get_running_loop()
            end = loop.time() + ms / 1000
            while loop.time() < end:
                try:
                    await asyncio.sleep(end - loop.time())
                except asyncio.CancelledError:
                    journal.runs.append(("ignored", ms))
            return done("At last.")

        self.registry = Registry(define(f) for f in (pause, look, poll, change, scan, stubborn))
        self.context = simulated_context(_world(), registry=self.registry)

    def ran(self, name: str) -> list[object]:
        """What the runs of a tool were given, in order."""
        return [value for ran, value in self.runs if ran == name]


@dataclass
class Asked:
    """A scripted provider that remembers its requests."""

    script: Rule
    requests: list[tuple[tuple[Message, ...], tuple[ToolSpec, ...], Settings]] = field(default_factory=list)

    def __call__(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> ScriptedReply:
        self.requests.append((tuple(messages), tuple(tools), settings))
        return self.script(messages, tools, settings)


def agent_of(
    script: Rule | Sequence[ScriptedReply] | Provider,
    context: ToolContext | None = None,
    audit: list[AuditRecord] | None = None,
    ttl_s: float = 5.0,
    **options: Any,
) -> Agent:
    """An agent with a script for a model, on the simulated network if nothing else is said."""
    provider = ScriptedProvider(script) if callable(script) or isinstance(script, Sequence) else script
    gate = ApprovalGate(([] if audit is None else audit).append, ttl_s)
    return Agent(provider, context or simulated_context(_world()), gate, **options)


async def play(
    agent: Agent,
    conversation: Conversation | None = None,
    text: str = "go on",
    decide: Callable[[ApprovalRequested], bool | None] = lambda event: None,
    token: CancelToken | None = None,
) -> list[Event]:
    """Runs a turn and returns its events; `decide` answers requests for approval, None leaves them open."""
    events: list[Event] = []
    async for event in run_turn(agent, conversation or Conversation(), text, token):
        events.append(event)
        if isinstance(event, ApprovalRequested):
            answer = decide(event)
            if answer is not None:
                agent.gate.decide(event.approval.id, answer, "test")
    return events


def of(kind: type[Any], events: Sequence[Event]) -> list[Any]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def torn_pairs(messages: Sequence[Message]) -> list[Message]:
    """What is not followed by the results of its calls, in their order, or is a result of no call."""
    torn: list[Message] = []
    place = 0
    while place < len(messages):
        message = messages[place]
        ids = [made.id for made in message.tool_calls]
        results = messages[place + 1 : place + 1 + len(ids)]
        whole = [result.role == "tool" and result.tool_call_id for result in results] == ids
        if message.role == "tool" or not whole:
            torn.append(message)
        place += 1 + (len(ids) if whole else 0)
    return torn
