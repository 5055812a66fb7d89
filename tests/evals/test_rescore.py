import json
from pathlib import Path

import pytest

from evals.rescore import rescore, rescored_text
from evals.store import RESULTS_FILE, RunStore, StoreError, read_record, read_rows
from tests.evals.support import ping_row, ping_suite, record_of, stored_run


def test_rows_are_scored_anew_and_the_old_ones_kept(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 5)
    rows = [
        ping_row(0, label="wrong_value", reason="an old scorer's"),
        ping_row(1, False, label="correct", repaired=True),
        ping_row(2, label="infra_error", reason="ProviderTimeout: late", calls=()),
        ping_row(3, label="malformed", malformed=True, reason="cannot be read: a bracket", calls=()),
    ]
    run = stored_run(tmp_path / "run", suite, rows)
    before = (run / RESULTS_FILE).read_bytes()
    done = rescore(run)
    assert (done.rows, done.changed) == (4, 2)
    assert done.labels == {("wrong_value", "correct"): 1, ("correct", "wrong_value"): 1}
    assert done.kept == run / "results.1.jsonl"
    assert done.kept.read_bytes() == before
    new = {row.id: row for row in read_rows(run)}
    assert new["p0"].label == "correct" and new["p0"].reason == "every call is as expected"
    assert new["p1"].label == "wrong_value" and new["p1"].repaired
    assert new["p2"] == rows[2] and new["p3"] == rows[3]
    note = read_record(run).rescored[0]
    assert (note.changed, note.kept) == (2, "results.1.jsonl")
    assert "2 of 4 rows changed" in rescored_text(done)


def test_a_second_time_nothing_changes_and_nothing_is_written(tmp_path: Path) -> None:
    run = stored_run(tmp_path / "run", ping_suite(tmp_path / "s.jsonl", 1), [ping_row(0, label="no_call")])
    rescore(run)
    files = {path: path.stat().st_mtime_ns for path in run.glob("*.json*")}
    assert rescore(run).kept is None
    assert {path: path.stat().st_mtime_ns for path in run.glob("*.json*")} == files


def test_no_kept_file_is_overwritten(tmp_path: Path) -> None:
    run = stored_run(tmp_path / "run", ping_suite(tmp_path / "s.jsonl", 1), [ping_row(0, label="no_call")])
    (run / "results.1.jsonl").write_text("older", "utf-8")
    assert rescore(run).kept == run / "results.2.jsonl"
    assert (run / "results.1.jsonl").read_text("utf-8") == "older"


def test_what_cannot_be_scored_fairly_is_refused(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 1)
    run = stored_run(tmp_path / "run", suite, [ping_row(0)])
    other_tools = tmp_path / "tools"
    stored_run(other_tools, suite, [ping_row(0)])
    record = json.loads((other_tools / "run.json").read_text("utf-8"))
    (other_tools / "run.json").write_text(json.dumps({**record, "tools_sha256": "00"}), "utf-8")
    with pytest.raises(StoreError, match="tools have changed"):
        rescore(other_tools)
    stranger = stored_run(tmp_path / "stranger", suite, [ping_row(7)])
    with pytest.raises(StoreError, match="a row of p7"):
        rescore(stranger)
    with RunStore.create(tmp_path / "busy", record_of()), pytest.raises(StoreError, match="is writing"):
        rescore(tmp_path / "busy")
    ping_suite(suite, 2)
    with pytest.raises(StoreError, match="has changed since the run"):
        rescore(run)
    suite.unlink()
    with pytest.raises(StoreError, match="suite cannot be read"):
        rescore(run)
