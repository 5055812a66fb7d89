import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evals.footprint import Footprint, seconds_since_start
from evals.launch import Options, launch
from evals.record import RunRecord
from evals.store import read_record
from evals.tables import as_object, taken
from tests.evals.support import RuleProvider, Silent, ping_suite

MIB = 2**20
pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")

# Takes 96 MiB, gives them back, and says so; a child of its own takes 48 MiB for good.
HUNGRY = """
import subprocess, sys
if sys.argv[1] == "parent":
    command = [sys.executable, "-c", sys.argv[2], "child", ""]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    child.stdout.readline()
    taken = bytearray(b"x") * (96 * 2**20)
    del taken
else:
    taken = bytearray(b"x") * (48 * 2**20)
print("ready", flush=True)
sys.stdin.read()
"""


class Processes:
    """A provider by its processes only."""

    def __init__(self, *pids: int) -> None:
        self.pids = pids


@contextmanager
def hungry() -> Iterator[int]:
    command = [sys.executable, "-c", HUNGRY, "parent", HUNGRY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
        process.kill()


def test_the_most_memory_is_told_of_a_process_and_its_children_also_when_it_is_free_again() -> None:
    with hungry() as pid:
        footprint = Footprint(Processes(pid))
        assert footprint.model_bytes is not None
        assert 144 * MIB < footprint.model_bytes < 300 * MIB
    # What was seen stays, and a process that is gone adds nothing.
    seen = footprint.model_bytes
    footprint.look()
    assert footprint.model_bytes == seen
    assert Footprint(object()).model_bytes is None


def test_the_programs_own_memory_is_not_that_of_who_started_it() -> None:
    script = "from evals.footprint import Footprint; print(Footprint(object()).own_bytes)"
    ballast = bytearray(b"x") * (256 * MIB)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert 8 * MIB < int(done.stdout) < 200 * MIB < len(ballast)


def test_seconds_since_the_start_count_imports_too() -> None:
    script = (
        "import time; time.sleep(0.3); from evals.footprint import seconds_since_start as s; print(s(), s())"
    )
    before = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    first, second = map(float, done.stdout.split())
    assert 0.28 < first <= second < time.monotonic() - before + 0.1
    assert (seconds_since_start() or 0) > 0


async def test_each_session_of_a_run_is_in_its_record(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 12)

    async def opened(model: str | None) -> RuleProvider:
        await asyncio.sleep(0.05)
        provider = RuleProvider(delay_s=0.01)
        provider.pids = (os.getpid(),)  # type: ignore[attr-defined]
        return provider

    class Impatient(Silent):
        def show(self, event: object, tally: object) -> None:
            if getattr(tally, "rows", 0) == 5:
                raise KeyboardInterrupt

    options = Options(suite=str(suite), out=tmp_path / "run", concurrency=1)
    with pytest.raises(KeyboardInterrupt):
        await launch(options, opened, Impatient())
    stopped = read_record(tmp_path / "run")
    assert [session.rows for session in stopped.sessions] == [5]
    resumed = Options(resume=str(tmp_path / "run"), suite=str(suite))
    directory, record, tally = await launch(resumed, opened, Silent())
    assert read_record(directory) == record
    assert [session.rows for session in record.sessions] == [5, 7] and tally.rows == 12
    for session in record.sessions:
        assert session.load_s is not None and session.load_s >= 0.05
        assert session.start_s is not None and session.start_s > session.load_s
        assert session.model_mib == pytest.approx(session.own_mib, rel=0.2) and session.own_mib > 8
    assert record.load_s == record.sessions[-1].load_s
    said = as_object(directory, record, tally.summary())
    assert (said["model_mib"], said["own_mib"], said["load_s"]) == (
        record.model_mib,
        record.own_mib,
        record.load_s,
    )
    assert "model ready in " in taken(record) and " MiB model, " in taken(record)
    assert taken(RunRecord.model_validate({**record.model_dump(), "sessions": []})) == ""
