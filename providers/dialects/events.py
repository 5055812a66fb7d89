"""Helpers around the events of a parser."""

from __future__ import annotations

from collections.abc import Iterable

from providers.base import CallArguments, DialectEvent, Reasoning, Text
from providers.dialects.base import StreamParser


def merge_adjacent(events: Iterable[DialectEvent]) -> list[DialectEvent]:
    """Joins neighbouring pieces of text, of reasoning and of one call's arguments.

    A stream is cut anywhere, so two streams of one reply are compared after this.
    """
    merged: list[DialectEvent] = []
    for event in events:
        last = merged[-1] if merged else None
        match last, event:
            case (Text(before), Text(after)):
                merged[-1] = Text(before + after)
            case (Reasoning(before), Reasoning(after)):
                merged[-1] = Reasoning(before + after)
            case (CallArguments(index, before), CallArguments(same, after)) if index == same:
                merged[-1] = CallArguments(index, before + after)
            case _:
                merged.append(event)
    return merged


def read_all(parser: StreamParser, pieces: Iterable[str]) -> list[DialectEvent]:
    """Feeds a whole reply to a parser and returns its events, merged."""
    events: list[DialectEvent] = []
    for piece in pieces:
        events.extend(parser.feed(piece))
    events.extend(parser.finish())
    return merge_adjacent(events)
