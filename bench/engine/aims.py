"""What the engine is meant to reach, beside what a run measured. A run states it; it fails on none of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.engine.plan import OURS, PYTHON, SERVER

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One aim.

    Attributes:
        part: The part that measured it.
        what: What is compared.
        figure: What was measured.
        aim: What it should be.
        at_least: Whether more is better.
    """

    part: str
    what: str
    figure: float
    aim: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure reaches the aim."""
        return self.figure >= self.aim if self.at_least else self.figure <= self.aim


def verdicts(found: dict[str, Any]) -> list[Verdict]:
    """All aims about which these figures, as `bench.engine.run.run` returns them, say something."""
    made: list[Verdict] = []
    for part, judge in _JUDGES.items():
        if part in found:
            made += judge(found[part])
    return made


def best(rows: Rows, system: str, key: str, *, most: bool, clients: int | None = None) -> float | None:
    """The best median of a system's settings; None where it was not measured."""
    values = [
        row[key]["median"] for row in rows if row["system"] == system and clients in (None, row["clients"])
    ]
    return (max if most else min)(values, default=None)


def _eval(rows: Rows) -> Iterator[Verdict]:
    ours = best(rows, OURS, "cases_per_s", most=True)
    peers = [best(rows, peer, "cases_per_s", most=True) for peer in (SERVER, PYTHON)]
    known = [value for value in peers if value]
    if ours and known:
        yield Verdict("eval", "cases/s: times the best peer", ours / max(known), 1.5, at_least=True)


def _long(rows: Rows) -> Iterator[Verdict]:
    ours = best(rows, OURS, "cases_per_s", most=True)
    for peer, aim in ((SERVER, 8.0), (PYTHON, 15.0)):
        theirs = best(rows, peer, "cases_per_s", most=True)
        if ours and theirs:
            yield Verdict(
                "long", f"cases/s behind 3,000 tokens: times {peer}", ours / theirs, aim, at_least=True
            )


def _first(rows: Rows) -> Iterator[Verdict]:
    ours = best(rows, OURS, "first_p95_s", most=False, clients=16)
    theirs = best(rows, SERVER, "first_p95_s", most=False, clients=16)
    if ours and theirs:
        yield Verdict("first", "p95 of 16 clients: share of the best peer's", ours / theirs, 0.25)
    for row in rows:
        if row["system"] == OURS and row["clients"] == 64:
            longest = row["longest_to_median"]["median"]
            yield Verdict("first", "64 clients: longest wait / median", longest, 3.0)
            yield Verdict("first", "64 clients: lost", row["lost"], 0)


def _turns(rows: Rows) -> Iterator[Verdict]:
    for row in rows:
        if row["system"] == OURS:
            ratio = row["tenth_first_s"]["median"] / row["bare_first_s"]["median"]
            yield Verdict("turns", "first token of the 10th turn / of the text alone", ratio, 1.5)


def _cold(found: dict[str, Any]) -> Iterator[Verdict]:
    yield Verdict("cold", "process start to first token, state on disk, s", found["kept_s"]["median"], 1.0)


def _arms(found: dict[str, Any]) -> Iterator[Verdict]:
    free = found["free, 16 clients"]["tokens_per_s"]
    for how in ("schema", "copy"):
        share = found[f"{how}, 16 clients"]["tokens_per_s"] / free
        yield Verdict("arms", f"tokens/s held to {how}: share of free", share, 0.9, at_least=True)


def _big(found: dict[str, Any]) -> Iterator[Verdict]:
    yield Verdict("big", "2.9B: load, s", found["load_s"], 15.0)
    yield Verdict("big", "2.9B: first token, state on disk, s", found["kept_first_s"], 2.0)


_JUDGES = {
    "eval": _eval,
    "long": _long,
    "first": _first,
    "turns": _turns,
    "cold": _cold,
    "arms": _arms,
    "big": _big,
}
