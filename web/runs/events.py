"""What the web adds to the agent's events, and how all of them are written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from agent.events import Event, TextDelta, event_dict

RunState = Literal["queued", "running", "waiting", "finished", "failed", "cancelled", "interrupted"]
EndState = Literal["finished", "failed", "cancelled", "interrupted"]
ENDED: frozenset[RunState] = frozenset(("finished", "failed", "cancelled", "interrupted"))


@dataclass(frozen=True, slots=True)
class RunQueued:
    """The run waits for its turn at position `position` (from 1) of `waiting`."""

    position: int
    waiting: int
    expected_wait_s: float


@dataclass(frozen=True, slots=True)
class QuotaUpdated:
    """A step was charged; the rest is the wallet as it is now, see `web.quota.Quota`."""

    charged: int
    estimated: bool
    balance: int
    cap: int
    used: int
    refill_at: datetime
    warning: bool


@dataclass(frozen=True, slots=True)
class RunFailed:
    """The run could not go on, for a reason outside the turn; `code` is one of `web.errors.Code`."""

    code: str
    message: str
    details: Any = None


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Always the last event."""

    state: EndState
    charged: int


RunEvent = Event | RunQueued | QuotaUpdated | RunFailed | RunEnded

#: Name of the last event's type.
LAST = "run-ended"


@dataclass(frozen=True, slots=True)
class Stored:
    """An event in the log: `data` is its JSON text, which has its type too."""

    seq: int
    type: str
    data: str


def written(event: RunEvent) -> tuple[str, str]:
    """Returns an event's type, and all of it as JSON text."""
    if isinstance(event, TextDelta):
        # Nearly all events are these.
        return "text-delta", f'{{"type":"text-delta","text":{json.dumps(event.text)}}}'
    values = event_dict(event)  # type: ignore[arg-type]
    return values["type"], json.dumps(values, separators=(",", ":"), default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"an event cannot hold {type(value).__name__}")


def joined(events: list[RunEvent]) -> list[RunEvent]:
    """Joins neighbouring pieces of the answer."""
    made: list[RunEvent] = []
    for event in events:
        last = made[-1] if made else None
        if isinstance(event, TextDelta) and isinstance(last, TextDelta):
            made[-1] = TextDelta(last.text + event.text)
        else:
            made.append(event)
    return made
