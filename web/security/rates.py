"""How often somebody may try, counted in this process."""

from __future__ import annotations

import time
from typing import Final, Literal

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from web.errors import too_many

Action = Literal["log-in", "log-in-account", "register", "begin", "run", "write"]

_LIMITS: Final[dict[Action, RateLimitItem]] = {
    # From one network, and for one account from wherever.
    "log-in": parse("20/minute"),
    "log-in-account": parse("10/minute"),
    "register": parse("10/hour"),
    "begin": parse("60/minute"),
    "run": parse("60/minute"),
    "write": parse("600/minute"),
}


class Rates:
    """Counts what is done."""

    def __init__(self, *, scale: int = 1) -> None:
        """Starts at nothing; `scale` multiplies all limits, for tests that try much."""
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._scale = scale

    async def count(self, action: Action, who: str) -> None:
        """Counts one try.

        Raises:
            ApiError: It is one too many.
        """
        limit = _LIMITS[action]
        scaled = type(limit)(limit.amount * self._scale, limit.multiples)
        if not await self._limiter.hit(scaled, action, who):
            reset, _ = await self._limiter.get_window_stats(scaled, action, who)
            raise too_many(reset - time.time())
