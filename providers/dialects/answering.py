"""Answers in the tools' own words.

The tools of this project say in a sentence what came of a call. A model of a few million parameters that has decided to
answer, not to call again, may still spell a number wrong; so where values are copied, that sentence is the answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from providers.base import DialectEvent, Message, Text
from providers.dialects.base import StreamParser


def quote_of(messages: Sequence[Message]) -> str | None:
    """What the results at the end of a conversation say in words; None if one of them says nothing."""
    said: list[str] = []
    for message in reversed(messages):
        if message.role != "tool":
            break
        sentence = _sentence(message.content or "")
        if sentence is None:
            return None
        said.append(sentence)
    return " ".join(reversed(said)) or None


def _sentence(content: str) -> str | None:
    try:
        result = json.loads(content)
    except ValueError:
        return None
    found = cast("dict[str, object]", result).get("message") if isinstance(result, dict) else None
    return found.strip() or None if isinstance(found, str) else None


class Quoting:
    """A parser that puts a quotation in place of a reply's words."""

    def __init__(self, parser: StreamParser, quote: str) -> None:
        """Takes the parser that reads the reply, and what is said instead."""
        self._parser = parser
        self._left = quote

    def feed(self, text: str) -> list[DialectEvent]:
        """Takes the next piece of text and returns the events that are certain by now."""
        return self._quoted(self._parser.feed(text))

    def finish(self) -> list[DialectEvent]:
        """Ends the reply and returns what is left."""
        return self._quoted(self._parser.finish())

    def _quoted(self, events: Sequence[DialectEvent]) -> list[DialectEvent]:
        found: list[DialectEvent] = []
        for event in events:
            if not isinstance(event, Text):
                found.append(event)
            elif self._left:
                found.append(Text(self._left))
                self._left = ""
        return found
