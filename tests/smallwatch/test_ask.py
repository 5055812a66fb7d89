"""`smallwatch ask` as a process of its own: answers, exit codes, approvals at a real terminal, signals."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.conversation import Conversation
from agent.store import open_store

SMALLWATCH = Path(sys.executable).with_name("smallwatch")
ADD = "add new.acme.org"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the conversations of one test."""
    monkeypatch.setenv("SMALLWATCH_AGENT__STORE", str(tmp_path / "conversations.sqlite"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(*words: str, model: str = "scripted", text: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [SMALLWATCH, "ask", *words, "--model", model, "--tools", "simulated"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, input=text or "")


async def latest(home: Path) -> Conversation:
    async with open_store(home / "conversations.sqlite") as store:
        return await store.load(await store.find("last"))


def decisions(home: Path) -> list[tuple[str, str]]:
    lines = (home / "approvals.jsonl").read_text("utf-8").splitlines()
    return [(each["action"], each["by"]) for each in map(json.loads, lines)]


def test_the_answer_is_on_standard_output_and_the_calls_beside_it(home: Path) -> None:
    done = ask("ping gw1.lan")
    assert done.returncode == 0
    assert re.fullmatch(r"Let me see. \ngw1.lan answered 4 of 4 pings, [0-9.]+ ms on average.\n", done.stdout)
    assert '→ ping_host(target="gw1.lan")' in done.stderr
    assert "✓ gw1.lan answered 4 of 4 pings" in done.stderr
    assert ask("ping gw1.lan", "--quiet").stderr == ""


def test_the_question_may_come_from_a_pipe(home: Path) -> None:
    assert "gw1.lan answered" in ask("-", text="ping gw1.lan\n").stdout
    empty = ask("-", text=" \n")
    assert (empty.returncode, "there is no question" in empty.stderr) == (2, True)


def test_json_is_one_event_a_line(home: Path) -> None:
    done = ask("ping gw1.lan", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [events[0]["type"], events[-1]["type"]] == ["turn-started", "turn-finished"]
    assert events[-1]["text"].startswith("gw1.lan answered 4 of 4 pings, ")
    assert done.stdout.isascii()


def test_without_a_terminal_nothing_is_changed_and_the_reason_is_told(home: Path) -> None:
    done = ask(ADD)
    assert done.returncode == 4
    assert "no terminal to ask at; --yes allows it" in done.stderr
    assert "it needs approval" in done.stdout, "the model was told too"
    assert decisions(home) == [("requested", "model"), ("denied", "no terminal")]


def test_yes_allows_and_is_written_down(home: Path) -> None:
    done = ask(ADD, "--yes")
    assert done.returncode == 0
    assert "new.acme.org is now monitored" in done.stdout
    assert decisions(home) == [("requested", "model"), ("approved", "--yes"), ("used", "gate")]


def test_read_only_offers_nothing_that_changes(home: Path) -> None:
    events = [json.loads(line) for line in ask(ADD, "--yes", "--read-only", "--json").stdout.splitlines()]
    assert {event["tools"] for event in events if event["type"] == "step-started"} == {17}
    assert not [event for event in events if event["type"] == "tool-running"]


def test_a_conversation_goes_on(home: Path) -> None:
    ask("ping gw1.lan")
    ask("ping db-01", "--conversation", "last")
    conversation = asyncio.run(latest(home))
    assert [m.role for m in conversation.messages] == ["user", "assistant", "tool", "assistant"] * 2
    ask("ping db-02", "--conversation", conversation.id[:6])
    assert len(asyncio.run(latest(home)).messages) == 12
    unknown = ask("ping db-02", "--conversation", "zzz")
    assert (unknown.returncode, "there is no conversation 'zzz'" in unknown.stderr) == (2, True)


@pytest.mark.parametrize(
    ("question", "code", "said"),
    [("fail", 1, "Error: the script says: unavailable"), ("loop", 3, "round in circles")],
)
def test_how_it_ends_is_the_exit_code(home: Path, question: str, code: int, said: str) -> None:
    done = ask(question)
    assert (done.returncode, said in done.stderr) == (code, True)


def test_what_is_misused_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ask("hi", model="scripted:nowhere.yaml")
    assert (missing.returncode, "nowhere.yaml cannot be read" in missing.stderr) == (2, True)
    monkeypatch.setenv("SMALLWATCH_AGENT__STEPS", "0")
    wrong = ask("hi")
    assert (wrong.returncode, "agent.steps" in wrong.stderr) == (2, True)


def test_limits_come_from_the_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMALLWATCH_AGENT__IDENTICAL", "2")
    done = ask("loop")
    assert done.stderr.count("→ ping_host") == 1


def test_a_script_of_ones_own(home: Path) -> None:
    script = home / "mine.yaml"
    script.write_text(
        'dialect: hermes\nreplies:\n  - raw: "<tool_call>{\\"name\\": \\"ping_host\\", '
        '\\"arguments\\": {\\"target\\": \\"gw1.lan\\"}}</tool_call>"\n  - text: "It is \\e[31mthere\\e[0m."\n'
    )
    done = ask("hi", model=f"scripted:{script}")
    assert "✓ gw1.lan answered" in done.stderr
    assert done.stdout == "It is [31mthere[0m.\n", "what a terminal would obey is taken out"


def test_the_real_network_is_the_default(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        question = f"port {server.getsockname()[1]} on 127.0.0.1"
        command = [SMALLWATCH, "ask", question, "--model", "scripted"]
        refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert "is a loopback address" in refused.stdout
        allowed = subprocess.run(
            [*command, "--allow", "127.0.0.0/8"], capture_output=True, text=True, timeout=60, check=False
        )
        assert "is open" in allowed.stdout


class Terminal:
    """The command at a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self._master, slave = pty.openpty()
        command = [SMALLWATCH, "ask", *words, "--model", "scripted", "--tools", "simulated"]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, close_fds=True, start_new_session=True
        )
        os.close(slave)
        self.seen = ""

    def until(self, words: str) -> None:
        deadline = time.monotonic() + 60
        while words not in self.seen:
            ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, self.seen
            try:
                piece = os.read(self._master, 4096).decode(errors="replace")
            except OSError:
                piece = ""
            assert piece, self.seen
            self.seen += piece

    def type(self, words: str) -> None:
        os.write(self._master, words.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def at_terminal(home: Path) -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [("y\n", 0, "is now monitored"), ("\n", 4, "was not allowed"), ("no\n", 4, "not run")],
)
def test_a_person_is_asked(at_terminal: list[Terminal], typed: str, code: int, said: str) -> None:
    terminal = Terminal(ADD)
    at_terminal.append(terminal)
    terminal.until("Allow it? [y/N]")
    assert 'add_host changes what is watched: {"address":"new.acme.org","endpoint":"icmp"}' in terminal.seen
    terminal.type(typed)
    terminal.until(said)
    assert terminal.process.wait(60) == code


def test_ctrl_c_at_the_question_changes_nothing(at_terminal: list[Terminal], home: Path) -> None:
    terminal = Terminal(ADD)
    at_terminal.append(terminal)
    terminal.until("Allow it? [y/N]")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.process.wait(60) == 130
    assert decisions(home)[-1] == ("withdrawn", "gate")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_in_order_and_keeps_what_came(home: Path, number: int, code: int) -> None:
    command = [SMALLWATCH, "ask", "slow", "--model", "scripted", "--tools", "simulated"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(4) == b"This"
        process.send_signal(number)
        began = time.monotonic()
        try:
            assert process.wait(60) == code
        finally:
            process.kill()
        assert time.monotonic() - began < 5
    entry = asyncio.run(latest(home)).entries[-1]
    assert entry.note == "partial"
    assert (entry.message.content or "").startswith("This")


def test_models_show_names_the_dialect_and_why() -> None:
    command = [SMALLWATCH, "models", "show", "bf16", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    known = json.loads(done.stdout)
    assert (known["dialect"], known["dialect_because"]) == ("netmon", "it is named for this model")
