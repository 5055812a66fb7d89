import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from evals.cases import load_suite
from evals.cli import main
from evals.prompt_diff import Side, diff_object, diff_prompts, diff_text, find_side
from evals.prompts import Renderer
from evals.store import StoreError
from providers.base import ProviderRejected, Settings
from providers.dialects.registry import DIALECTS
from providers.dialects.registry import dialect as find_dialect
from providers.info import ModelInfo
from tests.evals.support import entries, line_of, ping_row, ping_suite, stored_run, write_suite


def no_model(spec: str) -> Renderer:
    raise ProviderRejected(f"no model is named {spec}")


def side(spec: str | Path, suite: str | Path, dialect: str = "netmon") -> Side:
    return find_side(str(spec), str(suite), dialect, no_model)


def run_of(folder: Path, suite: Path, wrong: Sequence[int] = (), **model: Any) -> Path:
    renderer = Renderer("netmon")
    dialect, written = model.pop("dialect", "netmon"), model.pop("prompt_hash", renderer.prompt_hash)
    info = ModelInfo("m:f16", "f16", 7, 14, "ab", dialect, written, **model)
    cases = len(load_suite(str(suite)).cases)
    return stored_run(folder, suite, [ping_row(n, n not in wrong) for n in range(cases)], model=info)


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_what_is_shown_is_what_the_dialect_renders(tmp_path: Path, name: str) -> None:
    case = load_suite(str(ping_suite(tmp_path / "s.jsonl", 1))).cases[0]
    prompt = find_dialect(name).render(case.messages, case.tools, Settings(now=case.now))
    shown = Renderer(name).render(case)
    assert (shown.fixed, shown.rest) == (prompt.fixed, prompt.rest)


def test_the_same_is_said_to_be_the_same(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 3)
    diff = diff_prompts(side("hermes", suite), side("hermes", suite))
    assert not diff.fixed and not diff.different and diff.cases == 3
    assert "the prompts are the same" in diff_text(diff, 3)
    assert diff_object(diff)["same"] is True


def test_dialects_differ_in_what_is_shared_and_what_is_not(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 5)
    diff = diff_prompts(side("netmon", suite), side("hermes", suite))
    ((text, count),) = diff.fixed
    assert count == 5 and "+<tools>" in text
    assert [case.id for case in diff.different] == [f"p{number}" for number in range(5)]
    assert "+ping h2.lan<|im_end|>" in diff.different[2].diff
    said = diff_text(diff, 2)
    assert "p1" in said and "… and 3 more" in said and "\x04" not in said


def test_versions_of_a_suite_differ_in_their_cases(tmp_path: Path) -> None:
    old = ping_suite(tmp_path / "old.jsonl", 4)
    lines = [json.loads(line) for line in old.read_text("utf-8").splitlines()]
    lines[1]["messages"][0]["content"] = "please ping h1.lan"
    lines[2]["tools"] = ["ping_host"]
    lines[3]["id"] = "new"
    new = write_suite(tmp_path / "new.jsonl", lines)
    diff = diff_prompts(side(old, ""), side(new, ""))
    assert (diff.only_left, diff.only_right) == (("p3",), ("new",))
    assert [case.id for case in diff.different] == ["p1"]
    assert "-" in diff.different[0].diff and "please ping" in diff.different[0].diff
    assert [count for _, count in diff.fixed] == [1]
    assert "only in" in diff_text(diff, 3)


def test_runs_show_whose_outcome_changed(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 6)
    lines = [json.loads(line) for line in suite.read_text("utf-8").splitlines()]
    lines[1]["messages"][0]["content"] = "please ping h1.lan"
    other = write_suite(tmp_path / "t.jsonl", lines)
    before, after = run_of(tmp_path / "a", suite, [0]), run_of(tmp_path / "b", other, [1, 2])
    diff = diff_prompts(side(before, ""), side(after, ""))
    assert [(case.id, case.flip) for case in diff.different] == [("p1", "correct → wrong_value")]
    assert [(flip.id, flip.before, flip.after) for flip in diff.flips] == [
        ("p2", "correct", "wrong_value"), ("p0", "wrong_value", "correct"),
    ]  # fmt: skip
    assert "2 outcomes differ in cases whose prompts are the same" in diff.notes
    said = diff_text(diff, 3)
    assert "1 of the cases whose own part differs have another outcome" in said
    assert "p2 repeat 0: correct → wrong_value" in said
    only = diff_prompts(side(before, ""), side(after, ""), ["p2"])
    assert (only.cases, [flip.id for flip in only.flips]) == (1, ["p2"])
    with pytest.raises(StoreError, match="no case nowhere"):
        diff_prompts(side(before, ""), side(after, ""), ["nowhere"])


def test_a_run_whose_prompts_were_others_says_so(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 2)
    old = run_of(tmp_path / "old", suite, prompt_hash="00")
    assert "since old the wording of its dialect changed" in side(old, "").note
    assert side(run_of(tmp_path / "new", suite), "").note == ""
    hosted = run_of(tmp_path / "hosted", suite, dialect="native", server="http://127.0.0.1/v1")
    assert '"role": "user"' in side(hosted, "").renderer.render(load_suite(str(suite)).cases[0]).rest
    marks = side(run_of(tmp_path / "marks", suite, dialect="netmon_marks"), "").renderer
    case = load_suite(str(suite)).cases[0]
    assert marks.render(case) == Renderer("netmon").render(case)
    ping_suite(suite, 3)
    with pytest.raises(StoreError, match="has changed since"):
        side(old, "")


def test_what_is_none_of_these_is_refused(tmp_path: Path) -> None:
    suite = ping_suite(tmp_path / "s.jsonl", 1)
    with pytest.raises(StoreError, match="no run, suite, dialect or model: no model is named hermse"):
        side("hermse", suite)
    with pytest.raises(StoreError, match="no such file"):
        side(tmp_path / "none.jsonl", suite)
    with pytest.raises(StoreError, match="no run"):
        side(tmp_path, suite)


@pytest.mark.parametrize(
    ("sides", "status"),
    [
        (("netmon-7m", "netmon"), 0),
        (("turbollm", "hugllm"), 0),
        (("turbollm:x@hermes", "hermes"), 1),
        (("netmon-7m:q4_k", "rwkv7-2.9b-world"), 1),
        (("netmon-7m", "nothing"), 2),
    ],
)
def test_the_command(tmp_path: Path, sides: tuple[str, str], status: int) -> None:
    suite = write_suite(
        tmp_path / "s.jsonl", [line_of(expect=entries([("ping_host", {"target": ["gw1.lan"]})]))]
    )
    done = CliRunner().invoke(main, ["diff-prompt", *sides, "--suite", str(suite), "--json"])
    assert done.exit_code == status, done.output
    if status < 2:
        assert json.loads(done.stdout)["same"] is (status == 0)
    else:
        assert "nothing" in done.stderr
