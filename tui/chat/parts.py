"""What a turn on the screen is made of, as data: a question, then answers, thoughts, calls and notes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from providers.base import ToolCall, Usage
from tools.results import ToolResult

if TYPE_CHECKING:
    from agent.approval import Approval
    from tools.registry import Effect

CallState = Literal["writing", "proposed", "waiting", "running", "done", "failed", "refused", "unreadable"]
Tone = Literal["info", "warning", "error"]


@dataclass(slots=True)
class Answer:
    """What the model says; `partial` where it was cut short."""

    text: str = ""
    streaming: bool = True
    partial: bool = False


@dataclass(slots=True)
class Thought:
    """What the model thinks."""

    text: str = ""
    streaming: bool = True


@dataclass(slots=True)
class CallPart:
    """A call, from its first letter to its result.

    Attributes:
        name: The tool's name, as the model wrote it.
        step: The reply that it is part of; `index` is its place in it.
        written: The arguments as the model wrote them, while the call is not whole.
        call: The whole call.
        effect: What the tool does; None where there is no such tool.
        state: How far it is.
        approval: What a person is asked, while they are.
        result: What came of it.
        seconds: How long it ran; None where it did not, or nobody knows any more.
    """

    name: str
    step: int = 0
    index: int = 0
    written: str = ""
    call: ToolCall | None = None
    effect: Effect | None = None
    state: CallState = "writing"
    approval: Approval | None = None
    result: ToolResult | None = None
    seconds: float | None = None

    def raw(self) -> str:
        """The call as JSON, with its result: what is copied."""
        call: dict[str, Any] = {"name": self.name, "arguments": self.written}
        if self.call is not None:
            call = {"id": self.call.id, "name": self.call.name, "arguments": self.call.arguments}
        if self.result is not None:
            call["result"] = self.result.as_dict()
        return json.dumps(call, ensure_ascii=False, indent=2)


@dataclass(slots=True)
class Note:
    """What is to be known about the turn, in words of ours."""

    text: str
    tone: Tone = "info"


Part = Answer | Thought | CallPart | Note


@dataclass(slots=True)
class Turn:
    """One message of the user and all that came of it.

    Attributes:
        question: What the user said.
        parts: What came of it, in order.
        running: Whether it goes on.
        ending: How it ended, by `agent.events.TurnFinished.reason`; `failed`; empty where that is not known.
        usage: Its tokens.
        seconds: How long it took.
        model: Who answered.
    """

    question: str
    parts: list[Part] = field(default_factory=list[Part])
    running: bool = False
    ending: str = ""
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    model: str = ""

    @property
    def answer(self) -> str:
        """All that the model said, without what it called."""
        return "\n\n".join(part.text for part in self.parts if isinstance(part, Answer) and part.text.strip())

    @property
    def calls(self) -> list[CallPart]:
        """Its calls."""
        return [part for part in self.parts if isinstance(part, CallPart)]


def parse_result(content: str) -> ToolResult:
    """Reads a result back from the message that the model got; what is none is all message."""
    try:
        found: Any = json.loads(content)
    except ValueError:
        found = None
    match found:
        case {"success": bool() as success, "message": str() as message, "data": dict()}:
            values = cast("dict[str, Any]", found)
            return ToolResult(
                success,
                message,
                cast("dict[str, Any]", values["data"]),
                values.get("truncated") is True,
                values["next_page"] if isinstance(values.get("next_page"), int) else None,
            )
        case _:
            return ToolResult(True, content)
