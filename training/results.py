"""Results of earlier calls, as the tools word them and as other people's tools might.

The model reads these in a conversation, so what counts is variety of shape: with and without a sentence, with few
facts or many. A result's `message` is worded as the tools of this project word theirs.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from training import check_outcomes, host_outcomes
from training.outcome import Arguments, Outcome


def outcome(tool: str, arguments: Arguments, rng: Random, ok: bool | None = None) -> Outcome:
    """Draws a plausible outcome of a call.

    Args:
        tool: Name of the tool.
        arguments: Its arguments, on the wire.
        rng: The source of chance.
        ok: Whether it goes well; drawn if None.
    """
    good = rng.random() < 0.68 if ok is None else ok
    return _DRAWS[tool](arguments, rng, good)


def shown(found: Outcome, rng: Random) -> str:
    """The result's text: the tools' own form, or another."""
    draw = rng.random()
    if draw < 0.5:
        whole: dict[str, Any] = {"success": found.ok, "message": found.message, "data": found.data}
        if draw < 0.36:
            whole |= {"truncated": False, "next_page": None}
    elif draw < 0.85:
        data: Any = found.data
        if len(found.data) <= 2 and rng.random() < 0.5:
            data = next((v for v in found.data.values() if isinstance(v, list)), found.data)
        whole = {"success": found.ok, "data": data}
    elif draw < 0.93:
        whole = {"success": found.ok, "message": found.message}
    else:
        return found.message
    return json.dumps(whole, ensure_ascii=False)


_DRAWS = check_outcomes.OUTCOMES | host_outcomes.OUTCOMES
