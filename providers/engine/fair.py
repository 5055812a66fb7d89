"""A queue that is fair among users: deficit round robin, counted in tokens.

Shreedhar and Varghese, "Efficient Fair Queuing Using Deficit Round-Robin", SIGCOMM 1995, with users for flows and
tokens for bytes. What a request will really cost is known at its end only, so the estimate is put right then.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

#: Tokens that a user may have made in a round; about one short request.
QUANTUM = 256


@dataclass(slots=True)
class _Line(Generic[T]):
    """One user's requests, each with its cost, and the tokens that the user may still spend in this round."""

    items: deque[tuple[T, int]] = field(default_factory=lambda: deque[tuple[T, int]]())
    deficit: int = 0
    visited: bool = False


class FairQueue(Generic[T]):
    """Requests of many users; those of one user keep their order. `cost` is that of all that wait."""

    def __init__(self, quantum: int = QUANTUM) -> None:
        self._quantum = quantum
        # In the order of the round: the first user is the one whose turn it is.
        self._lines: OrderedDict[str, _Line[T]] = OrderedDict()
        self._count = 0
        self.cost = 0

    def __len__(self) -> int:
        return self._count

    def push(self, user: str, item: T, cost: int) -> None:
        """Adds a request that is expected to cost so many tokens."""
        cost = max(cost, 1)
        self._lines.setdefault(user, _Line()).items.append((item, cost))
        self._count += 1
        self.cost += cost

    def first(self) -> T | None:
        """The request whose turn it is; it stays in the queue."""
        if not self._count:
            return None
        while True:
            user, line = next(iter(self._lines.items()))
            if not line.visited:
                line.visited = True
                line.deficit += self._quantum
            item, cost = line.items[0]
            if line.deficit >= cost:
                return item
            line.visited = False
            self._lines.move_to_end(user)

    def pop(self) -> T | None:
        """Takes out the request whose turn it is."""
        item = self.first()
        if item is None:
            return None
        user, line = next(iter(self._lines.items()))
        cost = line.items.popleft()[1]
        line.deficit -= cost
        self.cost -= cost
        self._count -= 1
        if not line.items:
            # Who asks for nothing saves nothing.
            del self._lines[user]
        return item

    def charge(self, user: str, tokens: int) -> None:
        """Takes tokens that a request cost beyond its estimate from its user; gives them back if fewer than 0."""
        line = self._lines.get(user)
        if line is not None:
            line.deficit -= tokens

    def remove(self, item: T) -> bool:
        """Takes a request out, wherever it stands; returns whether it was there."""
        for user, line in self._lines.items():
            for entry in line.items:
                if entry[0] is item:
                    line.items.remove(entry)
                    self._count -= 1
                    self.cost -= entry[1]
                    if not line.items:
                        del self._lines[user]
                    return True
        return False

    def __iter__(self) -> Iterator[T]:
        """All requests, in the order in which they would come if nothing more were added."""
        copy: FairQueue[T] = FairQueue(self._quantum)
        for user, line in self._lines.items():
            copy._lines[user] = _Line(deque(line.items), line.deficit, line.visited)
        copy._count = self._count
        while (item := copy.pop()) is not None:
            yield item
