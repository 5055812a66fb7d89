"""What every part of a run reports with."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable

#: Told, in a line, how far a run is.
Say = Callable[[str], None]


def spread(values: Iterable[float]) -> dict[str, float]:
    """Median, least and most."""
    known = [value for value in values if not math.isnan(value)] or [math.nan]
    return {"median": statistics.median(known), "least": min(known), "most": max(known)}
