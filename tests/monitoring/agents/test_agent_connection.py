"""What agent and server say to each other: tokens, bad frames, clocks, sizes; and the agent's store."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from monitoring.agents.asgi import AgentsApp
from monitoring.agents.calls import CALLS, read_arguments, read_outcome
from monitoring.agents.client import AgentClient, AgentSettings, Dismissed
from monitoring.agents.hub import Hub
from monitoring.agents.messages import (
    BATCH,
    MAX_FRAME_CHARS,
    PROTOCOL,
    BadFrame,
    Beat,
    Bye,
    Hello,
    Result,
    Results,
    WatchedHost,
    Welcome,
    read_from_agent,
    read_from_server,
    write,
)
from monitoring.agents.outbox import Outbox, OutboxError
from monitoring.agents.server import PATH, serving
from monitoring.agents.store import AgentStore
from monitoring.database.engine import Database
from monitoring.database.tables import acknowledged, inbox
from tools.clock import system_clock
from tools.errors import CheckFailed, NotFound, Refused

_NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _result(seq: int = 1, **changes: object) -> Result:
    return Result.model_validate({"seq": seq, "host_id": 1, "at": _NOW, "ok": True, **changes})


def _hello(token: str, **changes: object) -> Hello:
    values = {"protocol": PROTOCOL, "token": token, "version": "1", "outbox": "ab12", "now": system_clock()}
    return Hello.model_validate({**values, "abilities": ["icmp"], **changes})


@pytest.fixture
async def server(store: AgentStore) -> AsyncIterator[str]:
    """The URL of a server in this process."""
    hub = Hub(store, beat_s=5)
    async with serving(hub, "127.0.0.1", 0) as (host, port):
        yield f"ws://{host}:{port}/agents"


async def _last(connection: ClientConnection) -> Bye:
    """Reads up to the server's farewell."""
    while True:
        frame = read_from_server(str(await connection.recv()))
        if isinstance(frame, Bye):
            return frame


# The protocol.


@given(st.text() | st.dictionaries(st.text(), st.integers() | st.text()).map(str))
def test_any_text_is_a_frame_or_a_breach(text: str) -> None:
    for read in (read_from_agent, read_from_server):
        try:
            frame = read(text)
        except BadFrame as breach:
            assert str(breach)
        else:
            assert frame.type


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"type":"results","rows":' + "[" * 100_000,
        '{"type":"hello"}',
        '{"type":"nothing"}',
        '{"type":"beat","now":"2026-11-23T09:00:00"}',
        '{"type":"beat","now":"2026-11-23T09:00:00Z","more":1}',
        write(_hello("x")).replace('"icmp"', '"tape"'),
        write(Results(rows=[_result()])).replace('"ok":true', '"ok":true,"response_ms":1e999'),
        write(Results(rows=[_result()])).replace('"seq":1', '"seq":0'),
        write(Results(rows=[_result()])).replace('"seq":1', f'"seq":{2**60}'),
        "x" * (MAX_FRAME_CHARS + 1),
    ],
    ids=lambda text: text[:40],
)
def test_what_breaks_the_protocol_is_named(text: str) -> None:
    with pytest.raises(BadFrame, match=r"\w"):
        read_from_agent(text)


@given(st.integers(1, BATCH), st.text(max_size=400), st.floats(0, 1e9))
def test_results_are_read_as_they_were_written(count: int, cause: str, took: float) -> None:
    cause = cause.encode("utf-8", "replace").decode()
    frame = Results(rows=[_result(n + 1, cause=cause, response_ms=took, ok=False) for n in range(count)])
    assert read_from_agent(write(frame)) == frame


@given(
    st.sampled_from(sorted(CALLS)),
    st.recursive(st.none() | st.text(), lambda x: st.dictionaries(st.text(), x)),
)
def test_calls_from_outside_are_read_or_refused(check: str, values: object) -> None:
    given_values = values if isinstance(values, dict) else {"target": values}
    with contextlib.suppress(Refused):
        read_arguments(check, given_values)
    with pytest.raises(CheckFailed, match="cannot be read"):
        read_outcome(check, given_values)


