"""What the cases of a report asked, read so that a suite of 100,000 cases takes seconds and little memory.

A run's suite was checked when it ran, and its hash says that it is still the same: here its lines are only read.
Of each case the little is kept that the list shows, and as text what it shows when it is opened.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from evals.case_file import DEFAULT_NOW_TEXT
from evals.cases import Case
from evals.comparators import parse_instant
from evals.json_text import dumped, loaded
from evals.questions import accepted_text, call_text, expected_tools, question_object, read_questions
from evals.record import RunRecord
from evals.toolset import load_toolset

SHOWN = 140


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list shows of a case.

    Attributes:
        tools: The tools that it expects, each once.
        words: The user's last message, cut.
        place: Where what it shows when it is opened begins, and how long that is; or its number among cases.
    """

    tools: tuple[str, ...]
    words: str
    place: tuple[int, int]


class Questions:
    """The cases of a run's suite, by id."""

    def __init__(self, record: RunRecord) -> None:
        """Reads the suite of a run; where that cannot be, `note` says why and no case is known."""
        self.note = ""
        self._asked: dict[str, Asked] = {}
        self._cases: list[Case] = []
        # All that is shown of cases, as JSON, one after the other: text takes a fifth of what its values take.
        self._shown = bytearray()
        self._tools: tuple[str, ...] = ()
        self._shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        if record.suite.kind == "calls" and self._read_lines(record):
            return
        cases, self.note = read_questions(record)
        self._cases = list(cases.values())
        for number, case in enumerate(self._cases):
            said = next((m.content for m in reversed(case.messages) if m.role == "user"), "") or ""
            self._asked[case.id] = Asked(self._share(expected_tools(case)), _cut(said), (number, 0))

    def __bool__(self) -> bool:
        """Whether any case is known."""
        return bool(self._asked)

    def __contains__(self, case: object) -> bool:
        """Whether a case is known."""
        return case in self._asked

    def tools(self, case: str) -> tuple[str, ...]:
        """The tools that a case expects; none where it is not known."""
        return self._asked[case].tools if case in self._asked else ()

    def words(self, case: str) -> str:
        """The user's last message, cut; empty where the case is not known."""
        return self._asked[case].words if case in self._asked else ""

    def all_tools(self) -> Iterable[str]:
        """Every tool that a case expects, in the order of the cases."""
        return dict.fromkeys(tool for asked in self._asked.values() for tool in asked.tools)

    def whole(self, case: str) -> str:
        """All that a case shows when it is opened, as JSON: `question_object`, but of the tools only how many."""
        start, length = self._asked[case].place
        if self._cases:
            asked = self._cases[start]
            return dumped({**question_object(asked), "tools": len(asked.tools)})
        return self._shown[start : start + length].decode("ascii")

    def _read_lines(self, record: RunRecord) -> bool:
        """Reads a suite's file; False leaves it to the whole reader, which says what is wrong."""
        try:
            content = Path(record.suite.path).read_bytes()
        except OSError:
            return False
        if hashlib.sha256(content).hexdigest() != record.suite.sha256:
            return False
        self._tools = load_toolset().names
        for text in io.BytesIO(content):
            if text.strip():
                line = loaded(text)
                said = next((m["content"] for m in reversed(line["messages"]) if m["role"] == "user"), "")
                tools = self._share(tuple(dict.fromkeys(call["name"] for call in line["expect"])))
                shown = dumped(self._object(line)).encode("ascii")
                self._asked[line["id"]] = Asked(tools, _cut(said), (len(self._shown), len(shown)))
                self._shown += shown
        return True

    def _share(self, tools: tuple[str, ...]) -> tuple[str, ...]:
        return self._shared.setdefault(tools, tools)

    def _object(self, line: Mapping[str, Any]) -> dict[str, Any]:
        accepted = [line["expect"], *line.get("alternatives", ())]
        return {
            "messages": [_message(message) for message in line["messages"]],
            "now": _instant(line.get("now", DEFAULT_NOW_TEXT)),
            "tools": len(set(line.get("tools", self._tools))),
            "expected": [
                [accepted_text(call["name"], call["arguments"]) for call in calls] for calls in accepted
            ],
            "ordered": line.get("ordered", False),
        }


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    made = [call["function"] for call in message.get("tool_calls", ())]
    return {
        "role": message["role"],
        "content": message.get("content") or "",
        "calls": [call_text(call["name"], call["arguments"]) for call in made],
    }


@lru_cache
def _instant(text: str) -> str:
    now = parse_instant(text)
    return "" if now is None else now.isoformat()


def _cut(said: str) -> str:
    said = " ".join(said.split())
    return said if len(said) <= SHOWN else said[: SHOWN - 1] + "…"
