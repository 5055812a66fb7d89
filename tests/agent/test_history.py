"""Trimming: it fits, calls and results stay together, and what is left out is said."""

from __future__ import annotations

import json
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from agent.conversation import Conversation, Entry
from agent.events import HistoryTrimmed
from agent.history import Trimmed, estimate_tokens, message_tokens, trim
from agent.limits import TurnLimits
from providers.base import Message, ToolCall
from tests.agent.support import agent_of, of, play, says, torn_pairs
from tools.results import ToolResult

TEXT = st.text(max_size=300)
RESULT = st.one_of(
    st.text(max_size=3000),
    st.builds(
        lambda message, rows: ToolResult(True, message, {"rows": rows}).to_json(),
        st.text(max_size=100),
        st.lists(st.integers(), max_size=300),
    ),
)


@st.composite
def turns(draw: st.DrawFn) -> list[Entry]:
    """A turn: a question, replies with calls and results, re-asks, perhaps an answer."""
    entries = [Entry(Message("user", draw(TEXT)))]
    for _ in range(draw(st.integers(0, 3))):
        made = tuple(
            ToolCall(f"id{draw(st.integers(0, 10**9))}-{n}", "ping_host", {"target": draw(TEXT)})
            for n in range(draw(st.integers(1, 3)))
        )
        entries.append(Entry(Message("assistant", draw(st.none() | TEXT), made)))
        entries.extend(Entry(Message("tool", draw(RESULT), tool_call_id=call.id)) for call in made)
        if draw(st.booleans()):
            entries.append(Entry(Message("user", "That could not be read."), "reask"))
    if draw(st.booleans()):
        entries.append(Entry(Message("assistant", draw(TEXT))))
    return entries


CONVERSATIONS = st.builds(
    lambda system, parts: [*(Entry(Message("system", text)) for text in system), *chain.from_iterable(parts)],
    st.lists(TEXT, max_size=1),
    st.lists(turns(), min_size=1, max_size=5),
)


@given(CONVERSATIONS, st.integers(1, 4000))
def test_pairs_are_never_split(entries: list[Entry], budget: int):
    trimmed = trim(entries, budget)
    assert torn_pairs(trimmed.messages) == []


@given(CONVERSATIONS, st.integers(1, 4000))
def test_what_is_left_is_the_end_with_the_question(entries: list[Entry], budget: int):
    trimmed = trim(entries, budget)
    whole = [entry.message for entry in entries]
    assert trimmed.dropped == len(whole) - len(trimmed.messages)
    asked = [entry.message for entry in entries if entry.message.role == "user" and not entry.note][-1]
    assert asked in trimmed.messages
    assert [m for m in trimmed.messages if m.role == "system"] == [m for m in whole if m.role == "system"]
    assert (trimmed.messages[-1].role, trimmed.messages[-1].tool_call_id) == (
        whole[-1].role,
        whole[-1].tool_call_id,
    )
    assert next(m.role for m in trimmed.messages if m.role != "system") == "user"
    # Those that stay keep their order; nothing but the results of tools is changed.
    place = 0
    for message in trimmed.messages:
        while (whole[place].role, whole[place].tool_call_id) != (message.role, message.tool_call_id) or (
            message.role != "tool" and whole[place] != message
        ):
            place += 1
        place += 1


@given(CONVERSATIONS, st.integers(1, 4000))
def test_it_fits_unless_words_alone_are_too_long(entries: list[Entry], budget: int):
    trimmed = trim(entries, budget)
    assert trimmed.tokens == sum(message_tokens(m, estimate_tokens) for m in trimmed.messages)
    if trimmed.tokens > budget:
        assert all(len(m.content or "") < 700 for m in trimmed.messages if m.role == "tool")


@given(CONVERSATIONS)
def test_nothing_happens_where_there_is_room(entries: list[Entry]):
    whole = tuple(entry.message for entry in entries)
    assert trim(entries, 10**9) == Trimmed(whole, sum(message_tokens(m, estimate_tokens) for m in whole))


def long_result(rows: int) -> list[Entry]:
    call = ToolCall("a", "get_host_list", {})
    content = ToolResult(
        True, "There are many hosts.", {"hosts": [f"host-{n}" for n in range(rows)]}
    ).to_json()
    return [
        Entry(Message("user", "list them")),
        Entry(Message("assistant", None, (call,))),
        Entry(Message("tool", content, tool_call_id="a")),
    ]


def test_a_result_that_is_too_long_is_cut_and_says_so():
    trimmed = trim(long_result(2000), 400)
    assert (trimmed.dropped, trimmed.shortened) == (0, 1)
    assert trimmed.tokens <= 400
    result = json.loads(trimmed.messages[-1].content or "")
    assert result["truncated"] is True
    assert "of 2000" in result["message"]
    assert result["data"]["hosts"][0] == "host-0"


def test_a_result_that_is_no_json_is_cut_too():
    entries = [*long_result(1)[:2], Entry(Message("tool", "x" * 9000, tool_call_id="a"))]
    trimmed = trim(entries, 500)
    assert trimmed.tokens <= 500
    assert "of 9,000 characters; the rest was left out to fit" in (trimmed.messages[-1].content or "")


def test_words_of_the_agent_are_no_question():
    entries = [*long_result(1), Entry(Message("user", "That could not be read."), "reask")]
    assert trim(entries, 1).messages[0] == entries[0].message


def test_the_estimate_is_rather_too_high():
    text = "Is the certificate of www.acme.org still valid, and until when?"
    assert len(text) / 4 < estimate_tokens(text) < len(text) / 2
    assert estimate_tokens("") == 0
    assert estimate_tokens("\ud800") == 1


async def test_the_loop_sends_the_trimmed_history_and_says_so():
    conversation = Conversation()
    for _ in range(4):
        await play(agent_of([says("word " * 60)]), conversation, "tell me")
    kept = len(conversation.messages)
    agent = agent_of([says("Yes.")], limits=TurnLimits(history_tokens=250), system="You are brief.")
    events = await play(agent, conversation, "and?")
    told = of(HistoryTrimmed, events)
    assert [event.dropped for event in told] == [4]
    assert told[0].tokens <= 250
    assert len(conversation.messages) == kept + 2
