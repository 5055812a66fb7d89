import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from evals.cases import SuiteError
from evals.kinds import examiner, open_suite
from evals.launch import Options, launch
from evals.rescore import rescore
from evals.scenarios.judge import holds
from evals.scenarios.play import play
from evals.scenarios.scenario import Scenario
from evals.scenarios.solutions import attempts, scripted, scripts_of
from evals.scenarios.suite import FILES, load_scenarios
from evals.schemas import schemas
from evals.show import case_text, read_case
from evals.store import read_record, read_rows
from providers.base import Message, ProviderTimeout, Settings, ToolSpec
from providers.info import ModelInfo
from providers.scripted import ScriptedProvider, ScriptedReply

ROOT = Path(__file__).parents[3]
SCENARIOS: dict[str, Scenario] = {case.id: case.task for case in load_scenarios().cases}


class Silent:
    def begin(self, *_: Any) -> None: ...

    def show(self, *_: Any) -> None: ...


def test_there_are_enough_of_every_kind() -> None:
    categories = Counter(scenario.form.category for scenario in SCENARIOS.values())
    assert len(SCENARIOS) >= 40 and len(categories) == 13 and min(categories.values()) >= 3
    languages = {scenario.form.language for scenario in SCENARIOS.values()}
    assert languages >= {"en", "de", "es", "fr", "pt", "zh", "ja"}
    # A user who says one thing only is no conversation; most say more, if they are asked.
    assert sum(len(scenario.form.user.states) > 1 for scenario in SCENARIOS.values()) >= 40


async def test_every_solution_succeeds_and_every_other_script_fails_as_it_must() -> None:
    made = [each async for each in attempts(list(SCENARIOS.values()))]
    wrong = [
        (each.scenario, each.script, each.label, each.transcript) for each in made if not each.as_it_must
    ]
    assert not wrong
    per_scenario = Counter(each.scenario for each in made)
    assert min(per_scenario.values()) >= 3
    # Every way to fail is reached by some script, so that no part of the judgement is idle.
    assert {each.label for each in made} >= {
        "correct", "wrong_state", "missing_call", "missing_fact", "false_claim", "forbidden_effect"
    }  # fmt: skip


async def test_what_a_script_lacks_is_what_fails() -> None:
    """Each single call of a solution that changes something is needed, and so are its words."""
    scenario = SCENARIOS["denied-then-paused"]
    names = [name for name, _, _ in scripts_of(scenario)]
    assert names[0] == "solution" and "changes nothing" in names and "does nothing" in names


async def test_same_scenario_same_transcript() -> None:
    scenario = SCENARIOS["scan-and-poll"]
    first, second = [await play(scenario, scripted(scenario.solution), Settings()) for _ in range(2)]
    assert first.lines == second.lines and first.changes == second.changes
    assert "[3m later]" in first.lines and first.complete
    assert any("new job run_nmap of 10.20.0.0/24" in place for place in first.changes)


async def test_a_user_who_never_comes_to_an_end_is_unfinished() -> None:
    scenario = SCENARIOS["two-wishes-one-allowed"]
    form = scenario.form.model_copy(update={"user": scenario.form.user.model_copy(update={"most_turns": 1})})
    short = Scenario(form, scenario.world, scenario.now, scenario.registry, scenario.outcomes)
    played = await play(short, scripted(["What shall I do?"]), Settings())
    assert not played.complete and len(played.answers) == 1


async def test_a_provider_that_fails_says_nothing_about_the_model(tmp_path: Path) -> None:
    provider = ScriptedProvider([ScriptedReply(error=ProviderTimeout("too slow"))])

    async def opened(model: str | None) -> Any:
        return provider

    options = Options(suite="scenarios", out=tmp_path / "run", only=("certificate-days",))
    run, _, _ = await launch(options, opened, Silent())
    (row,) = read_rows(run)
    assert (row.label, row.reason) == ("infra_error", "ProviderTimeout: too slow")


