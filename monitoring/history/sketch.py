"""How response times are spread, in a few bytes that can be added up.

Values are counted in buckets whose bounds grow by a constant factor, as in DDSketch (Masson, Rim and Lee, VLDB
2019): every quantile comes out within 1 % of a true one, however many sketches were added.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Iterable
from typing import Final

#: Largest relative error of a quantile.
ACCURACY: Final = 0.01
_GROWTH: Final = (1 + ACCURACY) / (1 - ACCURACY)
_LOG_GROWTH: Final = math.log(_GROWTH)
# Microseconds; what is shorter counts as this.
_LEAST_MS: Final = 0.001

Sketch = Counter[int]


def sketch_of(values_ms: Iterable[float]) -> Sketch:
    """Counts values, in milliseconds."""
    return Counter(math.ceil(math.log(max(value, _LEAST_MS)) / _LOG_GROWTH) for value in values_ms)


def quantile(sketch: Sketch, percent: float) -> float | None:
    """The value below which `percent` of the values lie (nearest rank), to a tenth; None of none."""
    total = sketch.total()
    if not total:
        return None
    rank = max(1, math.ceil(percent / 100 * total))
    for bucket in sorted(sketch):
        rank -= sketch[bucket]
        if rank <= 0:
            return round(2 * _GROWTH**bucket / (_GROWTH + 1), 1)
    raise AssertionError("a rank beyond the count")


def pack(sketch: Sketch) -> bytes:
    """Writes a sketch: bucket and count of each, in 4 bytes each."""
    return struct.pack(
        f"<{2 * len(sketch)}i", *(number for pair in sorted(sketch.items()) for number in pair)
    )


def unpack(data: bytes) -> dict[int, int]:
    """Reads what `pack` wrote."""
    numbers = struct.unpack(f"<{len(data) // 4}i", data)
    return dict(zip(numbers[::2], numbers[1::2], strict=True))
