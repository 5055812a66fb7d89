"""The answer that is being written is in the file too, whenever its process ends; and how it is found again."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import drafting
from agent.conversation import Conversation, Entry, StoreError
from agent.events import TextDelta, TurnStarted
from agent.loop import run_turn
from agent.stopping import CancelToken
from agent.store import open_store
from providers.base import Message
from providers.scripted import ScriptedReply
from tests.agent.support import agent_of, play, says, torn_pairs
from tools.clock import SetClock

ROOT = Path(__file__).parents[2]
QUESTION = "Tell me all about the network"
ANSWER = " ".join(f"Host {number} answers." for number in range(100))
#: Seconds between a word that was seen and its being in the file; the pause, and a disk that is busy.
LATE_S = drafting.PAUSE_S + 2.0


@dataclass(frozen=True)
class Killed:
    """What a process had shown when it was killed.

    Attributes:
        conversation: Its conversation; empty if it had not come so far.
        sure: Characters of the answer that it had shown long enough before.
    """

    conversation: str
    sure: int


def answer_and_tell(path: Path, pipe: int) -> None:
    """Has a turn, and writes into the pipe when it shows how many characters."""

    async def work() -> None:
        shown = 0
        agent = agent_of([ScriptedReply(text=ANSWER, piece_delay_s=0.01)])
        async with open_store(path) as store:
            conversation = store.new()
            async for event in run_turn(agent, conversation, QUESTION):
                if isinstance(event, TurnStarted):
                    os.write(pipe, f"{conversation.id}\n".encode())
                elif isinstance(event, TextDelta):
                    shown += len(event.text)
                    os.write(pipe, f"{time.monotonic()} {shown}\n".encode())

    asyncio.run(work())


def kill_one(path: Path, after_s: float, *, begun: bool) -> Killed:
    """Starts a process that answers, and kills it with signal 9 some seconds after that or after its turn has begun."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reads)
            answer_and_tell(path, writes)
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as told:
        first = told.readline() if begun else ""
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
        ended = time.monotonic()
        os.waitpid(child, 0)
        name, *shown = (first + told.read()).splitlines() or [""]
    times = [(float(when), int(chars)) for when, chars in map(str.split, shown)]
    return Killed(name, max((chars for when, chars in times if when < ended - LATE_S), default=0))


def main(arguments: Sequence[str]) -> None:
    """Kills so many processes at random moments: PATH TIMES SEED."""
    path, chance = Path(arguments[0]), random.Random(int(arguments[2]))
    for number in range(int(arguments[1])):
        killed = kill_one(path, chance.random() * 4.0, begun=number % 4 > 0)
        print(killed.conversation or "-", killed.sure, flush=True)


