from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from evals.bfcl import data
from evals.bfcl.suite import BfclExaminer, load_bfcl
from evals.cases import Case, SuiteError
from evals.comparison import Grouping
from evals.kinds import examiner, open_suite
from evals.launch import Options, launch
from evals.loaded import load_runs
from evals.report.page import write_report
from evals.rescore import rescore
from evals.show import case_text, read_case
from evals.store import read_record, read_rows
from providers.base import Finish, Malformed, Message, Settings, ToolCall, ToolSpec
from tests.evals.support import Reply, RuleProvider, reply_of


def right_reply(case: Case) -> Reply:
    """A reply that calls what the case's answers have first, under the names on offer."""
    entry, offered = case.task
    shown = {original: name for name, original in offered.originals.items()}
    calls: list[ToolCall] = []
    for answer in entry.answers:
        ((name, values),) = answer.items()
        arguments = {key: acceptable[0] for key, acceptable in values.items() if "" not in acceptable}
        calls.append(ToolCall("", shown[name], arguments))
    return reply_of(*calls)


class Silent:
    def begin(self, *_: Any) -> None: ...

    def show(self, *_: Any) -> None: ...


def test_tools_have_names_and_types_that_every_provider_takes() -> None:
    for case in load_bfcl("all").cases[::7]:
        names = [tool.name for tool in case.tools]
        assert len(set(names)) == len(names)
        for tool in case.tools:
            assert tool.name.replace("_", "").replace("-", "").isalnum() and len(tool.name) <= 64
            Draft202012Validator.check_schema(tool.parameters)
            assert set(tool.parameters["required"]) <= set(tool.parameters["properties"])
    first = next(case for case in load_bfcl("multiple").cases if case.id == "multiple_0")
    assert first.tools[0].name == "triangle_properties_get"
    assert first.tools[0].parameters["properties"]["side1"]["type"] == "integer"
    java = load_bfcl("simple_java").cases[0]
    assert java.tools[0].parameters["properties"]["controller"]["type"] == "string"
    assert "Java" in java.tools[0].description


async def run_of(folder: Path, name: str, rule: Any, **options: Any) -> Path:
    async def opened(model: str | None) -> Any:
        return RuleProvider(rule)

    directory, _, _ = await launch(Options(suite=name, out=folder / "run", **options), opened, Silent())
    return directory


async def test_right_answers_are_right_and_three_judges_say_so(tmp_path: Path) -> None:
    suite = load_bfcl("parallel")
    replies = {(case.messages[-1].content, case.tools[0].name): right_reply(case) for case in suite.cases}

    def rule(messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Reply:
        return replies[messages[-1].content, tools[0].name]

    run = await run_of(tmp_path, "bfcl:parallel", rule, limit=60)
    rows, record = list(read_rows(run)), read_record(run)
    assert record.suite.kind == "bfcl" and record.suite.path == "bfcl:parallel"
    assert sum(row.correct for row in rows) >= 55
    figures = BfclExaminer().figures(rows)["bfcl"]
    assert figures["port_agrees"] == figures["n"] == 60
    assert figures["by_category"]["parallel"]["n"] == 60
    assert BfclExaminer().told({"bfcl": figures})[0].startswith("ast_checker: ")
    assert rescore(run).changed == 0
    shown = case_text(read_case(run, record, rows[0].id))
    assert "expected:" in shown and "spotify_play artist" in shown


async def test_a_disagreement_is_told_with_its_reason(tmp_path: Path) -> None:
    def rule(messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Reply:
        return [Malformed("{", "a bracket is missing", 1), Finish("stop", raw="{")]

    run = await run_of(tmp_path, "bfcl:irrelevance", rule, limit=3)
    rows = list(read_rows(run))
    assert {row.label for row in rows} == {"malformed"}
    figures = BfclExaminer().figures(rows)
    assert figures["bfcl"]["ast_checker"]["correct"] == 3 and figures["bfcl"]["ours_agrees"] == 0
    told = "\n".join(BfclExaminer().told(figures))
    assert "irrelevance_0" in told and "a malformed attempt is wrong" in told


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "PACKAGE", "bfcl-eval-that-is-not-there")
    with pytest.raises(SuiteError, match=r"pip install -e '\.\[bfcl\]'"):
        open_suite("bfcl:simple")


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(SuiteError, match="no category simpel"):
        open_suite("bfcl:simpel")
    assert isinstance(examiner("bfcl"), BfclExaminer)


async def test_a_report_tells_what_the_judges_say(tmp_path: Path) -> None:
    def rule(messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Reply:
        return [Malformed("{", "<b>a bracket</b> is missing", 1), Finish("stop", raw="{")]

    run = await run_of(tmp_path, "bfcl:irrelevance", rule, limit=2)
    write_report(tmp_path / "report.html", load_runs([str(run)]), Grouping())
    source = (tmp_path / "report.html").read_text("utf-8")
    assert "ast_checker: 100.0% of 2 right" in source and "a malformed attempt is wrong" in source
    assert "<b>" not in source
