"""What ends a turn: limits on steps, calls, tokens and time, and calls that repeat themselves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.conversation import Conversation
from agent.events import (
    CallRejected,
    LimitReached,
    MalformedCall,
    ToolCallProposed,
    ToolFinished,
    TurnFinished,
    event_dict,
)
from agent.limits import TurnLimits
from providers.base import (
    Malformed,
    Message,
    Settings,
    ToolSpec,
)
from providers.scripted import ScriptedReply, in_order
from tests.agent.support import Asked, Journal, agent_of, call, calls, of, play, says, torn_pairs
from tools.clock import SetClock

PING = call("ping_host", target="gw1.lan")


async def test_step_limit_ends_with_one_reply_without_tools():
    journal = Journal()
    seen = iter(range(100))

    def script(messages: Sequence[Message], tools: Sequence[ToolSpec], made: Settings) -> ScriptedReply:
        return calls(call("look", at=next(seen))) if tools else says("That is all I found.")

    asked = Asked(script)
    events = await play(agent_of(asked, journal.context, limits=TurnLimits(steps=3)))

    assert [len(tools) for _, tools, _ in asked.requests] == [6, 6, 6, 0]
    assert journal.ran("look") == [0, 1, 2]
    assert [event.limit for event in of(LimitReached, events)] == ["steps"]
    assert "No tool can be called any more" in (asked.requests[-1][0][-1].content or "")
    assert (events[-1].reason, events[-1].text) == ("steps", "That is all I found.")


async def test_calls_of_the_last_reply_are_not_run():
    journal = Journal()
    seen = iter(range(100))
    conversation = Conversation()
    agent = agent_of(
        lambda *_: calls(call("look", at=next(seen))), journal.context, limits=TurnLimits(steps=2)
    )
    events = await play(agent, conversation)

    assert journal.ran("look") == [0, 1]
    assert events[-1].reason == "steps"
    assert events[-1].text == "I stopped before I could answer. The limit of 2 steps was reached."
    assert conversation.entries[-1].note == "agent"
    assert conversation.messages[-1].tool_calls == ()


async def test_call_limit_counts_calls_not_steps():
    journal = Journal()
    many = calls(*(call("look", at=at) for at in range(5)))
    events = await play(
        agent_of([many, says("Enough.")], journal.context, limits=TurnLimits(calls=3)),
    )
    assert journal.ran("look") == [0, 1, 2]
    assert [event.reason for event in of(CallRejected, events)] == ["call-limit"] * 2
    assert events[-1].reason == "calls"


async def test_token_limit_is_never_exceeded():
    script = Asked(in_order([ScriptedReply(text="word " * 40, calls=(PING,))], again=True))
    events = await play(agent_of(script, limits=TurnLimits(tokens=70, steps=50)))

    assert events[-1].usage.completion_tokens == 70
    assert [s.max_tokens for _, _, s in script.requests] == [70, 14]
    assert events[-1].reason == "length"


async def test_token_limit_after_a_call_ends_without_asking_again():
    # The arguments are 6 pieces: they use the tokens up exactly.
    script = Asked(in_order([calls(PING)], again=True))
    events = await play(agent_of(script, limits=TurnLimits(tokens=6)))
    assert len(of(ToolFinished, events)) == 1
    assert len(script.requests) == 1
    assert events[-1].reason == "tokens"
    assert "limit of 6 tokens" in events[-1].text


async def test_replies_are_told_the_time_and_what_is_left_of_it():
    now = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    script = Asked(in_order([says("Yes."), says("No.")]))
    context = replace(Journal().context, clock=SetClock(now))
    await play(agent_of(script, context, limits=TurnLimits(seconds=9)))
    await play(agent_of(script, context, settings=Settings(deadline_s=3)))
    (_, _, first), (_, _, second) = script.requests
    assert first.now == second.now == now
    assert 9 < first.deadline_s <= 10
    assert second.deadline_s == 3


async def test_time_limit_ends_a_slow_reply_and_keeps_it():
    slow = ScriptedReply(text="one two three four five six", piece_delay_s=0.1)
    conversation = Conversation()
    events = await play(agent_of([slow], limits=TurnLimits(seconds=0.35)), conversation)

    assert [event.limit for event in of(LimitReached, events)] == ["time"]
    assert events[-1].reason == "time"
    assert 0.3 < events[-1].seconds < 0.8
    assert events[-1].text.startswith("one two")
    assert conversation.entries[-1].note == "partial"


async def test_time_limit_ends_a_slow_tool():
    journal = Journal()
    conversation = Conversation()
    events = await play(
        agent_of([calls(call("pause", ms=5000))], journal.context, limits=TurnLimits(seconds=0.2)),
        conversation,
    )
    assert events[-1].reason == "time"
    assert events[-1].seconds < 0.8
    assert torn_pairs(conversation.messages) == []
    assert "may have been carried out or not" in (conversation.messages[-1].content or "")


async def test_identical_call_stops_at_the_third():
    asked = Asked(lambda messages, tools, made: calls(PING) if tools else says("It answered twice."))
    events = await play(agent_of(asked))

    assert len(of(ToolFinished, events)) == 2
    assert [event.reason for event in of(CallRejected, events)] == ["repeated"]
    assert len(asked.requests) == 4
    assert (events[-1].reason, events[-1].text) == ("repeats", "It answered twice.")


async def test_alternating_calls_stop():
    journal = Journal()
    replies = [calls(call("look", at=n % 2)) for n in range(8)]
    events = await play(agent_of(replies, journal.context))
    assert journal.ran("look") == [0, 1, 0]
    assert events[-1].reason == "repeats"


async def test_polling_tools_are_exempt():
    journal = Journal()
    replies = [*(calls(call("poll", job=1)) for _ in range(6)), says("It is done.")]
    events = await play(agent_of(replies, journal.context))
    assert journal.ran("poll") == [1] * 6
    assert events[-1].reason == "answer"


async def test_the_same_call_is_free_again_in_the_next_turn():
    conversation = Conversation()
    agent = agent_of([calls(PING), calls(PING), says("a"), calls(PING), calls(PING), says("b")])
    await play(agent, conversation)
    events = await play(agent, conversation)
    assert len(of(ToolFinished, events)) == 2
    assert events[-1].reason == "answer"


SMALL_CALLS = st.one_of(
    st.builds(lambda at: call("look", at=at), st.integers(0, 2)),
    st.builds(lambda job: call("poll", job=job), st.integers(0, 1)),
    st.builds(lambda at: call("change", at=at), st.integers(0, 1)),
    st.just(call("nothing")),
    st.just(call("look", at="x")),
)
REPLIES = st.builds(
    ScriptedReply,
    text=st.sampled_from(["", "Hm. "]),
    calls=st.lists(SMALL_CALLS, max_size=4).map(tuple),
    malformed=st.sampled_from([(), (), (Malformed("{", "it breaks off", 1),)]),
)
LIMITS = st.builds(
    TurnLimits,
    steps=st.integers(1, 5),
    calls=st.integers(1, 8),
    tokens=st.integers(1, 120),
    reasks=st.integers(0, 2),
)


@settings(max_examples=250, deadline=None)
@given(st.lists(REPLIES, min_size=1, max_size=8), LIMITS, st.booleans())
async def test_caps_always_hold(replies: list[ScriptedReply], limits: TurnLimits, allow: bool):
    journal = Journal()
    conversation = Conversation()
    script = Asked(in_order(replies, again=True))
    events = await play(
        agent_of(script, journal.context, limits=limits), conversation, decide=lambda event: allow
    )

    assert isinstance(events[-1], TurnFinished)
    assert len(script.requests) <= limits.steps + 1
    assert sum(1 for _, tools, _ in script.requests if tools) <= limits.steps
    assert len(journal.runs) <= limits.calls
    assert events[-1].usage.completion_tokens <= limits.tokens
    assert sum(event.asked_again for event in of(MalformedCall, events)) <= limits.reasks * 2
    for name in ("look", "change"):
        ran = journal.ran(name)
        assert all(ran.count(value) <= 2 for value in ran)
    if not allow:
        assert not journal.ran("change")
    assert torn_pairs(conversation.messages) == []
    proposed = [event.call.id for event in of(ToolCallProposed, events)]
    ended = [event.call_id for event in events if isinstance(event, ToolFinished | CallRejected)]
    assert sorted(proposed) == sorted(ended)
    assert len(set(proposed)) == len(proposed)
    assert all(json.dumps(event_dict(event)) for event in events)
