"""What a tool gives back, made plain, harmless and never too long."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, cast

from tools.masking import mask_text

# Control, format, lone surrogate, line and paragraph characters.
_OBEYED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The outcome of one call.

    Attributes:
        success: False where the call could not be carried out, or what it checked is not well. A question
            with several proper answers (is a port open? is it quantum-safe?) succeeds with any of them.
        message: One complete, true sentence with the main facts. A small model answers by repeating it.
        data: The facts, JSON values.
        truncated: Whether something was left out; `message` then says what.
        next_page: Page to ask for to see more; None where there is none.
    """

    success: bool
    message: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    truncated: bool = False
    next_page: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Returns the result as JSON values, in the order that tools promise."""
        return {
            "success": self.success,
            "message": self.message,
            "data": self.data,
            "truncated": self.truncated,
            "next_page": self.next_page,
        }

    def to_json(self) -> str:
        """Returns the result as compact JSON: the content of a `tool` message."""
        return json.dumps(self.as_dict(), ensure_ascii=False, separators=(",", ":"))


def done(message: str, /, **data: object) -> ToolResult:
    """Returns a success."""
    return ToolResult(True, harmless(message), plain_dict(data))


def failed(message: str, /, **data: object) -> ToolResult:
    """Returns a failure."""
    return ToolResult(False, harmless(message), plain_dict(data))


def plain_dict(values: Mapping[str, object]) -> dict[str, Any]:
    """Makes a mapping JSON values; what is None is left out, since it says nothing."""
    return {str(key): plain(value) for key, value in values.items() if value is not None}


def plain(value: object) -> Any:
    """Makes any record JSON values: dataclasses to objects, times to ISO 8601, durations to seconds."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain_dict({f.name: getattr(value, f.name) for f in dataclasses.fields(value)})
    if isinstance(value, Mapping):
        return plain_dict(cast("Mapping[str, object]", value))
    if isinstance(value, Sequence | set | frozenset):
        return [plain(item) for item in cast("Sequence[object]", value)]
    raise TypeError(f"a tool result cannot hold {type(value).__name__}")


def harmless(text: str) -> str:
    """Drops what a terminal or a page would obey instead of show: control, direction and line characters."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _OBEYED)


def safe(result: ToolResult) -> ToolResult:
    """Makes all texts of a result harmless, its message one line, and hides passwords in URLs.

    Much of a result was written by the servers that were asked, and whoever shows it may forget that.
    """
    message = " ".join(harmless(result.message).split())
    return dataclasses.replace(result, message=mask_text(message), data=_masked(plain_dict(result.data)))


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, list):
        return [_masked(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {harmless(key): _masked(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


def clipped(result: ToolResult, max_bytes: int) -> ToolResult:
    """Cuts the data of a result until its JSON holds at most `max_bytes` bytes, and says what was cut.

    The longest list or text is halved first, again and again; `message` is only ever shortened itself when it
    alone is too long.
    """
    if size_of(result.to_json()) <= max_bytes:
        return result
    # A third, since JSON may write a character as two.
    longest_message = max_bytes // 3
    message = result.message
    if size_of(message) > longest_message:
        message = f"{message.encode('utf-8', 'replace')[:longest_message].decode('utf-8', 'ignore')}…"
    data: dict[str, Any] = dict(result.data)
    whole = {key: _size(value) for key, value in data.items()}
    while data:
        short = [
            f"{key} shows {_size(value)} of {whole[key]}"
            for key, value in data.items()
            if _size(value) < whole[key]
        ]
        gone = [f"{key} is left out" for key in whole if key not in data]
        note = f" (Cut to fit: {'; '.join(short + gone)}.)" if short or gone else ""
        cut = dataclasses.replace(result, message=f"{message}{note}", data=data, truncated=True)
        if size_of(cut.to_json()) <= max_bytes:
            return cut
        longest = max(data, key=lambda key: size_of(json.dumps(data[key], ensure_ascii=False)))
        half = _size(data[longest]) // 2
        if half:
            data[longest] = data[longest][:half]
        else:
            del data[longest]
    return dataclasses.replace(result, message=f"{message} (The data did not fit.)", data={}, truncated=True)


def size_of(text: str) -> int:
    """The bytes of a text, which no tokenizer turns into more tokens."""
    return len(text.encode("utf-8", "replace"))


def _size(value: Any) -> int:
    """Counts the items of what can be cut, a list or a text; 0 of anything else."""
    return len(cast("list[Any] | str", value)) if isinstance(value, list | str) else 0
