"""Suites, cases and a provider for the tests of the evals."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evals.case_file import ExpectedForm
from evals.cases import Case, load_suite
from evals.expected import compile_call
from evals.loaded import LoadedRun, load_runs
from evals.provenance import Code, Hardware
from evals.record import RunRecord, SuiteRef
from evals.rows import Row
from evals.run import RunEvent
from evals.store import RunStore
from evals.summary import Tally
from evals.sweep.plan import Plan
from evals.sweep.record import SweepRecord
from evals.toolset import load_toolset
from providers.base import (
    Call,
    Chunk,
    Finish,
    Malformed,
    Message,
    ProviderError,
    ProviderRejected,
    ProviderTimeout,
    Settings,
    Text,
    ToolCall,
    ToolSpec,
    Usage,
)
from providers.info import ModelInfo

EXAMPLES = Path(__file__).parent / "data" / "cases.example.jsonl"
TOOLSET = load_toolset()

Entry = tuple[str, dict[str, list[Any]]]
Reply = list[Chunk] | ProviderError


def call(name: str, /, **arguments: Any) -> ToolCall:
    """A call as a model makes it."""
    return ToolCall("", name, arguments)


def entries(calls: Iterable[Entry]) -> list[dict[str, Any]]:
    """A list of expected calls as a suite has it."""
    return [{"name": name, "arguments": arguments} for name, arguments in calls]


def case_of(*accepted: Sequence[Entry], ordered: bool = False, tools: Sequence[str] | None = None) -> Case:
    """A case that accepts any of the given sets of calls."""
    return Case(
        id="c",
        category="simple",
        messages=(Message("user", "?"),),
        now=datetime(2026, 11, 22, 12, tzinfo=UTC),
        tools=TOOLSET.specs if tools is None else TOOLSET.select(tools),
        accepted=tuple(
            tuple(compile_call(ExpectedForm.model_validate(entry), TOOLSET) for entry in entries(calls))
            for calls in accepted
        ),
        ordered=ordered,
        line=1,
    )


def line_of(**changes: Any) -> dict[str, Any]:
    """A valid line of a suite, with changes; a change to `...` takes the key away."""
    line: dict[str, Any] = {
        "id": "a",
        "category": "simple",
        "messages": [{"role": "user", "content": "ping gw1.lan"}],
        "expect": entries([("ping_host", {"target": ["gw1.lan"]})]),
        **changes,
    }
    return {key: value for key, value in line.items() if value is not ...}


def write_suite(path: Path, lines: Iterable[dict[str, Any] | str]) -> Path:
    """Writes a suite; a string is a line as it stands."""
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def ping_suite(path: Path, count: int) -> Path:
    """A suite of cases that `ping_reply` gets right."""
    return write_suite(
        path,
        (
            line_of(
                id=f"p{number}",
                messages=[{"role": "user", "content": f"ping h{number}.lan"}],
                expect=entries([("ping_host", {"target": [f"h{number}.lan"]})]),
            )
            for number in range(count)
        ),
    )


def reply_of(*calls: ToolCall, repairs: tuple[str, ...] = (), raw: str = "", tokens: int = 7) -> list[Chunk]:
    """A whole reply of some calls."""
    made: list[Chunk] = [Call(index, made_call, repairs) for index, made_call in enumerate(calls)]
    finish = Finish("tool_calls" if calls else "stop", Usage(100, 90, tokens), raw)
    return [*made, finish]


def ping_reply(messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Reply:
    """Does what messages like `ping gw1.lan`, `say hello`, `break it` and `die` ask for."""
    verb, _, rest = (messages[-1].content or "").partition(" ")
    match verb:
        case "ping":
            return reply_of(call("ping_host", target=rest), raw=f"ping_host({rest})")
        case "die":
            return ProviderTimeout("no reply within the deadline")
        case "break":
            return [Malformed(rest, "a bracket is missing", 3), Finish("stop", raw=rest)]
        case _:
            return [Text(rest), Finish("stop", raw=rest)]


class RuleProvider:
    """A provider whose replies a function makes; it counts what is under way.

    Attributes:
        running: The replies that are under way.
        most: The most replies that were under way at a time.
        asked: Every request, in order.
    """

    name = "rule"

    def __init__(
        self,
        rule: Callable[[Sequence[Message], Sequence[ToolSpec], Settings], Reply] = ping_reply,
        delay_s: float = 0.0,
    ) -> None:
        self.info = ModelInfo("rule:f16", "f16", 1_234_567, 2_469_134, "ab" * 32, "rule", "cd" * 32)
        self.asked: list[tuple[tuple[Message, ...], Settings]] = []
        self.most = 0
        self.closed = False
        self._rule = rule
        self._delay_s = delay_s
        self.running = 0

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncIterator[Chunk]:
        self.asked.append((tuple(messages), settings))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self._delay_s)
            reply = self._rule(messages, tools, settings)
            if isinstance(reply, ProviderError):
                raise reply
            for chunk in reply:
                yield chunk
        finally:
            self.running -= 1

    async def aclose(self) -> None:
        self.closed = True


def record_of(**changes: Any) -> RunRecord:
    """What a run was, with changes."""
    record = RunRecord(
        created="2026-11-22T12:00:00+00:00",
        command="evals run",
        suite=SuiteRef(name="s", path="s.jsonl", sha256="00", cases=50),
        limit=None,
        seed=0,
        repeats=1,
        constrained="none",
        requested=None,
        model=ModelInfo("rule:f16", "f16", 7, 14, "ab", "rule", "cd"),
        sampler={"temperature": 0.0, "stop": ("END",)},
        tools_sha256="11",
        code=Code(revision=None, changed=None, sha256="22"),
        packages={"python": "3.11", "llama-cpp-python": "1"},
        hardware=Hardware(processor=None, processors=2, memory_bytes=None, machine="x", system="y"),
    )
    return record.model_copy(update=changes)


def row_of(number: int, **changes: Any) -> Row:
    """A row with all that may trouble a file of lines."""
    values: dict[str, Any] = {
        "id": f"c{number}",
        "repeat": 0,
        "category": "simple",
        "label": "correct",
        "calls": ({"name": "ping_host", "arguments": {"target": f"h{number}.lan", "count": 4}},),
        "raw": '检查\n\u2028 "quoted" \\ \x1b[31m 🛰',
        "usage": Usage(10, 5, 3),
        "seconds": 0.25,
        "started": 1000.0 + number,
        **changes,
    }
    return Row(**values)


def stored_run(directory: Path, suite: Path, rows: Iterable[Row], **changes: Any) -> Path:
    """A run of a suite with the given rows, stored as a run stores them."""
    loaded = load_suite(str(suite))
    reference = SuiteRef(name=loaded.name, path=str(suite), sha256=loaded.sha256, cases=len(loaded.cases))
    record = record_of(suite=reference, tools_sha256=loaded.toolset.sha256, **changes)
    with RunStore.create(directory, record) as store:
        for row in rows:
            store.append(row)
    return directory


def ping_row(number: int, right: bool = True, **changes: Any) -> Row:
    """A row of case `number` of `ping_suite`; a wrong one pings another host."""
    host = f"h{number}.lan" if right else "other.lan"
    values: dict[str, Any] = {
        "id": f"p{number}",
        "label": "correct" if right else "wrong_value",
        "calls": ({"name": "ping_host", "arguments": {"target": host}},),
        "raw": f"ping_host({host})",
        **changes,
    }
    return row_of(number, **values)


def two_runs(folder: Path, before: Sequence[bool], after: Sequence[bool]) -> tuple[LoadedRun, LoadedRun]:
    """A baseline and another run on one suite; each is right in the cases that are true."""
    suite = ping_suite(folder / "suite.jsonl", len(before))
    names = []
    for name, outcomes in (("f16", before), ("q4_k", after)):
        rows = (ping_row(number, right) for number, right in enumerate(outcomes))
        model = ModelInfo(f"rule:{name}", name, 7, 14_000_000 if name == "f16" else 4_000_000)
        names.append(str(stored_run(folder / name, suite, rows, model=model)))
    first, second = load_runs(names)
    return first, second


class Silent:
    """A display of a run that shows nothing."""

    def begin(self, directory: Path, record: RunRecord, tally: Tally) -> None:
        """Shows nothing."""

    def show(self, event: RunEvent, tally: Tally) -> None:
        """Shows nothing."""


async def open_rule(model: str | None, config: Any) -> RuleProvider:
    """Opens a `RuleProvider` for a worker; `RULE_DELAY_S` in the environment is how long each reply takes.

    `kill h2.lan` ends the process that is asked it, as a model may that does not fit into memory.
    """

    def rule(messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Reply:
        verb, _, rest = (messages[-1].content or "").partition(" ")
        if verb == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return reply_of(call("ping_host", target=rest), raw=str(os.getpid()))

    if model == "none":
        raise ProviderRejected("no model is named none; did you mean rule?")
    provider = RuleProvider(rule, float(os.environ.get("RULE_DELAY_S", "0")))
    if model == "odd":
        provider.info = replace(provider.info, name=str(os.getpid()))
    return provider


def mortal_suite(path: Path, count: int, deadly: int) -> Path:
    """A suite like `ping_suite`, of which one case kills whoever is asked it."""
    lines = []
    for number in range(count):
        verb = "kill" if number == deadly else "ping"
        lines.append(
            line_of(
                id=f"p{number}",
                messages=[{"role": "user", "content": f"{verb} h{number}.lan"}],
                expect=entries([("ping_host", {"target": [f"h{number}.lan"]})]),
            )
        )
    return write_suite(path, lines)


def copy_code(to: Path) -> Path:
    """A copy of the code for `PYTHONPATH`: a run may not be resumed by other code, and someone may be editing it."""
    root = Path(__file__).parents[2]
    for package in ("evals", "providers", "tools", "tests/evals"):
        shutil.copytree(root / package, to / package, ignore=shutil.ignore_patterns("__pycache__"))
    return to


def sweep_of(suite: Path, *models: str, jobs: int = 2) -> SweepRecord:
    """A sweep of models, each free and held to copies, that has not begun."""
    plan = Plan(
        models=models, constrained=("none", "copy"), suites=(str(suite),), skipped=("x does not ship yet",)
    )
    return SweepRecord(created="2026-11-22T12:00:00+00:00", command="evals sweep", plan=plan, jobs=jobs)
