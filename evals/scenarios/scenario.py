"""A scenario, checked and ready to be played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from evals.comparators import parse_instant
from evals.scenarios.form import ReplyForm, ScenarioForm, WrongForm, calls_of
from evals.scenarios.worlds import changed_world
from providers.base import DEFAULT_NOW, Message
from tools.arguments import validate
from tools.catalogue import default_registry
from tools.clock import SetClock
from tools.context import ToolContext
from tools.errors import ToolError
from tools.registry import Registry
from tools.simulated import SimulatedBackend, simulated_context
from tools.simulation.world import World, WorldError, parse_offset

Effect = tuple[str, Mapping[str, Any]]


class ScenarioError(Exception):
    """A scenario cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A conversation that is to be had.

    Attributes:
        form: As it is written.
        world: Its network.
        now: When it begins.
        registry: The tools on offer.
        outcomes: The lists of effects of which each is right in the end.
    """

    form: ScenarioForm
    world: World
    now: datetime
    registry: Registry
    outcomes: tuple[tuple[Effect, ...], ...]

    @property
    def id(self) -> str:
        """Its name, unique in its suite."""
        return self.form.id

    @property
    def first(self) -> Message:
        """What the user says first."""
        return Message("user", next(iter(self.form.user.states.values())).say)

    @property
    def solution(self) -> Sequence[ReplyForm]:
        """Replies that succeed."""
        return self.form.solution

    @property
    def wrong(self) -> Sequence[WrongForm]:
        """Replies that must fail."""
        return self.form.wrong

    def context(self, clock: SetClock) -> tuple[ToolContext, SimulatedBackend]:
        """A network of its own, set up as it is at the clock's time, and the tools on it."""
        context = simulated_context(self.world, clock, registry=self.registry)
        backend = context.backend
        if not isinstance(backend, SimulatedBackend):
            raise TypeError("a scenario needs the simulated network")
        return context, backend


def compile_scenario(form: ScenarioForm) -> Scenario:
    """Checks what a form alone cannot tell: worlds, calls and times.

    Raises:
        ScenarioError: Something is wrong; the message begins with the scenario's id and the place.
    """
    registry = default_registry()
    offered = registry.only(form.tools) if form.tools else registry
    try:
        world = changed_world(form.world)
    except WorldError as error:
        raise ScenarioError(f"{form.id}: {error}") from error
    lists = [form.expect.effects, *form.expect.alternatives]
    outcomes = tuple(tuple(call for entry in effects for call in calls_of(entry)) for effects in lists)
    for effects in outcomes:
        for name, arguments in effects:
            _check(form.id, "expect.effects", registry, name, arguments)
            if registry.get(name).effect == "read":
                raise ScenarioError(f"{form.id}: expect.effects: {name} only reads; it belongs to looked")
    for entry in form.expect.looked:
        for name, arguments in calls_of(entry):
            unknown = set(arguments) - set(registry.get(name).parameters["properties"])
            if unknown:
                raise ScenarioError(f"{form.id}: expect.looked: {name} has no {', '.join(sorted(unknown))}")
    return Scenario(form, world, parse_instant(form.now) or DEFAULT_NOW, offered, outcomes)


def wait_of(text: str) -> timedelta:
    """A length of time as a scenario writes it."""
    return parse_offset(0 if text == "0" else text)


def _check(scenario: str, place: str, registry: Registry, name: str, arguments: Mapping[str, Any]) -> None:
    try:
        validate(registry.get(name), dict(arguments))
    except ToolError as error:
        raise ScenarioError(f"{scenario}: {place}: {error}") from error
