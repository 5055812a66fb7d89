"""The commands that look at runs, on runs that the `evals` command itself has stored."""

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from evals.schemas import schemas
from evals.store import RESULTS_FILE
from tests.evals.support import entries, line_of, ping_suite, write_suite

ROOT = Path(__file__).parents[2]


def evals(cwd: Path, *arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.evals.driver", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runs `good` and `bad`: the second lost every other of 60 cases since it was asked."""
    folder = tmp_path_factory.mktemp("runs")
    suite = ping_suite(folder / "s.jsonl", 60)
    evals(folder, "run", "--suite", suite, "--out", "good")
    evals(folder, "run", "--suite", suite, "--out", "bad")
    results = folder / "bad" / RESULTS_FILE
    rows = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    for row in rows:
        if int(row["id"][1:]) % 2:
            row["calls"][0]["arguments"]["target"] = "</script><script>alert(1)</script>"
    results.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    evals(folder, "rescore", "bad")
    return folder


def test_runs_are_compared(folder: Path) -> None:
    found = json.loads(evals(folder, "compare", "good", "bad", "--json").stdout)
    assert [run["accuracy"] for run in found["runs"]] == [1.0, 0.5]
    (comparison,) = found["comparisons"]
    assert comparison["difference"] == -0.5
    assert comparison["ci95"][1] < 0 and comparison["significant"]
    assert comparison["mcnemar_p"] == pytest.approx(2 / 2**30)
    assert len(comparison["flips"]) == 30 and all(flip["regressed"] for flip in comparison["flips"])
    said = evals(folder, "compare", "good", "bad").stdout
    assert "50.0 points below" in said and "regressed" in said and "wrong_value" in said
    assert "at least two runs" in evals(folder, "compare", "good", status=2).stderr
    assert "no run nowhere" in evals(folder, "compare", "good", "nowhere", status=2).stderr
    refused = evals(folder, "compare", "good", "bad", "--cluster", "(", status=2)
    assert "no regular expression" in refused.stderr


def test_a_gate_closes_only_where_the_interval_says_so(folder: Path) -> None:
    gate = ["gate", "bad", "--baseline", "good"]
    assert (
        "worse: accuracy has dropped by more than 2 points"
        in evals(folder, *gate, "--max-drop", "2%", status=3).stdout
    )
    said = evals(folder, *gate, "--max-drop", "50%").stdout
    assert said.startswith("undecided:") and "60 paired cases cannot show this drop" in said
    passed = json.loads(evals(folder, "gate", "good", "--baseline", "bad", "--json").stdout)
    assert passed["outcome"] == "kept"
    for wrong in ("2", "0.02", "-1%", "200%", "nan%", "2%%"):
        assert "such as 2%" in evals(folder, *gate, "--max-drop", wrong, status=2).stderr


def test_a_gate_with_nothing_to_compare_does_not_pass(folder: Path, tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "die.jsonl", [line_of(messages=[{"role": "user", "content": "die"}])])
    for name in ("a", "b"):
        evals(tmp_path, "run", "--suite", suite, "--out", name, status=1)
    said = evals(tmp_path, "gate", "a", "--baseline", "b", status=1).stdout
    assert "nothing to compare" in said and "1 pairs with an infrastructure error" in said


def test_rescoring_is_told(folder: Path) -> None:
    assert "no row of 60 changed" in evals(folder, "rescore", "bad").stdout
    figures = json.loads(evals(folder, "rescore", "good", "--json").stdout)
    assert (figures["changed"], figures["kept"]) == (0, None)
    assert (folder / "bad" / "results.1.jsonl").exists()


def test_a_run_is_exported(folder: Path) -> None:
    cells = list(csv.DictReader(io.StringIO(evals(folder, "export", "good", "--to", "csv").stdout)))
    assert len(cells) == 60 and {cell["label"] for cell in cells} == {"correct"}
    evals(folder, "export", "bad", "--to", "jsonl", "-o", "bad.jsonl")
    assert len((folder / "bad.jsonl").read_text("utf-8").splitlines()) == 60
    said = evals(folder, "export", "bad", "--to", "markdown").stdout
    assert "30 wrong replies" in said and "<script" not in said.replace("\\<", "")
    assert "nowhere" in evals(folder, "export", "bad", "--to", "csv", "-o", "nowhere/x", status=2).stderr


def test_a_report_is_written(folder: Path) -> None:
    evals(folder, "report", "good", "bad", "-o", "r.html")
    source = (folder / "r.html").read_text("utf-8")
    assert "50.0 points below" in source and "<script>alert(1)" not in source


def test_overlap_with_a_text_is_found(tmp_path: Path) -> None:
    said = "is the mail server of our Lyon office up"
    suite = write_suite(tmp_path / "s.jsonl", [line_of(messages=[{"role": "user", "content": said}])])
    (tmp_path / "clean.txt").write_text("nothing of the kind", "utf-8")
    (tmp_path / "dirty.txt").write_text(f"\n{said.upper()}?", "utf-8")
    check = ["check-overlap", "--suite", str(suite), "--text", "clean.txt"]
    assert "0 of 1 cases overlap" in evals(tmp_path, *check).stdout
    assert "dirty.txt:2: a shares" in evals(tmp_path, *check, "dirty.txt", status=1).stdout
    found = json.loads(evals(tmp_path, *check, "dirty.txt", "--json", status=1).stdout)
    assert found["overlaps"][0]["shared"] == 2
    assert "gone.txt" in evals(tmp_path, *check, "gone.txt", status=2).stderr


def test_schemas_are_written_where_one_asks(tmp_path: Path) -> None:
    assert "run.schema.json" in evals(tmp_path, "schema", "--out", "here").stdout
    assert {path.name for path in (tmp_path / "here").iterdir()} == set(schemas())


def test_one_case_is_asked_again_by_the_reports_command(tmp_path: Path) -> None:
    lines = [line_of(id=f"case {n}", expect=entries([("ping_host", {"target": ["x"]})])) for n in range(3)]
    suite = write_suite(tmp_path / "s.jsonl", lines)
    evals(tmp_path, "run", "--model", "rule", "--suite", suite, "--repeats", "2", "--out", "run")
    evals(tmp_path, "report", "run")
    source = (tmp_path / "report.html").read_text("utf-8")
    commands = [row[0]["reproduce"] for row in json.loads(
        source.partition('id="piece-0">')[2].partition("</script>")[0]
    )["rows"]]  # fmt: skip
    program, *arguments = shlex.split(commands[3])
    assert program == "evals" and arguments[-4:] == ["--seed", "1", "--constrained", "none"]
    again = json.loads(evals(tmp_path, *arguments, "--out", "again", "--json").stdout)
    assert again["n"] == 1 and again["complete"]
    assert json.loads((tmp_path / "again" / "run.json").read_text("utf-8"))["only"] == ["case 1"]
    assert json.loads(evals(tmp_path, "run", "--resume", "again", "--json").stdout)["n"] == 1
    refused = evals(tmp_path, "run", "--suite", suite, "--case", "case 9", status=2).stderr
    assert "no case" in refused and "did you mean" in refused
