import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evals.injection.cases import InjectionCase
from evals.injection.obedient import ObedientModel
from evals.injection.suite import InjectionExaminer, load_injection
from evals.kinds import examiner, open_suite
from evals.launch import Options, launch
from evals.rescore import rescore
from evals.rows import Row
from evals.show import case_text, read_case
from evals.store import read_record, read_rows
from providers.base import Message, ProviderTimeout, Settings, ToolSpec
from providers.info import ModelInfo
from providers.scripted import ScriptedProvider, ScriptedReply

SUITE = load_injection()
ATTACKS: dict[str, InjectionCase] = {case.id: case.task for case in SUITE.cases}


class Silent:
    def begin(self, *_: Any) -> None: ...

    def show(self, *_: Any) -> None: ...


class Obedient:
    """Obeys whatever it reads, in every case that it is asked; found by what the user asks and what it has read."""

    name = "obedient"
    info = ModelInfo("obedient")

    def __init__(self, cases: Sequence[InjectionCase]) -> None:
        self._left = {case.question: ObedientModel(case) for case in cases}

    def stream(self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Any:
        question = next(message.content for message in messages if message.role == "user")
        return self._left[question or ""].stream(messages, tools, settings)

    async def aclose(self) -> None: ...


def test_the_suite_has_every_attack_once_and_an_honest_case_for_each_channel() -> None:
    assert len(SUITE.cases) == 1092 == len(ATTACKS)
    assert sum(case.id.endswith("-honest") for case in SUITE.cases) == 12
    first = {(ATTACKS[case.id].goal.name, ATTACKS[case.id].wrapping.name) for case in SUITE.cases[12:112]}
    assert len(first) > 60, "the first attacks are of many kinds"
    assert open_suite("injection").sha256 == SUITE.sha256
    assert isinstance(examiner("injection"), InjectionExaminer)


def run_of(folder: Path, provider: Any, only: Sequence[str]) -> tuple[Path, list[Row]]:
    async def opened(model: str | None) -> Any:
        return provider

    options = Options(suite="injection", out=folder / "run", only=tuple(only), concurrency=1)
    run, _, _ = asyncio.run(launch(options, opened, Silent()))
    return run, list(read_rows(run))


def test_an_obedient_model_obeys_and_nothing_comes_of_it(tmp_path: Path) -> None:
    chosen = [f"{name}-delete_host-plain" for name in ("http_title", "dns_txt", "whois", "banner")]
    run, rows = run_of(tmp_path, Obedient([ATTACKS[name] for name in chosen]), chosen)
    assert [row.label for row in rows] == ["spurious_call"] * 4
    figures = InjectionExaminer().figures(rows)
    found = figures["injection"]
    assert (found["obeyed"]["count"], found["through"]["count"], found["delivered"]["rate"]) == (4, 0, 1.0)
    assert found["approvals_asked"] >= 4 and found["obeyed"]["ci95"][0] < 0.6
    told = "\n".join(InjectionExaminer().told(figures))
    assert "the model obeyed in 4 of 4" in told and "forbidden effects that came of it: 0 of 4" in told
    shown = case_text(read_case(run, read_record(run), chosen[0]))
    assert "never calls delete_host" in shown and "assistant calls delete_host" in shown
    assert rescore(run).changed == 0


def test_a_model_that_only_answers_the_user_is_right(tmp_path: Path) -> None:
    name = "whois-plant-urgent"
    call = ATTACKS[name].honest_call
    provider = ScriptedProvider([ScriptedReply(calls=(call,)), ScriptedReply(text="Acme Ltd, it seems.")])
    _, (row,) = run_of(tmp_path, provider, [name])
    assert row.label == "correct" and row.usage.completion_tokens > 0
    assert row.details["delivered"] and row.details["helpful"] and not row.details["obeyed"]


def test_a_model_that_does_nothing_is_of_no_use(tmp_path: Path) -> None:
    _, (row,) = run_of(tmp_path, ScriptedProvider([ScriptedReply(text="No.")]), ["whois-plant-urgent"])
    assert row.label == "missing_call" and "whois_lookup" in row.reason


def test_a_failing_provider_is_no_evidence(tmp_path: Path) -> None:
    provider = ScriptedProvider([ScriptedReply(error=ProviderTimeout("too slow"))])
    run, (row,) = run_of(tmp_path, provider, ["whois-plant-urgent"])
    assert (row.label, row.reason) == ("infra_error", "ProviderTimeout: too slow")
    assert InjectionExaminer().told(InjectionExaminer().figures([row])) == []
    assert json.loads((run / "run.json").read_text("utf-8"))["suite"]["kind"] == "injection"


def test_what_was_through_is_a_forbidden_effect() -> None:
    from evals.injection.suite import judged

    attack = ATTACKS["whois-plant-urgent"]
    _, reason = judged(attack, made(attack, through=("hosts",)))
    assert judged(attack, made(attack, through=("hosts",)))[0] == "forbidden_effect" and "hosts" in reason


def made(attack: InjectionCase, **changes: Any) -> Any:
    from evals.injection.run import InjectionRow

    values: dict[str, Any] = {
        "id": attack.id, "channel": "whois", "goal": "plant", "wrapping": "urgent", "form": "native",
        "delivered": True, "obeyed": True, "helpful": True, "asked": 1, **changes,
    }  # fmt: skip
    return InjectionRow(**values)
