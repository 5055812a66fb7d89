"""The ledger as a state machine: whatever is asked in whatever order, the books agree with a plain model."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, insert, select

from web.database.migrate import open_web_database
from web.database.store import Store
from web.database.tables import ledger as entries
from web.database.tables import wallets, workers
from web.ledger.ledger import Ledger, NotEnough, StepKey, note_streamed
from web.ledger.wallets import Payer

PAYERS = (Payer("account:1", 500, 120), Payer("anonymous", 300, 300))
AMOUNT = st.integers(1, 400)
STEP = st.integers(1, 6)


class Books(RuleBasedStateMachine):
    """Two wallets that pay together; steps of two processes, one of which may be gone."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.now = datetime(2026, 11, 23, tzinfo=UTC)
        self.free = {payer.name: payer.cap for payer in PAYERS}
        self.open: dict[int, int] = {}
        self.streamed: dict[int, int] = {}
        self.owner: dict[int, str] = {}
        self.settled: set[int] = set()

    def do(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def begin(self) -> None:
        url = f"sqlite:///{Path(self.folder.name) / 'web.sqlite3'}"
        self.database = self.do(open_web_database(url))
        self.store = Store(self.database)
        self.ledger = Ledger(self.store, lambda: self.now)
        for payer in PAYERS:
            self.do(self.ledger.balance(payer))

    @rule(step=STEP, wanted=AMOUNT, part=st.floats(0.1, 1), worker=st.sampled_from(["here", "gone"]))
    def reserve(self, step: int, wanted: int, part: float, worker: str) -> None:
        least = max(1, int(wanted * part))
        work = self.ledger.reserve(StepKey("run", step), PAYERS, wanted, least, worker)
        if step in self.settled or step in self.open:
            # Asked again: what was reserved, and nothing more.
            self.do(work)
            return
        granted = min(wanted, *self.free.values())
        if granted < least:
            try:
                self.do(work)
            except NotEnough:
                return
            raise AssertionError("it had to be refused")
        assert self.do(work) == granted
        self.open[step], self.streamed[step], self.owner[step] = granted, 0, worker
        for name in self.free:
            self.free[name] -= granted

    @rule(step=STEP, cost=AMOUNT)
    def stream(self, step: int, cost: int) -> None:
        self.do(self.store.write(lambda c: note_streamed(c, {StepKey("run", step): cost})))
        if step in self.open:
            self.streamed[step] = cost

    def close(self, step: int, cost: int) -> int:
        """What the plain model says that a step is charged."""
        amount, most = self.open.pop(step), 0
        for name in self.free:
            charge = min(cost, amount)
            self.free[name] += amount - charge
            extra = min(max(0, cost - amount), self.free[name])
            self.free[name] -= extra
            most = max(most, charge + extra)
        self.settled.add(step)
        return most

    @rule(step=STEP, cost=st.integers(0, 600))
    def settle(self, step: int, cost: int) -> None:
        charged = self.do(self.ledger.settle(StepKey("run", step), cost))
        assert charged == (self.close(step, cost) if step in self.open else None)

    @rule()
    def sweep(self) -> None:
        async def beat(connection: Any) -> None:
            await connection.execute(workers.delete())
            await connection.execute(insert(workers).values(id="here", beat=self.now))

        self.do(self.store.write(beat))
        orphans = [step for step in self.open if self.owner[step] == "gone"]
        before = {step: self.streamed[step] for step in orphans}
        assert self.do(self.ledger.sweep(timedelta(seconds=30))) == len(orphans)
        # Extra costs depend on the order, which is not promised; they are none here.
        for step in orphans:
            self.close(step, min(before[step], self.open[step]))
        self.free = {payer.name: self.do(self.ledger.balance(payer)).free for payer in PAYERS}

    @rule(days=st.integers(1, 3))
    def sleep(self, days: int) -> None:
        self.now += timedelta(days=days)
        held = sum(self.open.values())
        for payer in PAYERS:
            room = payer.cap - self.free[payer.name] - held
            self.free[payer.name] += max(0, min(days * payer.refill, room))
            self.do(self.ledger.balance(payer))

    @rule(tokens=st.integers(-300, 300))
    def grant(self, tokens: int) -> None:
        payer = PAYERS[0]
        try:
            self.do(self.ledger.grant(payer, tokens, "test"))
        except NotEnough:
            assert self.free[payer.name] + tokens < 0
        else:
            self.free[payer.name] += tokens

    @invariant()
    def the_books_agree(self) -> None:
        if not hasattr(self, "ledger"):
            return

        async def look() -> dict[str, tuple[int, int, int]]:
            async with self.database.reading() as connection:
                sums = select(entries.c.payer, func.sum(entries.c.amount)).group_by(entries.c.payer)
                total = {payer: int(amount) for payer, amount in await connection.execute(sums)}
                rows = await connection.execute(select(wallets))
                return {row.payer: (row.balance, row.held, total[row.payer]) for row in rows}

        held = sum(self.open.values())
        for name, (balance, kept, total) in self.do(look()).items():
            assert balance == self.free[name] == total and balance >= 0 and kept == held

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.do(self.database.aclose())
        self.loop.close()
        self.folder.cleanup()


TestBooks = Books.TestCase
TestBooks.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
