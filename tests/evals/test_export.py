import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.export import export, markdown_text
from evals.loaded import LoadedRun, load_runs
from tests.evals.support import ping_row, ping_suite, stored_run

HOSTILE = (
    '=HYPERLINK("http://x.example")\n|<script>alert(1)</script> [a](http://x.example) @all \u202e \x1b[31m'
)


def run_of(folder: Path) -> LoadedRun:
    suite = ping_suite(folder / "s.jsonl", 2)
    rows = [ping_row(0), ping_row(1, False, raw=HOSTILE, reason=HOSTILE)]
    return load_runs([str(stored_run(folder / "run", suite, rows))])[0]


def test_json_lines_hold_rows_as_they_are(tmp_path: Path) -> None:
    first, second = (json.loads(line) for line in "".join(export(run_of(tmp_path), "jsonl")).splitlines())
    assert second["raw"] == HOSTILE
    assert first["model"] == "rule:f16"
    assert first["question"]["messages"][0]["content"] == "ping h0.lan"
    assert first["question"]["expected"] == [['ping_host target "h0.lan"']]


def test_a_spreadsheet_finds_no_formula(tmp_path: Path) -> None:
    text = "".join(export(run_of(tmp_path), "csv"))
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    assert second["raw"].startswith("'=HYPERLINK")
    assert "\x1b" not in text and "\u202e" not in text
    assert (first["prompt"], first["expected"]) == ("user: ping h0.lan", 'ping_host target "h0.lan"')
    assert json.loads(first["calls"]) == [{"name": "ping_host", "arguments": {"target": "h0.lan"}}]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in (first, second) for cell in row.values())


def test_markdown_is_a_summary_in_which_a_model_writes_no_markup(tmp_path: Path) -> None:
    text = "".join(export(run_of(tmp_path), "markdown"))
    assert "### rule:f16 on s" in text and "| **all** | 2 | 50.0% |" in text
    line = next(line for line in text.splitlines() if line.startswith("| p1 "))
    assert r"\<script\>" in line and "<script" not in text.replace(r"\<", "")
    assert "http://" not in text and "@all" not in text
    assert "infrastructure errors: 0 (not in the accuracy)" in text


@given(st.text())
def test_markdown_text_stays_in_its_cell(text: str) -> None:
    escaped = markdown_text(text)
    assert "\n" not in escaped
    for char in "|<`[":
        assert f"\\{char}" in escaped or char not in escaped
        assert char not in escaped.replace("\\\\", "").replace(f"\\{char}", "")


def test_a_suite_that_is_gone_leaves_the_rows(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    (tmp_path / "s.jsonl").unlink()
    assert json.loads(next(iter(export(run, "jsonl"))))["question"] is None
    assert next(csv.DictReader(io.StringIO("".join(export(run, "csv")))))["prompt"] == ""


@pytest.mark.parametrize("form", ["jsonl", "csv", "markdown"])
def test_an_empty_run_can_be_exported(tmp_path: Path, form: str) -> None:
    (run,) = load_runs([str(stored_run(tmp_path / "run", ping_suite(tmp_path / "s.jsonl", 1), []))])
    assert isinstance("".join(export(run, form)), str)  # type: ignore[arg-type]
