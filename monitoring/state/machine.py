"""The life of a watched host: readings in, a new state and its effects out.

A host is `up` or `down` once that is settled. Failures within its retries make it `pending`: neither told nor
counted as an outage unless they go on. During maintenance nothing is settled: readings are kept, and what was
under way is forgotten, since the failures before and behind a window are not in a row. The same holds for a time
in which nobody looked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from monitoring.probe.reading import Reading
from monitoring.state.effects import Effect, IncidentClosed, IncidentOpened, StatusChanged, StretchEnded, Told
from monitoring.state.rules import Rules
from monitoring.state.warnings import Warned, warn

Verdict = Literal["up", "down"]
_RAISING: Final = ("slow", "certificate")
_NO_CAUSE: Final = "the check failed"


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a host.

    Attributes:
        settled: The last verdict; None before the first.
        failures: Failures in a row that lead away from `up`.
        successes: Successes in a row that lead away from `down`.
        turning: When the first of those was.
        cause: Why the last check failed; None if it did not.
        incident: When the open incident began; None where none is open.
        told_down: When the open incident was last told; None where it was not.
        alert: Whether an alert is raised, to be cleared by people.
        turns: When the host lately went up or down, as far as that matters for flapping.
        flapping: Since when it flaps; None if it does not.
        last_check: When it was last checked.
        response_ms: How long that took; None where it failed.
        watched_since: Since when it has been checked without a gap.
        warned: What has been warned about, besides being down.
    """

    settled: Verdict | None = None
    failures: int = 0
    successes: int = 0
    turning: datetime | None = None
    cause: str | None = None
    incident: datetime | None = None
    told_down: datetime | None = None
    alert: bool = False
    turns: tuple[datetime, ...] = ()
    flapping: datetime | None = None
    last_check: datetime | None = None
    response_ms: float | None = None
    watched_since: datetime | None = None
    warned: Warned = field(default_factory=Warned)

    @property
    def status(self) -> Literal["up", "down", "pending"]:
        """What people see, maintenance and pauses apart."""
        return "pending" if self.settled is None or self.failures else self.settled


def step(state: State, rules: Rules, reading: Reading, *, maintenance: bool) -> tuple[State, list[Effect]]:
    """Takes one reading in.

    Args:
        state: What was known before.
        rules: The host's thresholds.
        reading: What was found; one that is not newer than the last one changes nothing.
        maintenance: Whether a maintenance window was running.
    """
    if state.last_check is not None and reading.at <= state.last_check:
        return state, []
    before = state.status
    effects: list[Effect] = []
    state = _watched(state, rules, reading.at, effects)
    state = replace(state, last_check=reading.at, response_ms=reading.response_ms, cause=reading.cause)
    if maintenance:
        state = _forget_turn(state)
    else:
        state = _judge(state, rules, reading, effects)
        state = _calm(state, rules, reading.at, effects)
        warned, more = warn(state.warned, rules, reading)
        effects += more
        state = replace(
            state, warned=warned, alert=state.alert or any(told.kind in _RAISING for told in more)
        )
    if state.status != before:
        effects.append(StatusChanged(reading.at, before, state.status, reading.cause))
    return state, effects


def _watched(state: State, rules: Rules, at: datetime, effects: list[Effect]) -> State:
    """Ends the stretch of watching where there was a gap."""
    if state.last_check is None or state.watched_since is None:
        return replace(state, watched_since=at)
    if (at - state.last_check).total_seconds() <= rules.gap_s:
        return state
    end = state.last_check + timedelta(seconds=rules.interval_s)
    effects.append(StretchEnded(state.watched_since, end))
    return replace(_forget_turn(state), watched_since=at)


def _forget_turn(state: State) -> State:
    return replace(state, failures=0, successes=0, turning=None)


def _judge(state: State, rules: Rules, reading: Reading, effects: list[Effect]) -> State:
    if state.settled == "down":
        return _while_down(state, rules, reading, effects)
    if reading.ok:
        # The first verdict needs no second success: there was no outage to recover from.
        return replace(_forget_turn(state), settled="up")
    first = state.turning or reading.at
    failures = state.failures + 1
    if failures <= rules.retries:
        return replace(state, failures=failures, turning=first)
    cause = reading.cause or _NO_CAUSE
    effects.append(IncidentOpened(first, reading.at, cause))
    state = _turned(
        replace(_forget_turn(state), settled="down", incident=first, alert=True), rules, reading.at
    )
    return _tell_down(state, rules, reading, cause, effects)


def _tell_down(state: State, rules: Rules, reading: Reading, cause: str, effects: list[Effect]) -> State:
    began = state.incident or reading.at
    if state.flapping is not None:
        return state
    if rules.flap_turns and len(state.turns) >= rules.flap_turns:
        effects.append(Told("flapping", reading.at, reading.at, len(state.turns), cause))
        return replace(state, flapping=reading.at)
    effects.append(Told("down", reading.at, began, cause=cause))
    return replace(state, told_down=reading.at)


def _while_down(state: State, rules: Rules, reading: Reading, effects: list[Effect]) -> State:
    began = state.incident or reading.at
    if not reading.ok:
        state = _forget_turn(state)
        told = state.told_down
        if rules.remind_s and told and (reading.at - told).total_seconds() >= rules.remind_s:
            minutes = (reading.at - began).total_seconds() / 60
            effects.append(Told("reminder", reading.at, reading.at, minutes, reading.cause))
            state = replace(state, told_down=reading.at)
        return state
    first = state.turning or reading.at
    successes = state.successes + 1
    if successes < rules.recovery:
        return replace(state, successes=successes, turning=first)
    effects.append(IncidentClosed(began, first, reading.at))
    if state.told_down is not None:
        minutes = (first - began).total_seconds() / 60
        effects.append(Told("up", reading.at, began, minutes))
    state = replace(_forget_turn(state), settled="up", incident=None, told_down=None)
    return _turned(state, rules, reading.at)


def _turned(state: State, rules: Rules, at: datetime) -> State:
    """Notes a turn, and forgets those too old to matter."""
    recent = tuple(turn for turn in state.turns if (at - turn).total_seconds() < rules.flap_s)
    # More are of no use, and a state must not grow.
    return replace(state, turns=(*recent, at)[-max(1, rules.flap_turns) :])


def _calm(state: State, rules: Rules, at: datetime, effects: list[Effect]) -> State:
    """Ends the flapping where the host has kept to one side for long enough."""
    last = state.turns[-1] if state.turns else None
    if state.flapping is None or (last and (at - last).total_seconds() < rules.flap_s):
        return state
    # It says what is settled: a check that leads away from that, but is not enough of a turn, is told once it is one.
    effects.append(Told("steady", at, state.flapping, cause=_why_down(state)))
    state = replace(state, flapping=None, turns=())
    # An outage that goes on has been told with this.
    return replace(state, told_down=at) if state.incident is not None else state


def _why_down(state: State) -> str | None:
    """Why the host is down, by the verdict and not by its last check; None if it is not."""
    if state.settled != "down":
        return None
    if state.successes:
        return "it has answered again, but not often enough in a row to count as up"
    return state.cause or _NO_CAUSE
