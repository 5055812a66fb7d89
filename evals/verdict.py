"""What a comparison says, in sentences."""

from __future__ import annotations

from evals.comparison import Comparison
from evals.loaded import LoadedRun

_LEVEL = 0.05


def verdict(comparison: Comparison) -> str:
    """The difference with its interval, how many cases it rests on, and size and speed where known."""
    name, baseline = comparison.run.name, comparison.baseline.name
    difference = comparison.difference
    if difference is None:
        return f"{name} and {baseline} have no scored reply to the same case and repeat: nothing to compare."
    interval = f"95 % CI {signed(difference.low)}…{signed(difference.high)}"
    parts = [_size_and_speed(comparison.baseline, comparison.run)]
    facts = "".join(f"; {part}" for part in parts if part)
    return f"{name} is {points(difference.estimate, baseline)}, {interval}, {sample(comparison)}{facts}."


def evidence(comparison: Comparison) -> str:
    """Whether the sample shows the difference, and what it could show; empty where there is no pair."""
    difference = comparison.difference
    if difference is None:
        return ""
    if comparison.significant:
        direction = "worse" if difference.estimate < 0 else "better"
        if comparison.p_value >= _LEVEL:
            return f"The interval leaves out 0, the exact test does not reach 5 %: {direction}, perhaps."
        return f"The interval leaves out 0: {direction}, and not by chance alone."
    return f"The interval holds 0: not shown to differ. {reach(comparison)}"


def reach(comparison: Comparison) -> str:
    """What difference the sample can show, in a sentence."""
    detectable = comparison.detectable
    if detectable is None:
        return f"{sample(comparison)} cannot show any difference."
    return f"{sample(comparison)} show a difference of {100 * detectable:.1f} points in 4 of 5 samples."


def points(difference: float, baseline: str) -> str:
    """A difference of two rates in words, such as `2.1 points below f16`."""
    size = f"{abs(100 * difference):.1f}"
    if size == "0.0":
        return f"level with {baseline}"
    number = "1 point" if size == "1.0" else f"{size} points"
    return f"{number} {'below' if difference < 0 else 'above'} {baseline}"


def signed(difference: float) -> str:
    """A difference of two rates in points, always with its sign."""
    return f"{100 * difference:+.1f}"


def sample(comparison: Comparison) -> str:
    """What a comparison rests on, such as `120 paired cases`."""
    cases = f"{comparison.cases} paired case{'' if comparison.cases == 1 else 's'}"
    if comparison.pairs != comparison.cases:
        cases += f" ({comparison.pairs} replies)"
    if comparison.clusters != comparison.cases:
        cases += f" in {comparison.clusters} clusters"
    return cases


def left_out(comparison: Comparison) -> str:
    """What is in no pair, in a sentence; empty where nothing is."""
    parts: list[str] = []
    if comparison.infra_errors:
        parts.append(f"{comparison.infra_errors} pairs with an infrastructure error")
    if comparison.unpaired:
        parts.append(f"{comparison.unpaired} replies that only one of the runs has")
    return f"Left out: {' and '.join(parts)}." if parts else ""


def _size_and_speed(baseline: LoadedRun, run: LoadedRun) -> str:
    """How many times smaller and faster the second is; speed only where both ran on like hardware."""
    facts: list[str] = []
    before, after = baseline.record.model.file_bytes, run.record.model.file_bytes
    if before and after:
        facts.append(_ratio(before / after, "smaller", "larger"))
    if baseline.record.hardware == run.record.hardware:
        slow, fast = baseline.summary.tokens_per_s, run.summary.tokens_per_s
        if slow and fast:
            facts.append(_ratio(fast / slow, "faster", "slower"))
    return ", ".join(fact for fact in facts if fact)


def _ratio(ratio: float, more: str, less: str) -> str:
    size = max(ratio, 1 / ratio)
    return f"{size:.1f}\u00d7 {more if ratio > 1 else less}" if size >= 1.05 else ""
