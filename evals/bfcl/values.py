"""When BFCL takes a value for an acceptable one: its loosened text, and ours, which keeps what text means.

BFCL drops spaces and the characters `,./-_*^` from text, and case; what is left must be the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from typing import Any, cast

_DROPPED = re.compile(r"[ \,\.\/\-\_\*\^]")
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
_DOTTED = re.compile(r"\d+(\.\d+){3}")


@dataclass(frozen=True, slots=True)
class Equality:
    """When two values are the same.

    Attributes:
        exact: Whether text that is a number or an IP address is compared as what it is, and `true` is
            told from 1 in lists and objects; both are not so in BFCL.
    """

    exact: bool

    def among(self, given: Any, acceptable: Sequence[Any]) -> bool:
        """Whether a value is one of the acceptable ones, as they stand: no text is loosened."""
        return any(self._same(given, value) for value in acceptable)

    def text_among(self, given: str, acceptable: Sequence[Any]) -> bool:
        """Whether a text is one of the acceptable ones that are text."""
        return any(isinstance(value, str) and self._text(given, value) for value in acceptable)

    def loosened_among(self, given: Any, acceptable: Sequence[Any]) -> bool:
        """Whether a value is one of the acceptable ones, where text is loosened but not inside of others."""
        if isinstance(given, str):
            return self.text_among(given, acceptable)
        return self.among(given, [value for value in acceptable if not isinstance(value, str)])

    def list_among(self, given: Sequence[Any], acceptable: Sequence[Sequence[Any]]) -> bool:
        """Whether a list is one of the acceptable ones; texts in it are loosened."""
        return any(
            len(given) == len(wanted)
            and all(self.loosened_among(item, [value]) for item, value in zip(given, wanted, strict=True))
            for wanted in acceptable
        )

    def _text(self, given: str, wanted: str) -> bool:
        if loosened(given) != loosened(wanted):
            return False
        return not self.exact or not means_other(given, wanted)

    def _same(self, given: Any, wanted: Any) -> bool:
        return bool(given == wanted) and not (self.exact and mixes_booleans(given, wanted))


LOOSE = Equality(exact=False)
EXACT = Equality(exact=True)


def loosened(text: str) -> str:
    """What BFCL compares of a text."""
    return _DROPPED.sub("", text).lower().replace("'", '"')


def means_other(given: str, wanted: str) -> bool:
    """Whether two texts that BFCL takes for one are different numbers or addresses, or only one is any."""
    left, right = _meaning(given), _meaning(wanted)
    return (left is not None or right is not None) and left != right


def mixes_booleans(given: Any, wanted: Any) -> bool:
    """Whether two values that Python finds equal have a boolean on one side and a number on the other."""
    if isinstance(given, list) and isinstance(wanted, list):
        pairs = zip(cast("list[Any]", given), cast("list[Any]", wanted), strict=False)
        return any(mixes_booleans(left, right) for left, right in pairs)
    if isinstance(given, dict) and isinstance(wanted, dict):
        left, right = cast("Mapping[str, Any]", given), cast("Mapping[str, Any]", wanted)
        return any(mixes_booleans(left[key], right[key]) for key in left.keys() & right.keys())
    return isinstance(given, bool) != isinstance(wanted, bool)


def _meaning(text: str) -> tuple[str, Any] | None:
    """A number or an IP address, as what it is; a dotted quad that is no address is its own kind."""
    plain = text.strip()
    if _DOTTED.fullmatch(plain) or ":" in plain:
        try:
            return "address", ip_address(plain)
        except ValueError:
            return ("quad", plain) if _DOTTED.fullmatch(plain) else None
    if _NUMBER.fullmatch(plain):
        try:
            return "number", Decimal(plain.replace(",", ""))
        except InvalidOperation:
            return None
    return None
