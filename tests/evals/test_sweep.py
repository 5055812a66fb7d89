import asyncio
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from evals.cli import main
from evals.response_cache import FILE, ResponseCache
from evals.rows import Row
from evals.runs import summarize
from evals.store import StoreError, read_record, read_rows
from evals.sweep.plan import Arm, family_models
from evals.sweep.record import SweepRecord
from evals.sweep.results import Results, collect_results, markdown
from evals.sweep.run import Means, run_sweep
from evals.weights import Weights
from models.catalogue import parse
from models.gguf import check
from models.store import resolve
from providers.base import Constraint, ProviderRejected, ProviderUnavailable, Settings, Timing
from tests.evals.support import RuleProvider, Silent, copy_code, ping_suite, sweep_of


class Shown:
    """A display of a sweep that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.replies = 0

    def said(self, line: str) -> None:
        self.lines.append(line)

    def planned(self, replies: int) -> None:
        self.replies = replies

    def arm(self, arm: Arm) -> Silent:
        return Silent()


class Models:
    """Models by name; `same` has the weights of `big`, `gone` cannot be had."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.most = 0
        self.under_way = 0
        self.providers: list[RuleProvider] = []
        self.fails = ""

    async def weigh(self, model: str) -> Weights:
        if model == "gone:f16":
            raise ProviderUnavailable("it is not on this machine")
        known = {"big:f16": ("b" * 64, 900), "same:f16": ("b" * 64, 900), "small:f16": ("s" * 64, 100)}
        return Weights(*known.get(model, (None, 0)))

    async def open(self, model: str) -> RuleProvider:
        if model == self.fails:
            raise ProviderRejected("it is damaged")
        provider = Counted(self, delay_s=0.002)
        weights = await self.weigh(model)
        held: tuple[Constraint, ...] = ("none",) if model == "small:f16" else ("none", "copy")
        provider.info = replace(
            provider.info,
            name=model,
            weights_sha256=weights.sha256,
            file_bytes=weights.file_bytes or None,
            constraints=held,
        )
        self.opened.append(model)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.providers.append(provider)
        return provider

    @property
    def asked(self) -> int:
        return sum(len(provider.asked) for provider in self.providers)


class Counted(RuleProvider):
    def __init__(self, models: Models, delay_s: float) -> None:
        super().__init__(delay_s=delay_s)
        self._models = models

    async def aclose(self) -> None:
        await super().aclose()
        self._models.under_way -= 1


async def make(
    directory: Path,
    record: SweepRecord,
    models: Models,
    shown: Shown | None = None,
    cache: Callable[[], ResponseCache] | None = None,
) -> SweepRecord:
    means = Means(models.weigh, models.open, cache, Settings(), shown or Shown(), 4, "evals sweep")
    saved: list[SweepRecord] = []
    made = await run_sweep(directory, record, means, saved.append)
    assert saved[-1] == made
    return collect_results(directory, made)


async def test_like_weights_are_asked_once_and_both_are_shown(tmp_path: Path) -> None:
    suite, models, shown = ping_suite(tmp_path / "s.jsonl", 10), Models(), Shown()
    record = sweep_of(suite, "small:f16", "big:f16", "same:f16", "gone:f16")
    made = await make(tmp_path / "sweep", record, models, shown)
    # The largest file first, each opened once; the smallest cannot be held to copy.
    assert models.opened == ["big:f16", "small:f16"]
    assert models.asked == 30 and all(provider.closed for provider in models.providers)
    assert made.same_weights == {"same:f16": "big:f16"}
    assert made.skipped == (
        "x does not ship yet", "gone:f16: it is not on this machine", "small:f16 cannot be held to copy",
    )  # fmt: skip
    assert "same:f16 has the weights of big:f16" in shown.lines
    found = {(result.model, result.constrained): result for result in made.results}
    assert set(found) == {
        ("small:f16", "none"), ("big:f16", "none"), ("big:f16", "copy"), ("same:f16", "none"), ("same:f16", "copy"),
    }  # fmt: skip
    same = found["same:f16", "copy"]
    assert (same.same_as, same.accuracy, same.n) == ("big:f16", 1.0, 10)
    assert same.run == found["big:f16", "copy"].run


