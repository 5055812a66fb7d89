"""Lengths of time as Go and Prometheus write them: `1m30s`, `500ms`, `1d`."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
    "y": 31536000.0,
}
_PART: Final = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(ns|us|µs|ms|[smhdwy])")


def parse_duration(text: str) -> float | None:
    """Reads a length of time in seconds (https://pkg.go.dev/time#ParseDuration, and Prometheus's d, w, y).

    Args:
        text: Such as `1m30s`; a bare number is none, as in Go.
    """
    total, place = 0.0, 0
    while place < len(text):
        match = _PART.match(text, place)
        if match is None:
            return None
        total += float(match[1]) * _UNITS[match[2]]
        place = match.end()
    return total if place else None
