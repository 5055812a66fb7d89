"""Wrapped programs: real processes, bounded and gone afterwards."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from tools.checks.process import find_program, run_program
from tools.errors import CheckFailed, Refused

# A program with children that ignore every polite signal.
_STUBBORN = (
    "import os, signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    "subprocess.Popen(['sleep', '300'])\n"
    "open(sys.argv[1], 'w').write(str(os.getpgrp()))\n"
    "time.sleep(300)\n"
)


def _alive_in_group(group: int) -> list[int]:
    """Process ids of a group that are no zombies."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(entry.name))
    return found


async def _gone(group: int) -> bool:
    """Whether a group is dead within two seconds; a killed process may take a moment to leave the kernel."""
    for _ in range(100):
        if not _alive_in_group(group):
            return True
        await asyncio.sleep(0.02)
    return False


async def _stubborn(folder: Path, deadline_s: float) -> tuple[asyncio.Task[object], int]:
    note = folder / "group"
    command = [sys.executable, "-c", _STUBBORN, str(note)]
    task: asyncio.Task[object] = asyncio.create_task(run_program(command, deadline_s))
    for _ in range(500):
        await asyncio.sleep(0.02)
        if note.exists() and note.read_text():
            break
    return task, int(note.read_text())


async def test_output_and_exit_code_come_back() -> None:
    done = await run_program(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"], 10)
    assert (done.exit_code, done.output, done.errors) == (3, b"out\n", b"err\n")


async def test_the_whole_group_is_dead_within_two_seconds_of_a_cancel(tmp_path: Path) -> None:
    task, group = await _stubborn(tmp_path, 60)
    assert len(_alive_in_group(group)) == 2
    began = time.perf_counter()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.perf_counter() - began < 2
    assert await _gone(group)


async def test_a_second_cancel_does_not_save_the_program(tmp_path: Path) -> None:
    task, group = await _stubborn(tmp_path, 60)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.2)
    assert await _gone(group)


async def test_the_deadline_kills_the_group(tmp_path: Path) -> None:
    task, group = await _stubborn(tmp_path, 1.0)
    with pytest.raises(CheckFailed, match="did not finish within 1 s"):
        await task
    assert await _gone(group)


async def test_children_that_outlive_the_program_are_killed() -> None:
    script = "sleep 300 >/dev/null 2>&1 & echo $$"
    done = await run_program(["/bin/sh", "-c", script], 10)
    await asyncio.sleep(0.1)
    assert await _gone(int(done.output))


async def test_output_without_end_is_stopped_at_the_limit() -> None:
    began = time.perf_counter()
    with pytest.raises(CheckFailed, match=r"wrote more than 1,048,576 bytes"):
        await run_program(["/bin/sh", "-c", "yes"], 30)
    assert time.perf_counter() - began < 5


async def test_both_streams_share_the_limit() -> None:
    script = "head -c 600000 /dev/zero; head -c 600000 /dev/zero >&2"
    with pytest.raises(CheckFailed, match="wrote more than"):
        await run_program(["/bin/sh", "-c", script], 30)


async def test_arguments_arrive_as_they_are_and_no_shell_reads_them() -> None:
    given = ["$(id)", "`id`", "a b", "; ls", "*", "", "--", "-x", "'\"", "line\nbreak", "❄"]
    code = "import os, sys; sys.stdout.buffer.write(b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
    done = await run_program([sys.executable, "-X", "utf8", "-c", code, *given], 10)
    assert done.output.decode().split("\0") == given


async def test_the_environment_is_bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NMAPDIR", "/elsewhere")
    done = await run_program(["/usr/bin/env"], 10)
    names = {line.partition("=")[0] for line in done.output.decode().splitlines()}
    assert names == {"PATH", "LC_ALL", "HOME"}


async def test_nul_is_refused_before_a_process_starts() -> None:
    with pytest.raises(Refused, match="NUL"):
        await run_program(["/bin/echo", "a\0b"], 10)


async def test_what_cannot_be_started_is_told() -> None:
    with pytest.raises(CheckFailed, match="nothing-here could not be started"):
        await run_program(["/nothing-here"], 10)
    with pytest.raises(CheckFailed, match="is not installed on this machine; build it"):
        find_program("nothing-here", "build it")
    assert os.path.isabs(find_program("sh", "install it"))
