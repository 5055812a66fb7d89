"""Takes judged readings and writes them, a batch at a time; keeps them while the database does not answer."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from monitoring.changes import Change
from monitoring.database.engine import Database
from monitoring.database.errors import DatabaseUnavailable
from monitoring.record.steps import Step
from monitoring.record.write import write_steps
from tools.clock import Clock

_log = logging.getLogger(__name__)

_BATCH: Final = 500
_GATHER_S: Final = 0.25
_SHORTEST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 10.0

#: Is told what has been kept: the steps, and the changes that followed from them.
Publish = Callable[[Sequence[Step], Sequence[Change]], None]


@dataclass(frozen=True, slots=True)
class RecorderHealth:
    """How the recorder is doing.

    Attributes:
        waiting: Results that are not kept yet.
        recorded: Results that were kept.
        dropped: Results that there was no room for.
        problem: Why the database does not take them; None while it does.
        since: Since when.
    """

    waiting: int
    recorded: int
    dropped: int
    problem: str | None
    since: datetime | None


class Recorder:
    """Writes steps in their order."""

    def __init__(self, database: Database, clock: Clock, bound: int, publish: Publish) -> None:
        """Takes where to write.

        Args:
            database: The database.
            clock: Gives the present time.
            bound: Steps that are kept in memory at most. Beyond, the oldest results are dropped; what else
                follows from them, such as an incident, is not.
            publish: Is told what was kept.
        """
        self._database = database
        self._clock = clock
        self._bound = bound
        self._publish = publish
        self._steps: deque[Step] = deque()
        # Steps whose results there was no room for, but whose effects must not be lost; older than all others.
        self._rescued: list[Step] = []
        self._news = asyncio.Event()
        self._recorded = 0
        self._dropped = 0
        self._problem: str | None = None
        self._since: datetime | None = None

    def add(self, step: Step) -> None:
        """Takes a step; returns at once."""
        self._steps.append(step)
        if len(self._steps) > self._bound:
            oldest = self._steps.popleft()
            self._dropped += 1
            if oldest.effects or oldest.inbox_id is not None:
                self._rescued.append(oldest)
        self._news.set()

    @property
    def health(self) -> RecorderHealth:
        """How it is doing now."""
        return RecorderHealth(
            len(self._steps) + len(self._rescued), self._recorded, self._dropped, self._problem, self._since
        )

    async def run(self, token: int) -> None:
        """Writes until cancelled.

        Raises:
            RunnerLost: Another watcher has taken over.
        """
        wait_s = _SHORTEST_WAIT_S
        while True:
            await self._news.wait()
            # Checks that end at about the same time share a transaction.
            await asyncio.sleep(_GATHER_S)
            if await self._try(token):
                wait_s = _SHORTEST_WAIT_S
            else:
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    async def finish(self, token: int, within_s: float) -> int:
        """Writes all that is left, as far as the time allows; returns how many results were not kept.

        Raises:
            RunnerLost: Another watcher has taken over.
        """
        try:
            async with asyncio.timeout(within_s):
                while self._steps or self._rescued:
                    if not await self._try(token):
                        await asyncio.sleep(_SHORTEST_WAIT_S)
        except TimeoutError:
            pass
        return self.health.waiting

    async def _try(self, token: int) -> bool:
        """Writes one batch; says whether the database took it."""
        rescued = self._rescued[:_BATCH]
        batch = rescued or [self._steps[place] for place in range(min(_BATCH, len(self._steps)))]
        if not batch:
            self._news.clear()
            return True
        try:
            changes = await write_steps(self._database, token, batch)
        except DatabaseUnavailable as error:
            self._note(str(error))
            return False
        self._note(None)
        if rescued:
            del self._rescued[: len(rescued)]
        else:
            # While this was written, a full queue may have dropped some of them.
            written = set(map(id, batch))
            while self._steps and id(self._steps[0]) in written:
                self._steps.popleft()
            self._rescued = [step for step in self._rescued if id(step) not in written]
        if not self._steps and not self._rescued:
            self._news.clear()
        self._recorded += len(batch)
        self._publish(batch, changes)
        return True

    def _note(self, problem: str | None) -> None:
        if problem is not None and self._problem is None:
            self._since = self._clock()
            _log.warning("%s Checks go on; results wait in memory.", problem)
        elif problem is None and self._problem is not None:
            _log.warning("The database answers again.")
            self._since = None
        self._problem = problem
