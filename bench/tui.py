"""Measures `smallwatch chat`: start to typing, scrolling of a long conversation, memory.

python bench/tui.py            # figures on standard output, as JSON
python bench/tui.py --lines 50000
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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

PARAGRAPH = "A sentence of an answer that is long enough to fill a line of eighty columns, or nearly so."


def start_to_typing(rounds: int) -> list[float]:
    """Seconds from starting the program to seeing a typed letter, in a real pseudo-terminal of 80 columns."""
    return [_one_start() for _ in range(rounds)]


def _one_start() -> float:
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
            # The composer is there once its placeholder is.
            if not typed and b"Ask about your network" in seen:
                os.write(terminal, b"Q")
                typed, seen = True, b""
            elif typed and b"Q" in seen:
                return time.perf_counter() - began
        raise TimeoutError("the letter did not show up within a minute")
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)


async def scrolling(lines: int, frames: int) -> dict[str, float]:
    """Scrolls from the end through a conversation, three lines a frame, each frame drawn to the last escape code."""
    from tests.tui.support import make_app, settled, started
    from tui.chat.parts import Answer, Turn

    each = 20
    body = "\n\n".join([PARAGRAPH] * ((each - 4) // 2))
    talk = [
        Turn(f"question {number}", [Answer(f"answer {number}\n\n{body}", streaming=False)])
        for number in range(lines // each)
    ]
    app = make_app(Path(tempfile.mkdtemp()))
    # A headless application leaves out what the terminal would be sent.
    app._display = lambda screen, update: update and update.render_segments(app.console)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        before = _resident_mib()
        began = time.perf_counter()
        log = app.chat.log_view
        await log.show(talk)
        await settled(app)
        opened = time.perf_counter() - began
        took: list[float] = []
        worked = time.process_time()
        for _ in range(frames):
            began = time.perf_counter()
            log.scroll_relative(y=-3, animate=False, force=True)
            done = asyncio.Event()
            app.screen.call_after_refresh(done.set)
            await done.wait()
            took.append(time.perf_counter() - began)
        worked = time.process_time() - worked
        took.sort()
        return {
            "lines": float(log.virtual_size.height),
            "open_s": round(opened, 3),
            "frames_per_s": round(len(took) / sum(took), 1),
            "processor_ms_per_frame": round(1000 * worked / frames, 1),
            "p95_frame_ms": round(1000 * took[int(len(took) * 0.95)], 1),
            "drawn_turns": float(sum(view.drawn for view in log.views)),
            "memory_mib": round(_resident_mib() - before, 1),
        }


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
    parser.add_argument("--rounds", type=int, default=5, help="starts that are timed")
    options = parser.parse_args()
    starts = start_to_typing(options.rounds)
    figures: dict[str, object] = {
        "start_to_typing_s": {"median": round(statistics.median(starts), 3), "worst": round(max(starts), 3)},
        "scrolling": asyncio.run(scrolling(options.lines, options.frames)),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