# Letting agents in.


async def test_the_token_is_kept_as_a_hash_only(store: AgentStore, database: Database) -> None:
    token = await store.enrol("oslo", "Oslo", "Norway")
    assert token.startswith("swa_") and (await store.by_token(token)) is not None
    assert await store.by_token(token[:-1]) is None and await store.by_token("") is None
    assert database.file is not None
    kept = b"".join(path.read_bytes() for path in database.file.parent.glob("smallwatch.sqlite3*"))
    assert token.encode() not in kept
    new = await store.enrol("oslo", "", "")
    assert await store.by_token(token) is None and await store.by_token(new) is not None
    assert (await store.all())[0].city == "Oslo"
    await store.revoke("oslo")
    assert await store.by_token(new) is None
    with pytest.raises(NotFound, match="Nearest: oslo"):
        await store.revoke("os1o")
    with pytest.raises(Refused, match="a-z, 0-9 and -"):
        await store.enrol("Os lo", "", "")


@pytest.mark.parametrize(
    ("changes", "reason", "retry"),
    [
        ({"token": "swa_wrong"}, "unknown or revoked", False),
        ({"protocol": 99}, "the server speaks protocol 1, the agent 99", False),
        ({"name": "bergen"}, "belongs to the agent oslo, not to bergen", False),
    ],
)
async def test_who_is_not_let_in_is_told_why(
    changes: dict[str, object], reason: str, retry: bool, server: str, store: AgentStore
) -> None:
    token = await store.enrol("oslo", "", "")
    async with connect(server) as connection:
        await connection.send(write(_hello(str(changes.pop("token", token)), **changes)))
        bye = await _last(connection)
    assert reason in bye.reason and bye.retry is retry


@pytest.mark.parametrize("first", [b"\x00\x01", "no json", write(Beat(now=_NOW)), "y" * 20_000])
async def test_a_bad_first_frame_ends_the_connection(
    first: str | bytes, server: str, store: AgentStore
) -> None:
    async with connect(server) as connection:
        await connection.send(first)
        with pytest.raises(ConnectionClosed):
            while True:
                await connection.recv()
    # The server goes on.
    async with connect(server) as connection:
        await connection.send(write(_hello(await store.enrol("oslo", "", ""))))
        assert isinstance(read_from_server(str(await connection.recv())), Welcome)


@pytest.mark.parametrize("bad", [b"\x00", "{}", "x" * (MAX_FRAME_CHARS + 10), '{"type":"ack","up_to":1}'])
async def test_a_bad_later_frame_ends_the_connection(
    bad: str | bytes, server: str, store: AgentStore
) -> None:
    async with connect(server) as connection:
        await connection.send(write(_hello(await store.enrol("oslo", "", ""))))
        await connection.recv()
        with pytest.raises(ConnectionClosed):
            await connection.send(bad)
            while True:
                await connection.recv()


async def test_only_the_path_of_agents_is_served(server: str) -> None:
    with pytest.raises(InvalidStatus, match="404"):
        async with connect(server.replace("/agents", "/")):
            pass


async def test_two_programs_with_one_token_are_kept_apart(server: str, store: AgentStore) -> None:
    """The same outbox is the same program, come again; another outbox is another program."""
    token = await store.enrol("oslo", "", "")
    async with connect(server) as first:
        await first.send(write(_hello(token)))
        await first.recv()
        async with connect(server) as other:
            await other.send(write(_hello(token, outbox="cd34")))
            bye = await _last(other)
            assert "another program is connected as oslo" in bye.reason and bye.retry
        async with connect(server) as again:
            await again.send(write(_hello(token)))
            assert isinstance(read_from_server(str(await again.recv())), Welcome)
            assert "took its place" in (await _last(first)).reason


