"""Chooses what a model sees of a conversation that is too long; calls and their results stay together."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.canonical import canonical
from agent.conversation import Entry
from providers.base import Message
from tools.results import ToolResult, clipped

TokenCounter = Callable[[str], int]

#: Tokens that a message costs besides its text: role, separators.
MESSAGE_TOKENS = 4
_SHORTEST_RESULT_CHARS = 200


def estimate_tokens(text: str) -> int:
    """Estimates the tokens of a text, rather too many than too few: one for three bytes."""
    return (len(text.encode("utf-8", "replace")) + 2) // 3


def message_tokens(message: Message, count: TokenCounter) -> int:
    """Counts the tokens of a message."""
    calls = sum(count(call.name) + count(canonical(call.arguments)) for call in message.tool_calls)
    return MESSAGE_TOKENS + count(message.content or "") + calls


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What is left of a conversation.

    Attributes:
        messages: What the model sees.
        tokens: Its tokens.
        dropped: Messages left out.
        shortened: Tool results of which only the beginning is left.
    """

    messages: tuple[Message, ...]
    tokens: int
    dropped: int = 0
    shortened: int = 0


def trim(entries: Sequence[Entry], budget: int, count: TokenCounter = estimate_tokens) -> Trimmed:
    """Leaves out the oldest messages until the rest fits.

    System messages, the user's last message and what came last stay in any case. A reply with calls and the
    results of those calls stay or go together. Where what must stay is still too long, the longest tool
    results are cut, and say so.

    Args:
        entries: The conversation.
        budget: Tokens that the result may have; exceeded only where what must stay cannot be cut enough.
        count: Counts the tokens of a text.
    """
    blocks = _blocks([entry.message for entry in entries])
    sizes = [sum(message_tokens(m, count) for m in block) for block in blocks]
    asked = _last_question(entries, blocks)
    fixed = {
        i for i, block in enumerate(blocks) if block[0].role == "system" or i in (asked, len(blocks) - 1)
    }
    kept = set(fixed)
    total = sum(sizes[i] for i in fixed)
    for i in range(len(blocks) - 1, -1, -1):
        if i in kept:
            continue
        if total + sizes[i] > budget:
            break
        kept.add(i)
        total += sizes[i]
    for i in sorted(kept - fixed):
        # What is left begins with words of the user, as many models ask for.
        if i > asked or blocks[i][0].role == "user":
            break
        kept.remove(i)
        total -= sizes[i]
    messages = [message for i in sorted(kept) for message in blocks[i]]
    dropped = len(entries) - len(messages)
    shortened = 0
    if total > budget:
        shortened = _shorten(messages, total - budget, count)
        total = sum(message_tokens(m, count) for m in messages)
    return Trimmed(tuple(messages), total, dropped, shortened)


def _blocks(messages: Sequence[Message]) -> list[list[Message]]:
    """Groups messages that belong together: a reply with calls, and the results that follow it."""
    blocks: list[list[Message]] = []
    for message in messages:
        if message.role == "tool" and blocks and blocks[-1][0].tool_calls:
            blocks[-1].append(message)
        else:
            blocks.append([message])
    return blocks


def _last_question(entries: Sequence[Entry], blocks: Sequence[Sequence[Message]]) -> int:
    """Finds the block of the last message that the user wrote; -1 if there is none."""
    first, found = 0, -1
    for i, block in enumerate(blocks):
        if block[0].role == "user" and entries[first].note != "reask":
            found = i
        first += len(block)
    return found


def _shorten(messages: list[Message], excess: int, count: TokenCounter) -> int:
    """Halves the longest tool result, again and again, until enough is cut or nothing is left to cut."""
    whole = {i: m.content or "" for i, m in enumerate(messages) if m.role == "tool"}
    shown = {i: len(text) for i, text in whole.items() if len(text) > _SHORTEST_RESULT_CHARS}
    cut: set[int] = set()
    while excess > 0 and shown:
        longest = max(shown, key=lambda i: shown[i])
        shown[longest] = max(_SHORTEST_RESULT_CHARS, shown[longest] // 2)
        before = messages[longest].content or ""
        after = _cut(whole[longest], shown[longest])
        if shown[longest] == _SHORTEST_RESULT_CHARS:
            del shown[longest]
        if count(after) < count(before):
            excess -= count(before) - count(after)
            messages[longest] = replace(messages[longest], content=after)
            cut.add(longest)
    return len(cut)


def _cut(content: str, chars: int) -> str:
    """Cuts a result to about so many characters and says so; what is the JSON of a result stays that."""
    try:
        whole: Any = json.loads(content)
    except ValueError:
        whole = None
    match whole:
        case {"success": bool() as success, "message": str() as message, "data": dict()}:
            return clipped(ToolResult(success, message, whole["data"]), chars).to_json()
        case _:
            note = f"… (the first {chars:,} of {len(content):,} characters; the rest was left out to fit)"
            return content[:chars] + note
