"""Results of earlier calls, as the tools word them and as other people's tools might.

The model reads these in a conversation, so what counts is variety of shape: with and without a sentence, with few
facts or many. A result's `message` is worded as the tools of this project word theirs.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from random import Random
from typing import Any

from providers.dialects.netmon_pieces import CUT, show_result
from training import check_outcomes, host_outcomes, shapes
from training.outcome import Arguments, Outcome, Row
from training.transcripts import transcript

#: What stops any tool, as its sentence and in a word.
_TROUBLE = (
    ("The request was refused: too many requests. Try again later.", "rate limit exceeded"), ("The service did not answer in time.", "gateway timeout"), ("The session has expired; log in again.", "unauthorized"),
    ("The account has no tokens left for this.", "quota exhausted"), ("The service is not available right now.", "service unavailable"), ("This account may not do that.", "permission denied"),
    ("The probe agent is offline.", "agent offline"), ("The service answered with an internal error.", "internal server error"), ("The connection to the service was lost.", "connection reset by peer"),
    ("The tool was stopped before it was done.", "cancelled"), ("The database of the service is locked.", "database is locked"),
)  # fmt: skip


def outcome(tool: str, arguments: Arguments, rng: Random, ok: bool | None = None) -> Outcome:
    """Draws a plausible outcome of a call.

    Args:
        tool: Name of the tool.
        arguments: Its arguments, on the wire.
        rng: The source of chance.
        ok: Whether it goes well; drawn if None, and then the tool itself may fail.
    """
    if ok is None and rng.random() < 0.03:
        message, word = rng.choice(_TROUBLE)
        return Outcome(False, message, {}, "failed", error=word)
    good = rng.random() < 0.68 if ok is None else ok
    return _DRAWS[tool](arguments, rng, good)


def shown(found: Outcome, rng: Random) -> str:
    """The result's text: the tools' own form, or another."""
    return display(found, rng)[0]


def display(found: Outcome, rng: Random) -> tuple[str, Outcome]:
    """The result's text, and the outcome as far as it can be seen there.

    Rows that are not shown, or cut off, are gone, and what is not told of a row is no trait of it.
    """
    draw = rng.random()
    if draw < 0.37:
        whole: dict[str, Any] = {"success": found.ok, "message": found.message, "data": found.data}
        if draw < 0.25:
            whole |= {"truncated": False, "next_page": None}
        text = _dumped(whole)
    elif draw < 0.43:
        text, found = _dumped({"success": found.ok, "message": found.message}), _told(found)
    elif draw < 0.47:
        text, found = found.message, _told(found)
    elif draw < 0.57 and found.data:
        text = _dumped({"success": found.ok, "data": found.data})
    else:
        printed = transcript(found, rng) if rng.random() < 0.4 else None
        text = printed if printed is not None else shapes.foreign(found, rng)
    return text, _seen(text, found)


def _told(found: Outcome) -> Outcome:
    """What the message tells of the rows."""
    text = found.message
    rows = tuple(
        Row(
            row.id if f"host {row.id})" in text else 0,
            row.name,
            {k: v for k, v in row.traits.items() if isinstance(v, str) and v in text},
        )
        for row in found.rows
        if row.name in text or found.kind == "added"
    )
    return replace(found, rows=rows, whole=len(rows) == len(found.rows))


def _seen(text: str, found: Outcome) -> Outcome:
    """Drops what is cut off."""
    visible = show_result(text)
    if not found.rows or not visible.endswith(CUT):
        return found
    rows = tuple(
        Row(row.id if _shows(row.id, visible) else 0, row.name)
        for row in found.rows
        if row.name in visible[:-24]
    )
    return replace(found, rows=rows, whole=False)


def _shows(host_id: int, visible: str) -> bool:
    """Whether an id stands there whole: what is cut off after it may be more digits."""
    return bool(re.search(rf"(?<![\w.])id={host_id}(?![\d{CUT[0]}])|host {host_id}\)", visible))


_dumped = json.JSONEncoder(ensure_ascii=False).encode
_DRAWS = check_outcomes.OUTCOMES | host_outcomes.OUTCOMES