class Solver(ScriptedProvider):
    """Plays the solution of whatever scenario it is in, found by what the user says first."""

    def __init__(self) -> None:
        super().__init__([])
        self.info = ModelInfo("solver")
        self._by_first = {scenario.first.content: scenario for scenario in SCENARIOS.values()}

    def stream(self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Any:
        asked = next(m.content for m in messages if m.role == "user")
        solution = self._by_first[asked].solution
        replies = sum(message.role == "assistant" for message in messages)
        return scripted(solution[replies:]).stream(messages, tools, settings)


async def test_a_run_of_scenarios_is_a_run_like_others(tmp_path: Path) -> None:
    async def opened(model: str | None) -> Any:
        return Solver()

    options = Options(suite="scenarios", out=tmp_path / "run", concurrency=4, repeats=2, limit=20)
    run, record, tally = await launch(options, opened, Silent())
    rows = list(read_rows(run))
    assert (len(rows), tally.accuracy) == (40, 1.0), [row.reason for row in rows if not row.correct]
    assert record.suite.kind == "scenarios" and record.suite.path == "scenarios"
    shown = case_text(read_case(run, read_record(run), rows[0].id))
    assert "user: " in shown and "assistant: " in shown and "expected:" in shown
    validator = Draft202012Validator(schemas()["results-row.schema.json"])
    for line in (run / "results.jsonl").read_text("utf-8").splitlines():
        validator.validate(json.loads(line))
    figures = examiner("scenarios").figures(rows)
    assert figures["scenarios"]["by_language"]["en"]["accuracy"] == 1.0
    assert "by language: en 100%" in examiner("scenarios").told(figures)[0]


def test_a_run_can_be_judged_anew(tmp_path: Path) -> None:
    import asyncio

    async def opened(model: str | None) -> Any:
        return Solver()

    options = Options(suite="scenarios", out=tmp_path / "run", limit=8)
    run, _, _ = asyncio.run(launch(options, opened, Silent()))
    assert rescore(run).changed == 0
    lines = [json.loads(line) for line in (run / "results.jsonl").read_text("utf-8").splitlines()]
    for line in lines:
        line["details"]["answers"] = ["Nothing."]
    (run / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    assert rescore(run).changed > 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"expect": {}}, "an agent that does nothing succeeds"),
        ({"now": "noon"}, "now is 'noon'"),
        ({"expect": {"effects": [{"ping_host": {"target": "x"}}]}}, "only reads; it belongs to looked"),
        ({"expect": {"effects": [{"edit_host": {"host": 3}}]}}, "edit_host"),
        ({"expect": {"effects": [{"fly": {}}]}}, "there is no tool named fly"),
        ({"expect": {"looked": [{"ping_host": {"host": "x"}}]}}, "ping_host has no host"),
        ({"user": {"states": {"a": {"say": "x", "then": [{"go": "b"}]}}}}, "goes to b, which is no state"),
        ({"user": {"states": {"a": {"say": "x"}, "b": {"say": "y"}}}}, "no state goes to b"),
        ({"user": {"states": {"a": {"say": "x", "wait": "soon"}}}}, "offset"),
        ({"expect": {"facts": [{"re": "("}]}}, "no regular expression"),
        ({"world": {"monitors": [{"id": 1, "address": "x"}]}}, "world: "),
        ({"typo": 1}, "typo: Extra inputs are not permitted"),
    ],
)
def test_a_bad_scenario_is_refused_with_its_place(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"scenarios": [{**scenario_form(), **change}]}), "utf-8")
    with pytest.raises(SuiteError) as caught:
        open_suite(str(path))
    assert said in str(caught.value) and str(path) in str(caught.value)


