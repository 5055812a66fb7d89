"""The ledger: nothing is spent that is not there, nothing is lost, nothing is charged twice."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from monitoring.database.engine import Database
from web.database.migrate import open_web_database
from web.database.store import Store
from web.database.tables import ledger as entries
from web.database.tables import reservations, wallets, workers
from web.ledger.ledger import Ledger, NotEnough, StepKey, note_streamed
from web.ledger.metered import Meter
from web.ledger.price import Tariff
from web.ledger.wallets import Payer, next_refill

HERE = Path(__file__).parent
ANN = Payer("account:1", 1000, 250)
ALL = Payer("anonymous", 500, 500)
LEASE = timedelta(seconds=30)


class Now:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def now() -> Now:
    return Now()


async def books(database: Database, payer: str) -> tuple[int, int, int]:
    """What a wallet has, what it holds, and what its ledger sums up to."""
    async with database.reading() as connection:
        row = (await connection.execute(select(wallets).where(wallets.c.payer == payer))).one()
        total = (
            await connection.execute(select(func.sum(entries.c.amount)).where(entries.c.payer == payer))
        ).scalar_one()
    return row.balance, row.held, int(total)


async def test_what_is_not_used_goes_back(database: Database, now: Now) -> None:
    ledger = Ledger(Store(database), now)
    assert await ledger.reserve(StepKey("r", 1), [ANN], 400, 10, "w") == 400
    assert await books(database, ANN.name) == (600, 400, 600)
    assert await ledger.settle(StepKey("r", 1), 150) == 150
    assert await books(database, ANN.name) == (850, 0, 850)
    assert await ledger.charged_by_day(ANN.name, 30) == {20780: 150}


@pytest.mark.parametrize("reserved", [False, True])
async def test_a_step_that_is_cancelled_while_it_is_reserved_costs_nothing(
    database: Database, now: Now, reserved: bool
) -> None:
    ledger, begun, go_on = Ledger(Store(database), now), asyncio.Event(), asyncio.Event()

    class Slow:
        """A ledger that takes its time, before it reserves or after."""

        async def reserve(self, *request: Any) -> int:
            granted = await ledger.reserve(*request) if reserved else 0
            begun.set()
            await go_on.wait()
            return granted if reserved else await ledger.reserve(*request)

        async def settle(self, key: StepKey, cost: int) -> int | None:
            return await ledger.settle(key, cost)

    await ledger.balance(ANN)
    meter = Meter(Slow(), "r", [ANN], Tariff(Decimal(1)), "w")
    step = asyncio.create_task(meter.begin(20, 40))
    await begun.wait()
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step
    go_on.set()
    await meter.finish()
    assert await books(database, ANN.name) == (1000, 0, 1000)
    assert meter.charged == 0 and not meter.take_charges()


async def test_a_step_is_settled_and_reserved_once(database: Database, now: Now) -> None:
    ledger = Ledger(Store(database), now)
    key = StepKey("r", 1)
    assert [await ledger.reserve(key, [ANN], 400, 10, "w") for _ in range(2)] == [400, 400]
    assert await asyncio.gather(*(ledger.settle(key, 100) for _ in range(5))) != [None] * 5
    assert await ledger.settle(key, 300) is None
    assert await books(database, ANN.name) == (900, 0, 900)


async def test_a_reservation_is_cut_to_what_is_there(database: Database, now: Now) -> None:
    ledger = Ledger(Store(database), now)
    assert await ledger.reserve(StepKey("r", 1), [ANN], 5000, 10, "w") == 1000
    with pytest.raises(NotEnough) as refused:
        await ledger.reserve(StepKey("r", 2), [ANN], 10, 10, "w")
    assert (refused.value.free, refused.value.least) == (0, 10)
    assert await ledger.settle(StepKey("r", 1), 0) == 0
    assert await books(database, ANN.name) == (1000, 0, 1000)


async def test_every_payer_pays_and_the_poorest_decides(database: Database, now: Now) -> None:
    ledger = Ledger(Store(database), now)
    assert await ledger.reserve(StepKey("r", 1), [ANN, ALL], 800, 10, "w") == 500
    with pytest.raises(NotEnough) as refused:
        await ledger.reserve(StepKey("r", 2), [ANN, ALL], 10, 10, "w")
    assert refused.value.payer == ALL.name
    assert await ledger.settle(StepKey("r", 1), 120) == 120
    assert await books(database, ANN.name) == (880, 0, 880)
    assert await books(database, ALL.name) == (380, 0, 380)


async def test_what_a_step_cost_beyond_its_reservation_is_taken_if_it_is_there(
    database: Database, now: Now
) -> None:
    ledger = Ledger(Store(database), now)
    await ledger.reserve(StepKey("r", 1), [ANN], 100, 10, "w")
    assert await ledger.settle(StepKey("r", 1), 300) == 300
    await ledger.reserve(StepKey("r", 2), [ANN], 600, 10, "w")
    assert await ledger.settle(StepKey("r", 2), 10_000) == 700
    assert await books(database, ANN.name) == (0, 0, 0)


async def test_refill_is_daily_and_ends_at_the_cap(database: Database, now: Now) -> None:
    ledger = Ledger(Store(database), now)
    await ledger.reserve(StepKey("r", 1), [ANN], 900, 10, "w")
    await ledger.settle(StepKey("r", 1), 900)
    for days, free in ((0, 100), (1, 350), (2, 850), (1, 1000), (30, 1000)):
        now.time += timedelta(days=days)
        balance = await asyncio.gather(*(ledger.balance(ANN) for _ in range(4)))
        assert {found.free for found in balance} == {free}
    assert (await books(database, ANN.name))[2] == 1000
    assert next_refill(now.time) == datetime(2026, 12, 28, tzinfo=UTC)


async def test_a_grant_may_go_beyond_the_cap_and_a_refill_does_not_take_it_back(
    database: Database, now: Now
) -> None:
    ledger = Ledger(Store(database), now)
    assert (await ledger.grant(ANN, 500, "sorry")).free == 1500
    now.time += timedelta(days=3)
    assert (await ledger.balance(ANN)).free == 1500
    with pytest.raises(NotEnough):
        await ledger.grant(ANN, -2000, "oops")
    assert await books(database, ANN.name) == (1500, 0, 1500)


async def test_the_sweeper_charges_what_was_streamed_once_the_process_is_gone(
    database: Database, now: Now
) -> None:
    ledger = Ledger(Store(database), now)
    async with database.writing() as connection:
        await connection.execute(insert(workers).values(id="alive", beat=now()))
        await connection.execute(insert(workers).values(id="dead", beat=now() - timedelta(minutes=1)))
    for name in ("alive", "dead"):
        await ledger.reserve(StepKey(name, 1), [ANN, ALL], 100, 10, name)
        async with database.writing() as connection:
            await note_streamed(connection, {StepKey(name, 1): 42})
    assert sorted(await asyncio.gather(*(ledger.sweep(LEASE) for _ in range(3))))[-1] == 1
    assert await ledger.settle(StepKey("dead", 1), 99) is None
    assert await books(database, ANN.name) == (1000 - 42 - 100, 100, 1000 - 42 - 100)
    assert await ledger.settle(StepKey("alive", 1), 99) == 99
    assert await books(database, ANN.name) == (1000 - 42 - 99, 0, 1000 - 42 - 99)


async def spend_from_processes(url: str, debits: int, processes: int) -> tuple[int, int]:
    """Lets processes spend 7 tokens as often as they can; returns how often they could, and what is held."""
    affordable = debits * 3 // 5
    cap = affordable * 7 + 3
    async with await open_web_database(url) as database:
        await Ledger(Store(database)).balance(Payer("account:1", cap, 0))
        started = [
            await asyncio.create_subprocess_exec(
                sys.executable, str(HERE / "debits.py"), url, f"p{n}", str(debits // processes), "7", str(cap),
                stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
            )
            for n in range(processes)
        ]  # fmt: skip
        printed = [await process.communicate() for process in started]
        spent = sum(int(out) for out, _ in printed)
        assert spent == affordable
        assert await books(database, "account:1") == (3, 0, 3)
        async with database.reading() as connection:
            still_open = select(func.count()).select_from(reservations).where(reservations.c.open)
            return spent, (await connection.execute(still_open)).scalar_one()


async def test_processes_spend_exactly_what_is_there(database_url: str) -> None:
    assert await spend_from_processes(database_url, 300, 3) == (180, 0)


@pytest.mark.slow
async def test_ten_thousand_debits_from_eight_processes(database_url: str) -> None:
    assert await spend_from_processes(database_url, 10_000, 8) == (6_000, 0)
