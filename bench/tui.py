"""Measures `smallwatch chat`: start to typing, scrolling of a long conversation, memory.

python -m bench.tui            # figures on standard output, as JSON
python -m bench.tui --lines 50000
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import pty
import resource
import select
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual._compositor import CompositorUpdate

from tui.app import SmallwatchApp
from tui.chat.composer import Composer
from tui.chat.parts import Answer, Turn
from tui.chat.turn_view import TurnView

PARAGRAPH = "A sentence of an answer that is long enough to fill a line of eighty columns, or nearly so."


def start_to_typing(rounds: int) -> list[tuple[float, float]]:
    """Seconds from starting the program to seeing a typed letter, in a real pseudo-terminal of 80 columns.

    Each with the processor time that all threads of the program had used by then, what is opened behind included.
    """
    return [_one_start() for _ in range(rounds)]


def _one_start() -> tuple[float, float]:
    folder = tempfile.mkdtemp()
    environment = {**os.environ, "TERM": "xterm-256color", "SMALLWATCH_AGENT__STORE": f"{folder}/c.sqlite"}
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        program = str(Path(sys.executable).with_name("smallwatch"))
        os.execve(program, [program, "chat", "--model", "scripted"], environment)  # noqa: S606
    os.set_blocking(terminal, False)
    seen, typed = b"", False
    try:
        while time.perf_counter() - began < 60:
            if select.select([terminal], [], [], 0.005)[0]:
                try:
                    seen += os.read(terminal, 65536)
                except OSError:
                    break
            # The composer is there once its placeholder is; the cursor stands on the first letter.
            if not typed and b"sk about your network" in seen:
                os.write(terminal, b"Q")
                typed, seen = True, b""
            elif typed and b"Q" in seen:
                return time.perf_counter() - began, _processor_s(pid)
        raise TimeoutError("the letter did not show up within a minute")
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)


def long_talk(lines: int) -> list[Turn]:
    """A conversation of at least so many lines at 80 columns."""
    body = "\n\n".join([PARAGRAPH] * 6)
    return [
        Turn(f"question {number}", [Answer(f"answer {number}\n\n{body}", streaming=False)])
        for number in range(lines // 20)
    ]


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Frames:
    """Makes of each frame what a terminal would be sent, which a headless application leaves out."""

    def __init__(self, app: SmallwatchApp) -> None:
        """Takes the place of the application's own display."""
        self._app = app
        self._drawn = asyncio.Event()
        app._display = self._display

    def _display(self, screen: object, update: CompositorUpdate | None) -> None:
        if update is not None:
            update.render_segments(self._app.console)
            self._drawn.set()

    async def after(self, change: Callable[[], object], done: Callable[[], bool] | None = None) -> None:
        """Makes a change and waits for the next frame, or the first one in which it is `done`."""
        change()
        while True:
            self._drawn.clear()
            await self._drawn.wait()
            if done is None or done():
                return


@asynccontextmanager
async def conversation(lines: int) -> AsyncGenerator[tuple[SmallwatchApp, Frames]]:
    """The application with a long conversation, each frame drawn to the last escape code."""
    from tests.tui.support import make_app, settled, started

    with tempfile.TemporaryDirectory() as folder:
        app = make_app(Path(folder))
        frames = Frames(app)
        async with app.run_test(size=(80, 24)) as pilot:
            await started(app, pilot)
            await app.chat.log_view.show(long_talk(lines))
            await settled(app)
            yield app, frames


async def scrolling(lines: int, frames: int) -> dict[str, float]:
    """Scrolls from the end through a conversation, three lines a frame."""
    before = _resident_mib()
    async with conversation(lines) as (app, drawn):
        opened, log = _resident_mib() - before, app.chat.log_view
        took, worked, most = [], [], 0
        for _ in range(frames):
            began, busy = time.perf_counter(), time.process_time()
            await drawn.after(lambda: log.scroll_relative(y=-3, animate=False, force=True))
            took.append(time.perf_counter() - began)
            worked.append(time.process_time() - busy)
            most = max(most, len(log.views))
        return {
            "lines": float(log.virtual_size.height),
            "frames_per_s": round(len(took) / sum(took), 1),
            "p95_frame_ms": _milliseconds(took, 0.95),
            "processor_ms_per_frame": round(1000 * statistics.mean(worked), 1),
            "processor_ms_p95": _milliseconds(worked, 0.95),
            "most_drawn_turns": float(most),
            "memory_opened_mib": round(opened, 1),
            "memory_scrolled_mib": round(_resident_mib() - before, 1),
        }