def scenario_form() -> dict[str, Any]:
    return {
        "id": "mine",
        "category": "checks",
        "about": "One check.",
        "user": {"states": {"ask": {"say": "Ping db-01."}}},
        "expect": {"looked": [{"ping_host": {"target": "db-01"}}]},
        "solution": [{"ping_host": {"target": "db-01"}}, "{results}"],
        "wrong": [{"because": "missing_call", "replies": ["It is up."]}],
    }


def test_own_scenarios_are_a_suite(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"scenarios": [scenario_form()]}), "utf-8")
    suite = open_suite(str(path))
    assert (suite.kind, suite.name, suite.reference) == ("scenarios", "mine", str(path.resolve()))
    done = check(tmp_path, "mine.yaml")
    assert done.returncode == 0 and done.stdout == "1 scenarios, 3 scripts: 3 end as they must\n"
    form = {**scenario_form(), "wrong": [{"because": "missing_call", "replies": scenario_form()["solution"]}]}
    path.write_text(yaml.safe_dump({"scenarios": [form]}), "utf-8")
    done = check(tmp_path, "mine.yaml")
    assert done.returncode == 1 and "mine · wrong 1: correct (must be: missing_call)" in done.stdout
    twice = {"scenarios": [scenario_form(), scenario_form()]}
    path.write_text(yaml.safe_dump(twice), "utf-8")
    assert "another scenario has this id" in check(tmp_path, "mine.yaml").stderr
    assert check(tmp_path, "netmon-smoke").returncode == 2


def check(cwd: Path, suite: str) -> subprocess.CompletedProcess[str]:
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from evals.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "check-scenarios", suite],
        cwd=cwd, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_files_fit_the_published_schema() -> None:
    validator = Draft202012Validator(schemas()["scenarios.schema.json"])
    for path in FILES.glob("*.yaml"):
        validator.validate(yaml.safe_load(path.read_text("utf-8")))
        assert path.read_text("utf-8").startswith("# yaml-language-server: $schema=")


@pytest.mark.parametrize(
    ("fact", "said", "held"),
    [
        ("18 days", "It has 18 days left.", True),
        ("18 days", "It has 118 days left.", False),
        ("18", "18.5 ms", False),
        ("8", "1.8 ms", False),
        ("1500", "1,500 tokens", True),
        ("DB-02", "db-02 is down", True),
        ("db-0", "db-02 is down", False),
        ("Sectigo RSA", "by sectigo\n rsa domain", True),
        ({"re": r"\bno\b"}, "No.", True),
        (["yes", {"re": "ja+"}], "Jaaa", True),
        ("在线", "db-02不在线。", True),
        ("don't", "I don’t know", True),
    ],
)
def test_facts(fact: Any, said: str, held: bool) -> None:
    from evals.scenarios.form import RegexForm

    def formed(one: Any) -> Any:
        if isinstance(one, dict):
            return RegexForm(**one)
        return [formed(each) for each in one] if isinstance(one, list) else one

    assert holds(formed(fact), said) == held


@given(st.from_regex(r"[a-z]{1,6}( [0-9]{1,4})?", fullmatch=True), st.text(), st.text())
def test_a_fact_is_found_wherever_it_stands_alone(fact: str, before: str, after: str) -> None:
    assert holds(fact, f"{before} {fact} {after}") or re.search(r"[\d.,]$", before.strip() or "x") is not None


async def test_a_moment_may_be_any_of_the_conversation_but_no_other() -> None:
    scenario = SCENARIOS["maintenance-now"]
    late = [*["Wait."] * 0, {"set_maintenance": {"addresses": ["db-02"], "duration_min": 120}}, "{results}"]
    explicit = [
        {"set_maintenance": {"addresses": ["db-02"], "start": "2026-11-22T13:00:00Z", "duration_min": 120}},
        "{results}",
    ]
    from evals.scenarios.solutions import attempt

    assert (await attempt(scenario, "late", "", late)).label == "correct"
    assert (await attempt(scenario, "an hour late", "", explicit)).label == "wrong_state"
