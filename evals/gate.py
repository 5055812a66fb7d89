"""Whether a run may take the place of its baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from evals.compare import comparison_object
from evals.comparison import Comparison
from evals.verdict import left_out, reach, sample, verdict

Outcome = Literal["worse", "kept", "undecided", "nothing to compare"]


@dataclass(frozen=True, slots=True)
class Gate:
    """The outcome of a gate.

    Attributes:
        outcome: `worse` where even the interval's better bound is a greater drop than is allowed, `kept`
            where not even its worse bound is, else `undecided`.
        comparison: What it rests on.
        max_drop: The drop that is allowed, a part of one.
    """

    outcome: Outcome
    comparison: Comparison
    max_drop: float


def judge(comparison: Comparison, max_drop: float) -> Gate:
    """Judges a run by the interval of its difference to the baseline, never by the estimate alone."""
    difference = comparison.difference
    outcome: Outcome = "undecided"
    if difference is None:
        outcome = "nothing to compare"
    elif difference.high < -max_drop:
        outcome = "worse"
    elif difference.low >= -max_drop:
        outcome = "kept"
    return Gate(outcome, comparison, max_drop)


def gate_text(gate: Gate) -> str:
    """The outcome in sentences, each on a line."""
    allowed = f"{100 * gate.max_drop:g} points"
    match gate.outcome:
        case "worse":
            said = f"worse: accuracy has dropped by more than {allowed}; the whole interval says so"
        case "kept":
            said = f"kept: accuracy has not dropped by more than {allowed}; the whole interval says so"
        case "undecided":
            said = f"undecided: a drop of more than {allowed} is neither shown nor ruled out"
            said += f"\n{_lacking(gate)}"
        case "nothing to compare":
            said = "nothing to compare: no case and repeat has a scored reply in both runs"
    return "\n".join(line for line in (said, verdict(gate.comparison), left_out(gate.comparison)) if line)


def gate_object(gate: Gate) -> dict[str, Any]:
    """The outcome as JSON; `max_drop` is a part of one."""
    return {
        "outcome": gate.outcome,
        "max_drop": gate.max_drop,
        "says": gate_text(gate),
        "comparison": comparison_object(gate.comparison),
    }


def _lacking(gate: Gate) -> str:
    """What the sample cannot show, and what could."""
    comparison = gate.comparison
    detectable = comparison.detectable
    if comparison.difference is None or detectable is None:
        return reach(comparison)
    shown = 100 * (gate.max_drop + detectable)
    text = (
        f"{sample(comparison)} cannot show this drop: it would have to be about {shown:.1f} points "
        "to be shown in 4 of 5 samples"
    )
    beyond = -comparison.difference.estimate - gate.max_drop
    if beyond > 0:
        drop = -100 * comparison.difference.estimate
        text += f"; a drop of {drop:.1f} points would take about {comparison.needed(beyond)} cases"
    return text
