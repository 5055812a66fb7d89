"""Turns of a conversation that was stored."""

from __future__ import annotations

from collections.abc import Iterable

from agent.conversation import Entry
from tui.chat.parts import Answer, CallPart, Note, Turn, parse_result


def turns_of(entries: Iterable[Entry]) -> list[Turn]:
    """Groups messages into turns; a conversation whose process died ends with what there was."""
    turns: list[Turn] = []
    calls: dict[str, CallPart] = {}
    for entry in entries:
        message = entry.message
        if message.role == "user" and entry.note != "reask":
            turns.append(Turn(message.content or ""))
            continue
        if not turns:
            turns.append(Turn(""))
        turn = turns[-1]
        match message.role:
            case "assistant":
                if message.content:
                    turn.parts.append(
                        Answer(message.content, streaming=False, partial=entry.note == "partial")
                    )
                for call in message.tool_calls:
                    part = CallPart(call.name, call=call, state="refused")
                    calls[call.id] = part
                    turn.parts.append(part)
            case "tool":
                part = calls.get(message.tool_call_id or "")
                if part is not None:
                    part.result = parse_result(message.content or "")
                    part.state = "done" if part.result.success else "failed"
            case "user":
                turn.parts.append(Note("A call could not be read; the model was asked again.", "warning"))
            case _:
                pass
    return turns


def interrupted(entries: Iterable[Entry]) -> bool:
    """Whether the last turn has no whole answer: its process died, it was stopped, or it failed."""
    last = next(reversed(list(entries)), None)
    return last is not None and (last.message.role != "assistant" or last.note == "partial")


def as_markdown(title: str, turns: Iterable[Turn]) -> str:
    """The conversation as Markdown, to copy."""
    lines = [f"# {title}"] if title else []
    for turn in turns:
        lines.append(f"**You:** {turn.question}")
        for part in turn.parts:
            match part:
                case Answer():
                    lines.append(part.text)
                case CallPart():
                    lines.append(f"```json\n{part.raw()}\n```")
                case Note():
                    lines.append(f"> {part.text}")
                case _:
                    pass
    return "\n\n".join(line for line in lines if line.strip()) + "\n"