async def test_a_sweep_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    suite, models = ping_suite(tmp_path / "s.jsonl", 8), Models()
    record = sweep_of(suite, "big:f16", "small:f16", jobs=1)
    models.fails = "small:f16"
    with pytest.raises(ProviderRejected):
        await make(tmp_path, record, models)
    assert models.asked == 16
    results = next((tmp_path / "runs").glob("big*copy*")) / "results.jsonl"
    lines = results.read_bytes().splitlines(keepends=True)
    results.write_bytes(b"".join(lines[:5]) + lines[5][:20])
    again, shown = Models(), Shown()
    made = await make(tmp_path, record, again, shown)
    assert again.opened == ["big:f16", "small:f16"]
    assert again.asked == 3 + 8
    assert shown.replies == 8 + 16
    assert all(result.complete and result.n == 8 for result in made.results)
    # Nothing is left to do: no model is opened.
    last = Models()
    await make(tmp_path, record, last)
    assert last.opened == ["small:f16"] and last.asked == 0


@pytest.mark.parametrize("jobs", [1, 2])
async def test_so_many_models_are_open_at_a_time(tmp_path: Path, jobs: int) -> None:
    models = Models()
    suite = ping_suite(tmp_path / "s.jsonl", 4)
    await make(tmp_path / "sweep", sweep_of(suite, "big:f16", "small:f16", "a", "b", jobs=jobs), models)
    assert models.most == jobs and len(models.opened) == 4


@pytest.mark.parametrize("jobs", [1, 2])
async def test_ways_of_a_model_go_on_side_by_side_unless_speed_is_measured(tmp_path: Path, jobs: int) -> None:
    models = Models()
    suite = ping_suite(tmp_path / "s.jsonl", 40)
    made = await make(tmp_path / "sweep", sweep_of(suite, "big:f16", jobs=jobs), models)
    (provider,) = models.providers
    held = [settings.constrained for _, settings in provider.asked]
    words = [messages[-1].content for messages, _ in provider.asked]
    assert len(held) == 80 and provider.most <= 4
    if jobs == 1:
        assert held == ["none"] * 40 + ["copy"] * 40
    else:
        # The second time that a conversation is asked is soon after the first.
        apart = [
            number - words.index(word) for number, word in enumerate(words) if number > words.index(word)
        ]
        assert len(apart) == 40 and max(apart) <= 8
    speeds = "speeds are those of 2 models side by side on one machine, each with its 2 runs at a time"
    assert (speeds in markdown(made)) is (jobs == 2)


async def test_figures_of_runs_are_read_again_only_when_they_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 4)
    made = await make(tmp_path, sweep_of(suite, "big:f16"), Models())
    results = Results(tmp_path)
    assert results.collect(made).results == made.results
    first, second = (tmp_path / result.run / "results.jsonl" for result in made.results)
    lines = first.read_bytes().splitlines(keepends=True)
    first.write_bytes(b"".join(lines[:2]))
    opened: list[Path] = []
    monkeypatch.setattr("evals.sweep.results.summarize", lambda run: opened.append(run) or summarize(run))
    again = results.collect(made).results
    assert [(result.n, result.complete) for result in again] == [(2, False), (4, True)]
    assert opened == [first.parent] != [second.parent]


async def test_a_second_sweep_takes_what_is_kept(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 5)
    record = sweep_of(suite, "big:f16")
    for name, asked in (("a", 10), ("b", 0)):
        models = Models()
        made = await make(
            tmp_path / name, record, models, None, lambda: ResponseCache(tmp_path / FILE, 10**6)
        )
        assert models.asked == asked
        assert [result.cached for result in made.results] == [5 - asked // 2] * 2
    assert "kept from earlier runs" in markdown(made)


async def test_code_that_changed_or_nothing_to_ask_is_refused(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 4)
    with pytest.raises(StoreError, match="no model of the sweep can be asked"):
        await make(tmp_path / "none", sweep_of(suite, "gone:f16"), Models())
    record = sweep_of(suite, "big:f16", "small:f16")
    await make(tmp_path / "sweep", record, Models())
    run = next((tmp_path / "sweep" / "runs").glob("big*copy*"))
    written = json.loads((run / "run.json").read_text("utf-8"))
    written["code"]["sha256"] = "0" * 64
    (run / "run.json").write_text(json.dumps(written), "utf-8")
    with pytest.raises(StoreError, match="the code has changed"):
        await make(tmp_path / "sweep", sweep_of(suite, "big:f16", "more"), Models())
    ping_suite(suite, 5)
    with pytest.raises(StoreError, match="another version of s"):
        await make(tmp_path / "sweep", record, Models())


def test_the_family_and_what_it_lacks() -> None:
    models, skipped = family_models(["all"], ["q4_k", "q8_0"])
    assert models[:2] == ["netmon-7m:q4_k", "netmon-7m:q8_0"] or "netmon-7m:q4_k" in models
    assert all(line.endswith("does not ship yet") for line in skipped)
    assert len(models) / 2 + len(skipped) == 4
    assert len(family_models(["7m"], ["all"])[0]) == 12
    for sizes, formats in ((["8m"], ["all"]), (["7m"], ["q5"])):
        with pytest.raises(StoreError, match="no size or format is named"):
            family_models(sizes, formats)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--sizes", "8m"], "no size or format is named 8m"),
        (["--constrained", "loosely"], "--constrained"),
        (["--resume", "nowhere"], "holds no sweep"),
        (["--resume", "x", "--out", "y"], "leave out"),
        (["--sizes", "7m", "--formats", "q4_k", "--suite", "nowhere"], "no such file"),
    ],
)
def test_what_cannot_be_swept_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["sweep", *arguments])
    assert done.exit_code == 2 and said in done.stderr


