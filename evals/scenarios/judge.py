"""Whether a conversation was a success: the state that it left, and what was said in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from evals.scenarios.form import Fact, RegexForm, calls_of
from evals.scenarios.scenario import Scenario
from evals.scenarios.states import Outcome
from evals.scorer import RowLabel
from evals.text import describe
from evals.toolset import Toolset, load_toolset

_THOUSANDS = re.compile(r"(?<=\d)[,\u202f\u00a0](?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class Made:
    """A call that has run; `done` where it did not fail."""

    name: str
    arguments: Mapping[str, Any]
    done: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a conversation is judged by.

    Attributes:
        complete: Whether the user came to their end.
        changes: What is otherwise than in an untouched network.
        calls: The calls that have run.
        answers: What the agent said.
    """

    complete: bool
    changes: Mapping[str, Any]
    calls: Sequence[Made]
    answers: Sequence[str]


def judge(scenario: Scenario, outcomes: Sequence[Outcome], seen: Evidence) -> tuple[RowLabel, str]:
    """Judges a conversation: a label, and a sentence that says why.

    As in tau-bench, success needs the right final state and every fact that the user must be told; nothing
    is given for a part of it.
    """
    expect = scenario.form.expect
    if not seen.complete:
        return "unfinished", "the user was not done when the conversation had to end"
    forbidden = [call.name for call in seen.calls if call.name in expect.never_called]
    if forbidden:
        return "forbidden_effect", f"{', '.join(forbidden)} was called, which must not be"
    differences = [outcome.difference(seen.changes) for outcome in outcomes]
    if all(differences):
        return "wrong_state", differences[0]
    for entry in expect.looked:
        wanted = calls_of(entry)
        if not any(_is(call, name, arguments) for call in seen.calls for name, arguments in wanted):
            words = " nor ".join(f"{name} {describe(arguments)}" for name, arguments in wanted)
            return "missing_call", f"{words} was never called"
    said = "\n".join(seen.answers)
    for fact in expect.facts:
        if not holds(fact, said):
            return "missing_fact", f"the user was never told {_shown(fact)}"
    for fact in expect.never_said:
        if holds(fact, said):
            return "false_claim", f"the user was told {_shown(fact)}, which is not so"
    return "correct", "the final state is right, and the user was told what they need to know"


def holds(fact: Fact, said: str) -> bool:
    """Whether a fact was said; case, spaces and commas in thousands do not matter.

    A text stands for itself as a whole: `18 days` is not found in `118 days`.
    """
    if isinstance(fact, list):
        return any(holds(one, said) for one in fact)
    if isinstance(fact, RegexForm):
        return re.search(fact.re, _plain(said), re.IGNORECASE) is not None
    wanted = _plain(fact)
    before = r"(?<!\w)(?<!\d[.,])" if wanted[:1].isalnum() else ""
    after = r"(?!\w)(?![.,]\d)" if wanted[-1:].isalnum() else ""
    # Languages that put no spaces between words have no borders to look for.
    spaced = wanted.isascii() or not any(unicodedata.category(char) == "Lo" for char in wanted)
    pattern = f"{before}{re.escape(wanted)}{after}" if spaced else re.escape(wanted)
    return re.search(pattern, _plain(said)) is not None


@cache
def _toolset() -> Toolset:
    return load_toolset()


def _plain(text: str) -> str:
    folded = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return " ".join(folded.replace("\u2019", "'").split())


def _is(call: Made, name: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a call has the name and, by each parameter's own rule, the arguments that are named."""
    if call.name != name:
        return False
    comparators = _toolset().comparators(name)
    for key, value in arguments.items():
        wanted = cast("dict[str, list[Any]]", value)["any"] if isinstance(value, dict) else [value]
        given = call.arguments.get(key)
        if not any((given is None and one is None) or comparators[key].equal(given, one) for one in wanted):
            return False
    return True


def _shown(fact: Fact) -> str:
    if isinstance(fact, list):
        return " or ".join(_shown(one) for one in fact)
    return f"/{fact.re}/" if isinstance(fact, RegexForm) else describe(fact)
