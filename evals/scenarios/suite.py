"""Scenarios as a suite: `evals run --suite scenarios` plays each with a model, and judges how it ended."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from evals.cases import Case, Problem, Suite, SuiteError
from evals.comparators import parse_instant
from evals.examiner import Examiner
from evals.questions import message_object
from evals.rows import Row
from evals.scenarios.form import Calls, Fact, FileForm, RegexForm, calls_of
from evals.scenarios.judge import Evidence, Made, judge
from evals.scenarios.play import Played, play, transcript
from evals.scenarios.scenario import Scenario, ScenarioError, compile_scenario
from evals.scenarios.states import right_outcomes
from evals.summary import wilson
from evals.text import describe
from evals.toolset import load_toolset
from providers.base import Provider, Settings

FILES = Path(__file__).parent / "files"
_NAME = "scenarios"


def load_scenarios(name: str = _NAME) -> Suite:
    """Reads the shipped scenarios, or those of a YAML file.

    Raises:
        SuiteError: A file is not valid; it names every place that is wrong.
    """
    shipped = name == _NAME
    path = FILES if shipped else Path(name)
    files = sorted(FILES.glob("*.yaml")) if shipped else [path]
    scenarios, digest = read_scenarios(files)
    toolset = load_toolset()
    digest = hashlib.sha256(f"{digest} {toolset.sha256}".encode()).hexdigest()
    cases = tuple(_case(scenario, number) for number, scenario in enumerate(scenarios, start=1))
    return Suite(
        name if shipped else path.stem, path, digest, cases, toolset, "scenarios", name if shipped else ""
    )


def read_scenarios(files: Sequence[Path]) -> tuple[list[Scenario], str]:
    """Reads files of scenarios; also the SHA-256 of their bytes.

    Raises:
        SuiteError: A file is not valid.
    """
    digest = hashlib.sha256()
    problems: list[Problem] = []
    found: dict[str, Scenario] = {}
    for path in files:
        try:
            content = path.read_bytes()
            form = FileForm.model_validate(yaml.safe_load(content))
        except OSError as error:
            raise SuiteError(path, [Problem(0, "", f"cannot be read: {error.strerror}")]) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise SuiteError(path, [Problem(0, "", f"is no YAML: {error}")]) from error
        except ValidationError as error:
            raise SuiteError(path, list(_problems(error))) from error
        digest.update(content)
        for each in form.scenarios:
            try:
                if each.id in found:
                    raise ScenarioError(f"{each.id}: another scenario has this id")
                found[each.id] = compile_scenario(each)
            except ScenarioError as error:
                problems.append(Problem(0, "", str(error)))
        if problems:
            raise SuiteError(path, problems)
    return list(found.values()), digest.hexdigest()


def count_scenarios() -> int:
    """How many scenarios ship."""
    return sum(len(yaml.safe_load(path.read_bytes())["scenarios"]) for path in FILES.glob("*.yaml"))


class ScenarioExaminer(Examiner):
    """Plays scenarios through the agent's loop."""

    async def examine(self, provider: Provider, case: Case, repeat: int, settings: Settings) -> Row:
        """Has the conversation and judges it.

        Raises:
            ProviderError: The model could not be asked.
        """
        scenario = _scenario(case)
        played = await play(scenario, provider, settings)
        row = Row(
            id=case.id,
            repeat=repeat,
            category=case.category,
            label="correct",
            repaired=bool(played.repairs),
            malformed=bool(played.malformed),
            calls=tuple({"name": call.name, "arguments": call.arguments} for call in played.calls),
            repairs=tuple(dict.fromkeys(played.repairs)),
            raw=transcript(played),
            finish=played.endings[-1] if played.endings else "",
            usage=played.usage,
            details=_details(scenario, played),
        )
        return await _judged(scenario, row)

    def rescored(self, case: Case, row: Row) -> Row:
        """Judges a conversation anew, by what its row holds."""
        import asyncio  # a run has a loop; this is asked by a command that has none

        return asyncio.run(_judged(_scenario(case), row))

    def figures(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Success by the user's language, and how long conversations were."""
        judged = [row for row in rows if row.label != "infra_error"]
        groups: dict[str, list[bool]] = {}
        for row in judged:
            groups.setdefault(str(row.details["language"]), []).append(row.correct)
        count = len(judged)
        return {
            "scenarios": {
                "by_language": {
                    name: {"n": len(right), "accuracy": sum(right) / len(right),
                           "ci95": wilson(sum(right) / len(right), len(right))}
                    for name, right in sorted(groups.items())
                },
                "turns": sum(len(row.details["answers"]) for row in judged) / count if count else None,
                "replies": sum(row.details["replies"] for row in judged) / count if count else None,
                "calls": sum(len(row.calls) for row in judged) / count if count else None,
            }
        }  # fmt: skip

    def told(self, figures: dict[str, Any]) -> list[str]:
        """Puts them into words."""
        found = figures["scenarios"]
        if found["turns"] is None:
            return []
        languages = ", ".join(
            f"{name} {rate['accuracy']:.0%} of {rate['n']}" for name, rate in found["by_language"].items()
        )
        return [
            f"a conversation had {found['turns']:.1f} turns, {found['replies']:.1f} replies and "
            f"{found['calls']:.1f} calls on average; by language: {languages}"
        ]


def evidence_of(played: Played) -> Evidence:
    """What a conversation is judged by."""
    calls = [Made(call.name, call.arguments, call.outcome == "done") for call in played.calls if call.ran]
    return Evidence(played.complete, played.changes, calls, played.answers)


def _details(scenario: Scenario, played: Played) -> dict[str, Any]:
    return {
        "language": scenario.form.language,
        "complete": played.complete,
        "ended": played.ended.isoformat(),
        "replies": played.steps,
        "changes": played.changes,
        "calls": [asdict(call) for call in played.calls],
        "answers": played.answers,
        "endings": played.endings,
        "messages": [message_object(message) for message in played.messages],
    }


async def _judged(scenario: Scenario, row: Row) -> Row:
    details = row.details
    ended = parse_instant(str(details["ended"])) or scenario.now
    calls = [
        Made(call["name"], call["arguments"], call["outcome"] == "done")
        for call in cast("list[dict[str, Any]]", details["calls"])
        if call["outcome"] in ("done", "failed")
    ]
    seen = Evidence(bool(details["complete"]), details["changes"], calls, details["answers"])
    label, reason = judge(scenario, await right_outcomes(scenario, ended), seen)
    return replace(row, label=label, reason=reason)


def _scenario(case: Case) -> Scenario:
    return cast("Scenario", case.task)


def _case(scenario: Scenario, line: int) -> Case:
    form = scenario.form
    return Case(
        id=form.id,
        category=form.category,
        messages=(scenario.first,),
        now=scenario.now,
        tools=scenario.registry.specs(),
        accepted=(),
        ordered=False,
        line=line,
        later=tuple(state.say for state in list(form.user.states.values())[1:]),
        wanted=tuple(_wanted(scenario)),
        about=_tools_of(scenario),
        task=scenario,
    )


def _wanted(scenario: Scenario) -> Iterator[str]:
    expect = scenario.form.expect
    yield form_words(scenario.form.about)
    lists = [expect.effects, *expect.alternatives]
    for number, effects in enumerate(lists):
        lead = "or changes" if number else "changes"
        yield f"{lead}: {'; '.join(map(_call_words, effects)) or 'nothing'}"
    if expect.looked:
        yield f"looks up: {'; '.join(_call_words(entry, ' or ') for entry in expect.looked)}"
    if expect.facts:
        yield f"tells: {'; '.join(map(_fact_words, expect.facts))}"
    if expect.never_said:
        yield f"never says: {'; '.join(map(_fact_words, expect.never_said))}"
    if expect.never_called:
        yield f"never calls: {', '.join(expect.never_called)}"


def _tools_of(scenario: Scenario) -> tuple[str, ...]:
    """The tools that success names; of a scenario that wants words only, its category."""
    expect = scenario.form.expect
    named = [name for entry in (*expect.effects, *expect.looked) for name, _ in calls_of(entry)]
    return tuple(dict.fromkeys(named)) or (scenario.form.category,)


def form_words(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def _call_words(entry: Calls, between: str = "; ") -> str:
    return between.join(f"{name} {describe(arguments, 200)}" for name, arguments in calls_of(entry))


def _fact_words(fact: Fact) -> str:
    if isinstance(fact, list):
        return " or ".join(map(_fact_words, fact))
    return f"/{fact.re}/" if isinstance(fact, RegexForm) else describe(fact)


def _problems(error: ValidationError) -> Iterator[Problem]:
    for details in error.errors(include_url=False)[:20]:
        place = ".".join(str(part) for part in details["loc"]) or "the file"
        yield Problem(0, place, details["msg"])
