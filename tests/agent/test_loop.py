"""The loop with scripted models and real tools."""

from __future__ import annotations

import json

import pytest

from agent.conversation import Conversation, ConversationBusy
from agent.events import (
    CallRejected,
    HistoryTrimmed,
    MalformedCall,
    ReasoningDelta,
    StepStarted,
    TextDelta,
    ToolFinished,
    TurnFailed,
    TurnFinished,
    TurnStarted,
    UsageReported,
)
from agent.limits import TurnLimits
from agent.loop import run_turn
from providers.base import (
    Malformed,
    Message,
    ProviderOverloaded,
    ProviderUnavailable,
    Settings,
    ToolCall,
)
from providers.scripted import ScriptedReply, in_order
from tests.agent.support import Asked, Journal, agent_of, call, calls, of, play, says, torn_pairs
from tools.simulated import simulated_context

PING = call("ping_host", target="gw1.lan")


async def test_answer_in_words():
    conversation = Conversation()
    events = await play(agent_of([says("Hello there.")]), conversation, "hi")

    assert isinstance(events[0], TurnStarted)
    assert isinstance(events[-1], TurnFinished)
    assert (events[-1].reason, events[-1].text) == ("answer", "Hello there.")
    assert "".join(event.text for event in of(TextDelta, events)) == "Hello there."
    assert conversation.messages == [Message("user", "hi"), Message("assistant", "Hello there.")]


async def test_call_result_answer_on_the_simulated_network():
    conversation = Conversation()
    script = Asked(in_order([calls(PING, text="Let me see. "), says("It answers.")]))
    events = await play(agent_of(script), conversation)

    finished = of(ToolFinished, events)
    assert [event.result.success for event in finished] == [True]
    assert "gw1.lan answered 4 of 4 pings" in finished[0].result.message
    assert [m.role for m in conversation.messages] == ["user", "assistant", "tool", "assistant"]
    shown = script.requests[1][0]
    assert shown[1].content == "Let me see. "
    assert json.loads(shown[2].content or "")["message"] == finished[0].result.message
    assert events[-1].text == "It answers."
    assert torn_pairs(conversation.messages) == []


async def test_three_calls_run_together_and_answer_in_order():
    journal = Journal()
    conversation = Conversation()
    script = [calls(*(call("pause", ms=ms) for ms in (300, 20, 150))), says("Done.")]
    events = await play(agent_of(script, journal.context), conversation)

    assert journal.most == 3
    assert events[-1].seconds < 0.45
    results = [m.content or "" for m in conversation.messages if m.role == "tool"]
    assert [json.loads(content)["message"] for content in results] == [
        "pause 300 is done.",
        "pause 20 is done.",
        "pause 150 is done.",
    ]
    ended = [event.result.message for event in of(ToolFinished, events)]
    assert ended == ["pause 20 is done.", "pause 150 is done.", "pause 300 is done."]


async def test_ids_are_made_unique():
    conversation = Conversation()
    same = ToolCall("x", "look", {"at": 1})
    script = [calls(same, ToolCall("x", "look", {"at": 2}), call("look", at=3)), says("Done.")]
    await play(agent_of(script, Journal().context), conversation)

    ids = [made.id for made in conversation.messages[1].tool_calls]
    assert ids[0] == "x"
    assert len(set(ids)) == 3
    assert all(ids)
    assert torn_pairs(conversation.messages) == []


async def test_unknown_tool_is_answered_with_the_nearest():
    script = Asked(in_order([calls(call("ping_hosts", target="gw1.lan")), says("Sorry.")]))
    events = await play(agent_of(script))

    rejected = of(CallRejected, events)
    assert [event.reason for event in rejected] == ["unknown-tool"]
    assert "ping_host" in rejected[0].result.message
    assert rejected[0].result.message in (script.requests[1][0][-1].content or "")
    assert not of(ToolFinished, events)


async def test_bad_arguments_are_answered_and_not_run():
    journal = Journal()
    script = [calls(call("look", at="1"), call("look"), call("look", at=1)), says("So.")]
    events = await play(agent_of(script, journal.context))

    assert [event.reason for event in of(CallRejected, events)] == ["bad-arguments", "bad-arguments"]
    assert journal.ran("look") == [1]


async def test_malformed_call_goes_back_with_its_place_and_is_made_again():
    raw = '{"name": "ping_host", "arguments": {"target": gw1.lan}}'
    bad = ScriptedReply(malformed=(Malformed(raw, "a value must be quoted", raw.index("gw1")),))
    script = Asked(in_order([bad, calls(PING), says("It answers.")]))
    conversation = Conversation()
    events = await play(agent_of(script), conversation)

    assert [event.asked_again for event in of(MalformedCall, events)] == [True]
    note = script.requests[1][0][-1]
    assert note.role == "user"
    assert "a value must be quoted, at character 46" in (note.content or "")
    assert '"target": ⟦here⟧gw1.lan' in (note.content or "")
    assert [entry.note for entry in conversation.entries][:3] == ["", "", "reask"]
    assert events[-1].reason == "answer"


