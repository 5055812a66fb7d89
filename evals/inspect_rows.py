"""What was said in a case, put together from its question and its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from evals.cases import Case
from evals.rows import Row
from providers.base import Message, ToolCall


def conversation(case: Case | None, row: Row) -> list[Message]:
    """The question and the answer; of a whole conversation, all of it."""
    kept = cast("Sequence[Mapping[str, Any]] | None", row.details.get("messages"))
    if kept is not None:
        return [_message(each) for each in kept]
    asked = list(case.messages) if case else []
    calls = tuple(
        ToolCall(f"call_{number}", call.name, call.arguments)
        for number, call in enumerate(row.tool_calls(), start=1)
    )
    return [*asked, Message("assistant", row.raw or None, calls)]


def _message(kept: Mapping[str, Any]) -> Message:
    calls = (ToolCall(call["id"], call["name"], call["arguments"]) for call in kept.get("tool_calls", ()))
    return Message(kept["role"], kept.get("content"), tuple(calls), kept.get("tool_call_id"))
