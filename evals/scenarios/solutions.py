"""Replies that are written down for a scenario: those that succeed, and those that must fail.

A scorer that cannot fail, or a scenario that cannot be won, is found by playing them.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from evals.scenarios.form import ReplyForm, calls_of
from evals.scenarios.judge import judge
from evals.scenarios.play import Played, play
from evals.scenarios.scenario import Scenario, ScenarioError
from evals.scenarios.states import right_outcomes
from evals.scenarios.suite import evidence_of
from evals.scorer import ROW_LABELS, RowLabel
from evals.text import describe
from providers.base import Message, ProviderError, Settings, ToolCall, ToolSpec
from providers.scripted import Rule, ScriptedProvider, ScriptedReply
from tools.catalogue import default_registry

_PLACE = re.compile(r"\{(results|data\.\w+)\}")
_IDLE = "OK."


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a script fared.

    Attributes:
        scenario: Whose.
        script: `solution`, `wrong 1`, or what was made of the solution.
        wanted: The label that it must get; empty where any failure is right.
        label: The one that it got.
        reason: Why.
        transcript: What was said and done.
    """

    scenario: str
    script: str
    wanted: str
    label: RowLabel
    reason: str
    transcript: tuple[str, ...]

    @property
    def as_it_must(self) -> bool:
        """Whether the script got what it must get."""
        return self.label == self.wanted if self.wanted else self.label != "correct"


def scripted(replies: Sequence[ReplyForm]) -> ScriptedProvider:
    """A provider that plays replies in order, and says that it is sorry when they are used up.

    In texts and arguments `{results}` stands for what the tools have just said, and `{data.NAME}` for that
    value of the newest result that has it.
    """
    return ScriptedProvider(_rule(replies), model="scripted")


def scripts_of(scenario: Scenario) -> Iterator[tuple[str, str, Sequence[ReplyForm]]]:
    """The scripts of a scenario: a name, the label that each must get, and its replies.

    Beside the ones that are written there are those that lack something: an agent that does nothing, one
    that changes nothing but says the same, and one that does all and tells nothing.
    """
    solution = scenario.solution
    yield "solution", "correct", solution
    for number, wrong in enumerate(scenario.wrong, start=1):
        yield f"wrong {number}", wrong.because, wrong.replies
    yield "does nothing", "", [_IDLE] * scenario.form.user.most_turns
    if any(scenario.outcomes):
        yield "changes nothing", "", [reply for reply in solution if not _changes(reply)]
    if scenario.form.expect.facts:
        yield "tells nothing", "", ["Done." if isinstance(reply, str) else reply for reply in solution]


async def attempt(scenario: Scenario, script: str, wanted: str, replies: Sequence[ReplyForm]) -> Attempt:
    """Plays a script and judges it.

    Raises:
        ScenarioError: The scenario's effects cannot be had.
    """
    if wanted and wanted not in ROW_LABELS:
        raise ScenarioError(f"{scenario.id}: {script}: {wanted} is no label; one of {', '.join(ROW_LABELS)}")
    try:
        played: Played = await play(scenario, scripted(replies), Settings())
    except ProviderError as error:
        raise ScenarioError(f"{scenario.id}: {script}: {error}") from error
    label, reason = judge(scenario, await right_outcomes(scenario, played.ended), evidence_of(played))
    return Attempt(scenario.id, script, wanted, label, reason, tuple(played.lines))


async def attempts(scenarios: Sequence[Scenario]) -> AsyncGenerator[Attempt, None]:
    """Plays every script of every scenario.

    Raises:
        ScenarioError: The effects of one cannot be had.
    """
    for scenario in scenarios:
        for name, wanted, replies in scripts_of(scenario):
            yield await attempt(scenario, name, wanted, replies)


def _changes(reply: ReplyForm) -> bool:
    registry = default_registry()
    return any(registry.get(name).effect != "read" for name, _ in calls_of(reply))


def _rule(replies: Sequence[ReplyForm]) -> Rule:
    left = list(replies)

    def rule(messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> ScriptedReply:
        reply = left.pop(0) if left else _IDLE
        if isinstance(reply, str):
            return ScriptedReply(text=str(_filled(reply, messages)))
        calls = (ToolCall("", name, _filled(args, messages)) for name, args in calls_of(reply))
        return ScriptedReply(calls=tuple(calls))

    return rule


def _filled(value: Any, messages: Sequence[Message]) -> Any:
    if isinstance(value, str):
        whole = _PLACE.fullmatch(value)
        if whole:
            return _found(whole[1], messages)
        return _PLACE.sub(lambda place: str(_found(place[1], messages)), value)
    if isinstance(value, dict):
        return {key: _filled(item, messages) for key, item in cast("dict[str, Any]", value).items()}
    return value


def _found(name: str, messages: Sequence[Message]) -> Any:
    if name == "results":
        newest: list[str] = []
        for message in reversed(messages):
            if message.role != "tool":
                break
            newest.append(str(_result(message)["message"]))
        return " ".join(reversed(newest))
    key = name.removeprefix("data.")
    for message in reversed(messages):
        if message.role == "tool":
            data = cast("Mapping[str, Any]", _result(message)["data"])
            if key in data:
                return data[key]
    return f"no {describe(key)}"


def _result(message: Message) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", json.loads(message.content or "{}"))
