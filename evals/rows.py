"""One row of a run's results: what a model did with one case, and how it was scored."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, cast

from evals.json_text import loaded
from evals.scorer import ROW_LABELS, RowLabel
from providers.base import Timing, ToolCall, Usage

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """The outcome of one repeat of one case.

    Attributes:
        id: The case.
        repeat: Which repeat of it, from 0.
        category: The case's category.
        label: What went wrong, or `correct`.
        repaired: Whether a call was read only with a tolerance.
        malformed: Whether the reply tries to call in a way that cannot be read.
        reason: The label in a sentence; of an `infra_error`, the provider's error.
        calls: The calls, each with `name` and `arguments`.
        repairs: The tolerances that were needed.
        raw: The model's text, untouched; of a whole conversation, what was said and done.
        finish: Why the reply ended; empty where it did not.
        usage: Tokens.
        timing: Seconds, as the provider measured them.
        seconds: Wall time of the last try.
        started: When that try began, in seconds since 1970.
        attempts: How often it was tried.
        cached: Whether the reply was kept from an earlier run; `seconds` and `started` are those of then.
        details: What a suite of this kind tells beside, JSON values.
    """

    id: str
    repeat: int
    category: str
    label: RowLabel
    repaired: bool = False
    malformed: bool = False
    reason: str = ""
    calls: tuple[Mapping[str, Any], ...] = ()
    repairs: tuple[str, ...] = ()
    raw: str = ""
    finish: str = ""
    usage: Usage = field(default_factory=Usage)
    timing: Timing = field(default_factory=Timing)
    seconds: float = 0.0
    started: float = 0.0
    attempts: int = 1
    cached: bool = False
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def key(self) -> Key:
        """What tells the row from all others of its run."""
        return self.id, self.repeat

    @property
    def correct(self) -> bool:
        """Whether the reply does what the case asks for."""
        return self.label == "correct"

    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls as they are scored."""
        return tuple(ToolCall("", call["name"], call["arguments"]) for call in self.calls)

    def to_line(self) -> bytes:
        """The row as one line of UTF-8 JSON, with its line feed."""
        # Not `asdict`, which copies every call and everything in it.
        row = {name: getattr(self, name) for name in _KNOWN}
        row["usage"], row["timing"] = asdict(self.usage), asdict(self.timing)
        try:
            text = json.dumps(row, ensure_ascii=False, allow_nan=False)
        except ValueError:
            # A model may write NaN or 1e999, which is no JSON. Neither fits any parameter; nor does null.
            text = json.dumps(_finite(row), ensure_ascii=False)
        try:
            return text.encode() + b"\n"
        except UnicodeEncodeError:
            # Half of a surrogate pair, from a model's "\ud83d", has no UTF-8 form; as an escape it has.
            return json.dumps(json.loads(text)).encode() + b"\n"


class RowError(ValueError):
    """A line is not a row."""


def parse_row(line: bytes) -> Row:
    """Reads a line of `results.jsonl`.

    Raises:
        RowError: The line is not a row.
    """
    try:
        return _row(loaded(line))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise RowError(f"not a row: {error!r}") from error


_KNOWN = tuple(item.name for item in fields(Row))
_NAMES = frozenset(_KNOWN)
_LABELS = frozenset(ROW_LABELS)


def _row(given: Any) -> Row:
    if not isinstance(given, dict):
        raise RowError("expected an object")
    values = cast(dict[str, Any], given)
    if not (isinstance(values["id"], str) and isinstance(values["repeat"], int)):
        raise RowError("expected an id and the number of a repeat")
    if values["label"] not in _LABELS or not isinstance(values["category"], str):
        raise RowError("expected a known label and a category")
    plain = values if values.keys() <= _NAMES else {name: values[name] for name in _KNOWN if name in values}
    # A run of 100,000 rows has few different words for these.
    for name in ("category", "label", "finish"):
        plain[name] = sys.intern(values.get(name, ""))
    plain["calls"] = tuple(values.get("calls", ()))
    plain["repairs"] = tuple(values.get("repairs", ()))
    plain["usage"] = Usage(**values.get("usage", {}))
    plain["timing"] = Timing(**values.get("timing", {}))
    return Row(**plain)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in cast(dict[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in cast(list[Any], value)]
    return None if isinstance(value, float) and not math.isfinite(value) else value
