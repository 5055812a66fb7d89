"""A process that spends tokens as fast as it can; run by the tests of the ledger: URL, name, debits, amount."""

from __future__ import annotations

import asyncio
import sys

from web.database.migrate import open_web_database
from web.database.store import Store
from web.ledger.ledger import Ledger, NotEnough, StepKey
from web.ledger.wallets import Payer

#: Debits of one process that are under way together.
TOGETHER = 8


async def spend(url: str, name: str, debits: int, amount: int, cap: int) -> int:
    """Returns how many debits there were tokens for."""
    done = 0
    gate = asyncio.Semaphore(TOGETHER)
    async with await open_web_database(url) as database:
        ledger = Ledger(Store(database))
        payer = Payer("account:1", cap, 0)

        async def one(number: int) -> None:
            nonlocal done
            key = StepKey(f"{name}-{number}", 1)
            async with gate:
                try:
                    await ledger.reserve(key, [payer], amount, amount, name)
                except NotEnough:
                    return
                await ledger.settle(key, amount)
                done += 1

        await asyncio.gather(*(one(number) for number in range(debits)))
    return done


if __name__ == "__main__":
    url, name, debits, amount, cap = sys.argv[1:]
    print(asyncio.run(spend(url, name, int(debits), int(amount), int(cap))))
