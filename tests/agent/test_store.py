"""Conversations in a file: what was said is there again, whatever happens to the process."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.conversation import Conversation, Entry, StoreError
from agent.store import open_store
from providers.base import Message, ToolCall
from tests.agent.support import Journal, agent_of, call, calls, play, says, torn_pairs
from tools.clock import SetClock

ROOT = Path(__file__).parents[2]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MESSAGES = st.builds(
    Message,
    role=st.sampled_from(["user", "assistant", "tool"]),
    content=st.none() | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    tool_calls=st.lists(
        st.builds(ToolCall, st.text(), st.text(), st.dictionaries(st.text(), JSON, max_size=3)), max_size=3
    ).map(tuple),
    tool_call_id=st.none() | st.just("call_1"),
)
ENTRIES = st.lists(st.builds(Entry, MESSAGES, st.sampled_from(["", "partial", "reask", "agent"])), min_size=1)


@settings(max_examples=40, deadline=None)
@given(ENTRIES)
async def test_what_is_stored_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]):
    path = tmp_path_factory.mktemp("store") / "c.sqlite"
    async with open_store(path) as store:
        conversation = store.new()
        for entry in entries:
            await conversation.add(entry.message, entry.note)
    async with open_store(path) as store:
        assert (await store.load(conversation.id)).entries == tuple(entries)


async def test_half_a_character_does_not_stop_the_store(tmp_path: Path):
    async with open_store(tmp_path / "c.sqlite") as store:
        conversation = store.new()
        await conversation.add(Message("user", "half \ud83d of it"))
        assert (await store.load(conversation.id)).messages[0].content == "half ? of it"


async def test_a_turn_is_stored_and_gone_on_with(tmp_path: Path):
    journal = Journal()
    script = [calls(call("look", at=1)), says("Seen."), calls(call("look", at=1)), says("Again.")]
    agent = agent_of(script, journal.context)
    async with open_store(tmp_path / "c.sqlite") as store:
        first = store.new()
        await play(agent, first, "look there")
    async with open_store(tmp_path / "c.sqlite") as store:
        second = await store.load(first.id)
        assert second.entries == first.entries
        await play(agent, second, "and again")
        third = await store.load(first.id)
    assert third.entries == second.entries
    assert [m.role for m in third.messages] == ["user", "assistant", "tool", "assistant"] * 2
    ids = [made.id for m in third.messages for made in m.tool_calls]
    assert len(set(ids)) == 2


async def test_list_and_delete(tmp_path: Path):
    clock = SetClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    async with open_store(tmp_path / "c.sqlite", clock) as store:
        old, new = store.new(), store.new()
        await old.add(Message("user", "  Is the\nmail server up? " + "x" * 80))
        clock.advance(timedelta(minutes=1))
        await new.add(Message("user", "ping gw1.lan"))
        assert (await store.summaries())[0].title == "ping gw1.lan"
        clock.advance(timedelta(minutes=1))
        await old.add(Message("assistant", "Yes."))

        latest = (await store.summaries())[0]
        assert latest.title.startswith("Is the mail server up? xxx")
        assert len(latest.title) == 60
        assert latest.messages == 2
        assert latest.updated - latest.created == timedelta(minutes=2)
        assert len(await store.summaries(limit=1)) == 1

        assert await store.delete(old.id)
        assert not await store.delete(old.id)
        with pytest.raises(StoreError, match="there is no conversation"):
            await store.load(old.id)
        assert [summary.id for summary in await store.summaries()] == [new.id]


async def test_two_who_go_on_with_one_conversation(tmp_path: Path):
    async with open_store(tmp_path / "c.sqlite") as one, open_store(tmp_path / "c.sqlite") as two:
        first = one.new()
        await first.add(Message("user", "hello"))
        second = await two.load(first.id)
        await first.add(Message("assistant", "yes?"))
        with pytest.raises(StoreError, match="another process has gone on"):
            await second.add(Message("user", "mine"))
        assert [m.content for m in second.messages] == ["hello"]


async def test_a_cancelled_wait_tears_nothing(tmp_path: Path):
    async with open_store(tmp_path / "c.sqlite") as store:
        conversation = store.new()
        adding = [asyncio.create_task(conversation.add(Message("user", f"hello {n}"))) for n in range(20)]
        await asyncio.sleep(0)
        for task in adding:
            task.cancel()
        await asyncio.wait(adding)
        assert all(task.cancelled() for task in adding)
        await conversation.add(Message("user", "still there"))
        assert (await store.load(conversation.id)).entries == conversation.entries


@pytest.mark.parametrize(
    "content", [b"no database at all, just some text\n" * 40, b"SQLite format 3\0" + b"\xff" * 200]
)
async def test_a_file_that_is_none(tmp_path: Path, content: bytes):
    path = tmp_path / "c.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="name another file"):
        async with open_store(path):
            pass
    assert path.read_bytes() == content


async def test_a_file_in_no_folder_and_a_later_version(tmp_path: Path):
    with pytest.raises(StoreError, match="name another file"):
        async with open_store(tmp_path / "missing" / "c.sqlite"):
            pass
    path = tmp_path / "later.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="later version"):
        async with open_store(path):
            pass


async def test_calls_without_results_are_answered_in_the_next_turn():
    made = (ToolCall("a", "change", {"at": 1}), ToolCall("b", "look", {"at": 2}))
    conversation = Conversation(
        entries=[
            Entry(Message("user", "do it")),
            Entry(Message("assistant", None, made)),
            Entry(Message("tool", "{}", tool_call_id="a")),
        ]
    )
    assert [open_call.id for open_call in conversation.unanswered()] == ["b"]
    await play(agent_of([says("I look again.")], Journal().context), conversation)
    assert torn_pairs(conversation.messages) == []
    assert "may have been carried out or not" in (conversation.messages[3].content or "")


CHILD = """
import asyncio, sys
from pathlib import Path
from agent.events import TextDelta, ToolFinished
from agent.loop import run_turn
from agent.store import open_store
from providers.scripted import ScriptedReply
from tests.agent.support import Journal, agent_of, call, calls

async def main(path):
    journal = Journal()
    first = ScriptedReply(text="Both. ", calls=(call("pause", ms=1), call("pause", ms=60000)))
    agent = agent_of([first], journal.context)
    async with open_store(Path(path)) as store:
        conversation = store.new()
        print(conversation.id, flush=True)
        async for event in run_turn(agent, conversation, "wait for both"):
            if isinstance(event, ToolFinished):
                print("one is finished", flush=True)

asyncio.run(main(sys.argv[1]))
"""


async def test_kill_9_loses_nothing_that_was_said(tmp_path: Path):
    path = tmp_path / "c.sqlite"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(path), stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert child.stdout is not None
    name = (await child.stdout.readline()).decode().strip()
    assert await child.stdout.readline() == b"one is finished\n"
    child.send_signal(signal.SIGKILL)
    assert await child.wait() == -signal.SIGKILL

    async with open_store(path) as store:
        conversation = await store.load(name)
        assert [m.role for m in conversation.messages] == ["user", "assistant", "tool"]
        assert "pause 1 is done" in (conversation.messages[2].content or "")
        await play(agent_of([says("One of them.")], Journal().context), conversation, "and?")
        assert torn_pairs((await store.load(name)).messages) == []
