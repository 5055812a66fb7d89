"""Port lists such as `22,80,8000-8100`: checked, never passed on as a program's flags."""

from __future__ import annotations

import re

_ITEM = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


def parse_ports(text: str) -> str:
    """Checks a port list and returns it without spaces.

    Raises:
        ValueError: An item is no port from 1 to 65535 and no range of such.
    """
    port_ranges(text)
    return re.sub(r"\s", "", text)


def port_ranges(text: str) -> list[range]:
    """Reads a port list as ranges.

    Raises:
        ValueError: An item is no port from 1 to 65535 and no range of such.
    """
    ranges: list[range] = []
    for item in text.split(","):
        match = _ITEM.fullmatch(item.strip(" "))
        low = int(match[1]) if match else 0
        high = int(match[2] or match[1]) if match else 0
        if not 1 <= low <= high <= 65535:
            raise ValueError(
                f"ports was {text!r}: {item!r} is no port or range; write them as 22,80,8000-8100"
            )
        ranges.append(range(low, high + 1))
    return ranges
