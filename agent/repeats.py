"""Notices a model that goes round in circles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from agent.canonical import canonical
from providers.base import ToolCall


class RepeatWatch:
    """Watches the calls of one turn.

    A call is repeated when it comes up for the `identical`-th time with the same arguments, whatever was
    between; or when replies alternate: A, B, A, B. Polling tools may be called again and again.
    """

    def __init__(self, identical: int, is_polling: Callable[[str], bool]) -> None:
        """Sets the number, and how to tell by its name that a tool is for polling."""
        self._identical = identical
        self._is_polling = is_polling
        self._seen: Counter[str] = Counter()
        self._replies: list[tuple[str, ...]] = []

    def judge(self, calls: Sequence[ToolCall]) -> list[bool]:
        """Takes the calls of the next reply and says of each whether it is repeated and must not run."""
        prints = ["" if self._is_polling(c.name) else f"{c.name} {canonical(c.arguments)}" for c in calls]
        counted = tuple(text for text in prints if text)
        if counted:
            self._replies.append(counted)
        alternating = bool(counted) and self._alternating()
        repeated: list[bool] = []
        for text in prints:
            self._seen[text] += 1
            repeated.append(bool(text) and (alternating or self._seen[text] >= self._identical))
        return repeated

    def _alternating(self) -> bool:
        last = self._replies[-4:]
        return len(last) == 4 and last[0] == last[2] and last[1] == last[3] and last[0] != last[1]
