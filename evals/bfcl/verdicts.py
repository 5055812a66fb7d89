"""Three verdicts on one reply, side by side: BFCL's own, that of our port of its rules, and ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from evals.bfcl import reference, rules
from evals.bfcl.data import Entry
from evals.bfcl.rules import Fault, Unjudged
from evals.bfcl.values import loosened, means_other
from evals.scorer import Label
from evals.text import describe
from providers.base import ToolCall

_UNREADABLE = "ast_decoder:decoder_failed"
_CALLED = "irrelevance_error:decoder_success"
_SILENT = "relevance_error:decoder_failed"
_CRASHED = "crashed"

_LABELS: tuple[tuple[str, Label], ...] = (
    ("value_error", "wrong_value"), ("dict_checker", "wrong_value"), ("list_dict", "wrong_value"),
    ("type_error", "wrong_type"), ("simple_function_checker:missing", "missing_required"),
    ("simple_function_checker:unexpected_param", "unexpected_param"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What three judges say of a reply.

    Attributes:
        reference: The `error_type` of `ast_checker`; empty where it finds the reply right.
        port: The same from our port of its rules.
        label: Ours.
        reason: Ours in a sentence.
        explanation: Why ours differs from `ast_checker`'s; empty where both agree.
    """

    reference: str
    port: str
    label: Label
    reason: str
    explanation: str

    @property
    def port_agrees(self) -> bool:
        """Whether the port finds right what `ast_checker` finds right."""
        return (not self.reference) == (not self.port)

    @property
    def agrees(self) -> bool:
        """Whether ours finds right what `ast_checker` finds right."""
        return (not self.reference) == (self.label == "correct")

    def as_details(self) -> dict[str, Any]:
        """What a row keeps of them."""
        return {
            "ast_checker": {"valid": not self.reference, "error_type": self.reference},
            "port": {"valid": not self.port, "error_type": self.port, "agrees": self.port_agrees},
            "ours": {"valid": self.label == "correct", "agrees": self.agrees},
            "explanation": self.explanation,
        }


def judge(entry: Entry, calls: Sequence[ToolCall], malformed: str = "") -> Verdicts:
    """Judges a reply.

    Args:
        entry: What was asked.
        calls: The calls, under BFCL's names.
        malformed: What was wrong with calls that could not be read; empty where all could.

    Raises:
        BfclError: The package is not installed.
    """
    if malformed or not entry.compared:
        loose = _without_answers(entry, calls, bool(malformed))
        label, reason = _ours_without_answers(entry, calls, malformed)
        explanation = "" if (not loose) == (label == "correct") else _relevance_words(label)
        return Verdicts(loose, loose, label, reason, explanation)
    official = _official(entry, calls)
    ported = _ported(entry, calls)
    try:
        fault = rules.check_exactly(entry, calls)
    except Unjudged as error:
        fault = Fault(_CRASHED, f"the answer is of a form that no rule covers ({error})")
    label = label_of(entry, calls, fault)
    reason = fault.reason if fault else "every call is as expected"
    explanation = "" if (not official) == (fault is None) else _explained(entry, calls, official, fault)
    return Verdicts(official, ported, label, reason, explanation)


def label_of(entry: Entry, calls: Sequence[ToolCall], fault: Fault | None) -> Label:
    """Our label for what is wrong with calls."""
    if fault is None:
        return "correct"
    if not calls:
        return "no_call"
    if fault.kind.endswith("wrong_count"):
        return "wrong_count"
    offered = {function["name"] for function in entry.functions}
    if any(call.name not in offered for call in calls):
        return "unknown_tool"
    for kind, label in _LABELS:
        if fault.kind.startswith(kind):
            return label
    return "wrong_tool" if fault.kind.endswith("wrong_func_name") else "wrong_value"


def _official(entry: Entry, calls: Sequence[ToolCall]) -> str:
    try:
        return reference.check(entry, calls) or ""
    except (KeyError, TypeError, AttributeError, ValueError, NotImplementedError, UnboundLocalError) as error:
        return f"{_CRASHED}:{type(error).__name__}"


def _ported(entry: Entry, calls: Sequence[ToolCall]) -> str:
    try:
        fault = rules.check(entry, calls)
    except Unjudged as error:
        return f"{_CRASHED}:{str(error).partition(':')[0]}"
    return fault.kind if fault else ""


def _without_answers(entry: Entry, calls: Sequence[ToolCall], malformed: bool) -> str:
    """BFCL's verdict where calls cannot be read, or are only looked for: what is unreadable is no call."""
    if entry.compared:
        return _UNREADABLE
    called = bool(calls) and not malformed
    if entry.wants_call:
        return "" if called else _SILENT
    return _CALLED if called else ""


def _ours_without_answers(entry: Entry, calls: Sequence[ToolCall], malformed: str) -> tuple[Label, str]:
    if malformed:
        return "malformed", f"the reply tries to call and cannot be read as a call: {malformed}"
    names = ", ".join(call.name for call in calls)
    if not entry.wants_call:
        if calls:
            return "spurious_call", f"{names} called where no call is right"
        return "correct", "no call was made, as expected"
    if not calls:
        return "no_call", "no call was made; any would have done"
    offered = {function["name"] for function in entry.functions}
    if any(call.name not in offered for call in calls):
        return "unknown_tool", f"{names}: not a tool on offer"
    return "correct", "a call was made, and any would have done"


def _relevance_words(label: Label) -> str:
    if label == "malformed":
        return "BFCL takes a call that cannot be read for no call; here a malformed attempt is wrong"
    return "BFCL takes any call for right here; ours must name a function on offer"


def _explained(entry: Entry, calls: Sequence[ToolCall], official: str, fault: Fault | None) -> str:
    if fault is None:
        if official.startswith(_CRASHED):
            return f"ast_checker itself ended in an error ({official}); the calls are right"
        return "ast_checker takes the first call that fits an answer; another assignment fits them all"
    if fault.kind == _CRASHED:
        return fault.reason
    texts = [text for call in calls for text in _texts(call.arguments)]
    answers = [text for answer in entry.answers for text in _texts(dict(answer))]
    for given in texts:
        for wanted in answers:
            if given != wanted and loosened(given) == loosened(wanted) and means_other(given, wanted):
                return (
                    f"ast_checker drops punctuation, so that {describe(given)} and {describe(wanted)} are one"
                    " text to it; as numbers or addresses they are not the same"
                )
    return f"ast_checker finds true equal to 1 in lists and objects; ours does not: {fault.reason}"


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in cast("dict[str, Any]", value).values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in cast("list[Any]", value) for text in _texts(item)]
    return []
