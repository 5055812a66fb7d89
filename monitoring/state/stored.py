"""A state as a row of `tables.states`, and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from monitoring.database.types import from_ms, to_ms
from monitoring.state.machine import State
from monitoring.state.warnings import Warned


def state_to_row(host_id: int, state: State) -> dict[str, Any]:
    """Returns the columns of a state."""
    warned = state.warned
    memory = {
        "settled": state.settled,
        "failures": state.failures,
        "successes": state.successes,
        "turning": _ms(state.turning),
        "incident": _ms(state.incident),
        "told_down": _ms(state.told_down),
        "turns": [to_ms(turn) for turn in state.turns],
        "flapping": _ms(state.flapping),
        "slow_run": warned.slow_run,
        "slow_since": _ms(warned.slow_since),
        "certificate_days": warned.certificate_days,
    }
    return {
        "host_id": host_id,
        "status": state.status,
        "last_check": state.last_check,
        "response_ms": state.response_ms,
        "cause": state.cause,
        "alert": state.alert,
        "watched_since": state.watched_since,
        "certificate_ends": warned.certificate_ends,
        # What is usual is left out: most states are calm, and every check writes one.
        "memory": {key: value for key, value in memory.items() if value not in (None, 0, [])},
    }


def state_from_row(row: RowMapping) -> State:
    """Reads what `state_to_row` wrote; times are kept to the millisecond."""
    memory: dict[str, Any] = row["memory"]
    return State(
        settled=memory.get("settled"),
        failures=memory.get("failures", 0),
        successes=memory.get("successes", 0),
        turning=_moment(memory.get("turning")),
        cause=row["cause"],
        incident=_moment(memory.get("incident")),
        told_down=_moment(memory.get("told_down")),
        alert=row["alert"],
        turns=tuple(from_ms(turn) for turn in memory.get("turns", ())),
        flapping=_moment(memory.get("flapping")),
        last_check=row["last_check"],
        response_ms=row["response_ms"],
        watched_since=row["watched_since"],
        warned=Warned(
            slow_run=memory.get("slow_run", 0),
            slow_since=_moment(memory.get("slow_since")),
            certificate_ends=row["certificate_ends"],
            certificate_days=memory.get("certificate_days"),
        ),
    )


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_ms(milliseconds)
