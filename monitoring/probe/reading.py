"""What one check of a watched host found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitoring.database.types import from_ms, to_ms

#: Characters of a cause that are kept.
CAUSE_CHARS = 400


@dataclass(frozen=True, slots=True)
class Reading:
    """The outcome of one check.

    Attributes:
        at: When it ended.
        ok: Whether the host was well.
        response_ms: How long the answer took; None where there was none.
        cause: Why it was not well, without a full stop.
        sent: Packets sent; 1 where a check sends none.
        received: Packets that were answered; 1 or 0 likewise.
        certificate_ends: When the certificate that was seen ends.
        facts: Numbers for `/metrics`, by blackbox_exporter's names.
    """

    at: datetime
    ok: bool
    response_ms: float | None = None
    cause: str | None = None
    sent: int = 1
    received: int = 1
    certificate_ends: datetime | None = None
    facts: Mapping[str, float] = field(default_factory=dict[str, float])

    def to_json(self) -> dict[str, Any]:
        """Returns it as JSON values; `facts` stay where it was made."""
        ends = self.certificate_ends
        return {
            "at": to_ms(self.at),
            "ok": self.ok,
            "response_ms": self.response_ms,
            "cause": self.cause,
            "sent": self.sent,
            "received": self.received,
            "certificate_ends": None if ends is None else to_ms(ends),
        }


def reading_from_json(data: Mapping[str, Any]) -> Reading:
    """Reads what `Reading.to_json` wrote.

    Raises:
        ValueError: It is something else.
    """
    try:
        ends = data.get("certificate_ends")
        return Reading(
            at=from_ms(int(data["at"])),
            ok=bool(data["ok"]),
            response_ms=None if data.get("response_ms") is None else float(data["response_ms"]),
            cause=None if data.get("cause") is None else str(data["cause"])[:CAUSE_CHARS],
            sent=int(data.get("sent", 1)),
            received=int(data.get("received", 1)),
            certificate_ends=None if ends is None else from_ms(int(ends)),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"not a reading: {error!r}") from error
