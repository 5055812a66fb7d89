"""Names of TLS key-exchange groups, and which of them withstand a quantum computer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tools.errors import Refused
from tools.wording import hint, join

POST_QUANTUM: Final = (
    "X25519MLKEM768",
    "SecP256r1MLKEM768",
    "SecP384r1MLKEM1024",
    "MLKEM512",
    "MLKEM768",
    "MLKEM1024",
)
CLASSICAL: Final = ("X25519", "X448", "secp256r1", "secp384r1", "secp521r1", "ffdhe2048", "ffdhe3072")


def canonical_groups(names: Sequence[str]) -> tuple[str, ...]:
    """Spells group names as the standards do; none named means all post-quantum ones.

    Raises:
        Refused: A name is not known; the message has the nearest.
    """
    known = {_key(group): group for group in (*POST_QUANTUM, *CLASSICAL)}
    unknown = [name for name in names if _key(name) not in known]
    if unknown:
        raise Refused(
            f"{join(unknown)} in algorithms is no known key-exchange group.{hint(unknown[0], known.values())}"
            f" Post-quantum groups are {join(POST_QUANTUM)}; leave algorithms out to offer all of them."
        )
    return tuple(dict.fromkeys(known[_key(name)] for name in names)) or POST_QUANTUM


def _key(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