async def kill_many(path: Path, times: int, seed: int) -> list[str]:
    """Kills, looks what is there, and returns the answers that were found."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", "tests.agent.test_drafts", str(path), str(times), str(seed))
    driver = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
    told = (await driver.communicate())[0].decode().split()
    assert driver.returncode == 0
    found: list[str] = []
    async with open_store(path) as store:
        for name, sure in zip(told[::2], map(int, told[1::2]), strict=True):
            if name == "-":
                continue
            conversation = await store.load(name)
            question, *rest = conversation.entries
            assert question == Entry(Message("user", QUESTION))
            text = rest[0].message.content or "" if rest else ""
            assert ANSWER.startswith(text)
            assert len(text) >= sure
            assert [entry.note for entry in rest] in ([], ["partial"] if text != ANSWER else [rest[0].note])
            found.append(text)
    return found


async def test_kill_9_leaves_the_question_and_what_was_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.sqlite"
    found = await kill_many(path, 12, 4)
    cut = [len(text) for text in found if 0 < len(text) < len(ANSWER)]
    assert len(cut) >= 3
    with capsys.disabled():
        print(f" [12 kills: {len(found)} questions there, {len(cut)} with part of an answer]", end="")
    async with open_store(path) as store:
        summaries = await store.summaries()
        assert len(summaries) == len(found)
        assert sum(summary.partial for summary in summaries) >= len(cut)
        # Each goes on where it was broken off.
        latest = await store.load(summaries[0].id)
        await play(agent_of([says("I go on.")]), latest, "and?")
        messages = (await store.load(latest.id)).messages
        assert torn_pairs(messages) == []
        assert messages[-1].content == "I go on."


@pytest.mark.slow
async def test_a_hundred_kills(tmp_path: Path) -> None:
    found = await kill_many(tmp_path / "c.sqlite", 100, 9)
    assert sum(0 < len(text) < len(ANSWER) for text in found) >= 30


async def test_what_is_being_written_is_seen_by_others(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    agent = agent_of([ScriptedReply(text=ANSWER, piece_delay_s=0.002)])
    async with open_store(path) as mine, open_store(path) as others:
        conversation, seen = mine.new(), ""
        async for _ in run_turn(agent, conversation, QUESTION):
            if not seen and len(conversation.entries) == 1:
                seen = (await others.load(conversation.id)).entries[-1].message.content or ""
                seen = "" if seen == QUESTION else seen
        assert seen and ANSWER.startswith(seen) and seen != ANSWER
        whole = await others.load(conversation.id)
        assert [entry.note for entry in whole.entries] == ["", ""]
        assert whole.messages[-1].content == ANSWER


async def test_a_cancelled_answer_is_kept_whole(tmp_path: Path) -> None:
    token = CancelToken()
    async with open_store(tmp_path / "c.sqlite") as store:
        conversation, shown = store.new(), ""
        agent = agent_of([ScriptedReply(text=ANSWER, piece_delay_s=0.002)])
        async for event in run_turn(agent, conversation, QUESTION, token):
            if isinstance(event, TextDelta):
                shown += event.text
                if len(shown) > 100:
                    token.cancel()
        last = (await store.load(conversation.id)).entries[-1]
        assert (last.note, last.message.content) == ("partial", shown)


async def test_a_broken_off_answer_becomes_a_message_with_the_next_turn(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    async with open_store(path) as store:
        conversation = store.new()
        await conversation.add(Message("user", "hello"))
        await conversation.draft("Half an ans")
        assert (await store.summaries())[0].partial
    async with open_store(path) as store:
        again = await store.load(conversation.id)
        assert again.entries[-1] == Entry(Message("assistant", "Half an ans"), "partial")
        await again.add(Message("user", "go on"))
        await again.add(Message("assistant", "wer."))
        stored = await store.load(conversation.id)
        assert [(e.message.content, e.note) for e in stored.entries] == [
            ("hello", ""), ("Half an ans", "partial"), ("go on", ""), ("wer.", ""),
        ]  # fmt: skip
        assert not (await store.summaries())[0].partial


async def test_search_title_and_short_names(tmp_path: Path) -> None:
    clock = SetClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    async with open_store(tmp_path / "c.sqlite", clock) as store:
        mail, ping = store.new(), store.new()
        await mail.add(Message("user", "Is the Mail server up?"))
        await mail.add(Message("assistant", "Yes, münchen.acme.org answers."))
        await mail.add(Message("tool", "secret-word", tool_call_id="a"))
        clock.advance(timedelta(minutes=1))
        await ping.add(Message("user", "ping 100% of gw1_lan"))

        assert [s.id for s in await store.summaries(search="MÜNCHEN mail")] == [mail.id]
        assert "münchen" in (await store.summaries(search="münchen"))[0].excerpt
        assert [s.id for s in await store.summaries(search="100%")] == [ping.id]
        assert [s.id for s in await store.summaries(search="1_l")] == [ping.id]
        assert await store.summaries(search="secret-word") == ()

        assert await store.rename(mail.id, "  The post\noffice ")
        assert not await store.rename("none", "x")
        assert (await store.summaries(search="post"))[0].title == "The post office"
        assert await store.find("last") == ping.id
        assert await store.find(mail.id[:8]) == mail.id
        with pytest.raises(StoreError):
            await store.find("zzzz")


async def test_a_file_of_the_first_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    async with open_store(path) as store:
        old = store.new()
        await old.add(Message("user", "hello"))
    with sqlite3.connect(path) as connection:
        connection.executescript("DROP TABLE drafts; PRAGMA user_version = 1;")
    async with open_store(path) as store:
        again = await store.load(old.id)
        await again.draft("Yes")
        assert (await store.load(old.id)).entries[-1].note == "partial"


async def test_a_file_that_cannot_be_written_ends_the_turn(tmp_path: Path) -> None:
    class Broken:
        async def save(self, conversation: str, position: int, entry: Entry) -> None: ...

        async def save_draft(self, conversation: str, position: int, text: str) -> None:
            raise StoreError("the disk is full")

    agent = agent_of([ScriptedReply(text=ANSWER, piece_delay_s=0.001)])
    with pytest.raises(StoreError, match="full"):
        await play(agent, Conversation(recorder=Broken()))


if __name__ == "__main__":
    main(sys.argv[1:])
