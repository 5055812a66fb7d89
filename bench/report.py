"""How long and how much memory a report of many rows takes: `python -m bench.report`.

To reach: 100,000 rows in under 10 s and under 500 MB. Measured twice, each in a process of its own: netmon-dev
asked again and again, and as many different cases, which have a suite of that size.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from evals.cases import Case, load_suite
from evals.provenance import read_code, read_hardware, read_packages
from evals.record import RunRecord, SuiteRef
from evals.rows import Row
from evals.store import RunStore
from providers.base import Timing, Usage
from providers.info import ModelInfo

ROWS = 100_000
_SECONDS, _MEGABYTES = 10.0, 500.0
_WRONG = 0.25


def many_cases(path: Path, count: int) -> Path:
    """A suite of different cases, made of those of netmon-dev."""
    lines = [json.loads(line) for line in load_suite("netmon-dev").path.read_text("utf-8").splitlines()]
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            line = {**lines[number % len(lines)], "id": f"case-{number:06}"}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path


def row(case: Case, repeat: int, chance: random.Random) -> Row:
    """What a model may have done with a case."""
    wrong = chance.random() < _WRONG
    calls = tuple(
        {
            "name": call.name,
            "arguments": {n: v.acceptable[0] for n, v in call.arguments.items() if v.acceptable},
        }
        for call in case.accepted[0]
    )
    raw = "".join(f"<tool_call>{json.dumps(call)}</tool_call>" for call in calls) or "That is not what I do."
    return Row(
        id=case.id,
        repeat=repeat,
        category=case.category,
        label="wrong_value" if wrong else "correct",
        reason="the call gives target another.lan; expected gw1.lan"
        if wrong
        else "every call is as expected",
        calls=calls,
        raw=raw,
        finish="tool_calls" if calls else "stop",
        usage=Usage(120, 100, 30),
        timing=Timing(0.01, 0.05, 0.4),
        seconds=0.4 + chance.random(),
        started=1_795_000_000.0 + repeat,
    )


def make_run(directory: Path, suite_path: str, rows: int) -> Path:
    """A stored run of so many rows."""
    suite = load_suite(suite_path)
    chance = random.Random(0)
    repeats = -(-rows // len(suite.cases))
    record = RunRecord(
        created="2026-11-22T12:00:00+00:00",
        command="evals run",
        suite=SuiteRef(name=suite.name, path=suite.reference, sha256=suite.sha256, cases=len(suite.cases)),
        limit=None,
        seed=0,
        repeats=repeats,
        constrained="none",
        requested="q4_k",
        model=ModelInfo("netmon-7m:q4_k", "q4_k", 9_273_856, 6_865_152, "ab" * 32, "netmon", "cd" * 32),
        sampler={"temperature": 0.0},
        tools_sha256=suite.toolset.sha256,
        code=read_code(),
        packages=read_packages(),
        hardware=read_hardware(),
    )
    with RunStore.create(directory, record) as store:
        made = 0
        for repeat in range(repeats):
            for case in suite.cases[: rows - made]:
                store.append(row(case, repeat, chance))
            made = len(store.finished)
    return directory


def measure(run: Path, out: Path) -> tuple[float, float]:
    """Seconds and megabytes that `evals report` takes, start of the program included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "evals", "report", str(run), "-o", str(out)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if peak == before:
        print("the peak of memory is that of an earlier child", file=sys.stderr)
    return seconds, peak * 1024 / 1e6


def main() -> int:
    """Measures, prints and judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--kind", choices=("repeats", "cases"), action="append")
    parser.add_argument("--keep", type=Path, help="where the reports are kept")
    options = parser.parse_args()
    reached = True
    with tempfile.TemporaryDirectory() as folder:
        where = options.keep or Path(folder)
        where.mkdir(parents=True, exist_ok=True)
        for kind in options.kind or ("repeats", "cases"):
            suite = (
                "netmon-dev" if kind == "repeats" else str(many_cases(where / "cases.jsonl", options.rows))
            )
            run = make_run(Path(folder) / kind, suite, options.rows)
            seconds, megabytes = measure(run, where / f"{kind}.html")
            size = (where / f"{kind}.html").stat().st_size / 1e6
            said = {"kind": kind, "rows": options.rows, "seconds": round(seconds, 2)}
            print(json.dumps({**said, "peak_mb": round(megabytes), "html_mb": round(size, 1)}))
            reached = reached and seconds < _SECONDS and megabytes < _MEGABYTES
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
