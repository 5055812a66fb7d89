"""Keeps this process known as alive, and cleans up after those that are not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.errors import DatabaseUnavailable
from monitoring.database.tables import owners
from monitoring.database.types import to_ms
from tools.clock import Clock
from web.database.store import Store
from web.database.tables import conversations, embed_codes, oidc_logins, sessions, tool_calls, workers
from web.ledger.ledger import Ledger
from web.runs.book import RunBook
from web.runs.manager import Runs
from web.security.rates import forget_tries

_log = logging.getLogger(__name__)

_BEAT_S = 5.0
#: A process that has not said for so long that it lives is gone.
LEASE = timedelta(seconds=30)
_CLEAN_S = 3600.0
_VISITORS = "visitor:%"


class Keeper:
    """Beats, sweeps and cleans in the background."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        worker: str,
        ledger: Ledger,
        book: RunBook,
        runs: Runs,
        keep: timedelta,
    ) -> None:
        """Takes what there is to look after; `keep` is how long events of ended runs stay."""
        self._store = store
        self._clock = clock
        self._worker = worker
        self._ledger = ledger
        self._book = book
        self._runs = runs
        self._keep = keep
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Says that this process lives, takes up what others left, and goes on in the background.

        Raises:
            DatabaseUnavailable: The database does not answer.
        """
        await self.beat()
        if self._store.database.sqlite:
            # One process serves at a time: all others are gone.
            gone = delete(workers).where(workers.c.id != self._worker)
            await self._store.write(lambda connection: connection.execute(gone))
        await self.sweep()
        self._task = asyncio.create_task(self._run(), name="keeper")

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        cleaned = loop.time() - _CLEAN_S
        while True:
            try:
                await self.beat()
                await self.sweep()
                await self._runs.look_after()
                if loop.time() - cleaned >= _CLEAN_S:
                    await self.clean()
                    cleaned = loop.time()
            except DatabaseUnavailable as error:
                _log.warning("cannot look after things: %s", error)
            await asyncio.sleep(_BEAT_S)

    async def beat(self) -> None:
        """Says that this process lives."""
        dialect = sqlite if self._store.database.sqlite else postgresql
        now = self._clock()
        made = dialect.insert(workers).values(id=self._worker, beat=now)
        beat = made.on_conflict_do_update(index_elements=[workers.c.id], set_={"beat": now})
        await self._store.write(lambda connection: connection.execute(beat))

    async def sweep(self) -> None:
        """Settles and ends what dead processes left."""
        settled = await self._ledger.sweep(LEASE)
        if settled:
            _log.info("%d steps of dead processes were settled", settled)
        for run in await self._book.orphans(LEASE):
            await self._runs.take_over(run)

    async def clean(self) -> None:
        """Deletes what has expired: sessions, what visitors left, events, dead processes."""
        now = self._clock()

        async def work(connection: AsyncConnection) -> None:
            for table in (sessions, embed_codes, oidc_logins):
                await connection.execute(delete(table).where(table.c.expires < now))
            for table, name in ((conversations, conversations.c.owner), (owners, owners.c.name)):
                lives = exists(select(sessions.c.hash).where(sessions.c.visitor == name))
                await connection.execute(delete(table).where(name.like(_VISITORS), ~lives))
            await connection.execute(delete(workers).where(workers.c.beat < now - 10 * LEASE))
            await connection.execute(delete(tool_calls).where(tool_calls.c.created < now - self._keep))
            await forget_tries(connection, to_ms(now))

        await self._store.write(work)
        await self._book.forget_events(now - self._keep)

    async def aclose(self) -> None:
        """Stops, and says that this process is gone."""
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        gone = delete(workers).where(workers.c.id == self._worker)
        with contextlib.suppress(DatabaseUnavailable):
            await self._store.write(lambda connection: connection.execute(gone))
