"""Wallets: made at first use, refilled once a day, never below nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.types import to_ms
from web.database.tables import ledger, wallets

EntryKind = Literal["grant", "refill", "reserve", "release", "charge"]
#: Milliseconds of a day.
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays.

    Attributes:
        name: Names the wallet.
        cap: Tokens that it holds at most, and at first.
        refill: Tokens that each day (UTC) adds, up to the cap.
    """

    name: str
    cap: int
    refill: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What a wallet holds.

    Attributes:
        free: Tokens that can be spent.
        held: Tokens that running steps have reserved.
        refilled: Day of the last refill, in days since 1970.
    """

    free: int
    held: int
    refilled: int


def day_of(moment: datetime) -> int:
    """Days since 1970, in UTC."""
    return to_ms(moment) // DAY_MS


def next_refill(moment: datetime) -> datetime:
    """The next midnight, in UTC."""
    return datetime.fromtimestamp(0, UTC) + timedelta(days=day_of(moment) + 1)


async def open_wallet(connection: AsyncConnection, payer: Payer, now: datetime) -> Balance:
    """Locks a wallet until the end of the transaction; makes it and refills it where that is due."""
    query = select(wallets).where(wallets.c.payer == payer.name).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        if await _make(connection, payer, now):
            await enter(connection, payer.name, "grant", payer.cap, now, note="first")
        row = (await connection.execute(query)).one()
    days = day_of(now) - row.refilled
    if days <= 0:
        return Balance(row.balance, row.held, row.refilled)
    room = payer.cap - row.balance - row.held
    added = max(0, min(days * payer.refill, room))
    await connection.execute(
        update(wallets)
        .where(wallets.c.payer == payer.name)
        .values(balance=wallets.c.balance + added, refilled=day_of(now))
    )
    if added:
        await enter(connection, payer.name, "refill", added, now)
    return Balance(row.balance + added, row.held, day_of(now))


async def read_wallet(connection: AsyncConnection, payer: str) -> Balance | None:
    """Reads a wallet as it is; None where it was never used."""
    row = (await connection.execute(select(wallets).where(wallets.c.payer == payer))).one_or_none()
    return None if row is None else Balance(row.balance, row.held, row.refilled)


async def _make(connection: AsyncConnection, payer: Payer, now: datetime) -> bool:
    """Makes a wallet unless another process has just done so; says whether it did."""
    values = {"payer": payer.name, "balance": payer.cap, "held": 0, "refilled": day_of(now)}
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    made = await connection.execute(dialect.insert(wallets).values(values).on_conflict_do_nothing())
    return made.rowcount == 1


async def enter(
    connection: AsyncConnection,
    payer: str,
    kind: EntryKind,
    amount: int,
    now: datetime,
    *,
    run: str | None = None,
    step: int | None = None,
    note: str = "",
) -> None:
    """Adds a line to the ledger; whoever does so changes the balance by the same amount in the same transaction."""
    await connection.execute(
        insert(ledger).values(
            payer=payer, at=now, kind=kind, amount=amount, run=run, step=step, note=note[:200]
        )
    )


async def move(connection: AsyncConnection, payer: str, *, balance: int, held: int) -> bool:
    """Changes a wallet, unless that would take it below nothing; says whether it did."""
    done = await connection.execute(
        update(wallets)
        .where(wallets.c.payer == payer, wallets.c.balance + balance >= 0, wallets.c.held + held >= 0)
        .values(balance=wallets.c.balance + balance, held=wallets.c.held + held)
    )
    return done.rowcount == 1
