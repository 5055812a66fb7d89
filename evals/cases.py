"""Suites of cases: read from a file, checked whole before anything runs.

The format is JSON Lines, one case a line; see `evals.case_file`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from evals.case_file import (
    DEFAULT_NOW_TEXT,
    AssistantForm,
    CaseForm,
    MessageForm,
    ToolForm,
    form_problems,
    key_path,
)
from evals.comparators import parse_instant
from evals.expected import ExpectedCall, compile_call, entry_problems, near
from evals.text import describe
from evals.toolset import Toolset, load_toolset
from providers.base import Message, ToolCall, ToolSpec

SUITES = Path(__file__).parent / "suites"

Kind = Literal["calls", "bfcl", "scenarios", "injection"]


@dataclass(frozen=True, slots=True)
class Case:
    """One question to a model: given this conversation and these tools, what does it do next?

    Attributes:
        id: Unique in its suite.
        category: What the case is about.
        messages: The conversation so far.
        now: The time that the model is told.
        tools: The tools on offer.
        accepted: The sets of calls that are right; the first is the file's `expect`.
        ordered: Whether the calls must come in this order.
        line: Where the case stands in its file, counted from 1.
        later: What the user may say after `messages`.
        wanted: What is right, in words, where that is no set of calls.
        about: What the case is about, tools or topics, where `accepted` says nothing of tools.
        task: What a suite of another kind than `calls` goes by.
    """

    id: str
    category: str
    messages: tuple[Message, ...]
    now: datetime
    tools: tuple[ToolSpec, ...]
    accepted: tuple[tuple[ExpectedCall, ...], ...]
    ordered: bool
    line: int
    later: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    task: Any = None


@dataclass(frozen=True, slots=True)
class Suite:
    """What is asked in a run.

    Attributes:
        name: What it is called.
        path: Its file.
        sha256: Hash of all that it is made of.
        cases: Its cases.
        toolset: The tools that its cases may name.
        kind: How its cases are put to a model and scored; see `evals.kinds`.
        alias: The name that loads it again, where its path does not.
    """

    name: str
    path: Path
    sha256: str
    cases: tuple[Case, ...]
    toolset: Toolset
    kind: Kind = "calls"
    alias: str = ""

    @property
    def reference(self) -> str:
        """What `evals.kinds.open_suite` finds it by, from anywhere."""
        return self.alias or str(self.path.resolve())


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a line; `key` is empty where it is the line as a whole."""

    line: int
    key: str
    message: str


class SuiteError(Exception):
    """A suite cannot be used; the text names each line, key and what was expected."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        """Says what is wrong with the suite at `path`."""
        self.path = path
        self.problems = tuple(problems)
        lines = [f"the suite {path} is not valid; nothing was run"]
        for problem in problems:
            where = f"{path}:{problem.line}" if problem.line else str(path)
            lines.append(f"{where}: {problem.key}{': ' if problem.key else ''}{problem.message}")
        super().__init__("\n".join(lines))


def suite_names() -> list[str]:
    """The names of the shipped suites."""
    return sorted(path.stem for path in SUITES.glob("*.jsonl"))


def find_suite(path_or_name: str) -> Path:
    """The file of a suite: a path, or the name of a shipped one.

    Raises:
        SuiteError: There is no such file.
    """
    for path in (Path(path_or_name), SUITES / f"{path_or_name}.jsonl"):
        if path.is_file():
            return path
    hint = near(path_or_name, suite_names())
    raise SuiteError(Path(path_or_name), [Problem(0, "", f"no such file, nor a shipped suite; {hint}")])


def load_suite(path_or_name: str, toolset: Toolset | None = None) -> Suite:
    """Reads and checks a suite.

    Args:
        path_or_name: A path, or the name of a file in `evals/suites` without `.jsonl`.
        toolset: The tools that its cases may name; the shipped ones if not given.

    Raises:
        SuiteError: A line is not valid, or there is no such suite; it names every bad line.
    """
    toolset = toolset or load_toolset()
    path = find_suite(path_or_name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SuiteError(path, [Problem(0, "", f"cannot be read: {error.strerror}")]) from error
    cases: list[Case] = []
    problems: list[Problem] = []
    first_lines: dict[str, int] = {}
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            case = _read_line(line, number, toolset)
        except _LineError as error:
            problems += [Problem(number, key, message) for key, message in error.problems]
            continue
        first = first_lines.setdefault(case.id, number)
        if first != number:
            message = f"{describe(case.id)} is already the id of line {first}; expected one of its own"
            problems.append(Problem(number, "id", message))
        cases.append(case)
    if not cases and not problems:
        problems.append(Problem(0, "", "holds no case; expected one JSON object a line"))
    if problems:
        raise SuiteError(path, problems)
    return Suite(path.stem, path, hashlib.sha256(content).hexdigest(), tuple(cases), toolset)


def select(suite: Suite, ids: Sequence[str]) -> Suite:
    """A suite with only some of its cases, in its own order; all of them where none is named.

    Raises:
        SuiteError: The suite has no such case.
    """
    known = {case.id for case in suite.cases}
    unknown = [name for name in ids if name not in known]
    if unknown:
        hints = (Problem(0, "", f"no case {describe(name)}; {_near_case(name, known)}") for name in unknown)
        raise SuiteError(suite.path, list(hints))
    return replace(suite, cases=tuple(case for case in suite.cases if case.id in ids)) if ids else suite


class _LineError(Exception):
    """A line is not a case; `problems` are pairs of a key and what was expected there."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(problems)
        self.problems = problems


