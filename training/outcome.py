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
    """A row of a list: a monitored host, an agent, a record."""

    id: int
    name: str
    traits: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gave: `ok` and `kind` for conditions, `rows` for what can be pointed at."""

    ok: bool
    message: str
    data: dict[str, Any]
    kind: str = ""
    rows: tuple[Row, ...] = ()


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
