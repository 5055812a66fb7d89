"""The calls that a case accepts, with the keys of their acceptable values worked out once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.case_file import ExpectedForm, key_path
from evals.comparators import Comparator
from evals.text import describe, json_type
from evals.toolset import Toolset


@dataclass(frozen=True, slots=True)
class ExpectedArgument:
    """What a parameter must be given.

    Attributes:
        acceptable: The values that count as right, as the suite has them, without `null`.
        optional: Whether it may be left out.
        comparator: When two of its values are equal.
        keys: The canonical keys of `acceptable`.
    """

    acceptable: tuple[Any, ...]
    optional: bool
    comparator: Comparator
    keys: frozenset[Hashable]


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """One call that the model must make; a parameter that is not named must not be given."""

    name: str
    arguments: Mapping[str, ExpectedArgument]

    def __str__(self) -> str:
        """The call as a sentence shows it: the first acceptable value of each parameter."""
        given = (
            f"{name}={describe(argument.acceptable[0])}"
            for name, argument in self.arguments.items()
            if argument.acceptable and not argument.optional
        )
        return f"{self.name}({', '.join(given)})"


def compile_call(form: ExpectedForm, toolset: Toolset) -> ExpectedCall:
    """Works out an entry of `expect` in which `entry_problems` finds nothing wrong."""
    comparators = toolset.comparators(form.name)
    return ExpectedCall(
        form.name,
        {name: _argument(values, comparators[name]) for name, values in form.arguments.items()},
    )


def entry_problems(
    form: ExpectedForm, toolset: Toolset, offered: Sequence[str], at: str
) -> Iterator[tuple[str, str]]:
    """What is wrong with an entry of `expect`.

    Args:
        form: The entry.
        toolset: The tools that there are.
        offered: The names of the tools that the case offers.
        at: The path to the entry.

    Yields:
        Pairs of a key and what was expected there.
    """
    if form.name not in toolset:
        yield f"{at}.name", f"unknown tool {describe(form.name)}; {near(form.name, toolset.names)}"
        return
    if form.name not in offered:
        yield f"{at}.name", f"{describe(form.name)} is not among the case's tools; expected one on offer"
    comparators = toolset.comparators(form.name)
    for parameter, values in form.arguments.items():
        key = f"{at}.arguments.{parameter}"
        if parameter not in comparators:
            hint = near(parameter, tuple(comparators))
            yield key, f"{form.name} has no parameter {describe(parameter)}; {hint}"
            continue
        if not values:
            yield key, "expected at least one acceptable value, got an empty list"
        expects = comparators[parameter]
        for index, value in enumerate(values):
            if value is not None and not expects.fits(value):
                got = f"{json_type(value)}: {describe(value)}"
                yield f"{key}{key_path(index)}", f"expected {expects.expects}, got {got}"


def near(name: str, known: Sequence[str]) -> str:
    """What was expected in place of an unknown name: the ones most like it, or all."""
    from difflib import get_close_matches  # costs more than the rest of this module, and is seldom needed

    close = get_close_matches(name, known)
    return f"did you mean {' or '.join(close)}?" if close else f"expected one of {', '.join(known) or 'none'}"


def _argument(values: Sequence[Any], comparator: Comparator) -> ExpectedArgument:
    acceptable = tuple(value for value in values if value is not None)
    return ExpectedArgument(
        acceptable, None in values, comparator, frozenset(comparator.key(value) for value in acceptable)
    )
