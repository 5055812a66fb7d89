"""Cancelling at any moment: soon over, nothing lost, nothing run that was not to run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from agent.agent import Agent
from agent.approval import ApprovalError
from agent.audit import AuditRecord
from agent.conversation import Conversation
from agent.events import (
    ApprovalRequested,
    Event,
    StepStarted,
    TextDelta,
    ToolFinished,
    ToolRunning,
    TurnFinished,
)
from agent.loop import run_turn
from agent.stopping import CancelToken, Stop, Stopped
from providers.base import Chunk, Finish, Message, Settings, Text, ToolSpec
from providers.scripted import ScriptedReply
from tests.agent.support import Journal, agent_of, call, calls, of, play, says, torn_pairs

SLOW = ScriptedReply(text="one two three four five six seven " * 5, piece_delay_s=0.05)


class Stubborn:
    """A model that says one word and then does not end when it is told to."""

    name = "stubborn"

    def __init__(self) -> None:
        self.told = 0
        self.ended = asyncio.Event()

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncIterator[Chunk]:
        yield Text("Well")
        end = time.monotonic() + 2
        while time.monotonic() < end:
            try:
                await asyncio.sleep(end - time.monotonic())
            except asyncio.CancelledError:
                self.told += 1
        self.ended.set()

    async def aclose(self) -> None:
        pass


class Watched:
    """A turn in a task of its own, of which one can wait for an event."""

    def __init__(self, agent: Agent) -> None:
        self.events: list[Event] = []
        self.conversation = Conversation()
        self.token = CancelToken()
        self._new = asyncio.Event()
        self.task = asyncio.create_task(self._drive(agent))

    async def _drive(self, agent: Agent) -> None:
        async for event in run_turn(agent, self.conversation, "go on", self.token):
            self.events.append(event)
            self._new.set()

    async def until(self, kind: type[Event], count: int = 1) -> None:
        """Waits for so many events of a kind, and until the turn waits in its turn."""
        while len(of(kind, self.events)) < count:
            await self._new.wait()
            self._new.clear()
        await asyncio.sleep(0.02)

    async def cancel(self) -> float:
        """Cancels, and returns the seconds that the turn took to end."""
        began = time.perf_counter()
        self.token.cancel()
        await self.task
        return time.perf_counter() - began


async def test_token_ends_a_stream_and_keeps_the_text():
    turn = Watched(agent_of([SLOW]))
    await turn.until(TextDelta, 3)
    took = await turn.cancel()

    assert took < 0.3
    last = turn.events[-1]
    assert isinstance(last, TurnFinished)
    assert last.reason == "cancelled"
    shown = "".join(event.text for event in of(TextDelta, turn.events))
    assert shown.startswith("one two")
    assert shown != SLOW.text
    assert last.text == shown
    assert turn.conversation.entries[-1].note == "partial"
    assert turn.conversation.messages[-1].content == shown
    assert last.usage.estimated
    assert last.usage.completion_tokens > 0


async def test_token_ends_tools_and_keeps_the_results_there_are():
    journal = Journal()
    script = [calls(call("pause", ms=9000), call("pause", ms=10), call("pause", ms=9001))]
    turn = Watched(agent_of(script, journal.context))
    await turn.until(ToolFinished)
    took = await turn.cancel()

    assert took < 0.3
    assert len(of(ToolFinished, turn.events)) == 1
    assert torn_pairs(turn.conversation.messages) == []
    contents = [message.content or "" for message in turn.conversation.messages if message.role == "tool"]
    assert "was stopped with the turn" in contents[0]
    assert "pause 10 is done" in contents[1]
    assert "was stopped with the turn" in contents[2]
    assert journal.running == 0


async def test_token_ends_the_wait_for_approval():
    journal = Journal()
    audit: list[AuditRecord] = []
    agent = agent_of([calls(call("change", at=1))], journal.context, audit)
    turn = Watched(agent)
    await turn.until(ApprovalRequested)
    assert await turn.cancel() < 0.3
    assert not journal.runs
    assert torn_pairs(turn.conversation.messages) == []

    assert agent.gate.pending(turn.conversation.id) == ()
    with pytest.raises(ApprovalError):
        agent.gate.decide(of(ApprovalRequested, turn.events)[0].approval.id, True, "too late")
    assert [record.action for record in audit] == ["requested", "withdrawn"]


async def test_a_stubborn_model_delays_nobody():
    provider = Stubborn()
    turn = Watched(agent_of(provider))
    await turn.until(TextDelta)
    assert await turn.cancel() < 1.0
    assert provider.told >= 1
    assert turn.conversation.messages[-1].content == "Well"
    await provider.ended.wait()


async def test_a_stubborn_tool_delays_nobody():
    journal = Journal()
    turn = Watched(agent_of([calls(call("stubborn", ms=1500))], journal.context))
    await turn.until(ToolRunning)
    assert await turn.cancel() < 1.0
    assert journal.ran("ignored")
    assert torn_pairs(turn.conversation.messages) == []
    await asyncio.sleep(1.5)


async def test_cancelling_the_task_ends_the_turn():
    turn = Watched(agent_of([SLOW]))
    await turn.until(TextDelta, 3)
    began = time.perf_counter()
    turn.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn.task
    assert time.perf_counter() - began < 0.5
    assert turn.conversation.entries[-1].note == "partial"
    assert (turn.conversation.messages[-1].content or "").startswith("one two")


async def test_cancelled_before_it_begins():
    token = CancelToken()
    token.cancel()
    token.cancel()
    events = await play(agent_of([SLOW]), token=token)
    assert events[-1].reason == "cancelled"
    assert not of(TextDelta, events)


def script_of_everything() -> list[ScriptedReply]:
    """Words, reasoning, calls that are refused, approved, denied and run, and an answer."""
    first = ScriptedReply(
        reasoning="Hm. ",
        text="Let me see. ",
        calls=(call("look", at=1), call("change", at=1), call("nothing"), call("change", at=2)),
    )
    return [first, calls(call("scan", at=3)), says("That is all there is.")]


async def events_until(count: int, how: str) -> tuple[int, Journal, Conversation]:
    """Runs the script of everything, ends it after so many events, and returns how many there were."""
    journal = Journal()
    conversation = Conversation()
    token = CancelToken()
    agent = agent_of(script_of_everything(), journal.context)
    seen = 0
    turn = run_turn(agent, conversation, "go on", token)
    async for event in turn:
        seen += 1
        if isinstance(event, ApprovalRequested):
            agent.gate.decide(event.approval.id, '"at":2' not in event.approval.arguments, "test")
        if seen == count:
            ran = len(journal.runs)
            if how == "close":
                await turn.aclose()
                assert len(journal.runs) == ran, "something ran after the turn was closed"
                break
            token.cancel()
    return seen, journal, conversation


@pytest.mark.parametrize("how", ["close", "token"])
async def test_ending_after_every_event_leaves_pairs_whole(how: str):
    total, journal, _ = await events_until(10_000, how)
    assert journal.ran("change") == [1]
    assert journal.ran("scan") == [3]
    assert total > 30
    for count in range(1, total):
        _, journal, conversation = await events_until(count, how)
        assert torn_pairs(conversation.messages) == []
        assert conversation.messages[0].role == "user"
        assert journal.ran("change") in ([], [1])
        # The conversation is free again.
        await play(agent_of([says("Yes.")]), conversation)
        assert conversation.messages[-1].content == "Yes."


async def test_nothing_runs_after_a_cancel_between_events():
    journal = Journal()
    token = CancelToken()
    agent = agent_of([calls(call("look", at=1))], journal.context)
    async for event in run_turn(agent, Conversation(), "go on", token):
        if isinstance(event, ToolRunning):
            token.cancel()
    assert not journal.runs


class Burst:
    """A model that says all at once."""

    name = "burst"

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncIterator[Chunk]:
        for _ in range(100):
            yield Text("word ")
        yield Finish("stop")

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize("kind", [StepStarted, ApprovalRequested])
async def test_a_cancel_before_a_long_wait_is_heard(kind: type[Event]):
    token = CancelToken()
    slow = ScriptedReply(calls=(call("change", at=1),), delay_s=4 if kind is StepStarted else 0)
    began = time.perf_counter()
    async for event in run_turn(agent_of([slow], Journal().context), Conversation(), "go on", token):
        if isinstance(event, kind):
            began = time.perf_counter()
            token.cancel()
    assert time.perf_counter() - began < 0.5


async def test_no_word_follows_a_cancel():
    token = CancelToken()
    words: list[str] = []
    async for event in run_turn(agent_of(Burst()), Conversation(), "go on", token):
        if isinstance(event, TextDelta):
            words.append(event.text)
            if len(words) == 3:
                token.cancel()
    assert len(words) == 3


async def test_nothing_is_asked_before_the_consumer_wants_it():
    asked = 0

    def script(*_: object) -> ScriptedReply:
        nonlocal asked
        asked += 1
        return says("Yes.")

    turn = run_turn(agent_of(script), Conversation(), "go on")
    assert not isinstance(await anext(turn), StepStarted)
    assert isinstance(await anext(turn), StepStarted)
    await asyncio.sleep(0.01)
    assert asked == 0
    await anext(turn)
    assert asked == 1
    await turn.aclose()


async def test_stop_waits_and_stops():
    stop = Stop(0.05)
    assert await stop.wait(asyncio.sleep(0, "done")) == "done"
    with pytest.raises(Stopped, match="time"):
        await stop.wait(asyncio.sleep(5))
    with pytest.raises(Stopped, match="time"):
        stop.check()


async def test_stop_leaves_others_time_outs_alone():
    with pytest.raises(TimeoutError):
        await Stop(5).wait(asyncio.wait_for(asyncio.sleep(5), 0.01))


async def test_waiting_for_people_stops_the_clock():
    stop = Stop(0.1)
    await stop.wait(asyncio.sleep(0.2), timed=False)
    assert stop.seconds_left > 0.05