async def test_at_most_two_reasks():
    bad = ScriptedReply(malformed=(Malformed("{", "it breaks off", 1),))
    script = Asked(in_order([bad], again=True))
    events = await play(agent_of(script))

    assert [event.asked_again for event in of(MalformedCall, events)] == [True, True, False]
    assert len(script.requests) == 3
    assert events[-1].reason == "malformed"
    assert events[-1].text.startswith("I stopped before I could answer.")


async def test_one_malformed_call_leaves_the_others():
    journal = Journal()
    mixed = ScriptedReply(
        calls=(call("look", at=1), call("look", at=2)), malformed=(Malformed("{oops", "no quotes", 1),)
    )
    script = Asked(in_order([mixed, says("Both seen.")]))
    conversation = Conversation()
    await play(agent_of(script, journal.context), conversation)

    assert journal.ran("look") == [1, 2]
    assert [m.role for m in script.requests[1][0]] == ["user", "assistant", "tool", "tool", "user"]
    assert torn_pairs(conversation.messages) == []


async def test_read_only_mode_offers_no_other_tools():
    context = simulated_context()
    before = context.backend.state()  # type: ignore[attr-defined]
    script = Asked(in_order([calls(call("add_host", address="x.org", endpoint="icmp")), says("I cannot.")]))
    events = await play(agent_of(script, context, read_only=True), decide=lambda event: True)

    offered = script.requests[0][1]
    assert len(offered) == 17
    assert {tool.effect for tool in offered} == {"read"}
    assert [event.reason for event in of(CallRejected, events)] == ["unknown-tool"]
    assert context.backend.state() == before  # type: ignore[attr-defined]


async def test_provider_error_keeps_the_text():
    conversation = Conversation()
    events = await play(
        agent_of([ScriptedReply(text="I begin", error=ProviderUnavailable("the engine died"))]), conversation
    )
    failed = events[-1]
    assert isinstance(failed, TurnFailed)
    assert (failed.error, failed.message, failed.retryable) == (
        "ProviderUnavailable",
        "the engine died",
        True,
    )
    assert failed.text == "I begin"
    assert failed.usage.estimated
    assert failed.usage.completion_tokens > 0
    assert [(e.message.content, e.note) for e in conversation.entries] == [
        ("go on", ""),
        ("I begin", "partial"),
    ]


async def test_provider_error_before_the_first_word():
    conversation = Conversation()
    events = await play(agent_of([ScriptedReply(error=ProviderOverloaded("busy"))]), conversation)
    assert isinstance(events[-1], TurnFailed)
    assert [m.role for m in conversation.messages] == ["user"]


async def test_reply_without_an_end_is_an_error():
    class Broken:
        name = "broken"

        async def stream(self, messages, tools, settings):  # type: ignore[no-untyped-def]
            for chunk in ():
                yield chunk

        async def aclose(self) -> None:
            pass

    events = await play(agent_of(Broken()))
    assert events[-1].error == "ProviderIncomplete"


async def test_reasoning_is_no_answer():
    conversation = Conversation()
    events = await play(agent_of([ScriptedReply(reasoning="Hm, hm.", text="Yes.")]), conversation)
    assert "".join(event.text for event in of(ReasoningDelta, events)) == "Hm, hm."
    assert events[-1].text == "Yes."
    assert conversation.messages[-1].content == "Yes."


async def test_empty_and_cut_replies_say_so():
    assert (await play(agent_of([says("")])))[-1].reason == "empty"
    short = await play(agent_of([says("a long answer")], settings=Settings(max_tokens=2)))
    assert (short[-1].reason, short[-1].text) == ("length", "a long a")


async def test_usage_is_added_up():
    events = await play(agent_of([calls(PING), says("It answers.")]))
    reported = of(UsageReported, events)
    assert reported[1].total.completion_tokens == sum(event.step.completion_tokens for event in reported)
    assert events[-1].usage == reported[-1].total


async def test_trimming_is_said_once_per_change():
    conversation = Conversation()
    await play(agent_of([says("word " * 100)]), conversation)
    agent = agent_of([calls(PING), says("Good.")], limits=TurnLimits(history_tokens=150))
    events = await play(agent, conversation)
    assert [event.dropped for event in of(HistoryTrimmed, events)] == [2]
    assert len(of(StepStarted, events)) == 2


async def test_one_turn_at_a_time():
    conversation = Conversation()
    first = run_turn(agent_of([says("a")]), conversation, "one")
    await anext(first)
    with pytest.raises(ConversationBusy, match="is under way"):
        await play(agent_of([says("b")]), conversation, "two")
    await first.aclose()
    assert (await play(agent_of([says("b")]), conversation, "two"))[-1].text == "b"


async def test_a_broken_tool_is_raised_and_its_call_answered():
    def fall(*_: object) -> None:
        raise RuntimeError("a bug")

    journal = Journal()
    journal.runs = type("Bad", (list,), {"append": fall})()  # type: ignore[assignment]
    conversation = Conversation()
    with pytest.raises(RuntimeError, match="a bug"):
        await play(agent_of([calls(call("look", at=1))], journal.context), conversation)
    assert torn_pairs(conversation.messages) == []
