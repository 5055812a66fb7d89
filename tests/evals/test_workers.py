import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evals.cases import load_suite
from evals.rows import Row
from evals.run import CaseFinished, run_suite
from evals.store import RunStore, read_rows
from evals.workers.local import LocalWorker
from evals.workers.messages import Failure, Opening
from evals.workers.pool import WorkerLost, WorkerPool
from evals.workers.start import open_workers
from providers.base import (
    ProviderError,
    ProviderIncomplete,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    Settings,
    collect,
)
from settings.schema import Config
from tests.evals.support import mortal_suite, ping_suite, record_of

OPENER = "tests.evals.support:open_rule"


def opening(model: str | None = "rule") -> Opening:
    return Opening(model, Config().model_dump(), OPENER)


async def pool_of(count: int, capacity: int = 4, model: str | None = "rule") -> WorkerPool:
    pool = WorkerPool(lambda: LocalWorker(opening(model)), count, capacity)
    await pool.start()
    return pool


async def run(pool: WorkerPool, suite: Path, directory: Path, **options: Any) -> dict[str, Row]:
    with RunStore.create(directory, record_of()) as store:
        async for _ in run_suite(pool, load_suite(str(suite)), Settings(), store, **options):
            pass
    rows = list(read_rows(directory))
    lines = (directory / "results.jsonl").read_bytes().count(b"\n")
    assert lines == len(rows)
    return {row.id: row for row in rows}


async def test_cases_are_spread_and_each_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RULE_DELAY_S", "0.01")
    pool = await pool_of(3)
    try:
        assert pool.info.name == "rule:f16" and pool.name == "rule"
        rows = await run(pool, ping_suite(tmp_path / "s.jsonl", 60), tmp_path / "run", concurrency=12)
    finally:
        await pool.aclose()
    assert len(rows) == 60 and all(row.correct and row.attempts == 1 for row in rows.values())
    asked = Counter(row.raw for row in rows.values())
    assert len(asked) == 3 and min(asked.values()) >= 10
    assert str(os.getpid()) not in asked


async def test_a_case_that_kills_its_worker_has_two_tries_and_takes_none_along(tmp_path: Path) -> None:
    pool = await pool_of(2)
    try:
        rows = await run(pool, mortal_suite(tmp_path / "s.jsonl", 20, 7), tmp_path / "run", concurrency=8)
    finally:
        await pool.aclose()
    killer = rows.pop("p7")
    assert (killer.label, killer.attempts) == ("infra_error", 2)
    assert "a worker's process ended by SIGKILL" in killer.reason
    assert len(rows) == 19 and all(row.correct for row in rows.values())


async def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RULE_DELAY_S", "0.02")
    pool = await pool_of(2)
    killed: set[str] = set()
    suite = load_suite(str(ping_suite(tmp_path / "s.jsonl", 40)))
    try:
        with RunStore.create(tmp_path / "run", record_of()) as store:
            async for event in run_suite(pool, suite, Settings(), store, concurrency=8):
                if isinstance(event, CaseFinished) and len(killed) < 3 and event.row.raw not in killed:
                    killed.add(event.row.raw)
                    os.kill(int(event.row.raw), signal.SIGKILL)
    finally:
        await pool.aclose()
    rows = list(read_rows(tmp_path / "run"))
    assert len(rows) == 40 and all(row.correct for row in rows)
    assert len(killed) == 3 and len({row.raw for row in rows}) >= 3


async def test_no_more_is_under_way_than_workers_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RULE_DELAY_S", "0.2")
    pool = await pool_of(2, capacity=1)
    case = load_suite(str(ping_suite(tmp_path / "s.jsonl", 1))).cases[0]
    try:
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*(collect(pool.stream(case.messages, case.tools, Settings())) for _ in range(6)))
        assert asyncio.get_running_loop().time() - started >= 0.6
    finally:
        await pool.aclose()


async def test_a_cancelled_request_frees_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RULE_DELAY_S", "30")
    case = load_suite(str(ping_suite(tmp_path / "s.jsonl", 1))).cases[0]
    pool = await pool_of(1, capacity=1)
    try:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await collect(pool.stream(case.messages, case.tools, Settings()))
    finally:
        async with asyncio.timeout(20):
            await pool.aclose()


async def test_a_model_that_cannot_be_opened_is_told_and_no_process_stays() -> None:
    with pytest.raises(ProviderRejected, match="did you mean rule"):
        await pool_of(2, model="none")
    with pytest.raises(ProviderUnavailable, match="before it could open its model"):
        pool = WorkerPool(lambda: LocalWorker(Opening(None, {}, "tests.evals.nowhere:x")), 1, 1)
        await pool.start()


async def test_workers_with_different_models_are_refused() -> None:
    with pytest.raises(ProviderRejected, match="same model and code"):
        await pool_of(2, model="odd")


async def test_a_pool_whose_workers_cannot_be_replaced_says_so(tmp_path: Path) -> None:
    class Once:
        made = 0

        def __call__(self) -> LocalWorker:
            self.made += 1
            return LocalWorker(opening("rule" if self.made == 1 else "none"))

    pool = WorkerPool(Once(), 1, 4)
    await pool.start()
    try:
        rows = await run(pool, mortal_suite(tmp_path / "s.jsonl", 3, 0), tmp_path / "run", concurrency=1)
    finally:
        await pool.aclose()
    assert rows["p0"].label == "infra_error" and "no worker is left" in rows["p0"].reason


@pytest.mark.parametrize(
    "error",
    [
        ProviderError,
        ProviderIncomplete,
        ProviderOverloaded,
        ProviderRejected,
        ProviderTimeout,
        ProviderUnavailable,
    ],
)
def test_errors_are_the_same_at_the_other_end(error: type[ProviderError]) -> None:
    again = Failure.of(error("too bad")).error()
    assert (type(again), str(again)) == (error, "too bad")
    # A kind that only one end knows is told as what it is a kind of.
    assert type(Failure.of(WorkerLost("gone")).error()) is ProviderUnavailable


async def test_threads_are_shared_out() -> None:
    given = Opening("rule", Config().model_dump(), OPENER)
    assert given.with_threads(1).settings["testllm"]["threads"] == 1
    assert given.with_threads(99).settings["testllm"]["threads"] == Config().testllm.threads
    pool = await open_workers(given, count=2, concurrency=5)
    assert pool.count == 2
    await pool.aclose()


def test_the_shipped_model_says_the_same_by_workers(tmp_path: Path) -> None:
    found = []
    for name, more, workers in (("one", [], 1), ("two", ["--workers", "2"], 2)):
        command = [
            sys.executable,
            "-m",
            "evals",
            "run",
            "--suite",
            "netmon-smoke",
            "--out",
            name,
            "--json",
            *more,
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
        assert json.loads((tmp_path / name / "run.json").read_text())["workers"] == workers
    assert [figures["n"] for figures in found] == [30, 30]
    # Batches are not bit-stable, and those of two workers are others.
    right = [figures["accuracy"] for figures in found]
    assert max(right) - min(right) <= 2 / 30
    # The processes of the workers are gone with the run.
    assert not [
        pid
        for pid in os.listdir("/proc")
        if pid.isdigit() and str(tmp_path).encode() in _environment(int(pid))
    ]


def _environment(pid: int) -> bytes:
    try:
        return os.readlink(f"/proc/{pid}/cwd").encode()
    except OSError:
        return b""
