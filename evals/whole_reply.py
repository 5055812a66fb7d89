"""A model's whole reply, as JSON and as chunks."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from providers.base import (
    Call,
    Chunk,
    Finish,
    Malformed,
    Reasoning,
    Reply,
    Text,
    Timing,
    ToolCall,
    Usage,
)


def reply_to_json(reply: Reply) -> str:
    """Writes a reply exactly as it is, NaN and halves of surrogate pairs included; the text is ASCII."""
    return json.dumps(asdict(reply), separators=(",", ":"))


def reply_from_json(text: str) -> Reply:
    """Reads what `reply_to_json` wrote.

    Raises:
        ValueError: The text is no such reply.
    """
    try:
        return _reply(json.loads(text))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a reply: {error!r}") from error


def chunks_of(reply: Reply) -> list[Chunk]:
    """A reply as chunks that `providers.base.collect` folds to it again."""
    chunks: list[Chunk] = [Reasoning(reply.reasoning)] if reply.reasoning else []
    if reply.text:
        chunks.append(Text(reply.text))
    return [*chunks, *reply.calls, *reply.malformed, reply.finish]


def _reply(data: dict[str, Any]) -> Reply:
    finish = data["finish"]
    return Reply(
        text=data["text"],
        reasoning=data["reasoning"],
        calls=tuple(
            Call(call["index"], ToolCall(**call["call"]), tuple(call["repairs"])) for call in data["calls"]
        ),
        malformed=tuple(Malformed(**malformed) for malformed in data["malformed"]),
        finish=Finish(finish["reason"], Usage(**finish["usage"]), finish["raw"], Timing(**finish["timing"])),
    )
