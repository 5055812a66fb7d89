"""How often somebody may try: counted here where one process serves, else in the database for all of them."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from sqlalchemy import BigInteger, cast, delete, extract, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from web.database.store import Store
from web.database.tables import tries
from web.errors import too_many

Action = Literal["log-in", "log-in-account", "register", "begin", "run", "tool", "write"]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` within any `seconds`."""

    tries: int
    seconds: int


_LIMITS: Final[dict[Action, Limit]] = {
    # From one network, and for one account from wherever.
    "log-in": Limit(20, 60),
    "log-in-account": Limit(10, 60),
    "register": Limit(10, 3600),
    "begin": Limit(60, 60),
    "run": Limit(60, 60),
    "tool": Limit(60, 60),
    "write": Limit(600, 60),
}
LONGEST_S: Final = max(limit.seconds for limit in _LIMITS.values())
_CLEAN_S: Final = 60.0


class Counter(Protocol):
    """Counts tries."""

    async def hit(self, key: str, limit: Limit) -> float:
        """Counts one try; returns 0, or the seconds to wait if it is one too many, which is not counted."""
        ...


class Rates:
    """Counts what is done."""

    def __init__(self, counter: Counter, key: bytes, *, scale: int = 1) -> None:
        """Takes who counts.

        Args:
            counter: Counts.
            key: Hides who tried from those who read the database.
            scale: Multiplies all limits, for tests that try much.
        """
        self._counter = counter
        self._key = key
        self._scale = scale

    async def count(self, action: Action, who: str) -> None:
        """Counts one try.

        Raises:
            ApiError: It is one too many.
            DatabaseUnavailable: The database does not answer.
        """
        limit = _LIMITS[action]
        name = hmac.new(self._key, f"{action} {who}".encode(), hashlib.sha256).hexdigest()
        wait_s = await self._counter.hit(name, Limit(limit.tries * self._scale, limit.seconds))
        if wait_s > 0:
            raise too_many(wait_s)


class OwnCounter:
    """Counts in this process: enough where no other serves the same database."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Starts at nothing; `monotonic` gives seconds."""
        self._monotonic = monotonic
        # By key: how long a try counts, and when they were.
        self._tries: dict[str, tuple[int, deque[float]]] = {}
        self._clean_at = monotonic() + _CLEAN_S

    async def hit(self, key: str, limit: Limit) -> float:
        """Counts one try; see `Counter`."""
        now = self._monotonic()
        if now >= self._clean_at:
            self._clean(now)
        _, found = self._tries.setdefault(key, (limit.seconds, deque()))
        while found and found[0] <= now - limit.seconds:
            found.popleft()
        if len(found) >= limit.tries:
            return found[0] + limit.seconds - now
        found.append(now)
        return 0.0

    def _clean(self, now: float) -> None:
        self._tries = {
            key: (seconds, found)
            for key, (seconds, found) in self._tries.items()
            if found and found[-1] > now - seconds
        }
        self._clean_at = now + _CLEAN_S


class SharedCounter:
    """Counts in PostgreSQL, by its clock, for all processes together."""

    def __init__(self, store: Store) -> None:
        """Takes the database."""
        self._store = store

    async def hit(self, key: str, limit: Limit) -> float:
        """Counts one try; see `Counter`.

        Raises:
            DatabaseUnavailable: The database does not answer.
        """

        async def work(connection: AsyncConnection) -> float:
            # Two processes that count the same tries at once would each see one too few.
            await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
            clock = cast(extract("epoch", func.clock_timestamp()) * 1000, BigInteger)
            now = (await connection.execute(select(clock))).scalar_one()
            since = now - limit.seconds * 1000
            known = select(func.count().label("tries"), func.min(tries.c.at).label("first")).where(
                tries.c.key == key, tries.c.at > since
            )
            row = (await connection.execute(known)).one()
            if row.tries >= limit.tries:
                return max(0.001, (row.first - since) / 1000)
            await connection.execute(insert(tries).values(key=key, at=now))
            return 0.0

        return await self._store.write(work)


async def forget_tries(connection: AsyncConnection, now_ms: int) -> None:
    """Deletes the tries that count for nothing any more."""
    await connection.execute(delete(tries).where(tries.c.at < now_ms - 2 * LONGEST_S * 1000))
