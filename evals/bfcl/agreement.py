"""How far our port of BFCL's rules, and our own judgement, agree with BFCL's `ast_checker`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from evals.bfcl.answers import Calls, right_calls, spoiled_calls
from evals.bfcl.data import Entry
from evals.bfcl.verdicts import Verdicts, judge

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A pair of a case and an answer that two judges judge otherwise."""

    id: str
    change: str
    calls: Calls
    verdicts: Verdicts

    def as_object(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "id": self.id,
            "change": self.change,
            "calls": [{"name": call.name, "arguments": call.arguments} for call in self.calls],
            "ast_checker": self.verdicts.reference,
            "port": self.verdicts.port,
            "ours": self.verdicts.label,
            "why": self.verdicts.explanation,
        }


@dataclass(frozen=True, slots=True)
class Agreement:
    """What came of holding judges against each other.

    Attributes:
        pairs: Pairs of a case and an answer.
        right: Those that `ast_checker` finds right.
        changes: How many pairs there are of each kind of change.
        port: Where the port judges otherwise than `ast_checker`.
        kinds: Pairs on whose kind of error both do not agree, though both find them wrong.
        ours: Where our own judgement is another.
    """

    pairs: int
    right: int
    changes: dict[str, int]
    port: tuple[Disagreement, ...]
    kinds: int
    ours: tuple[Disagreement, ...]

    @property
    def rate(self) -> float:
        """The part of the pairs on which the port agrees with `ast_checker`."""
        return 1 - len(self.port) / self.pairs if self.pairs else 1.0

    @property
    def our_rate(self) -> float:
        """The part of the pairs on which our own judgement does."""
        return 1 - len(self.ours) / self.pairs if self.pairs else 1.0


def measure(entries: Sequence[Entry], pairs: int, seed: int = 0) -> Agreement:
    """Judges pairs of a case and an answer: every third answer is right, the others are spoiled.

    Raises:
        BfclError: The package is not installed.
    """
    changes: dict[str, int] = {}
    port: list[Disagreement] = []
    ours: list[Disagreement] = []
    count = right = kinds = 0
    for entry, change, calls in _pairs(entries, pairs, seed):
        verdicts = judge(entry, calls)
        count += 1
        right += not verdicts.reference
        changes[change] = changes.get(change, 0) + 1
        if not verdicts.port_agrees:
            port.append(Disagreement(entry.id, change, calls, verdicts))
        kinds += verdicts.port_agrees and verdicts.port != verdicts.reference
        if not verdicts.agrees:
            ours.append(Disagreement(entry.id, change, calls, verdicts))
    return Agreement(count, right, dict(sorted(changes.items())), tuple(port), kinds, tuple(ours))


def agreement_object(agreement: Agreement) -> dict[str, Any]:
    """What `evals bfcl-agreement --json` prints."""
    return {
        "pairs": agreement.pairs,
        "right": agreement.right,
        "changes": agreement.changes,
        "agreement": agreement.rate,
        "disagreements": [each.as_object() for each in agreement.port],
        "other_kinds": agreement.kinds,
        "ours_agreement": agreement.our_rate,
        "ours_disagreements": [each.as_object() for each in agreement.ours],
    }


def agreement_text(agreement: Agreement) -> str:
    """The same for people."""
    lines = [
        f"{agreement.pairs} pairs of a case and an answer; ast_checker finds {agreement.right} right",
        f"our port of its rules agrees on {agreement.pairs - len(agreement.port)} ({agreement.rate:.3%}); "
        f"where both find an answer wrong, {agreement.kinds} times for another kind of error",
        *_listed(agreement.port),
        f"our own judgement agrees on {agreement.pairs - len(agreement.ours)} ({agreement.our_rate:.3%})",
        *_listed(agreement.ours),
    ]
    return "\n".join(lines)


def _listed(found: Sequence[Disagreement]) -> Iterator[str]:
    for each in found[:SHOWN]:
        verdicts = each.verdicts
        yield (
            f"  {each.id} ({each.change}): ast_checker {verdicts.reference or 'right'}, "
            f"port {verdicts.port or 'right'}, ours {verdicts.label}"
        )
        if verdicts.explanation:
            yield f"    {verdicts.explanation}"
    if len(found) > SHOWN:
        yield f"  … and {len(found) - SHOWN} more, with --json"


def _pairs(entries: Sequence[Entry], pairs: int, seed: int) -> Iterator[tuple[Entry, str, Calls]]:
    random = Random(seed)  # noqa: S311 - a repeatable sample, no secret
    compared = [entry for entry in entries if entry.compared]
    for number in range(pairs):
        if number % len(compared) == 0:
            random.shuffle(compared)
        entry = compared[number % len(compared)]
        if number % 3 == 0:
            yield entry, "right", right_calls(entry, random)
        else:
            yield (entry, *spoiled_calls(entry, random))
