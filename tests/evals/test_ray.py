"""Cases spread over a Ray cluster of two nodes: same scores as here, also when one node is killed."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.cases import load_suite
from evals.rows import Row
from evals.run import CaseFinished, run_suite
from evals.store import RunStore, read_rows
from evals.workers.messages import Opening
from evals.workers.start import open_workers
from providers.base import ProviderRejected, ProviderUnavailable, Settings
from settings.schema import Config
from tests.evals.support import mortal_suite, ping_suite, record_of

pytestmark = [
    pytest.mark.slow,
    # Ray 2.60 leaves sockets and event loops of its own to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
OPENER = "tests.evals.support:open_rule"


class TwoNodes:
    """A head without room for workers and two nodes with room for two each."""

    def __init__(self) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        # A busy machine takes longer than the half minute that Ray gives a node to start.
        os.environ["RAY_raylet_start_wait_time_s"] = "300"
        from ray.cluster_utils import Cluster

        # Nodes that died are noticed soon, not after half a minute.
        quick = {"health_check_initial_delay_ms": 1000, "health_check_period_ms": 500}
        self.cluster: Any = Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 0, "include_dashboard": False, "_system_config": quick},
        )
        self.nodes: list[Any] = [self.cluster.add_node(num_cpus=2) for _ in range(2)]
        self.cluster.wait_for_nodes()

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def kill_one(self) -> None:
        """Kills a node's processes, as a power cut would."""
        self.cluster.remove_node(self.nodes.pop(), allow_graceful=False)


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoNodes]:
    monkeypatch.setenv("RULE_DELAY_S", "0.05")
    made = TwoNodes()
    try:
        yield made
    finally:
        import ray

        ray.shutdown()
        made.cluster.shutdown()


def opening(model: str = "rule") -> Opening:
    return Opening(model, Config().model_dump(), OPENER)


async def run(
    suite: Path, directory: Path, address: str, workers: int | None, kill: Any = None, after: int = 10
) -> dict[str, Row]:
    pool = await open_workers(opening(), count=workers, concurrency=8, engine="ray", address=address)
    finished = 0
    try:
        with RunStore.create(directory, record_of()) as store:
            async for event in run_suite(pool, load_suite(str(suite)), Settings(), store, concurrency=8):
                finished += isinstance(event, CaseFinished)
                if kill is not None and finished >= after:
                    await asyncio.to_thread(kill)
                    kill = None
    finally:
        await pool.aclose()
    rows = list(read_rows(directory))
    assert (directory / "results.jsonl").read_bytes().count(b"\n") == len(rows)
    return {row.id: row for row in rows}


async def test_two_nodes_give_the_same_scores(tmp_path: Path, nodes: TwoNodes) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 60)
    rows = await run(suite, tmp_path / "run", nodes.address, None)
    assert len(rows) == 60 and all(row.correct and row.attempts == 1 for row in rows.values())
    assert len({row.raw for row in rows.values()}) == 4


async def test_one_node_killed_loses_nothing(tmp_path: Path, nodes: TwoNodes) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 80)
    rows = await run(suite, tmp_path / "run", nodes.address, 4, nodes.kill_one)
    assert len(rows) == 80 and all(row.correct for row in rows.values())
    assert max(row.attempts for row in rows.values()) == 2


async def test_a_case_that_kills_its_worker_has_two_tries(tmp_path: Path, nodes: TwoNodes) -> None:
    suite = mortal_suite(tmp_path / "s.jsonl", 16, 3)
    rows = await run(suite, tmp_path / "run", nodes.address, 2)
    killer = rows.pop("p3")
    assert (killer.label, killer.attempts) == ("infra_error", 2)
    assert "a worker on the cluster was lost" in killer.reason
    assert len(rows) == 15 and all(row.correct for row in rows.values())


async def test_more_workers_than_processors_and_no_cluster_are_refused(nodes: TwoNodes) -> None:
    with pytest.raises(ProviderRejected, match="4 processors for 5 workers"):
        await open_workers(opening(), count=5, concurrency=8, engine="ray", address=nodes.address)
    with pytest.raises(ProviderUnavailable, match=r"there is no Ray cluster at 127\.0\.0\.1:1"):
        await open_workers(opening(), count=1, concurrency=8, engine="ray", address="127.0.0.1:1")


def test_the_command_scores_the_shipped_model_as_it_does_here(tmp_path: Path) -> None:
    found = []
    for name, more in (("here", []), ("ray", ["--engine", "ray", "--workers", "2"])):
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
        # One request at a time in each process: what is in its batch changes a reply in its last bits.
        done = subprocess.run(
            [*command, "--concurrency", "2" if more else "1"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=500,
        )
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    assert [figures["n"] for figures in found] == [30, 30]
    assert abs(found[0]["accuracy"] - found[1]["accuracy"]) <= 2 / 30
    assert json.loads((tmp_path / "ray" / "run.json").read_text())["engine"] == "ray"
    here, there = ({row.id: row.raw for row in read_rows(tmp_path / name)} for name in ("here", "ray"))
    # Even alone a reply may change in its last bits: two workers have seen other cases before it.
    assert sum(here[case] == there[case] for case in here) >= 27
