"""The ledger: tokens are reserved before a step, settled once after it, and swept up where nobody is left to.

Each operation is one transaction. A reservation takes its amount from the wallets at once, by an update that
only succeeds where enough is there; so however many ask at the same time, nothing is spent that is not there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Row, func, insert, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tools.clock import Clock, system_clock
from web.database.store import Store
from web.database.tables import ledger, reservations, workers
from web.ledger.wallets import DAY_MS, Balance, Payer, day_of, enter, move, open_wallet, read_wallet


class NotEnough(Exception):
    """A wallet holds less than the least that a step needs.

    Attributes:
        payer: Whose wallet it is.
        free: What it holds.
        least: What is needed.
    """

    def __init__(self, payer: str, free: int, least: int) -> None:
        """Says what is there and what is needed."""
        super().__init__(f"{free:,} tokens are left, and this needs {least:,}")
        self.payer = payer
        self.free = free
        self.least = least


@dataclass(frozen=True, slots=True)
class StepKey:
    """Names a step: what is reserved and settled once."""

    run: str
    step: int


class Ledger:
    """Reserves, settles and sweeps; safe to use from many processes at once."""

    def __init__(self, store: Store, clock: Clock = system_clock) -> None:
        """Takes the database and the time."""
        self._store = store
        self._clock = clock

    async def reserve(
        self, key: StepKey, payers: Sequence[Payer], wanted: int, least: int, worker: str
    ) -> int:
        """Takes tokens out of every payer's wallet, until the step is settled.

        Asking again for the same step returns what was reserved.

        Args:
            key: The step.
            payers: Who pays; each the same.
            wanted: Tokens, if they are there.
            least: Tokens below which the step makes no sense.
            worker: The process that will settle; once it is dead, the sweeper does.

        Returns:
            Tokens reserved, from `least` to `wanted`.

        Raises:
            NotEnough: A wallet holds less than `least`; nothing is reserved.
            DatabaseUnavailable: The database does not answer.
        """
        if not 0 < least <= wanted:
            raise ValueError(f"cannot reserve {wanted} tokens, at least {least}: both must be more than 0")

        async def work(connection: AsyncConnection) -> int:
            known = await _rows(connection, key)
            if known:
                return min(int(row.amount) for row in known)
            granted = wanted
            # Always in the same order, so that no two transactions wait for each other.
            for payer in sorted(payers, key=lambda payer: payer.name):
                balance = await open_wallet(connection, payer, self._clock())
                if balance.free < least:
                    raise NotEnough(payer.name, balance.free, least)
                granted = min(granted, balance.free)
            for payer in payers:
                await self._take(connection, key, payer.name, granted, worker)
            return granted

        return await self._store.write(work)

    async def _take(
        self, connection: AsyncConnection, key: StepKey, payer: str, amount: int, worker: str
    ) -> None:
        now = self._clock()
        if not await move(connection, payer, balance=-amount, held=amount):
            raise NotEnough(payer, 0, amount)
        await enter(connection, payer, "reserve", -amount, now, run=key.run, step=key.step)
        await connection.execute(
            insert(reservations).values(
                run=key.run, step=key.step, payer=payer, amount=amount, streamed=0, open=True, worker=worker, at=now
            )
        )  # fmt: skip

    async def settle(self, key: StepKey, cost: int) -> int | None:
        """Charges what a step cost and gives the rest of its reservation back.

        What it cost beyond the reservation is taken as far as it is there.

        Returns:
            Tokens charged; None where the step was settled before, and then nothing changes.

        Raises:
            DatabaseUnavailable: The database does not answer; the sweeper will settle.
        """
        if cost < 0:
            raise ValueError(f"a step cannot cost {cost} tokens")

        async def work(connection: AsyncConnection) -> int | None:
            rows = await _rows(connection, key)
            charged = [await self._settle(connection, row, cost) for row in rows if row.open]
            return max(charged, default=None)

        return await self._store.write(work)

    async def _settle(self, connection: AsyncConnection, row: Row[Any], cost: int) -> int:
        now, key = self._clock(), {"run": row.run, "step": row.step}
        await connection.execute(
            update(reservations)
            .where(
                reservations.c.run == row.run,
                reservations.c.step == row.step,
                reservations.c.payer == row.payer,
                reservations.c.open,
            )
            .values(open=False, streamed=cost)
        )
        charge = min(cost, row.amount)
        await move(connection, row.payer, balance=row.amount - charge, held=-row.amount)
        if cost > charge:
            charge += await _extra(connection, row.payer, cost - charge)
        await enter(connection, row.payer, "release", row.amount, now, **key)
        await enter(connection, row.payer, "charge", -charge, now, **key)
        return charge

    async def sweep(self, lease: timedelta, dead: Collection[str] = ()) -> int:
        """Settles the open steps of processes that are gone, at what was streamed.

        Args:
            lease: A process that has not said for so long that it lives is gone.
            dead: Processes that are known to be gone.

        Returns:
            Steps settled.
        """
        living = select(workers.c.id).where(
            workers.c.beat > self._clock() - lease, workers.c.id.not_in(list(dead))
        )
        async with self._store.reading() as connection:
            orphans = select(reservations.c.run, reservations.c.step).where(
                reservations.c.open, reservations.c.worker.not_in(living)
            )
            found = {StepKey(row.run, row.step) for row in await connection.execute(orphans)}
        settled = 0
        for key in found:
            settled += await self._sweep_step(key)
        return settled

    async def _sweep_step(self, key: StepKey) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            rows = [row for row in await _rows(connection, key) if row.open]
            for row in rows:
                await self._settle(connection, row, row.streamed)
            return bool(rows)

        return await self._store.write(work)

    async def balance(self, payer: Payer) -> Balance:
        """Returns what a wallet holds now, refilled where that is due.

        Raises:
            DatabaseUnavailable: The database does not answer.
        """
        now = self._clock()
        found = await self._store.read(lambda connection: read_wallet(connection, payer.name))
        if found is not None and found.refilled >= day_of(now):
            return found
        return await self._store.write(lambda connection: open_wallet(connection, payer, now))

    async def grant(self, payer: Payer, tokens: int, note: str) -> Balance:
        """Adds tokens to a wallet, also beyond its cap; a negative number takes what is there.

        Raises:
            NotEnough: More is to be taken than there is.
            DatabaseUnavailable: The database does not answer.
        """
        now = self._clock()

        async def work(connection: AsyncConnection) -> Balance:
            before = await open_wallet(connection, payer, now)
            if not await move(connection, payer.name, balance=tokens, held=0):
                raise NotEnough(payer.name, before.free, -tokens)
            await enter(connection, payer.name, "grant", tokens, now, note=note)
            return replace(before, free=before.free + tokens)

        return await self._store.write(work)

    async def charged_by_day(self, payer: str, days: int) -> dict[int, int]:
        """Sums what was charged, by day since 1970 (UTC), for the last `days` days."""
        day = (type_coerce(ledger.c.at, BigInteger) // DAY_MS).label("day")
        since = self._clock() - timedelta(days=days)
        query = (
            select(day, func.sum(-ledger.c.amount).label("tokens"))
            .where(ledger.c.payer == payer, ledger.c.kind == "charge", ledger.c.at >= since)
            .group_by(day)
        )

        async def work(connection: AsyncConnection) -> dict[int, int]:
            return {int(row.day): int(row.tokens) for row in await connection.execute(query)}

        return await self._store.read(work)


async def note_streamed(connection: AsyncConnection, costs: Mapping[StepKey, int]) -> None:
    """Notes what open steps have cost so far, in the transaction that stores what was streamed."""
    for key, cost in costs.items():
        await connection.execute(
            update(reservations)
            .where(reservations.c.run == key.run, reservations.c.step == key.step, reservations.c.open)
            .values(streamed=cost)
        )


async def _rows(connection: AsyncConnection, key: StepKey) -> Sequence[Row[Any]]:
    """Locks and reads the reservations of a step."""
    query = (
        select(reservations)
        .where(reservations.c.run == key.run, reservations.c.step == key.step)
        .order_by(reservations.c.payer)
        .with_for_update()
    )
    return (await connection.execute(query)).all()


async def _extra(connection: AsyncConnection, payer: str, wanted: int) -> int:
    """Takes what a step cost beyond its reservation, as far as the wallet has it."""
    balance = await read_wallet(connection, payer)
    taken = min(wanted, balance.free) if balance else 0
    return taken if taken and await move(connection, payer, balance=-taken, held=0) else 0
