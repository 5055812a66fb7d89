"""One way to write a call's arguments, so that equal calls are equal texts."""

from __future__ import annotations

import json
from collections.abc import Mapping


def canonical(arguments: Mapping[str, object]) -> str:
    """Writes arguments as JSON with sorted keys and no white space, in ASCII.

    Values keep their JSON type: 1, 1.0, true and "1" are written differently.
    """
    return json.dumps(arguments, sort_keys=True, separators=(",", ":"))