def test_the_command_with_the_shipped_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(copy_code(tmp_path / "code")))
    made = asyncio.run(resolve(parse("q4_k", "netmon-7m"))).path
    copy = tmp_path / "copy.gguf"
    shutil.copy(made, copy)
    command = [
        sys.executable, "-m", "evals", "sweep", "--sizes", "7m", "--formats", "q4_k", "--model", str(copy),
        "--suite", "netmon-smoke", "--limit", "5", "--out", "sweep", "--json", "--no-cache",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["same_weights"] == {str(copy): "netmon-7m:q4_k"}
    for result in said["results"]:
        assert result["data_sha256"] == check(copy).data_sha256 is not None
        assert result["load_s"] > 0 and result["model_mib"] > copy.stat().st_size / 2**20
    assert f"{copy} has the weights of netmon-7m:q4_k" in done.stderr
    assert [(result["constrained"], result["n"]) for result in said["results"]] == [
        ("none", 5), ("copy", 5), ("none", 5), ("copy", 5),
    ]  # fmt: skip
    assert {path.name for path in (tmp_path / "sweep").iterdir()} >= {
        "sweep.html", "sweep.json", "table.md", "table.csv", "figure.svg", "runs",
    }  # fmt: skip
    again = [*command[:4], "--resume", "sweep", "--json"]
    done = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True, timeout=280)
    assert json.loads(done.stdout)["results"] == said["results"]


def test_the_rows_of_a_sweep_are_those_of_single_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(copy_code(tmp_path / "code")))
    # Batches of other sizes have other last bits; nothing else may differ.
    monkeypatch.setenv("SMALLWATCH_TESTLLM__DETERMINISTIC", "true")
    evals = [sys.executable, "-m", "evals"]
    asked = ["--suite", "netmon-dev", "--limit", "12"]
    commands = [
        [*evals, "sweep", "--sizes", "7m", "--formats", "q4_k", *asked, "--out", "sweep", "--jobs", "2", "--no-cache"],
        *(
            [*evals, "run", "--model", "q4_k", *asked, "--constrained", held, "--out", held]
            for held in ("none", "copy")
        ),
    ]  # fmt: skip
    for command in commands:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, done.stderr
    for held in ("none", "copy"):
        swept = tmp_path / "sweep" / "runs" / f"netmon-7m-q4_k-{held}-netmon-dev"
        assert rows_of(swept) == rows_of(tmp_path / held)
        assert read_record(swept).identity() == read_record(tmp_path / held).identity()


def rows_of(run: Path) -> dict[str, Row]:
    """The rows of a run without what only a clock says."""
    still = {"seconds": 0.0, "started": 0.0, "timing": Timing()}
    return {row.id: replace(row, **still) for row in read_rows(run)}


def test_a_sweep_that_is_stopped_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(copy_code(tmp_path / "code")))
    command = [
        sys.executable, "-m", "evals", "sweep", "--sizes", "7m", "--formats", "q4_k", "--suite", "netmon-smoke",
        "--constrained", "copy", "--repeats", "3", "--out", "my sweep", "--no-cache",
    ]  # fmt: skip
    results = tmp_path / "my sweep" / "runs" / "netmon-7m-q4_k-copy-netmon-smoke" / "results.jsonl"
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        # Where the tests were started in the background, SIGINT is ignored, and a program inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        deadline = time.monotonic() + 200
        while time.monotonic() < deadline and not (
            results.exists() and results.read_bytes().count(b"\n") >= 3
        ):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "evals sweep --resume 'my sweep'" in said and "Traceback" not in said
    kept = results.read_bytes()
    assert 3 <= kept.count(b"\n") < 90
    again = [sys.executable, "-m", "evals", "sweep", "--resume", "my sweep", "--json"]
    done = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    assert (result["n"], result["complete"]) == (90, True) and result["pass_hat_k"] is not None
    assert results.read_bytes().startswith(kept)
