"""Where the decisions about calls are written down."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from tools.clock import Clock, system_clock
from tools.registry import Effect

AuditAction = Literal["requested", "approved", "denied", "expired", "withdrawn", "used", "refused"]


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One decision.

    Attributes:
        action: What was decided.
        approval_id: Which request it is about.
        conversation: Where the call was made.
        tool: The tool's name.
        arguments: Its arguments, canonical JSON.
        effect: What the tool does; None where that is not known.
        by: Who decided: a person, a switch such as `--yes`, or the gate.
        reason: Why, where the gate refused, or where whoever denied it said so.
    """

    action: AuditAction
    approval_id: str
    conversation: str
    tool: str
    arguments: str
    effect: Effect | None
    by: str
    reason: str = ""


#: Takes each record before what it tells of happens; if it raises, that does not happen.
AuditSink = Callable[[AuditRecord], None]


class AuditFile:
    """Appends records to a file, one JSON object a line, on disk before the call runs."""

    def __init__(self, path: Path, clock: Clock = system_clock) -> None:
        """Sets the file, which need not be there yet, and the clock for the key `at`."""
        self._path = path
        self._clock = clock

    def __call__(self, record: AuditRecord) -> None:
        """Writes a record; begins a new line if the last one was cut short.

        Raises:
            OSError: It could not be written.
        """
        at: datetime = self._clock()
        line = json.dumps({"at": at.isoformat(), **asdict(record)}) + "\n"
        with self._path.open("a+b") as file:
            if file.tell() and not _ends_in_newline(file.fileno(), file.tell()):
                file.write(b"\n")
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())


def _ends_in_newline(descriptor: int, size: int) -> bool:
    return os.pread(descriptor, 1, size - 1) == b"\n"
