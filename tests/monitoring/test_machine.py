"""The state machine against a slow and simple reading of the same rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from monitoring.probe.reading import Reading
from monitoring.state.effects import Effect, IncidentClosed, IncidentOpened, StatusChanged, StretchEnded, Told
from monitoring.state.machine import State, step
from monitoring.state.rules import Rules
from monitoring.state.stored import state_from_row, state_to_row

_START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_RULES = Rules(interval_s=60, gap_s=160, retries=2, recovery=2, certificate_days=(21, 7))


def _run(
    outcomes: str, rules: Rules = _RULES, state: State | None = None, every_s: float = 60
) -> tuple[State, list[Effect]]:
    """Plays checks: `.` good, `x` failed, `m` good and `M` failed in maintenance, `_` no check at all."""
    state = state or State()
    at = (state.last_check or _START) + timedelta(seconds=every_s)
    effects: list[Effect] = []
    for outcome in outcomes:
        if outcome != "_":
            ok = outcome in ".m"
            reading = Reading(at, ok, 20.0 if ok else None, None if ok else "no answer")
            state, more = step(state, rules, reading, maintenance=outcome in "mM")
            effects += more
        at += timedelta(seconds=every_s)
    return state, effects


def _told(effects: list[Effect]) -> list[str]:
    return [effect.kind for effect in effects if isinstance(effect, Told)]


def _incidents(effects: list[Effect]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, IncidentOpened | IncidentClosed)]


@pytest.mark.parametrize(
    ("outcomes", "status", "told"),
    [
        ("", "pending", []),
        (".", "up", []),
        ("x", "pending", []),
        (".x", "pending", []),
        (".xx", "pending", []),
        (".xx.", "up", []),
        (".xxx", "down", ["down"]),
        ("xxx", "down", ["down"]),
        (".xxx.", "down", ["down"]),
        (".xxx.x.", "down", ["down"]),
        (".xxx..", "up", ["down", "up"]),
        (".xxx..xxx", "down", ["down", "up", "down"]),
        (".MMMM", "up", []),
        (".xxMx", "pending", []),
        (".xxxmm", "down", ["down"]),
        (".xxxmm..", "up", ["down", "up"]),
        (".xx____x", "pending", []),
    ],
)
def test_what_checks_lead_to(outcomes: str, status: str, told: list[str]) -> None:
    state, effects = _run(outcomes)
    assert (state.status, _told(effects)) == (status, told)
    assert state.alert == ("down" in told)


def test_an_incident_begins_with_its_first_failure_and_ends_with_the_first_success() -> None:
    _, effects = _run(".xxx..")
    minute = timedelta(minutes=1)
    opened, closed = _incidents(effects)
    assert opened == IncidentOpened(_START + 2 * minute, _START + 4 * minute, "no answer")
    assert closed == IncidentClosed(_START + 2 * minute, _START + 5 * minute, _START + 6 * minute)


def test_flapping_is_told_once_and_its_end_too() -> None:
    rules = replace(_RULES, retries=0, recovery=1, flap_turns=4, flap_s=3600)
    state, effects = _run(".x.x.x.x.x.x", rules)
    assert _told(effects) == ["down", "up", "down", "up", "flapping"]
    assert len([e for e in effects if isinstance(e, IncidentOpened)]) == 6, "incidents are kept all the same"
    state, effects = _run("x" * 70, rules, state)
    assert _told(effects) == ["steady"]
    _, effects = _run(".", rules, state)
    assert _told(effects) == ["up"], "the end of what was told is told"


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ("xx..xx.." + "." * 9, []),
        ("xx..xx.." + "." * 10, [("steady", "up")]),
        ("xx..xx.." + "." * 9 + "x.", [("steady", "up")]),
        ("xx..xx.." + "." * 9 + "xx", [("steady", "up"), ("down", "down")]),
        ("xx..xx" + "x" * 10, [("steady", "down")]),
        ("xx..xx" + "x" * 9 + ".x", [("steady", "down")]),
        ("xx..xx" + "x" * 9 + "..", [("steady", "down"), ("up", "up")]),
    ],
)
def test_the_end_of_flapping_tells_what_is_settled(outcomes: str, told: list[tuple[str, str]]) -> None:
    """The host flaps from its third turn on, and the tenth check behind the last turn ends that."""
    rules = replace(_RULES, retries=1, recovery=2, flap_turns=3, flap_s=600)
    _, effects = _run(outcomes, rules)
    heard = [(e.kind, "up" if e.cause is None else "down") for e in effects if isinstance(e, Told)]
    assert heard == [("down", "down"), ("up", "up"), ("flapping", "down"), *told]


def test_reminders() -> None:
    rules = replace(_RULES, remind_s=300)
    _, effects = _run(".xxx" + "x" * 11, rules)
    assert _told(effects) == ["down", "reminder", "reminder"]


def test_a_certificate_is_warned_about_once_a_threshold() -> None:
    ends = _START + timedelta(days=30)
    state = State()
    told: list[tuple[int, str]] = []
    for day in range(0, 29):
        reading = Reading(_START + timedelta(days=day), True, 5.0, certificate_ends=ends)
        state, effects = step(state, replace(_RULES, gap_s=1e9), reading, maintenance=False)
        told += [(day, e.kind) for e in effects if isinstance(e, Told)]
    assert told == [(10, "certificate"), (24, "certificate")]
    renewed = Reading(_START + timedelta(days=29), True, 5.0, certificate_ends=ends + timedelta(days=90))
    state, effects = step(state, _RULES, renewed, maintenance=False)
    assert _told(effects) == ["certificate_renewed"]
    assert state.warned.certificate_days is None


def test_slow_answers_are_told_after_some_in_a_row() -> None:
    rules = replace(_RULES, slow_ms=100, slow_checks=3)
    state = State()
    told: list[tuple[int, str]] = []
    for minute, took in enumerate([50, 200, 200, 50, 200, 200, 200, 200, 50, 50, 200, 50, 50, 50]):
        reading = Reading(_START + timedelta(minutes=minute), True, float(took))
        state, effects = step(state, rules, reading, maintenance=False)
        told += [(minute, kind) for kind in _told(effects)]
    assert told == [(6, "slow"), (13, "quick")]


def test_an_old_reading_changes_nothing() -> None:
    state, _ = _run(".x")
    old = Reading(_START, True, 1.0)
    assert step(state, _RULES, old, maintenance=False) == (state, [])


@dataclass
class _Seen:
    at: datetime
    ok: bool
    maintenance: bool


class Life(RuleBasedStateMachine):
    """A host's life, held against the whole list of what was seen of it."""

    @initialize(
        retries=st.integers(0, 4),
        recovery=st.integers(1, 4),
        flap=st.sampled_from([0, 3, 6]),
        flap_s=st.sampled_from([600, 1800]),
        remind_s=st.sampled_from([0, 300]),
    )
    def begin(self, retries: int, recovery: int, flap: int, flap_s: int, remind_s: int) -> None:
        self.thresholds = replace(
            _RULES, retries=retries, recovery=recovery, flap_turns=flap, flap_s=flap_s, remind_s=remind_s
        )
        self.state = State()
        self.now = _START
        self.seen: list[_Seen] = []
        self.open: IncidentOpened | None = None
        self.heard: Literal["up", "down", "flapping"] = "up"

    @rule(ok=st.booleans(), repeat=st.integers(1, 6))
    def check(self, ok: bool, repeat: int) -> None:
        for _ in range(repeat):
            self._check(ok)

    @rule(times=st.integers(2, 8))
    def turn(self, times: int) -> None:
        """It goes down and up, or up and down, as fast as the thresholds let it."""
        for _ in range(times):
            ok = self.state.settled == "down"
            for _ in range(self.thresholds.recovery if ok else self.thresholds.retries + 1):
                self._check(ok)

    @rule(ok=st.booleans(), others=st.integers(0, 2))
    def stay(self, ok: bool, others: int) -> None:
        """It keeps to one side for long; the last checks lead away from it, and may or may not be a turn."""
        for _ in range(int(self.thresholds.flap_s / self.thresholds.interval_s) - 1):
            self._check(ok)
        for _ in range(others):
            self._check(not ok)

    @rule(minutes=st.integers(4, 60))
    def nobody_looks(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(outcomes=st.lists(st.booleans(), max_size=4))
    def maintain(self, outcomes: list[bool]) -> None:
        for ok in outcomes:
            self._check(ok, maintenance=True)

    @precondition(lambda self: self.state.last_check is not None)
    @rule()
    def restart(self) -> None:
        """The process dies, and another one reads the state."""
        self.state = state_from_row(_row(self.state))

    def _check(self, ok: bool, *, maintenance: bool = False) -> None:
        self.now += timedelta(minutes=1)
        reading = Reading(self.now, ok, 20.0 if ok else None, None if ok else "no answer")
        before = self.state.status
        self.state, effects = step(self.state, self.thresholds, reading, maintenance=maintenance)
        self.seen.append(_Seen(self.now, ok, maintenance))
        if maintenance:
            assert not _incidents(effects) and not _told(effects)
        for effect in effects:
            self._take(effect, before)

    def _take(self, effect: Effect, before: str) -> None:
        match effect:
            case IncidentOpened():
                assert self.open is None, "none is opened twice"
                run = self._run_at_the_end(ok=False)
                assert len(run) == self.thresholds.retries + 1
                assert effect.began == run[0].at
                self.open = effect
            case IncidentClosed():
                assert self.open is not None
                run = self._run_at_the_end(ok=True)
                assert len(run) == self.thresholds.recovery
                assert effect.ended == run[0].at
                assert effect.began == self.open.began < effect.ended
                self.open = None
            case StatusChanged():
                assert (effect.before, effect.after) == (before, self.state.status)
            case StretchEnded():
                assert effect.start < effect.end < self.now
            case Told():
                self._hear(effect)

    def _hear(self, told: Told) -> None:
        """Takes in what people hear, who know of the host nothing else."""
        match told.kind:
            case "down":
                assert self.heard == "up", "nobody hears of a second outage before the first one has ended"
                self.heard = "down"
            case "up":
                assert self.heard == "down", "nobody hears of the end of what was not told"
                self.heard = "up"
            case "reminder":
                assert self.heard == "down", "nobody is reminded of what was not told"
            case "flapping":
                assert self.heard == "up", "flapping is told instead of an outage"
                self.heard = "flapping"
            case "steady":
                assert self.heard == "flapping", "only flapping ends in this way"
                self.heard = "up" if told.cause is None else "down"
            case _:
                raise AssertionError(f"nothing here leads to {told.kind}")

    def _run_at_the_end(self, *, ok: bool) -> list[_Seen]:
        """The checks of one outcome that end the list, in a row: no window and no gap between them."""
        run: list[_Seen] = []
        for seen in reversed(self.seen):
            gap = run and (run[-1].at - seen.at).total_seconds() > self.thresholds.gap_s
            if seen.ok is not ok or seen.maintenance or gap:
                break
            run.append(seen)
        return run[::-1]

    @invariant()
    def it_is_what_the_list_says(self) -> None:
        assert (self.state.incident is not None) == (self.open is not None) == (self.state.settled == "down")
        settled = self._settled()
        assert self.state.settled == settled
        bad = self._run_at_the_end(ok=False)
        pending = settled is None or (settled == "up" and bad)
        assert self.state.status == ("pending" if pending else settled)

    def _settled(self) -> str | None:
        """The verdict by the whole list, from the beginning."""
        verdict: str | None = None
        run, last = 0, None
        for seen in self.seen:
            gap = last is not None and (seen.at - last).total_seconds() > self.thresholds.gap_s
            last = seen.at
            if gap or seen.maintenance:
                run = 0
            if seen.maintenance:
                continue
            away = seen.ok is (verdict == "down")
            run = run + 1 if away else 0
            if verdict is None and seen.ok:
                verdict, run = "up", 0
            elif away and run > (
                self.thresholds.retries if verdict != "down" else self.thresholds.recovery - 1
            ):
                verdict, run = ("up" if seen.ok else "down"), 0
        return verdict

    @invariant()
    def people_know_what_is_settled(self) -> None:
        # Before the first verdict they take it for up. Of flapping they know that they hear no more of it.
        assert self.heard in ("flapping", "down" if self.state.settled == "down" else "up")
        assert (self.state.flapping is not None) == (self.heard == "flapping")
        assert (self.state.told_down is not None) == (self.heard == "down")


# Shrinking a failure takes minutes: the quick one shows it as it was found, the long one in short.
TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=80,
    stateful_step_count=20,
    deadline=None,
    report_multiple_bugs=False,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


@pytest.mark.slow
class TestLongLife(Life.TestCase):
    """The same with more examples."""

    settings = settings(max_examples=1000, stateful_step_count=40, deadline=None)


def _row(state: State) -> Any:
    return state_to_row(1, state)


@given(
    ok=st.lists(st.booleans(), min_size=1, max_size=60),
    slow=st.floats(0, 300),
    ends=st.integers(0, 40),
)
def test_a_state_survives_being_stored(ok: list[bool], slow: float, ends: int) -> None:
    rules = replace(_RULES, slow_ms=100, retries=1, recovery=1, flap_turns=3)
    state = State()
    certificate = _START + timedelta(days=ends)
    for minute, good in enumerate(ok):
        at = _START + timedelta(minutes=minute)
        reading = Reading(at, good, slow if good else None, None if good else "x", 1, 1, certificate)
        state, _ = step(state, rules, reading, maintenance=False)
        assert state_from_row(_row(state)) == state
