"""Limits, repeats and events by themselves."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.events import Event, TextDelta, ToolFinished, ToolRunning, event_dict
from agent.limits import Budget, TurnLimits, add_usage
from agent.repeats import RepeatWatch
from providers.base import ToolCall, Usage
from tools.results import done


def made(number: int) -> ToolCall:
    return ToolCall("", "look", {"at": number})


def judged(replies: list[list[int]], identical: int = 3) -> list[list[bool]]:
    watch = RepeatWatch(identical, lambda name: name == "poll")
    return [watch.judge([made(number) for number in reply]) for reply in replies]


@pytest.mark.parametrize("name", ["steps", "tokens", "seconds", "calls", "identical", "history_tokens"])
def test_limits_are_positive(name: str):
    with pytest.raises(ValueError, match=f"the limit {name} is 0; it must be more than 0"):
        TurnLimits(**{name: 0})
    with pytest.raises(ValueError, match="nan"):
        TurnLimits(seconds=float("nan"))
    assert TurnLimits(reasks=0).reasks == 0
    with pytest.raises(ValueError, match="reasks is -1"):
        TurnLimits(reasks=-1)


def test_the_first_limit_counts():
    budget = Budget(TurnLimits(calls=1))
    assert budget.take_call()
    assert budget.reached is None
    assert not budget.take_call()
    budget.stop("repeats")
    assert budget.reached == "calls"
    budget.add(Usage(0, 0, 5000))
    assert budget.reached == "tokens"
    assert budget.tokens_left == 0


def test_usages_add_up():
    assert add_usage(Usage(1, 2, 3), Usage(10, 20, 30, True)) == Usage(11, 22, 33, True)


def test_third_identical_call_whatever_is_between():
    assert judged([[1], [2], [1], [3], [1]]) == [[False], [False], [False], [False], [True]]
    assert judged([[1, 1, 1]]) == [[False, False, True]]
    assert judged([[1], [1]], identical=2) == [[False], [True]]


def test_alternating_replies():
    assert judged([[1], [2], [1], [2]])[-1] == [True]
    assert judged([[1, 3], [2], [1, 3], [2]])[-1] == [True]
    assert judged([[1], [2], [3], [1], [2]])[-1] == [False]
    assert judged([[1], [2], [1], [3], [2]])[-1] == [False]


def test_the_order_of_arguments_does_not_matter():
    watch = RepeatWatch(2, lambda name: False)
    watch.judge([ToolCall("a", "look", {"x": 1, "y": [1, 2]})])
    assert watch.judge([ToolCall("b", "look", {"y": [1, 2], "x": 1})]) == [True]
    assert watch.judge([ToolCall("c", "look", {"y": [2, 1], "x": 1})]) == [False]
    assert watch.judge([ToolCall("c", "look", {"y": [1, 2], "x": True})]) == [False]


@given(st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=12))
def test_polling_is_never_repeated(replies: list[list[int]]):
    watch = RepeatWatch(3, lambda name: True)
    assert not any(any(watch.judge([made(number) for number in reply])) for reply in replies)


@given(st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=12))
def test_no_call_runs_three_times(replies: list[list[int]]):
    ran = [
        n
        for reply, flags in zip(replies, judged(replies), strict=True)
        for n, bad in zip(reply, flags, strict=True)
        if not bad
    ]
    assert all(ran.count(number) <= 2 for number in ran)


def test_events_are_json_with_a_type():
    events: list[Event] = [
        TextDelta("a"),
        ToolRunning(made(1)),
        ToolFinished("call_1", "look", done("Seen.", rows=[1]), 0.5),
    ]
    written = [json.loads(json.dumps(event_dict(event))) for event in events]
    assert [event["type"] for event in written] == ["text-delta", "tool-running", "tool-finished"]
    assert written[1]["call"] == {"id": "", "name": "look", "arguments": {"at": 1}}
    assert written[2]["result"]["message"] == "Seen."
