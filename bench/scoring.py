"""How many cases a second one core scores: `python -m bench.scoring`. To reach: 20,000.

Every case of netmon-dev is scored with three replies: a right one, one with a wrong value, and one with a call too
many, since a failure costs more than a success.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence

from evals.cases import Case, load_suite
from evals.scorer import score
from providers.base import ToolCall

_TO_REACH = 20_000
_SECONDS = 3.0


def right(case: Case) -> list[ToolCall]:
    """A reply that the case accepts: the first acceptable value of everything that must be given."""
    return [
        ToolCall(
            "",
            call.name,
            {name: given.acceptable[0] for name, given in call.arguments.items() if not given.optional},
        )
        for call in case.accepted[0]
    ]


def wrong_value(case: Case) -> list[ToolCall]:
    """The same with one value changed to another of its type."""
    calls = right(case)
    for call in calls:
        for name, value in call.arguments.items():
            call.arguments[name] = f"{value}x" if isinstance(value, str) else value
    return calls


def one_too_many(case: Case) -> list[ToolCall]:
    """The same with a call more."""
    return [*right(case), ToolCall("", "get_user_info", {})]


def cases_per_second(pairs: Sequence[tuple[Case, list[ToolCall]]], seconds: float = _SECONDS) -> float:
    """Scores over and over for some seconds of processor time."""
    scored, started = 0, time.process_time()
    spent = 0.0
    rounds: Iterator[tuple[Case, list[ToolCall]]] = itertools.cycle(pairs)
    while spent < seconds:
        for case, calls in itertools.islice(rounds, 1000):
            score(case, calls, malformed=False, repaired=False)
        scored += 1000
        spent = time.process_time() - started
    return scored / spent


def main() -> int:
    """Measures, prints and judges."""
    cases = load_suite("netmon-dev").cases
    pairs = [(case, make(case)) for case in cases for make in (right, wrong_value, one_too_many)]
    measured = cases_per_second(pairs)
    print(json.dumps({"cases_per_s": round(measured), "to_reach": _TO_REACH, "replies": len(pairs)}))
    return 0 if measured >= _TO_REACH else 1


if __name__ == "__main__":
    sys.exit(main())
