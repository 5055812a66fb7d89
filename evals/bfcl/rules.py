"""BFCL's rules, which its `ast_checker` has: whether the calls of a reply are those that a case accepts.

The port keeps every rule, the odd ones too, so that its verdict is the one of `ast_checker`. It knows a second
way to compare, which keeps what text means (`values.EXACT`) and matches calls to answers at its best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from evals.assignment import best_assignment
from evals.bfcl import java, javascript
from evals.bfcl.data import Entry
from evals.bfcl.values import EXACT, LOOSE, Equality
from evals.text import describe
from providers.base import ToolCall

_PYTHON_TYPES: dict[str, type] = {
    "string": str, "integer": int, "float": float, "boolean": bool, "array": list, "tuple": list,
    "dict": dict, "any": str,
}  # fmt: skip
_PYTHON_NESTED = ("array", "tuple")

Answer = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why calls are not right.

    Attributes:
        kind: BFCL's `error_type`.
        reason: A sentence.
    """

    kind: str
    reason: str


class Unjudged(Exception):
    """The rules do not say what to do about this; `ast_checker` ends in an error of Python there."""


def check(entry: Entry, calls: Sequence[ToolCall], equality: Equality = LOOSE) -> Fault | None:
    """Compares the calls of a reply with those that a case accepts.

    Args:
        entry: The case; one whose calls are compared.
        calls: The calls, under BFCL's names.
        equality: How values compare.

    Returns:
        What is wrong, or None where nothing is.

    Raises:
        Unjudged: The rules do not cover it.
    """
    try:
        if "parallel" in entry.category:
            if len(calls) != len(entry.answers):
                return _count("parallel_function_checker_no_order", calls, entry)
            matched = _greedily if equality is LOOSE else _at_best
            return matched(entry, calls, equality)
        if "multiple" in entry.category:
            if len(calls) != len(entry.answers):
                return _count("multiple_function_checker", calls, entry)
            return _compare(entry, _function(entry, entry.answers[0]), calls[0], entry.answers[0], equality)
        if len(calls) != 1:
            return _count("simple_function_checker", calls, entry)
        return _compare(entry, entry.functions[0], calls[0], entry.answers[0], equality)
    except (KeyError, TypeError, AttributeError, NotImplementedError, ValueError) as error:
        raise Unjudged(f"{type(error).__name__}: {error}") from error


def check_exactly(entry: Entry, calls: Sequence[ToolCall]) -> Fault | None:
    """Compares as `check` does, but by what text means, and by the best assignment of calls to answers.

    Raises:
        Unjudged: The rules do not cover it.
    """
    return check(entry, calls, EXACT)


def _count(checker: str, calls: Sequence[ToolCall], entry: Entry) -> Fault:
    return Fault(f"{checker}:wrong_count", f"{len(calls)} calls were made; expected {len(entry.answers)}")


def _greedily(entry: Entry, calls: Sequence[ToolCall], equality: Equality) -> Fault | None:
    """Takes for each answer the first call that is left and fits it."""
    left = list(range(len(calls)))
    for answer in entry.answers:
        function = _function(entry, answer)
        for index in left:
            if _compare(entry, function, calls[index], answer, equality) is None:
                left.remove(index)
                break
        else:
            name = next(iter(answer))
            return Fault(
                "parallel_function_checker_no_order:cannot_find_match", f"no call fits the answer {name}"
            )
    return None


def _at_best(entry: Entry, calls: Sequence[ToolCall], equality: Equality) -> Fault | None:
    """Matches calls to answers so that as many as can be fit."""
    faults = [
        [_compare(entry, _function(entry, answer), call, answer, equality) for answer in entry.answers]
        for call in calls
    ]
    columns = best_assignment([[0 if fault is None else _cost(fault) for fault in row] for row in faults])
    pairs = [faults[row][column] for row, column in enumerate(columns)]
    worst = max((fault for fault in pairs if fault), key=_cost, default=None)
    return worst


