"""Limits on how often somebody may try: exact within any window, in one process and in PostgreSQL for several."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.databases import make_postgres_database
from web.database.migrate import open_web_database
from web.database.store import Store
from web.database.tables import tries
from web.errors import ApiError
from web.security.rates import Limit, OwnCounter, Rates, SharedCounter, forget_tries


@given(st.lists(st.floats(0, 30, allow_nan=False), max_size=60), st.integers(1, 5), st.integers(1, 40))
def test_no_window_has_one_too_many(pauses: list[float], most: int, seconds: int) -> None:
    now, passed, limit = 0.0, list[float](), Limit(most, seconds)
    counter = OwnCounter(lambda: now)
    for pause in pauses:
        now += pause
        wait_s = run(counter, limit)
        if wait_s:
            # It says how long, to the moment: then the oldest try counts no more.
            assert abs(now + wait_s - (passed[-most] + seconds)) < 1e-6
        else:
            passed.append(now)
            assert len([at for at in passed if at > now - seconds]) <= most


def run(counter: OwnCounter, limit: Limit) -> float:
    """Runs what never waits."""
    steps = counter.hit("k", limit).__await__()
    try:
        next(steps)
    except StopIteration as end:
        return float(end.value)
    raise AssertionError("it waited")


def test_who_has_gone_is_forgotten() -> None:
    now = 0.0
    counter = OwnCounter(lambda: now)
    for number in range(1000):
        now = float(number)
        steps = counter.hit(f"k{number}", Limit(5, 60)).__await__()
        with pytest.raises(StopIteration):
            next(steps)
    assert len(counter._tries) <= 121


async def test_who_tries_is_told_how_long_to_wait() -> None:
    rates = Rates(OwnCounter(), b"k" * 32)
    for _ in range(10):
        await rates.count("log-in-account", "ann")
    with pytest.raises(ApiError) as refused:
        await rates.count("log-in-account", "ann")
    assert refused.value.status == 429 and 1 <= int(refused.value.headers["Retry-After"]) <= 60
    await rates.count("log-in-account", "bob")
    await rates.count("log-in", "ann")


async def test_processes_count_together(postgres: str) -> None:
    database = await make_postgres_database(postgres)
    async with await open_web_database(database) as one, await open_web_database(database) as other:
        counters = [SharedCounter(Store(one)), SharedCounter(Store(other))]
        limit = Limit(10, 3600)
        waits = await asyncio.gather(*(counters[n % 2].hit("k", limit) for n in range(40)))
        assert sum(wait == 0 for wait in waits) == 10
        assert all(0 <= wait <= 3600 for wait in waits)
        assert await counters[0].hit("other", limit) == 0

        async def left(connection: AsyncConnection) -> int:
            latest = (await connection.execute(select(func.max(tries.c.at)))).scalar_one()
            await forget_tries(connection, latest + 2 * 3600 * 1000 + 1)
            return (await connection.execute(select(func.count()).select_from(tries))).scalar_one()

        assert await Store(one).write(left) == 0
