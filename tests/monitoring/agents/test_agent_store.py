"""What the database keeps of agents, on both kinds of database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from monitoring.agents.calls import HttpArguments, PingArguments
from monitoring.agents.directory import AgentDirectory
from monitoring.agents.messages import PROTOCOL, Beat, Hello, Result
from monitoring.agents.relay import AgentReach
from monitoring.agents.store import AgentStore
from monitoring.database.engine import Database
from monitoring.database.migrate import open_database
from monitoring.database.tables import agent_calls, agents, hosts, inbox, owners
from monitoring.probe.reading import reading_from_json
from tools.clock import SetClock
from tools.errors import CheckFailed, NotFound, Refused

_NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_HELLO = Hello(
    protocol=PROTOCOL, token="x", version="1.2", outbox="ab", now=_NOW, abilities=["icmp"], city="Oslo"
)


@pytest.fixture
async def either(database_url: str) -> AsyncIterator[Database]:
    """A database of each kind in turn."""
    async with await open_database(database_url) as opened:
        row = {
            "id": 7, "owner_id": 1, "address": "shop.test", "endpoint": "icmp", "timeout_ms": 1000, "interval_s": 60,
            "retries": 1, "enabled": True, "agent_location": "oslo", "options": {}, "created": _NOW, "revision": 1,
        }  # fmt: skip
        async with opened.writing() as connection:
            await connection.execute(insert(hosts).values(row))
        yield opened


def _rows(first: int, last: int) -> list[Result]:
    return [
        Result(
            seq=n, host_id=7, at=_NOW + timedelta(seconds=n), ok=False, cause="no answer", sent=3, received=0
        )
        for n in range(first, last + 1)
    ]


async def test_each_result_is_kept_once_whoever_comes_first(either: Database) -> None:
    store = AgentStore(either, SetClock(_NOW))
    agent = await store.by_token(await store.enrol("oslo", "", ""))
    assert agent is not None and await store.connected(agent, _HELLO, timedelta(0)) == 0
    # An old connection and the new one send the same at once, in batches that overlap.
    numbers = await asyncio.gather(*(store.keep(agent, "ab", _rows(1, last)) for last in (20, 5, 20, 12, 7)))
    assert max(numbers) == 20
    async with either.reading() as connection:
        kept = (await connection.execute(select(inbox.c.reading).order_by(inbox.c.id))).scalars().all()
    assert [reading_from_json(item).at for item in kept] == [row.at for row in _rows(1, 20)]
    assert reading_from_json(kept[0]).cause == "no answer"
    assert await store.connected(agent, _HELLO, timedelta(0)) == 20
    # Another outbox counts from 1 by itself.
    assert await store.connected(agent, _HELLO.model_copy(update={"outbox": "cd"}), timedelta(0)) == 0
    assert await store.keep(agent, "cd", _rows(1, 2)) == 2
    async with either.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(inbox))).scalar_one() == 22


async def test_an_agent_is_online_while_it_gives_signs_of_life(either: Database) -> None:
    clock = SetClock(_NOW)
    store = AgentStore(either, clock, silent_s=60)
    agent = await store.by_token(await store.enrol("oslo", "", "Norway"))
    assert agent is not None
    await store.connected(agent, _HELLO, timedelta(0))
    row = (await store.all())[0]
    assert (row.online, row.city, row.country, row.version, row.abilities) == (
        True,
        "Oslo",
        "Norway",
        "1.2",
        ("icmp",),
    )
    clock.advance(timedelta(seconds=50))
    assert await store.beat(agent, Beat(now=_NOW, load_pct=40), timedelta(0))
    clock.advance(timedelta(seconds=50))
    assert (await store.all())[0].online and (await store.all())[0].load_pct == 40
    # The server that held the connection was killed and could not say so.
    clock.advance(timedelta(seconds=61))
    assert not (await store.all())[0].online
    assert [(host.id, host.public) for host in await store.hosts_of(agent)] == [(7, False)]
    async with either.writing() as connection:
        await connection.execute(insert(owners), {"id": 2, "name": "account:2", "created": _NOW})
        await connection.execute(hosts.update().values(owner_id=2))
    assert [host.public for host in await store.hosts_of(agent)] == [True]
    async with either.writing() as connection:
        await connection.execute(agents.update().values(owner_id=2))
    assert [host.public for host in await store.hosts_of(agent)] == [False]
    await store.revoke("oslo")
    assert not await store.beat(agent, Beat(now=_NOW), timedelta(0))
    with pytest.raises(Refused, match="1 hosts are watched from oslo"):
        await store.remove("oslo")


async def test_an_agent_of_ones_own_is_nobody_elses(either: Database) -> None:
    clock = SetClock(_NOW)
    store = AgentStore(either, clock)
    async with either.writing() as connection:
        people = [{"id": number, "name": f"account:{number}", "created": _NOW} for number in (2, 3)]
        await connection.execute(insert(owners), people)
    await store.enrol("everybodys", "", "")
    await store.enrol("own", "Rome", "", owner_id=2)
    seen = {
        owner: [agent.name for agent in await AgentDirectory(store, clock, owner=owner).all()]
        for owner in (1, 2, 3)
    }
    assert seen == {
        1: ["local", "everybodys", "own"], 2: ["local", "everybodys", "own"], 3: ["local", "everybodys"],
    }  # fmt: skip
    with pytest.raises(NotFound):
        await AgentDirectory(store, clock, owner=3).get("Rome")
    agent = await store.by_token(await store.enrol("own", "", ""))
    assert agent is not None
    await store.connected(agent, _HELLO, timedelta(0))
    with pytest.raises(CheckFailed, match="own is offline"):
        await AgentReach(either, store, clock, owner=3)("own", "ping", PingArguments(target="a", count=1), 5)


async def test_a_call_of_another_process_waits_for_its_answer_and_is_taken_back(either: Database) -> None:
    clock = SetClock(_NOW)
    store = AgentStore(either, clock)
    agent = await store.by_token(await store.enrol("oslo", "", ""))
    assert agent is not None
    reach = AgentReach(either, store, clock)
    with pytest.raises(CheckFailed, match="oslo is offline since 2026-11-23 09:00 UTC"):
        await reach("oslo", "ping", PingArguments(target="a", count=1), 5)
    await store.connected(agent, _HELLO, timedelta(0))
    call = asyncio.create_task(reach("oslo", "ping", PingArguments(target="a", count=1), 5))
    async with asyncio.timeout(30):
        while True:
            async with either.reading() as connection:
                key = (await connection.execute(select(agent_calls.c.id))).scalar_one_or_none()
            if key is not None:
                break
            await asyncio.sleep(0.01)
    outcome = {
        "target": "a",
        "address": "192.0.2.1",
        "sent": 1,
        "received": 1,
        "min_ms": 1,
        "avg_ms": 1,
        "max_ms": 1,
    }
    async with either.writing() as connection:
        await connection.execute(agent_calls.update().values(answer={"outcome": outcome}))
    assert (await call).address == "192.0.2.1"
    lost = asyncio.create_task(
        reach("oslo", "http", HttpArguments(url="http://a/", method="GET", timeout_ms=9), 5)
    )
    await asyncio.sleep(0.1)
    await store.disconnected(agent)
    with pytest.raises(CheckFailed, match="connection to the agent oslo was lost"):
        await lost
    async with either.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(agent_calls))).scalar_one() == 0
