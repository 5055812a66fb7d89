"""How busy this machine is."""

from __future__ import annotations

import os


def load_pct() -> int:
    """The load of the last minute, in percent of the processors; 0 where the system does not tell."""
    try:
        return min(100, round(100 * os.getloadavg()[0] / (os.cpu_count() or 1)))
    except OSError:
        return 0
