"""Transactions that share one: whoever fails is undone alone, whoever waits is told after it is on the disk."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.engine import Database
from monitoring.database.errors import DatabaseUnavailable
from web.brief import BRIEF_S, Brief
from web.database.migrate import open_web_database
from web.database.store import Store
from web.database.tables import keys


def keep(name: str, error: Exception | None = None) -> Any:
    async def work(connection: AsyncConnection) -> str:
        await connection.execute(insert(keys).values(name=name, value=name))
        if error is not None:
            raise error
        return name

    return work


async def names(store: Store) -> set[str]:
    async def work(connection: AsyncConnection) -> set[str]:
        return set(await connection.scalars(select(keys.c.name)))

    return await store.read(work)


async def test_who_fails_is_undone_alone(database: Database) -> None:
    store = Store(database)
    broken = ValueError("mine")
    works = [keep(f"n{n}", broken if n % 7 == 3 else None) for n in range(50)]
    found = await asyncio.gather(*(store.write(work) for work in works), return_exceptions=True)
    assert [outcome is broken for outcome in found] == [n % 7 == 3 for n in range(50)]
    assert await names(store) == {f"n{n}" for n in range(50) if n % 7 != 3}


async def test_what_was_told_is_on_the_disk(sqlite_url: str) -> None:
    async with await open_web_database(sqlite_url) as one, await open_web_database(sqlite_url) as other:
        here, there = Store(one), Store(other)

        async def check(number: int) -> None:
            assert await here.write(keep(f"n{number}")) == f"n{number}"
            assert f"n{number}" in await names(there)

        await asyncio.gather(*(check(number) for number in range(40)))


async def test_two_processes_write_side_by_side(sqlite_url: str) -> None:
    async with await open_web_database(sqlite_url) as one, await open_web_database(sqlite_url) as other:
        stores = Store(one), Store(other)
        await asyncio.gather(*(stores[n % 2].write(keep(f"n{n}")) for n in range(100)))
        assert len(await names(stores[0])) == 100


async def test_who_gave_up_before_their_turn_is_left_out(sqlite_database: Database) -> None:
    store = Store(sqlite_database)
    first = asyncio.create_task(store.write(keep("first")))
    await asyncio.sleep(0)
    second, third = (asyncio.create_task(store.write(keep(name))) for name in ("second", "third"))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, third)
    assert await names(store) == {"first", "third"}


async def test_a_transaction_waits_for_nothing_else(sqlite_database: Database) -> None:
    async def work(connection: AsyncConnection) -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="nothing but its own statements"):
        await Store(sqlite_database).write(work)
    assert await Store(sqlite_database).write(keep("after")) == "after"


async def test_a_database_that_is_gone_is_told_of_and_found_again(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "web.sqlite3"
    async with await open_web_database(sqlite_url) as database:
        store = Store(database)
        await store.write(keep("before"))
        file.rename(tmp_path / "elsewhere")
        with pytest.raises(DatabaseUnavailable, match="put its file back"):
            await store.write(keep("lost"))
        (tmp_path / "elsewhere").rename(file)
        await store.write(keep("after"))
        assert await names(store) == {"before", "after"}


async def test_what_was_changed_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("web.brief.monotonic", lambda: clock[0])
    known: Brief[str, int] = Brief()
    stored: dict[str, int] = {"a": 1}
    asked: list[str] = []
    gate = asyncio.Event()

    async def look_up(key: str = "a") -> int | None:
        found = stored.get(key)
        asked.append(key)
        await gate.wait()
        return found

    gate.set()
    assert [await known.get("a", look_up) for _ in range(3)] == [1, 1, 1]
    assert len(asked) == 1
    clock[0] += BRIEF_S
    assert await known.get("a", look_up) == 1 and len(asked) == 2
    known.forget()
    assert await known.get("a", look_up) == 1 and len(asked) == 3
    # Looked up before a change, and there only after it: it is not what is remembered.
    known.forget()
    gate.clear()
    late = asyncio.create_task(known.get("a", look_up))
    await asyncio.sleep(0)
    stored["a"] = 2
    known.forget()
    gate.set()
    assert await late == 1
    assert await known.get("a", look_up) == 2
    # What is old is not kept.
    for number in range(1000):
        clock[0] += BRIEF_S / 100
        await known.get(f"k{number}", look_up)
    assert len(known._known) <= 201
    # That there is none is asked again each time.
    del stored["a"]
    known.forget()
    assert [await known.get("a", look_up) for _ in range(2)] == [None, None]
