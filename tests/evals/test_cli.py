import json
import os
import pty
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.store import RESULTS_FILE, RUN_FILE
from tests.evals.support import copy_code, entries, line_of, ping_suite, write_suite

ROOT = Path(__file__).parents[2]
DRIVER = [sys.executable, "-m", "tests.evals.driver"]


@pytest.fixture(scope="module", autouse=True)
def code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(copy_code(tmp_path_factory.mktemp("code"))))
        yield


def environment(delay_s: float = 0.0) -> dict[str, str]:
    return {**os.environ, "RULE_DELAY_S": str(delay_s), "COLUMNS": "100"}


def limit_files() -> None:
    """Makes a file of more than 64 blocks of 512 bytes fail, as a full disk does."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32_768, 32_768))


def evals(cwd: Path, *arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*DRIVER, *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    return done


def start(cwd: Path, *arguments: str | Path, delay_s: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*DRIVER, *map(str, arguments)],
        cwd=cwd,
        env=environment(delay_s),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Where the tests were started in the background, SIGINT is ignored, and a program inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def rows(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / RESULTS_FILE).read_text("utf-8").splitlines()]


def wait_for_rows(process: subprocess.Popen[str], run: Path, count: int) -> None:
    # A start takes half a second of a processor, which on a busy machine may be half a minute.
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        if (run / RESULTS_FILE).exists() and (run / RESULTS_FILE).read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.005)
    process.kill()
    pytest.fail(f"{run} never had {count} rows: {process.communicate()[1]}")


def mixed_suite(path: Path) -> Path:
    return write_suite(
        path,
        [
            line_of(id="right"),
            line_of(id="right too", category="noisy"),
            line_of(id="wrong", expect=entries([("ping_host", {"target": ["other.lan"]})])),
            line_of(
                id="words",
                category="irrelevant",
                expect=[],
                messages=[{"role": "user", "content": "say \x1b]0;owned\x07 \u202e hello"}],
            ),
            line_of(id="broken", messages=[{"role": "user", "content": "break <call"}]),
        ],
    )


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    script = (
        "import sys, time; started = time.perf_counter()\n"
        "from evals.cli import main\n"
        "main(['--help'], prog_name='evals', standalone_mode=False)\n"
        "print(time.perf_counter() - started, *sys.modules)\n"
    )
    times: list[float] = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
        )
        seconds, *modules = done.stdout.splitlines()[-1].split(" ")
        assert not {"pydantic", "rich", "numpy", "httpx", "llama_cpp"} & set(modules)
        times.append(float(seconds))
    assert min(times) < 0.4


def test_a_run_and_its_object(tmp_path: Path) -> None:
    suite = mixed_suite(tmp_path / "mixed.jsonl")
    done = evals(tmp_path, "run", "--model", "rule", "--suite", suite, "--out", "out", "--json")
    (line,) = done.stdout.splitlines()
    figures = json.loads(line)
    assert figures["run"] == "out"
    assert figures["model"] == "rule:f16"
    assert (figures["parameters"], figures["file_bytes"]) == (1_234_567, 2_469_134)
    assert figures["n"] == 5
    assert figures["accuracy"] == figures["accuracy_strict"] == pytest.approx(0.6)
    assert figures["ci95"][0] < 0.6 < figures["ci95"][1]
    assert figures["by_category"]["simple"]["accuracy"] == pytest.approx(1 / 3)
    assert figures["labels"] == {"infra_error": 0, "malformed": 1, "wrong_value": 1, "correct": 3}
    assert figures["infra_errors"] == 0
    assert figures["cases_per_s"] > 0 and figures["seconds"] > 0
    assert "60.0%" in done.stderr
    assert {row["id"]: row["label"] for row in rows(tmp_path / "out")}["broken"] == "malformed"
    assert {
        "id", "category", "label", "repaired", "malformed", "calls", "raw", "usage", "seconds",
    } <= set(rows(tmp_path / "out")[0])  # fmt: skip
    record = json.loads((tmp_path / "out" / RUN_FILE).read_text("utf-8"))
    assert record["suite"]["name"] == "mixed"
    assert record["model"]["weights_sha256"] == "ab" * 32
    assert record["command"].startswith("evals run --model rule --suite")
    assert record["packages"]["python"] and len(record["code"]["sha256"]) == 64


def test_a_run_without_options_goes_to_a_directory_of_its_own(tmp_path: Path) -> None:
    done = evals(tmp_path, "run", "--suite", ping_suite(tmp_path / "s.jsonl", 3), "--limit", "2")
    (run,) = (tmp_path / "runs").iterdir()
    assert run.name.endswith("-rule-f16-s")
    assert f"run runs/{run.name}" in done.stdout
    assert "100.0%" in done.stdout
    assert len(rows(run)) == 2
    listed = json.loads(evals(tmp_path, "list", "--json").stdout)
    assert [(entry["rows"], entry["accuracy"]) for entry in listed["runs"]] == [(2, 1.0)]
    assert {"suite": "netmon-smoke", "cases": 30} in listed["suites"]
    assert "rule:f16" in evals(tmp_path, "list").stdout
    shown = json.loads(evals(tmp_path, "show", run.name, "--json").stdout)
    assert shown["n"] == 2 and shown["complete"]


def test_a_case_is_shown_without_what_it_would_do_to_the_terminal(tmp_path: Path) -> None:
    evals(tmp_path, "run", "--suite", mixed_suite(tmp_path / "mixed.jsonl"), "--out", "out")
    shown = evals(tmp_path, "show", "out", "words").stdout
    assert "\x1b" not in shown and "\u202e" not in shown and "\x07" not in shown
    assert "owned" in shown and "hello" in shown and "no call was made, as expected" in shown
    shown = evals(tmp_path, "show", "out", "wrong").stdout
    assert 'ping_host target "other.lan"' in shown
    assert 'gives target "gw1.lan"; expected "other.lan"' in shown
    assert json.loads(evals(tmp_path, "show", "out", "broken", "--json").stdout)[0]["malformed"] is True
    assert "no row of a case other" in evals(tmp_path, "show", "out", "other", status=2).stderr
    (tmp_path / "mixed.jsonl").write_text(json.dumps(line_of()) + "\n", "utf-8")
    assert "has changed since the run" in evals(tmp_path, "show", "out", "wrong").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--suite", "bad.jsonl"], "bad.jsonl:2: category: expected one of simple"),
        (["--suite", "nowhere"], "no such file, nor a shipped suite"),
        (["--suite", "good.jsonl", "--model", "rool"], "unknown model rool"),
        (["--suite", "good.jsonl", "--limit", "0"], "--limit"),
        (["--suite", "good.jsonl", "--constrained", "loosely"], "--constrained"),
        (
            ["--suite", "good.jsonl", "--constrained", "schema"],
            "cannot be held to schema; --constrained may be none",
        ),
        (["--suite", "good.jsonl", "--out", "."], "not empty"),
        (["--resume", "nowhere"], "no run nowhere"),
    ],
)
def test_what_cannot_be_run_is_refused(tmp_path: Path, arguments: list[str], said: str) -> None:
    ping_suite(tmp_path / "good.jsonl", 1)
    write_suite(tmp_path / "bad.jsonl", [line_of(), line_of(id="b", category="simpel")])
    done = evals(tmp_path, "run", *arguments, status=2)
    assert said in done.stderr
    assert not list(tmp_path.rglob(RUN_FILE))
    assert "Traceback" not in done.stderr


def test_a_run_that_scored_nothing_fails(tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "s.jsonl", [line_of(messages=[{"role": "user", "content": "die"}])])
    done = evals(tmp_path, "run", "--suite", suite, "--out", "out", "--json", status=1)
    assert json.loads(done.stdout)["accuracy"] is None


def test_a_killed_run_resumes_with_every_case_once(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 60)
    chance = random.Random(7)
    for number in range(3):
        run = tmp_path / f"run{number}"
        kept = 0
        resume: list[str | Path] = ["run", "--suite", suite, "--out", run, "--concurrency", "4"]
        for stop in sorted(chance.sample(range(1, 55), 2)):
            with start(tmp_path, *resume, delay_s=0.01) as process:
                wait_for_rows(process, run, stop)
                process.kill()
            assert process.returncode == -signal.SIGKILL
            assert len(rows(run)) >= max(stop, kept)
            kept = len(rows(run))
            resume = ["run", "--resume", run]
        done = evals(tmp_path, "run", "--resume", run, "--json")
        assert json.loads(done.stdout)["n"] == 60
        assert f"{kept} of them finished before" in done.stderr
        ids = [row["id"] for row in rows(run)]
        assert len(ids) == len(set(ids)) == 60


def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 200)
    with start(tmp_path, "run", "--suite", suite, "--out", "my run", delay_s=0.02) as process:
        wait_for_rows(process, tmp_path / "my run", 5)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "evals run --resume 'my run'" in said
    assert "Traceback" not in said
    assert 5 <= len(rows(tmp_path / "my run")) < 200


def test_a_full_disk_stops_the_run_and_keeps_its_rows(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 200)
    command = [*DRIVER, "run", "--suite", str(suite), "--out", "out"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=limit_files,
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    kept = len(rows(tmp_path / "out"))
    assert 10 < kept < 200
    assert f"results.jsonl cannot be written: File too large; {kept} finished rows are kept" in done.stderr
    finished = json.loads(evals(tmp_path, "run", "--resume", "out", "--json").stdout)
    assert (finished["n"], finished["complete"]) == (200, True)


def test_repeats_are_told_by_every_command(tmp_path: Path) -> None:
    suite = mixed_suite(tmp_path / "mixed.jsonl")
    done = evals(tmp_path, "run", "--suite", suite, "--repeats", "3", "--out", "out", "--json")
    figures = json.loads(done.stdout)
    assert (figures["n"], figures["repeats"]) == (15, 3)
    assert figures["pass_at_k"] == figures["pass_hat_k"] == pytest.approx(0.6)
    assert "all in 60.0% (pass^k)" in done.stderr
    assert "pass@k" in evals(tmp_path, "show", "out").stdout
    evals(tmp_path, "run", "--suite", suite, "--repeats", "3", "--out", "again")
    compared = evals(tmp_path, "compare", "out", "again", "--cluster", "^(right|w)").stdout
    assert "60.0% (k = 3)" in compared and "in 3 clusters" in compared
    evals(tmp_path, "report", "out", "again")
    assert "60.0% (k = 3)" in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.slow
def test_a_run_killed_at_200_random_points_loses_and_repeats_nothing(tmp_path: Path) -> None:
    chance = random.Random(23)
    kills = runs = 0
    while kills < 200:
        runs += 1
        run = tmp_path / f"run{runs}"
        suite = ping_suite(tmp_path / "s.jsonl", 400)
        command: list[str | Path] = ["run", "--suite", suite, "--out", run, "--concurrency", "6"]
        kept: list[str] = []
        while kills < 200 and len(kept) < 380:
            with start(tmp_path, *command, delay_s=0.004) as process:
                wait_for_rows(process, run, len(kept) + 1)
                time.sleep(chance.random() * 0.05)
                process.kill()
            kills += process.returncode == -signal.SIGKILL
            whole = (run / RESULTS_FILE).read_bytes().split(b"\n")
            there = [json.loads(line)["id"] for line in whole[:-1]]
            # What was finished stays where it was, and nothing of it is made again.
            assert there[: len(kept)] == kept and len(there) == len(set(there))
            kept = there
            command = ["run", "--resume", run]
        finished = json.loads(evals(tmp_path, "run", "--resume", run, "--json").stdout)
        assert (finished["n"], finished["accuracy"]) == (400, 1.0)
        ids = [row["id"] for row in rows(run)]
        assert ids[: len(kept)] == kept and len(ids) == len(set(ids)) == 400


def test_a_resume_of_something_else_is_refused(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 3)
    evals(tmp_path, "run", "--suite", suite, "--out", "out", "--limit", "2")
    said = evals(tmp_path, "run", "--resume", "out", "--constrained", "schema", status=2).stderr
    assert "constrained: was none, is schema" in said
    ping_suite(suite, 4)
    assert "suite SHA-256: was" in evals(tmp_path, "run", "--resume", "out", status=2).stderr
    assert "--out" in evals(tmp_path, "run", "--resume", "out", "--out", "x", status=2).stderr
    assert len(rows(tmp_path / "out")) == 2


def test_progress_is_live_on_a_terminal_and_plain_lines_elsewhere(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 60)
    plain = start(tmp_path, "run", "--suite", suite, "--out", "a", "--concurrency", "1", delay_s=0.1)
    with plain:
        _, said = plain.communicate(timeout=60)
    lines = [line for line in said.splitlines() if "cases/s" in line]
    assert len(lines) == 1 and "/60 accuracy 100.0%" in lines[0] and "left" in lines[0]
    assert "\x1b" not in said

    ours, theirs = pty.openpty()
    command = [*DRIVER, "run", "--suite", str(suite), "--out", "b"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**environment(0.01), "TERM": "xterm"},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ):
        os.close(theirs)
        shown = b""
        while chunk := read_or_end(ours):
            shown += chunk
    os.close(ours)
    assert b"60/60" in shown and b"cases/s" in shown and b"\x1b[" in shown


def read_or_end(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
