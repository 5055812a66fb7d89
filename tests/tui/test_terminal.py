"""The real program in a real terminal: tmux, the shipped model, a local server; and what a kill -9 leaves."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).with_name("smallwatch"))
WAIT_S = 120

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux: make system")


class Terminal:
    """A terminal of 100 columns in which the program runs."""

    def __init__(self, folder: Path) -> None:
        self._server = f"smallwatch-{uuid.uuid4().hex[:8]}"
        self._folder = folder

    def start(self, *arguments: str) -> None:
        environment = {
            "SMALLWATCH_AGENT__STORE": str(self._folder / "conversations.sqlite"),
            "SMALLWATCH_MONITORING__DATABASE": f"sqlite:///{self._folder / 'watch.sqlite'}",
        }
        variables = [f"{name}={value}" for name, value in environment.items()]
        self._tmux(
            "new-session", "-d", "-x", "100", "-y", "30", "env", *variables, PROGRAM, "chat", *arguments
        )
        # Else OSC 52 goes past tmux to a terminal that is not there.
        self._tmux("set-option", "-s", "set-clipboard", "on")

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def press(self, key: str) -> None:
        self._tmux("send-keys", key)

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def until(self, *words: str) -> str:
        """Waits until all these are on the screen."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            shown = self.screen()
            if all(word in shown for word in words):
                return shown
            time.sleep(0.2)
        raise AssertionError(f"{words} did not show up:\n{self.screen()}")

    @property
    def process(self) -> int:
        return int(self._tmux("list-panes", "-F", "#{pane_pid}").strip())

    def clipboard(self) -> str:
        """What the program has copied by OSC 52."""
        return self._tmux("show-buffer")

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self._server, "kill-server"], check=False, capture_output=True)

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._server, "-f", os.devnull, *arguments],
            check=False,
            capture_output=True,
            text=True,
        )
        return done.stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    found = Terminal(tmp_path)
    yield found
    found.close()


def test_a_question_to_the_shipped_model_is_answered_by_a_real_check(
    terminal: Terminal, web_server: int
) -> None:
    terminal.start("--model", "q4_k", "--allow", "127.0.0.0/8")
    terminal.until("Ask about your network", "● netmon-7m:q4_k")
    terminal.type(f"is port {web_server} open on 127.0.0.1?")
    terminal.press("Enter")
    shown = terminal.until("✓ check_port", f"{web_server}", "tok/s")
    answer = terminal.until("is open").split("check_port", 1)[1]
    assert f"{web_server}" in answer and "127.0.0.1" in answer, shown
    terminal.press("M-c")
    terminal.until("Copied the call")
    assert json.loads(terminal.clipboard())["result"]["success"] is True


def test_what_a_killed_program_leaves_is_there_again(terminal: Terminal, tmp_path: Path) -> None:
    terminal.start("--model", "scripted")
    terminal.until("● scripted")
    terminal.type("slow")
    terminal.press("Enter")
    terminal.until("This takes its time")
    # What has come is stored a few times a second.
    time.sleep(1.0)
    os.kill(terminal.process, signal.SIGKILL)
    terminal.close()
    again = Terminal(tmp_path)
    try:
        again.start("--model", "scripted")
        shown = again.until("█ slow", "This takes its time", "cut short")
        assert "until it is whole or you stop it" not in shown
        again.press("F5")
        again.until("slow (cut short)")
    finally:
        again.close()


def test_a_wrong_setting_ends_it_with_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "chat", "--keys"],
        env={**os.environ, "SMALLWATCH_TUI__KEYS__NEW": "ctrl+r"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "tui.keys: new and retry are both on ctrl+r" in done.stderr