def _cost(fault: Fault) -> int:
    """A milder fault costs less: another value, then another type, then other parameters, another function."""
    order = ("value_error", "dict_checker", "list_dict", "type_error", "simple_function_checker:missing",
             "simple_function_checker:unexpected", "simple_function_checker:wrong")  # fmt: skip
    rank = next((place for place, kind in enumerate(order) if fault.kind.startswith(kind)), len(order))
    return 100 ** (rank // 2) * (1 + rank)


def _function(entry: Entry, answer: Mapping[str, Any]) -> dict[str, Any]:
    name = next(iter(answer))
    for function in entry.functions:
        if function["name"] == name:
            return function
    raise Unjudged(f"no function {name} is described")


def _compare(
    entry: Entry,
    function: Mapping[str, Any],
    call: ToolCall,
    answer: Mapping[str, Answer],
    equality: Equality,
) -> Fault | None:
    """Compares one call with one answer."""
    wanted = next(iter(answer.values()))
    described = function["parameters"]["properties"]
    checker = "simple_function_checker"
    if call.name != function["name"]:
        return Fault(f"{checker}:wrong_func_name", f"{call.name} was called, not {function['name']}")
    for name in function["parameters"]["required"]:
        if name not in call.arguments:
            return Fault(f"{checker}:missing_required", f"{name}, which is required, is left out")
    for name, value in call.arguments.items():
        if name not in described or name not in wanted:
            return Fault(f"{checker}:unexpected_param", f"{name} must not be given")
        fault = _Parameter(entry, name, described[name], wanted[name], equality).fault(value)
        if fault is not None:
            return fault
    for name, values in wanted.items():
        if name not in call.arguments and "" not in values:
            return Fault(f"{checker}:missing_optional", f"{name} is left out; expected {describe(values)}")
    return None


class _Parameter:
    """One parameter of a call, and what is acceptable for it."""

    def __init__(
        self,
        entry: Entry,
        name: str,
        described: Mapping[str, Any],
        acceptable: Sequence[Any],
        equality: Equality,
    ) -> None:
        self._name = name
        self._acceptable = acceptable
        self._equality = equality
        self._kind: str = described["type"]
        self._language = entry.language
        types, nested = {
            "python": (_PYTHON_TYPES, _PYTHON_NESTED),
            "java": (java.TYPES, java.NESTED),
            "javascript": (javascript.TYPES, javascript.NESTED),
        }[entry.language]
        self._type = types[self._kind]
        self._inner_kind: str | None = described["items"]["type"] if self._kind in nested else None
        self._inner = None if self._inner_kind is None else types[self._inner_kind]

    def fault(self, value: Any) -> Fault | None:
        """What is wrong with a value."""
        if self._language != "python":
            if not isinstance(value, str):
                kind = "type_error:java" if self._language == "java" else "type_error:js"
                return Fault(kind, f"{self._name} must be given as text; got {describe(value)}")
            reader = java.read if self._language == "java" else javascript.read
            value = reader(value, self._kind, self._inner_kind)
        elif self._kind == "float" and type(value) is int:
            value = float(value)
        wrong = self._type_fault(value)
        if wrong is not None:
            return wrong
        # An answer of another type than the parameter's names a variable: it is compared as it stands.
        answered = _type_of(self._acceptable)
        variable = type(value) is not self._type or (answered is not None and answered is not self._type)
        return self._as_it_stands(value) if variable else self._value_fault(value)

    def _type_fault(self, value: Any) -> Fault | None:
        answered = _type_of(self._acceptable)
        if type(value) is self._type:
            if self._inner is None or self._items_fit(value):
                return None
            kind = "type_error:nested" if answered is self._type else "type_error:simple"
            return Fault(kind, f"{self._name} holds items of another type: {describe(value)}")
        if answered is not None and type(value) is answered:
            return None
        return Fault("type_error:simple", f"{self._name} is of another type: {describe(value)}")

    def _items_fit(self, value: Sequence[Any]) -> bool:
        """Whether all items have the type of the list's items, or that of what an answer has first."""
        for answer in self._acceptable:
            if not isinstance(answer, list):
                return True
            answered = _type_of(cast("list[Any]", answer))
            if all(type(item) is self._inner or type(item) is answered for item in value):
                return True
        return False

    def _value_fault(self, value: Any) -> Fault | None:
        if self._type is dict:
            return _object_fault(self._name, value, self._acceptable, self._equality)
        if self._type is list and self._inner is dict:
            return _objects_fault(self._name, value, self._acceptable, self._equality)
        if self._type is str:
            right = self._equality.text_among(value, self._acceptable)
            return None if right else self._other("value_error:string", value)
        if self._type is list:
            right = self._equality.list_among(value, self._acceptable)
            return None if right else self._other("value_error:list/tuple", value)
        return self._as_it_stands(value)

    def _as_it_stands(self, value: Any) -> Fault | None:
        right = self._equality.among(value, self._acceptable)
        return None if right else self._other("value_error:others", value)

    def _other(self, kind: str, value: Any) -> Fault:
        return Fault(kind, f"{self._name} is {describe(value)}; expected one of {describe(self._acceptable)}")


def _type_of(answers: Sequence[Any]) -> type[Any] | None:
    """The type of the first answer; an empty text means that the parameter may be left out, and is none."""
    for answer in answers:
        if answer != "":
            return cast("type[Any]", type(answer))
    return None


def _object_fault(name: str, given: Any, answers: Sequence[Any], equality: Equality) -> Fault | None:
    """Compares an object with the acceptable ones, whose fields have lists of acceptable values."""
    fault: Fault | None = Fault(
        "dict_checker:unclear", f"{name} is {describe(given)}, and no object is right"
    )
    for answer in answers:
        if answer == "":
            continue
        fault = _fields_fault(given, answer, equality)
        if fault is None:
            return None
    return fault


def _fields_fault(given: Mapping[str, Any], answer: Answer, equality: Equality) -> Fault | None:
    fault: Fault | None = None
    for key, value in given.items():
        if key not in answer:
            fault = Fault("value_error:dict_key", f"the object has a field {key} too many")
            break
        if not equality.loosened_among(value, answer[key]):
            expected = describe(answer[key])
            fault = Fault("value_error:dict_value", f"{key} is {describe(value)}; expected one of {expected}")
            break
    for key, values in answer.items():
        if key not in given and "" not in values:
            return Fault("value_error:dict_key", f"the object lacks the field {key}")
    return fault


def _objects_fault(
    name: str, given: Sequence[Any], answers: Sequence[Any], equality: Equality
) -> Fault | None:
    """Compares a list of objects with the acceptable ones, in order."""
    fault: Fault | None = Fault("list_dict_checker:unclear", f"{name} is {describe(given)}")
    for answer in answers:
        if len(given) != len(answer):
            fault = Fault("value_error:list_dict_count", f"{name} has {len(given)} items, not {len(answer)}")
            continue
        pairs = zip(given, answer, strict=True)
        found = (_object_fault(name, item, [wanted], equality) for item, wanted in pairs)
        fault = next((each for each in found if each), None)
        if fault is None:
            return None
    return fault
