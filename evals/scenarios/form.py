"""The form of a file of scenarios, as it is written in YAML; unknown keys are errors. See docs/suites.md."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from evals.case_file import DEFAULT_NOW_TEXT
from evals.comparators import parse_instant
from tools.catalogue import default_registry
from tools.simulation.world import parse_offset

Category = Literal[
    "checks", "editing", "maintenance", "adding", "deleting", "scanning", "locations", "corrections",
    "refusals", "injected", "ambiguous", "reports", "languages",
]  # fmt: skip
END = "end"


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _pattern(value: object) -> str:
    try:
        re.compile(str(value), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return str(value)


def _offset(value: object) -> str:
    parse_offset(value)
    return str(value)


def _tool(name: str) -> str:
    if name not in default_registry():
        raise ValueError(f"there is no tool named {name}")
    return name


Pattern = Annotated[str, BeforeValidator(_pattern)]
Wait = Annotated[str, BeforeValidator(_offset)]
ToolName = Annotated[str, BeforeValidator(_tool)]
Calls = dict[ToolName, dict[str, Any]]


class ConditionForm(_Form):
    """What must be so of the turn that has just ended; all that is given must hold.

    Attributes:
        answer: Found in the agent's answer, a regular expression; case does not matter.
        lacks: Not found in it.
        asks: Whether the answer asks something.
        called: Tools of which one has run, and has not failed.
        denied: Whether a call was denied by the user.
    """

    answer: Pattern | None = None
    lacks: Pattern | None = None
    asks: bool | None = None
    called: list[ToolName] = []
    denied: bool | None = None


class StepForm(_Form):
    """Where the user goes on: the state `go`, if the condition holds."""

    condition: ConditionForm | None = Field(default=None, alias="if")
    go: str


class StateForm(_Form):
    """What the user says, and where they go on when it is answered.

    Attributes:
        say: The words.
        wait: Time that passes before they are said, such as `5m`.
        then: The first step whose condition holds is taken; without any, the conversation ends.
    """

    say: str = Field(min_length=1)
    wait: Wait = "0s"
    then: list[StepForm] = []


class UserForm(_Form):
    """The user, as a machine of states.

    Attributes:
        approves: Whether the user allows what is asked for: everything, nothing, or only the calls that are
            among the expected effects.
        denies: Tools that are never allowed.
        states: By name; the conversation begins with the first.
        most_turns: Messages of the user at most.
    """

    approves: Literal["always", "never", "expected"] = "always"
    denies: list[ToolName] = []
    states: dict[str, StateForm] = Field(min_length=1)
    most_turns: int = Field(default=8, ge=1, le=30)

    @model_validator(mode="after")
    def _connected(self) -> Self:
        known = {*self.states, END}
        for name, state in self.states.items():
            for step in state.then:
                if step.go not in known:
                    raise ValueError(f"the state {name} goes to {step.go}, which is no state")
        reached = {step.go for state in self.states.values() for step in state.then}
        lost = set(list(self.states)[1:]) - reached
        if lost:
            raise ValueError(f"no state goes to {', '.join(sorted(lost))}")
        return self


class RegexForm(_Form):
    """A fact as a regular expression."""

    re: Pattern


Fact = str | RegexForm | list[str | RegexForm]


class ExpectForm(_Form):
    """What makes a conversation a success.

    Attributes:
        effects: The calls that change the network as it must be changed in the end, in order; empty where
            nothing may change.
        alternatives: Other lists of effects that are as right.
        facts: What must have been said; of a list one item is enough.
        never_said: What must not have been said.
        looked: Calls that must have been made and have run, of each entry one; parameters that are not named
            are free.
        never_called: Tools that must not have run.
    """

    effects: list[Calls] = []
    alternatives: list[list[Calls]] = []
    facts: list[Fact] = []
    never_said: list[Fact] = []
    looked: list[Calls] = []
    never_called: list[ToolName] = []


ReplyForm = str | Calls | list[Calls]


class WrongForm(_Form):
    """A way to fail, and the label that it must get."""

    because: str
    replies: list[ReplyForm] = Field(min_length=1)


class ScenarioForm(_Form):
    """One scenario.

    Attributes:
        id: Unique in its suite.
        category: What it is about.
        about: A sentence for people.
        language: What the user speaks, ISO 639-1.
        now: When it begins, ISO 8601.
        world: What is different from the default network; lists are merged by name, id or address.
        tools: The tools on offer; all if not given.
        user: The user.
        expect: What makes it a success.
        solution: Replies that succeed: a text ends the turn, an object calls tools.
        wrong: Replies that must fail, and how.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    category: Category
    about: str
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    now: str = DEFAULT_NOW_TEXT
    world: dict[str, Any] = {}
    tools: list[ToolName] = []
    user: UserForm
    expect: ExpectForm
    solution: list[ReplyForm] = Field(min_length=1)
    wrong: list[WrongForm] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_fail(self) -> Self:
        if parse_instant(self.now) is None:
            raise ValueError(f"now is {self.now!r}; expected an ISO 8601 time such as {DEFAULT_NOW_TEXT}")
        expect = self.expect
        if not (expect.effects or expect.facts or expect.looked):
            raise ValueError(
                "expect has neither effects nor facts nor looked: an agent that does nothing succeeds"
            )
        return self


class FileForm(_Form):
    """A file of scenarios."""

    scenarios: list[ScenarioForm] = Field(min_length=1)


def calls_of(reply: ReplyForm) -> list[tuple[str, dict[str, Any]]]:
    """The calls of a reply, each a tool's name and its arguments; none where it is a text."""
    if isinstance(reply, str):
        return []
    listed = reply if isinstance(reply, list) else [reply]
    return [(name, arguments) for calls in listed for name, arguments in calls.items()]
