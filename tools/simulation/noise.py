"""Numbers that look random and are the same every time."""

from __future__ import annotations

import hashlib
import struct


def unit(*keys: object) -> float:
    """Returns a number in [0, 1) that depends on nothing but the keys."""
    return _units(*keys)[0]


def around(base: float, spread: float, *keys: object) -> float:
    """Returns a number near `base`: most within `spread`, a few well above, never below half of `base`."""
    first, second, spike, height = _units(*keys)
    value = base + spread * (first + second - 1.0)
    if spike > 0.985:
        value += base * (0.5 + height)
    return max(base / 2, value)


def _units(*keys: object) -> tuple[float, ...]:
    """Returns four numbers in [0, 1) from one hash, since long histories ask for many."""
    digest = hashlib.blake2b("\x1f".join(map(str, keys)).encode(), digest_size=16).digest()
    return tuple(part / 2**32 for part in struct.unpack(">4I", digest))