async def test_results_are_stored_once_and_times_set_right(
    server: str, store: AgentStore, database: Database, watched: int
) -> None:
    """The agent's clock is an hour slow; frames come twice, and with a host of somebody else."""
    token = await store.enrol("oslo", "", "")
    slow = system_clock() - timedelta(hours=1)
    rows = [_result(n, host_id=1, at=slow - timedelta(seconds=60 - n)) for n in range(1, 6)]
    rows[2] = _result(3, host_id=999, at=slow)
    rows[4] = _result(5, host_id=1, at=slow + timedelta(days=1))
    for _ in range(2):
        async with connect(server) as connection:
            await connection.send(write(_hello(token, now=slow)))
            await connection.recv()
            for _ in range(2):
                await connection.send(write(Results(rows=rows)))
                while (frame := read_from_server(str(await connection.recv()))).type != "ack":
                    pass
                assert frame.up_to == 5
    async with database.reading() as opened:
        kept = (await opened.execute(select(inbox.c.at).order_by(inbox.c.id))).scalars().all()
        assert (await opened.execute(select(acknowledged.c.number))).scalar_one() == 5
    now = system_clock()
    assert len(kept) == 4, "each once, and none of a host that it does not watch"
    assert all(abs((now - moment).total_seconds() - 60) < 40 for moment in kept[:3])
    assert kept[3] <= now, "nothing lies in the future"


async def test_an_asgi_server_can_serve_agents_too(store: AgentStore, tmp_path: Path) -> None:
    app = FastAPI()
    hub = Hub(store, beat_s=5)
    app.router.routes.append(WebSocketRoute(PATH, AgentsApp(hub)))
    served = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="error", ws="websockets-sansio", lifespan="off")
    )
    running = asyncio.create_task(served.serve())
    while not served.started:
        await asyncio.sleep(0.01)
    port = served.servers[0].sockets[0].getsockname()[1]
    settings = AgentSettings(
        f"ws://127.0.0.1:{port}/agents", await store.enrol("oslo", "", ""), "1", ("icmp",)
    )
    async with Outbox(tmp_path / "outbox.sqlite3") as outbox:
        said: list[str] = []

        async def probe(host: WatchedHost) -> Result:
            raise AssertionError

        client = asyncio.create_task(
            AgentClient(settings, outbox, {}, probe, system_clock, said.append).run()
        )
        async with asyncio.timeout(30):
            while hub.session("oslo") is None:
                await asyncio.sleep(0.01)
        await store.revoke("oslo")
        session = hub.session("oslo")
        assert session is not None
        await session.end("test", retry=False)
        with pytest.raises(Dismissed, match="test"):
            await client
    served.should_exit = True
    await running


# The agent's store.


async def test_the_outbox_keeps_order_numbers_and_hosts(tmp_path: Path) -> None:
    path = tmp_path / "state" / "outbox.sqlite3"
    async with Outbox(path, most=3) as outbox:
        name = outbox.id
        assert [await outbox.add(_result()) for _ in range(4)] == [1, 2, 3, None]
        assert (outbox.size, outbox.dropped) == (3, 1)
        await outbox.forget(2)
        assert [row.seq for row in await outbox.first(0)] == [3]
    assert path.stat().st_mode & 0o77 == 0
    async with Outbox(path) as outbox:
        assert (outbox.id, outbox.size) == (name, 1)
        await outbox.forget(3)
        # A number is never used again, even where everything before it is gone.
        assert await outbox.add(_result()) == 4
        assert await outbox.last_number() == 4
        with pytest.raises(OutboxError, match="end the agent that uses this one"):
            Outbox(path)


async def test_counting_holds_while_results_come_and_go(tmp_path: Path) -> None:
    async with Outbox(tmp_path / "outbox.sqlite3") as outbox:
        lowest = 0

        async def forget() -> None:
            nonlocal lowest
            for _ in range(100):
                await outbox.forget(10_000)
                lowest = min(lowest, outbox.size)

        await asyncio.gather(forget(), *(outbox.add(_result()) for _ in range(200)))
        assert lowest == 0 and outbox.size == len(await outbox.first(0, limit=1000))


async def test_a_damaged_outbox_is_named(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(OutboxError, match="choose another folder with --state"):
        Outbox(path)
