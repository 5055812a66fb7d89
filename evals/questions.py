"""What a run asked, found again in its suite."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from evals.cases import Case, SuiteError
from evals.expected import ExpectedCall
from evals.kinds import open_suite
from evals.record import RunRecord
from providers.base import Message

# Made once: `json.dumps` makes an encoder for each value where it is told how.
_encode = json.JSONEncoder(ensure_ascii=False).encode


def _json(value: Any) -> str:
    # The encoder is slow to begin; most values are short.
    return str(value) if type(value) is int else _encode(value)


def read_questions(record: RunRecord) -> tuple[dict[str, Case], str]:
    """The cases of a run's suite by id; or none, and a sentence that says why."""
    try:
        suite = open_suite(record.suite.path)
    except SuiteError as error:
        return {}, f"the question cannot be shown: {error}"
    if suite.sha256 != record.suite.sha256:
        return {}, f"{suite.path} has changed since the run: the question cannot be shown"
    return {case.id: case for case in suite.cases}, ""


def question_object(case: Case) -> dict[str, Any]:
    """A case as JSON: the conversation, and every set of calls that is right, each call as a sentence."""
    return {
        "messages": [
            {
                "role": message.role,
                "content": message.content or "",
                "calls": [call_text(call.name, call.arguments) for call in message.tool_calls],
            }
            for message in case.messages
        ],
        "now": case.now.isoformat(),
        "tools": [tool.name for tool in case.tools],
        "expected": expected_lines(case),
        "ordered": case.ordered,
    }


def expected_lines(case: Case) -> list[list[str]]:
    """Every way to be right: calls, each as a sentence, or else words."""
    if case.wanted:
        return [list(case.wanted)]
    return [[expected_text(call) for call in calls] for calls in case.accepted]


def expected_tools(case: Case) -> tuple[str, ...]:
    """The tools that a case's first accepted set of calls names, each once, or else what it is about."""
    if case.about:
        return case.about
    return tuple(dict.fromkeys(call.name for calls in case.accepted[:1] for call in calls))


def expected_text(call: ExpectedCall) -> str:
    """A call as a case accepts it: every acceptable value of every parameter."""
    arguments = {
        name: (*argument.acceptable, *((None,) if argument.optional else ()))
        for name, argument in call.arguments.items()
    }
    return accepted_text(call.name, arguments)


def accepted_text(name: str, arguments: Mapping[str, Sequence[Any]]) -> str:
    """The same of a call as a suite's file has it, where `null` says that a parameter may be left out."""
    given: list[str] = []
    for parameter, values in arguments.items():
        said = [_json(value) for value in values if value is not None] + ["left out"] * (None in values)
        given.append(f"{parameter} {' or '.join(said)}")
    return f"{name} {'; '.join(given)}"


def call_text(name: str, arguments: Mapping[str, Any]) -> str:
    """A call that was made, in a line."""
    return f"{name} {_json(arguments)}"


def message_object(message: Message) -> dict[str, Any]:
    """A message in the OpenAI chat form, but for arguments, which stay JSON values."""
    written: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        written["tool_calls"] = [
            {"id": call.id, "name": call.name, "arguments": call.arguments} for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        written["tool_call_id"] = message.tool_call_id
    return written
