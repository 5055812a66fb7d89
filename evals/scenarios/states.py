"""The state of the simulated network, and whether it is what a scenario wants in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from evals.comparators import parse_instant
from evals.scenarios.scenario import Effect, Scenario, ScenarioError
from evals.text import describe
from tools.clock import SetClock
from tools.run import run_tool
from tools.simulated import SimulatedBackend

#: Values by their place in a state; what is not there has no place.
Flat = Mapping[str, Any]
#: Stands in changes for what was there and is there no more.
GONE = "(gone)"
_AS_IT_WAS = "(as it was)"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A right end.

    Attributes:
        early: What is otherwise than in an untouched network, had all been done when the talk began.
        late: The same, had it been done at its end. Where both differ a moment depends on when it was done.
    """

    early: Flat
    late: Flat

    def difference(self, changes: Flat) -> str:
        """Says in what the changes that were made are not the right ones; empty if they are."""
        for place in sorted({*self.early, *self.late, *changes}):
            given, early, late = (each.get(place, _AS_IT_WAS) for each in (changes, self.early, self.late))
            if not _between(given, early, late):
                return f"{place} is {describe(given)}; expected {describe(early)}"
        return ""


async def changes_of(scenario: Scenario, backend: SimulatedBackend, ended: datetime) -> dict[str, Any]:
    """What is otherwise than in a network that nobody touched, by place; `GONE` where it is there no more."""
    return _changes(await _untouched(scenario, ended), flat(backend.state(), _known(scenario)))


async def right_outcomes(scenario: Scenario, ended: datetime) -> list[Outcome]:
    """The ends that are right, for a talk that ended then.

    Raises:
        ScenarioError: One of the effects cannot be had.
    """
    base = await _untouched(scenario, ended)
    found: list[Outcome] = []
    for effects in scenario.outcomes:
        early = await _after(scenario, effects, scenario.now, ended)
        late = await _after(scenario, effects, ended, ended)
        found.append(Outcome(_changes(base, early), _changes(base, late)))
    return found


def flat(state: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """A state by places.

    What is new has no id that is worth comparing: hosts are named by address and endpoint, jobs by function
    and target. `known` are the ids from the beginning.
    """
    values: dict[str, Any] = {}
    for key, host in cast("dict[str, dict[str, Any]]", state["hosts"]).items():
        name = f"host {key}" if key in known else f"new host {host['address']} ({host['endpoint']})"
        _flatten(values, name, {field: value for field, value in host.items() if field != "id"})
    jobs = cast("dict[str, dict[str, Any]]", state["jobs"])
    started: dict[str, int] = {}
    for key, job in sorted(jobs.items(), key=lambda item: str(item[1])):
        name = f"job {key}"
        if key not in known:
            name = f"new job {job['function']} of {job['target']}"
            started[name] = started.get(name, 0) + 1
            name += f" #{started[name]}" if started[name] > 1 else ""
        _flatten(values, name, job)
    _flatten(values, "account", state["account"])
    return values


def _flatten(values: dict[str, Any], place: str, value: Any) -> None:
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            _flatten(values, f"{place}: {key}", item)
    elif isinstance(value, list):
        for number, item in enumerate(cast("list[Any]", value), start=1):
            _flatten(values, f"{place} {number}", item)
    elif value is not None:
        values[place] = value


def _known(scenario: Scenario) -> frozenset[str]:
    world = scenario.world
    return frozenset([str(m.id) for m in world.monitors] + [job.message_id for job in world.jobs])


def _changes(before: Flat, after: Flat) -> dict[str, Any]:
    places = {place for place in {*before, *after} if before.get(place) != after.get(place)}
    return {place: after.get(place, GONE) for place in sorted(places)}


async def _untouched(scenario: Scenario, ended: datetime) -> dict[str, Any]:
    return await _after(scenario, (), ended, ended)


async def _after(
    scenario: Scenario, effects: Sequence[Effect], at: datetime, ended: datetime
) -> dict[str, Any]:
    """The state at the end, had the effects been made at one moment."""
    clock = SetClock(scenario.now)
    context, backend = scenario.context(clock)
    clock.advance(at - scenario.now)
    for name, arguments in effects:
        result = await run_tool(name, dict(arguments), context)
        if not result.success:
            raise ScenarioError(f"{scenario.id}: the effect {name} cannot be had: {result.message}")
    clock.advance(ended - at)
    return flat(backend.state(), _known(scenario))


def _between(given: Any, early: Any, late: Any) -> bool:
    if given in (early, late) and type(given) in (type(early), type(late)):
        return True
    moments = [parse_instant(value) if isinstance(value, str) else None for value in (early, given, late)]
    first, moment, last = moments
    return bool(first and moment and last and first <= moment <= last)