def _near_case(name: str, known: Collection[str]) -> str:
    from difflib import get_close_matches  # only needed for this sentence

    close = get_close_matches(name, known)
    return f"did you mean {' or '.join(close)}?" if close else f"it has {len(known)} others"


def _read_line(line: bytes, number: int, toolset: Toolset) -> Case:
    try:
        form = CaseForm.model_validate(_parse(line))
    except ValidationError as error:
        raise _LineError(form_problems(error)) from error
    offered = form.tools if form.tools_given else list(toolset.names)
    problems = [*_message_problems(form.messages), *_call_problems(form, toolset, offered)]
    now = parse_instant(form.now)
    if now is None:
        expected = f"expected an ISO 8601 time such as {DEFAULT_NOW_TEXT}"
        problems.append(("now", f"{expected}, got {describe(form.now)}"))
    if problems or now is None:
        raise _LineError(problems)
    accepted = [form.expect, *form.alternatives]
    return Case(
        id=form.id,
        category=form.category,
        messages=tuple(_message(message) for message in form.messages),
        now=now,
        tools=toolset.select(offered),
        accepted=tuple(tuple(compile_call(entry, toolset) for entry in calls) for calls in accepted),
        ordered=form.ordered,
        line=number,
    )


def _parse(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise _LineError([("", f"expected UTF-8: byte {error.start} of the line is none")]) from error
    except json.JSONDecodeError as error:
        raise _LineError([("", f"expected JSON: {error.msg} at column {error.colno}")]) from error
    except (ValueError, RecursionError) as error:
        # Numbers of more than 4,300 digits, and what `_object` and `_constant` refuse.
        raise _LineError([("", f"expected JSON: {error}")]) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {describe(twice)} stands twice in one object")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _message_problems(messages: Sequence[MessageForm]) -> Iterator[tuple[str, str]]:
    called: set[str] = set()
    for index, message in enumerate(messages):
        if isinstance(message, AssistantForm):
            if message.content is None and not message.tool_calls:
                yield key_path("messages", index), "expected content or tool_calls, got neither"
            called.update(call.id for call in message.tool_calls)
        elif isinstance(message, ToolForm) and message.tool_call_id not in called:
            expected = "expected the id of a call that an assistant message before it makes"
            key = key_path("messages", index, "tool_call_id")
            yield key, f"{expected}, got {describe(message.tool_call_id)}"
    if isinstance(messages[-1], AssistantForm):
        key = key_path("messages", len(messages) - 1, "role")
        yield key, "expected the last message to be of user or tool, got assistant"


def _call_problems(form: CaseForm, toolset: Toolset, offered: Sequence[str]) -> Iterator[tuple[str, str]]:
    for index, name in enumerate(form.tools):
        if name not in toolset:
            message = f"unknown tool {describe(name)}; {near(name, toolset.names)}"
            yield key_path("tools", index), message
    for index, entry in enumerate(form.expect):
        yield from entry_problems(entry, toolset, offered, key_path("expect", index))
    for index, calls in enumerate(form.alternatives):
        for position, entry in enumerate(calls):
            yield from entry_problems(entry, toolset, offered, key_path("alternatives", index, position))


def _message(form: MessageForm) -> Message:
    match form:
        case AssistantForm():
            calls = (
                ToolCall(call.id, call.function.name, call.function.arguments) for call in form.tool_calls
            )
            return Message("assistant", form.content, tuple(calls))
        case ToolForm():
            return Message("tool", form.content, tool_call_id=form.tool_call_id)
        case _:
            return Message(form.role, form.content)
