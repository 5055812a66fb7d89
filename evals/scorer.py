"""What went wrong in a reply: one label a case, and a sentence that says where.

Pure: a case and the calls of a reply go in, a `Score` comes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from evals.assignment import best_assignment
from evals.cases import Case
from evals.expected import ExpectedArgument, ExpectedCall
from evals.text import describe, json_type
from providers.base import ToolCall

Label = Literal[
    "infra_error",
    "malformed",
    "no_call",
    "spurious_call",
    "wrong_count",
    "unknown_tool",
    "wrong_tool",
    "missing_required",
    "unexpected_param",
    "wrong_type",
    "wrong_value",
    "correct",
]
# In the order in which they are decided: the first that applies is the case's label.
LABELS: tuple[Label, ...] = get_args(Label)
_RANK = {label: rank for rank, label in enumerate(LABELS)}
# What goes wrong in a whole conversation, which is judged by what it has changed and what was answered.
TaskLabel = Literal[
    "unfinished", "forbidden_effect", "wrong_state", "missing_call", "missing_fact", "false_claim"
]
RowLabel = Label | TaskLabel
# Every label that a row can have, `correct` last.
ROW_LABELS: tuple[RowLabel, ...] = (LABELS[0], *get_args(TaskLabel), *LABELS[1:])
# Faults of a call that was matched to an expected one.
_PAIR_FAULTS = LABELS[LABELS.index("wrong_tool") : LABELS.index("correct")]
_SEVERITY = {label: len(_PAIR_FAULTS) - place for place, label in enumerate(_PAIR_FAULTS)}
_MOST_FAULTS = 63


@dataclass(frozen=True, slots=True)
class Score:
    """The outcome of one case.

    Attributes:
        label: What went wrong, or `correct`.
        repaired: Whether a call was read only with a tolerance.
        reason: A sentence: which call and which parameter decided the label.
    """

    label: Label
    repaired: bool
    reason: str

    @property
    def correct(self) -> bool:
        """Whether the reply does what the case asks for."""
        return self.label == "correct"

    @property
    def strictly_correct(self) -> bool:
        """Whether it is correct and was read without any tolerance."""
        return self.correct and not self.repaired


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with one parameter of a call, or with the call's name."""

    label: Label
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a reply fares against one accepted set of calls; `faults` tell equal labels apart."""

    label: Label
    reason: str
    faults: int = 0

    @property
    def goodness(self) -> tuple[int, int]:
        return _RANK[self.label], -self.faults


def score(case: Case, calls: Sequence[ToolCall], malformed: bool, repaired: bool) -> Score:
    """Scores the calls of one reply.

    Of the accepted sets of calls (`expect` and the alternatives) the one counts that the reply fares
    best against.

    Args:
        case: What was asked.
        calls: The calls that could be read, in the order they were made.
        malformed: Whether the reply also, or only, tries to call in a way that cannot be read.
        repaired: Whether a call was read only with a tolerance.
    """
    if malformed:
        return Score("malformed", repaired, "the reply tries to call and cannot be read as a call")
    outcomes = (_outcome(case, expected, calls) for expected in case.accepted)
    best = max(outcomes, key=lambda outcome: outcome.goodness)
    return Score(best.label, repaired, best.reason)


def _outcome(case: Case, expected: Sequence[ExpectedCall], calls: Sequence[ToolCall]) -> _Outcome:
    if not expected:
        if not calls:
            return _Outcome("correct", "no call was made, as expected")
        return _Outcome("spurious_call", f"{_names(calls)} called where no call is right")
    if not calls:
        return _Outcome("no_call", f"no call was made; expected {_listed(expected)}")
    if len(calls) != len(expected):
        reason = f"{len(calls)} made ({_names(calls)}); expected {len(expected)}: {_listed(expected)}"
        return _Outcome("wrong_count", f"number of calls: {reason}")
    offered = {tool.name for tool in case.tools}
    for number, call in enumerate(calls, start=1):
        if call.name not in offered:
            return _Outcome("unknown_tool", f"call {number} names {describe(call.name)}, not a tool on offer")
    return _matched(expected, calls, case.ordered)


def _matched(expected: Sequence[ExpectedCall], calls: Sequence[ToolCall], ordered: bool) -> _Outcome:
    """The outcome of as many calls as expected, all of known tools, under the best assignment."""
    if ordered or len(calls) == 1:
        pairs = list(zip(calls, expected, strict=True))
    else:
        costs = [[_cost(call, wanted, len(calls)) for wanted in expected] for call in calls]
        columns = best_assignment(costs)
        pairs = [(call, expected[column]) for call, column in zip(calls, columns, strict=True)]
    worst: tuple[_Fault, int] | None = None
    count = 0
    for place, (call, wanted) in enumerate(pairs):
        for fault in _faults(call, wanted):
            count += 1
            if worst is None or _SEVERITY[fault.label] > _SEVERITY[worst[0].label]:
                worst = fault, place
    if worst is None:
        return _Outcome("correct", "every call is as expected")
    fault, place = worst
    call, wanted = pairs[place]
    where = f"call {place + 1} ({call.name})" if len(calls) > 1 else f"the call of {call.name}"
    return _Outcome(fault.label, f"{where} {_complaint(fault, call, wanted)}", count)


def _cost(call: ToolCall, wanted: ExpectedCall, calls: int) -> int:
    """A cost whose sum orders assignments by their worst faults first, then by how many faults they have.

    A fault outweighs any number of milder ones, so the cheapest assignment has the mildest label.
    """
    faults = list(_faults(call, wanted))
    if not faults:
        return 0
    base = (_MOST_FAULTS + 1) * (calls + 1)
    worst = max(_SEVERITY[fault.label] for fault in faults)
    return base**worst + min(len(faults), _MOST_FAULTS)


def _faults(call: ToolCall, wanted: ExpectedCall) -> Iterator[_Fault]:
    if call.name != wanted.name:
        yield _Fault("wrong_tool")
        return
    given = call.arguments
    for name, argument in wanted.arguments.items():
        if name not in given:
            if not argument.optional:
                yield _Fault("missing_required", name)
        elif not argument.comparator.fits(given[name]):
            yield _Fault("wrong_type", name)
        elif argument.comparator.key(given[name]) not in argument.keys:
            yield _Fault("wrong_value", name)
    for name in given:
        if name not in wanted.arguments:
            yield _Fault("unexpected_param", name)


def _complaint(fault: _Fault, call: ToolCall, wanted: ExpectedCall) -> str:
    parameter = fault.parameter
    match fault.label:
        case "wrong_tool":
            return f"is of the wrong tool; expected {wanted}"
        case "missing_required":
            return f"leaves out {parameter}; expected {_acceptable(wanted.arguments[parameter])}"
        case "unexpected_param":
            given = describe(call.arguments[parameter])
            return f"gives {describe(parameter)} ({given}), which must not be given"
        case "wrong_type":
            given, expected = call.arguments[parameter], wanted.arguments[parameter].comparator.expects
            return f"gives {parameter} {json_type(given)}, {describe(given)}; expected {expected}"
        case _:
            given = describe(call.arguments[parameter])
            return f"gives {parameter} {given}; expected {_acceptable(wanted.arguments[parameter])}"


def _acceptable(argument: ExpectedArgument) -> str:
    return " or ".join(describe(value) for value in argument.acceptable) or "it left out"


def _names(calls: Sequence[ToolCall]) -> str:
    return ", ".join(call.name for call in calls)


def _listed(expected: Sequence[ExpectedCall]) -> str:
    return ", ".join(str(call) for call in expected)
