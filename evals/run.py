"""Runs a suite: asks the provider, scores the replies, stores the rows, tells what happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from evals.caching import RunCache
from evals.cases import Case, Suite
from evals.examiner import Examiner
from evals.kinds import examiner
from evals.rows import Row
from evals.store import RunStore
from providers.base import Provider, ProviderError, ProviderUnavailable, Settings

_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run begins: `total` rows it will have, `finished` are there from before."""

    total: int
    finished: int


@dataclass(frozen=True, slots=True)
class CaseRetried:
    """The engine died under a case, which will be tried once more, after the others."""

    id: str
    repeat: int
    reason: str


@dataclass(frozen=True, slots=True)
class CaseFinished:
    """A case is scored, and its row stored."""

    row: Row


@dataclass(frozen=True, slots=True)
class RunFinished:
    """Every row is there."""

    total: int


_Ask = tuple[Case, int]
RunEvent = RunStarted | CaseRetried | CaseFinished | RunFinished


async def run_suite(
    provider: Provider,
    suite: Suite,
    settings: Settings,
    store: RunStore,
    *,
    limit: int | None = None,
    repeats: int = 1,
    concurrency: int = 8,
    cache: RunCache | None = None,
) -> AsyncGenerator[RunEvent, None]:
    """Makes the rows that the store lacks.

    Closing the generator, or cancelling its task, stops the run; finished rows stay in the store.

    Args:
        provider: Who is asked.
        suite: What is asked.
        settings: How replies are made. `now` is each case's own; `seed` is that of repeat 0, and every
            repeat adds 1.
        store: Where rows go, and which are there already.
        limit: Only so many of the suite's first cases; None for all.
        repeats: How often each case is asked.
        concurrency: Cases under way at a time; how many of them run as one batch the provider decides.
        cache: Replies kept from earlier runs; None asks always.

    Yields:
        `RunStarted`, then the events of cases as they happen, then `RunFinished`.

    Raises:
        StoreError: A row could not be stored.
    """
    todo = [(case, repeat) for repeat in range(repeats) for case in suite.cases[:limit]]
    missing = [(case, repeat) for case, repeat in todo if (case.id, repeat) not in store.finished]
    yield RunStarted(len(todo), len(todo) - len(missing))
    session = _Session(provider, settings, store, examiner(suite.kind), cache)
    work = asyncio.create_task(session.work(missing, concurrency))
    try:
        while (event := await session.events.get()) is not None:
            yield event
        await work
    finally:
        work.cancel()
        await asyncio.wait([work])
    yield RunFinished(len(todo))


class _Session:
    """One run of the cases that were missing; ends `events` with None."""

    def __init__(
        self, provider: Provider, settings: Settings, store: RunStore, judge: Examiner, cache: RunCache | None
    ) -> None:
        self.events: asyncio.Queue[RunEvent | None] = asyncio.Queue()
        self._provider = provider
        self._settings = settings
        self._store = store
        self._examiner = judge
        self._cache = cache

    async def work(self, missing: list[_Ask], concurrency: int) -> None:
        """Asks all of `missing`, several at a time.

        A case under which the engine died is asked again at the end, alone, so that a case that kills
        the engine takes no other with it twice.
        """
        waiting = iter(missing)
        again: list[_Ask] = []

        async def worker() -> None:
            for case, repeat in waiting:
                try:
                    await self._ask(case, repeat)
                except ProviderUnavailable as error:
                    again.append((case, repeat))
                    self.events.put_nowait(CaseRetried(case.id, repeat, str(error)))

        workers = [asyncio.create_task(worker()) for _ in range(concurrency)]
        try:
            await asyncio.gather(*workers)
            for case, repeat in again:
                await self._ask(case, repeat, attempt=2)
        finally:
            for task in workers:
                task.cancel()
            await asyncio.wait(workers)
            self.events.put_nowait(None)

    async def _ask(self, case: Case, repeat: int, attempt: int = 1) -> None:
        """Makes and stores the row of one case.

        Raises:
            ProviderUnavailable: The engine died, and the case may be tried again.
            StoreError: The row could not be stored.
        """
        settings = replace(self._settings, now=case.now, seed=self._settings.seed + repeat)
        started, clock = time.time(), time.perf_counter()
        kept = None if self._cache is None else self._cache.view(self._provider, case.id, repeat)
        try:
            row = await self._examiner.examine(kept or self._provider, case, repeat, settings)
        except ProviderError as error:
            if isinstance(error, ProviderUnavailable) and attempt < _ATTEMPTS:
                raise
            row = _error_row(case, repeat, error)
        row = replace(row, started=started, seconds=time.perf_counter() - clock, attempts=attempt)
        if kept is not None and kept.hit:
            row = replace(row, started=kept.started, seconds=kept.seconds, cached=True)
        self._store.append(row)
        self.events.put_nowait(CaseFinished(row))


def _error_row(case: Case, repeat: int, error: ProviderError) -> Row:
    return Row(case.id, repeat, case.category, "infra_error", reason=f"{type(error).__name__}: {error}")