async def streaming(lines: int, tokens: int, per_s: int) -> dict[str, float]:
    """Has an answer written into a long conversation, and types meanwhile: how long until a letter is drawn."""
    async with conversation(lines) as (app, drawn):
        answer = Answer()
        turn = Turn("What happens?", [answer], running=True)
        view = await app.chat.log_view.add(turn)
        writing = asyncio.create_task(_write(answer, view, tokens, per_s))
        composer = app.chat.query_one(Composer)
        busy, began = time.process_time(), time.perf_counter()
        took, worked, typed = [], [], 0
        while not writing.done():
            await asyncio.sleep(0.1)
            pressed, used = time.perf_counter(), time.process_time()
            before, key = composer.text, "ctrl+u" if len(composer.text) == 40 else "x"
            await drawn.after(lambda key=key: app.simulate_key(key), lambda was=before: composer.text != was)
            typed += 1
            took.append(time.perf_counter() - pressed)
            worked.append(time.process_time() - used)
        await writing
        wall = time.perf_counter() - began
        busy = time.process_time() - busy
        return {
            "tokens_per_s": round(tokens / wall, 1),
            "answer_lines": float(view.lines),
            "letters": float(typed),
            "echo_p50_ms": _milliseconds(took, 0.5),
            "echo_p95_ms": _milliseconds(took, 0.95),
            "processor_echo_p50_ms": _milliseconds(worked, 0.5),
            "processor_echo_p95_ms": _milliseconds(worked, 0.95),
            "processor_ms_per_token": round(1000 * busy / tokens, 2),
        }


async def scrolling_while_written(lines: int, frames: int, per_s: int) -> dict[str, float]:
    """Scrolls while an answer is written at the end."""
    async with conversation(lines) as (app, drawn):
        log, answer = app.chat.log_view, Answer()
        view = await log.add(Turn("What happens?", [answer], running=True))
        writing = asyncio.create_task(_write(answer, view, frames * per_s, per_s))
        took, began, busy = [], time.perf_counter(), time.process_time()
        for _ in range(frames):
            top, started = log.scroll_y, time.perf_counter()
            await drawn.after(
                lambda: log.scroll_relative(y=-3, animate=False, force=True),
                lambda top=top: log.scroll_y != top,
            )
            took.append(time.perf_counter() - started)
        wall, busy = time.perf_counter() - began, time.process_time() - busy
        writing.cancel()
        await asyncio.wait([writing])
        return {
            "frames_per_s": round(frames / wall, 1),
            "p95_frame_ms": _milliseconds(took, 0.95),
            "processor_ms_per_frame": round(1000 * busy / frames, 1),
            "tokens_meanwhile": float(len(answer.text.split())),
        }


async def _write(answer: Answer, view: TurnView, tokens: int, per_s: int) -> None:
    for number in range(tokens):
        answer.text += "\n\n" if number % 40 == 39 else f"- item {number}\n" if number % 40 == 3 else " word"
        await view.changed()
        await asyncio.sleep(1 / per_s)
    answer.streaming = view.turn.running = False
    await view.changed()


def _milliseconds(seconds: list[float], share: float) -> float:
    return round(1000 * sorted(seconds)[int(len(seconds) * share)], 1)


def _resident_mib() -> float:
    return (
        int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20
    )


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=10_000, help="lines of the conversation")
    parser.add_argument("--frames", type=int, default=600, help="frames that are scrolled")
    parser.add_argument("--tokens", type=int, default=2_000, help="tokens of the answer that is written")
    parser.add_argument("--per-s", type=int, default=100, help="tokens that are written a second")
    parser.add_argument("--rounds", type=int, default=5, help="starts that are timed")
    options = parser.parse_args()
    starts = start_to_typing(options.rounds)
    figures: dict[str, object] = {
        "start_to_typing_s": {
            "median": round(statistics.median(wall for wall, _ in starts), 3),
            "worst": round(max(wall for wall, _ in starts), 3),
            "processor_median": round(statistics.median(busy for _, busy in starts), 3),
        },
        "scrolling": asyncio.run(scrolling(options.lines, options.frames)),
        "scrolling_while_written": asyncio.run(
            scrolling_while_written(options.lines, options.frames, options.per_s)
        ),
        "streaming": asyncio.run(streaming(options.lines, options.tokens, options.per_s)),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
