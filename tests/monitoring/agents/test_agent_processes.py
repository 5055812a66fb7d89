"""Agents as real processes: calls from where they stand, and results that outlive cuts and kills."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from monitoring.agents.outbox import Outbox
from monitoring.agents.service import AgentsHere, agents_here
from monitoring.agents.store import AgentStore
from monitoring.database.engine import Database
from monitoring.database.tables import acknowledged, inbox, incidents, results
from monitoring.jobs import SqlJobStore
from tests.listening import listening
from tests.monitoring.agents.programs import PATIENCE_S, Line, Program, Programs, watch_hosts
from tools.catalogue import default_registry
from tools.clock import system_clock
from tools.context import ToolContext
from tools.job_store import OPERATOR
from tools.policy import operator_policy
from tools.real import LocalOperator, RealBackend
from tools.results import ToolResult
from tools.run import run_tool


def _backend(database: Database, owner: int = OPERATOR) -> RealBackend:
    here: AgentsHere = agents_here(database, system_clock, silent_s=10, owner=owner)
    return RealBackend(
        operator_policy(["127.0.0.0/8"]),
        accounts=LocalOperator(),
        agents=here.directory,
        away=here.away,
        job_store=SqlJobStore(database),
        say=lambda words: None,
    )


async def _online(store: AgentStore, name: str, *, wanted: bool = True) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while next(row for row in await store.all() if row.name == name).online != wanted:
            await asyncio.sleep(0.1)


async def test_two_agents_answer_for_where_they_stand(
    programs: Programs, store: AgentStore, database: Database, target: int
) -> None:
    """The connections are held by another process than the one that runs the tools."""
    _, port = await programs.server()
    tokens = {name: await store.enrol(name, name.title(), "Norway") for name in ("oslo", "bergen", "tromso")}
    oslo = await programs.agent("oslo", tokens["oslo"], port)
    await programs.agent("bergen", tokens["bergen"], port, allow=())
    for name in ("oslo", "bergen"):
        await _online(store, name)

    async with _backend(database) as backend:
        context = ToolContext(backend, system_clock, default_registry())

        async def call(tool: str, **arguments: object) -> ToolResult:
            return await run_tool(tool, arguments, context)

        listed = await call("get_agents")
        assert "3 probe agents are online: local, bergen and oslo, local being the default" in listed.message
        assert "tromso" in listed.message and "offline" in listed.message

        pinged = await call("ping_host", target="127.0.0.1", agent_location="Oslo", count=1)
        assert pinged.success and " from oslo" in pinged.message and pinged.data["method"]
        opened = await call("check_port", target="127.0.0.1", port=target, agent_location="oslo")
        assert opened.data["state"] == "open"
        # The reach policy is the agent's own: this one was given no range.
        refused = await call("check_port", target="127.0.0.1", port=target, agent_location="bergen")
        assert not refused.success and "no private ranges" in refused.message

        # Who is not the operator does not get to see the network that an agent stands in.
        async with _backend(database, owner=2) as other:
            stranger = ToolContext(other, system_clock, default_registry())
            arguments = {"target": "127.0.0.1", "port": target, "agent_location": "oslo"}
            inside = await run_tool("check_port", arguments, stranger)
        assert not inside.success and "only public internet addresses" in inside.message

        places = ["oslo", "bergen", "tromso", "local"]
        compared = await call("compare_locations", target="127.0.0.1", check="ping", locations=places)
        rows = {row["agent"]: row for row in compared.data["results"]}
        assert list(rows) == places and not compared.success
        assert rows["oslo"]["ok"] and rows["local"]["ok"]
        assert "loopback" in rows["bergen"]["summary"] and "offline since" in rows["tromso"]["summary"]
        unknown = await call(
            "compare_locations", target="127.0.0.1", check="ping", locations=["oslo", "os1o", "bergn"]
        )
        assert "Nearest: oslo" in unknown.message and "Nearest: bergen" in unknown.message

        scan = await call(
            "run_nmap", target="127.0.0.1", profile="quick", ports=str(target), agent_location="oslo"
        )
        async with asyncio.timeout(PATIENCE_S):
            while scan.data["state"] == "running":
                await asyncio.sleep(0.2)
                scan = await call("get_function_status", message_id=scan.data["message_id"])
        assert scan.success and scan.data["hosts"][0]["ports"][0]["port"] == target

        await oslo.kill()
        await _online(store, "oslo", wanted=False)
        gone = await call("ping_host", target="127.0.0.1", agent_location="oslo")
        assert not gone.success and "oslo is offline since" in gone.message


async def test_a_revoked_agent_is_sent_away_and_ends(programs: Programs, store: AgentStore) -> None:
    _, port = await programs.server(beat=0.5)
    token = await store.enrol("oslo", "", "")
    agent = await programs.agent("oslo", token, port)
    await _online(store, "oslo")
    await store.revoke("oslo")
    await agent.says("token was revoked")
    assert await agent.process.wait() != 0
    again = await programs.agent("oslo", token, port)
    await again.says("unknown or revoked")
    assert await again.process.wait() != 0


async def _stored(database: Database) -> tuple[int, int]:
    """How many results lie in the inbox, and the number that was acknowledged."""
    async with database.reading() as connection:
        rows = (await connection.execute(select(func.count()).select_from(inbox))).scalar_one()
        number = (await connection.execute(select(func.max(acknowledged.c.number)))).scalar_one()
    return rows, number or 0


async def _grows(database: Database, by: int, *watched: Program) -> None:
    """Waits until so many more results are stored."""
    wanted = (await _stored(database))[0] + by
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while (found := (await _stored(database))[0]) < wanted:
        assert loop.time() < deadline, (found, wanted, [program.said[-5:] for program in watched])
        await asyncio.sleep(0.1)


async def _nothing_is_lost(database: Database, state: Path) -> int:
    """Checks, once the agent has ended, that each result it ever finished is here or there, once."""
    rows, number = await _stored(database)
    async with Outbox(state / "results.sqlite3") as outbox:
        last = await outbox.last_number()
        waiting = [row.seq for row in await outbox.first(number, limit=1_000_000)]
    assert rows == number, "a result that was acknowledged is missing, or is there twice"
    assert waiting == list(range(number + 1, last + 1)), "a result that waits is missing"
    return last


async def test_results_survive_a_cut_of_the_network(
    programs: Programs, store: AgentStore, database: Database, watched: int
) -> None:
    _, port = await programs.server()
    line = Line(port)
    await line.mend()
    agent = await programs.agent("oslo", await store.enrol("oslo", "", ""), line.port)
    await _grows(database, watched)
    await line.cut()
    said = await agent.says("Not connected")
    assert "next attempt in" in said
    before = (await _stored(database))[1]
    await asyncio.sleep(2)
    await line.mend()
    await _grows(database, 2 * watched)
    await agent.stop()
    assert await _nothing_is_lost(database, programs.folder / "oslo") > before + watched
    await line.cut()


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_the_watcher_judges_what_an_agent_sends(
    programs: Programs, store: AgentStore, database: Database
) -> None:
    """One outage, over a kill of the agent in its middle: one incident, opened and closed."""
    async with listening(_hang_up) as port:
        pass
    await watch_hosts(database, ["127.0.0.1"], port)
    watcher, agents_port = await programs.watcher()
    token = await store.enrol("oslo", "", "")
    agent = await programs.agent("oslo", token, agents_port)

    async def outages(*, ended: bool) -> list[Any]:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                async with database.reading() as connection:
                    rows = (await connection.execute(select(incidents))).all()
                if rows and all((row.ended is not None) == ended for row in rows):
                    return list(rows)
                await asyncio.sleep(0.1)

    (outage,) = await outages(ended=False)
    assert "nothing listens" in outage.cause
    await agent.kill()
    agent = await programs.agent("oslo", token, agents_port)
    await agent.says("Connected as oslo")
    async with listening(_hang_up, port):
        (after,) = await outages(ended=True)
    assert after.id == outage.id
    await agent.stop()
    async with asyncio.timeout(PATIENCE_S):
        while (await _stored(database))[0]:
            await asyncio.sleep(0.1)
    await watcher.stop()
    async with database.reading() as connection:
        places = set((await connection.execute(select(results.c.agent))).scalars())
        judged = (await connection.execute(select(func.count()).select_from(results))).scalar_one()
    assert places == {"oslo"} and judged == (await _stored(database))[1], "every result was judged, once"


async def _kill_at_random(
    programs: Programs, store: AgentStore, database: Database, rounds: int, seed: int
) -> int:
    """Kills agent or server so often; returns how many results there are, none of them lost or doubled."""
    chance = random.Random(seed)
    server, port = await programs.server()
    token = await store.enrol("oslo", "", "")
    agent: Program | None = None
    for _ in range(rounds):
        agent = agent or await programs.agent("oslo", token, port)
        await _grows(database, chance.randrange(1, 12), server, agent)
        await asyncio.sleep(chance.random())
        if chance.random() < 0.7:
            await agent.kill()
            agent = None
        else:
            await server.kill()
            server, _ = await programs.server(port)
    agent = agent or await programs.agent("oslo", token, port)
    await _grows(database, 10)
    await agent.stop()
    last = await _nothing_is_lost(database, programs.folder / "oslo")
    print(f"{rounds} kills (seed {seed}): {last} results, none lost, none doubled")
    return last


async def test_5_kills_lose_no_result(
    programs: Programs, store: AgentStore, database: Database, watched: int
) -> None:
    assert await _kill_at_random(programs, store, database, 5, seed=1) >= 5 + 10


@pytest.mark.slow
async def test_50_kills_lose_no_result(
    programs: Programs, store: AgentStore, database: Database, watched: int
) -> None:
    assert await _kill_at_random(programs, store, database, 50, seed=2) >= 50 + 10
