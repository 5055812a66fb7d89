"""What a call gave, and the small values that results are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from providers.base import DEFAULT_NOW
from training.values import Value

Arguments = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list: a monitored host, an agent, a record, a hop.

    Attributes:
        id: Its number; 0 where it has none, or none is shown.
        name: What it is called, as calls take it.
        traits: What else is known of it, by the key that the tools' own form uses.
    """

    id: int
    name: str
    traits: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gave: `ok` and `kind` for conditions, `rows` for what can be pointed at.

    Attributes:
        ok: Whether the call found what it was to find.
        message: The tools' own sentence, which is also the model's answer.
        data: The tools' own form: facts, and one list whose items are `rows`, in their order.
        kind: How it went, in a word.
        rows: What can be pointed at.
        error: A terse word for what went wrong; empty where nothing did.
        whole: Whether all rows are seen: only then is one of them the last, the slowest, the only one.
    """

    ok: bool
    message: str
    data: dict[str, Any]
    kind: str = ""
    rows: tuple[Row, ...] = ()
    error: str = ""
    whole: bool = True


def a_day(rng: Random, low: int, high: int) -> tuple[str, int]:
    """A date so many days from now, and the days."""
    days = rng.randint(low, high)
    return (DEFAULT_NOW + timedelta(days=days)).strftime("%Y-%m-%d"), days


def some_ms(rng: Random) -> float:
    """A time in milliseconds."""
    return rng.choice(
        (round(rng.uniform(0.3, 40), 1), float(rng.randint(1, 400)), round(rng.uniform(40, 900), 1))
    )


def spelled(number: float) -> str:
    """A number without needless zeros."""
    return f"{number:g}"


def from_agent(arguments: Arguments) -> str:
    """` from tokyo` where an agent was named."""
    agent = arguments.get("agent_location")
    return f" from {agent}" if agent else ""


#: Draws the outcome of a call that goes well or not.
Draw = Callable[[Arguments, Random, bool], Outcome]
