"""What was looked up is remembered for a moment: a page asks several things at once, and each asks who asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

#: Seconds after which a change that another process made is seen here; changes of this process are seen at once.
BRIEF_S: Final = 1.0


class Brief(Generic[K, V]):
    """Remembers values for a second at most, and never what has been forgotten meanwhile."""

    def __init__(self) -> None:
        """Starts empty."""
        self._known: dict[K, tuple[float, V]] = {}
        self._changes = 0
        self._clean_at = 0.0

    async def get(self, key: K, look_up: Callable[[], Awaitable[V | None]]) -> V | None:
        """Returns a value: the one that is known, or else what `look_up` finds.

        That there is none is not remembered, so that nobody fills the memory with guesses.
        """
        now = monotonic()
        known = self._known.get(key)
        if known is not None and now < known[0]:
            return known[1]
        before = self._changes
        found = await look_up()
        # Found before a change and remembered after it, it would be wrong for a second.
        if found is not None and before == self._changes:
            self._clean(now)
            self._known[key] = (now + BRIEF_S, found)
        return found

    def _clean(self, now: float) -> None:
        if now >= self._clean_at:
            self._known = {key: value for key, value in self._known.items() if now < value[0]}
            self._clean_at = now + BRIEF_S

    def forget(self) -> None:
        """Forgets all: something was changed, and that is in the database."""
        self._changes += 1
        self._known.clear()
