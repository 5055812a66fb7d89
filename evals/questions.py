"""What a run asked, found again in its suite."""

from __future__ import annotations

import json
from typing import Any

from evals.cases import Case, SuiteError, load_suite
from evals.expected import ExpectedCall
from evals.record import RunRecord


def read_questions(record: RunRecord) -> tuple[dict[str, Case], str]:
    """The cases of a run's suite by id; or none, and a sentence that says why."""
    try:
        suite = load_suite(record.suite.path)
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
                "calls": [f"{call.name} {_json(call.arguments)}" for call in message.tool_calls],
            }
            for message in case.messages
        ],
        "now": case.now.isoformat(),
        "tools": [tool.name for tool in case.tools],
        "expected": [[expected_text(call) for call in calls] for calls in case.accepted],
        "ordered": case.ordered,
    }


def expected_tools(case: Case) -> tuple[str, ...]:
    """The tools that a case's first accepted set of calls names, each once."""
    return tuple(dict.fromkeys(call.name for call in case.accepted[0]))


def expected_text(call: ExpectedCall) -> str:
    """A call as a case accepts it: every acceptable value of every parameter."""
    given: list[str] = []
    for name, argument in call.arguments.items():
        values = [_json(value) for value in argument.acceptable] + ["left out"] * argument.optional
        given.append(f"{name} {' or '.join(values)}")
    return f"{call.name} {'; '.join(given)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
