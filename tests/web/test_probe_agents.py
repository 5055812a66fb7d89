"""Probe agents at the web server's own door: the real program, through the real WebSocket route."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.listening import listening
from tests.web.serving import Somebody, account, config_of, echo, models_of, serving

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


@asynccontextmanager
async def agent(url: str, token: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`smallwatch agent` as a program of its own, which may check this machine."""
    command = [sys.executable, "-c", "from smallwatch.cli import main; main()", "agent"]
    command += ["--server", f"{url.replace('http', 'ws', 1)}/agents", "--allow", "127.0.0.0/8"]
    command += ["--state", str(folder), "--longest-wait", "1"]
    environment = {**os.environ, "SMALLWATCH_TOKEN": token, "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=folder, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.communicate()


async def online(ann: Somebody, name: str) -> dict[str, Any]:
    """Waits until an agent is online."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = next(agent for agent in await ann.ok("GET", "/api/agents") if agent["name"] == name)
            if found["online"]:
                return found
            await asyncio.sleep(0.1)


async def test_an_agent_connects_checks_and_is_dismissed(sqlite_url: str, tmp_path: Path) -> None:
    touched: list[object] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        touched.append(writer.get_extra_info("peername"))

    config = config_of(sqlite_url, tools="real")
    async with serving(config, models_of({"scripted": echo()})) as url, listening(accept) as port:
        ann, eve = await account(url, "ann@example.org"), await account(url, "eve@example.org")
        made = await ann.ok("POST", "/api/account/agents", {"name": "attic", "city": "Linz"})
        assert (await ann.ok("GET", "/api/quota"))["plan"] == "free"
        async with agent(url, made["token"], tmp_path) as process:
            await online(ann, "attic")
            # It answers for its owner; who else names it is told that there is none.
            arguments = {"target": "9.9.9.9", "port": 9, "timeout_ms": 500, "agent_location": "attic"}
            call = {"name": "check_port", "arguments": arguments}
            done = await ann.ok("POST", "/api/tool-calls", call)
            assert "attic" in done["content"], done["content"]
            assert "no probe agent named attic" in (await eve.ok("POST", "/api/tool-calls", call))["content"]
            # Public rules hold at agents too: this machine allows itself, the server does not ask for it.
            inside = {"name": "check_port", "arguments": {**arguments, "target": "127.0.0.1", "port": port}}
            refused = await ann.ok("POST", "/api/tool-calls", inside)
            assert refused["result"]["data"] == {"policy": "public"}, refused["content"]
            async with asyncio.timeout(PATIENCE_S):
                while (await ann.ok("GET", "/api/quota"))["plan"] != "agent":
                    await asyncio.sleep(0.1)
            # Revoked, it is sent away for good.
            await ann.ok("DELETE", "/api/account/agents/attic")
            async with asyncio.timeout(PATIENCE_S):
                assert await process.wait() != 0
    assert touched == []


async def test_nobody_else_gets_in_at_the_agents_door(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        where = f"{url.replace('http', 'ws', 1)}/agents"
        for origin in ("https://evil.example", "null"):
            with pytest.raises(InvalidStatus, match="403"):
                await connect(where, additional_headers={"Origin": origin})
        for words in ("", "no frame", '{"type":"hello","token":"swa_wrong"}', "\0" * 100, "[" * 5000):
            async with connect(where) as socket:
                await socket.send(words)
                with pytest.raises(ConnectionClosed):
                    async with asyncio.timeout(PATIENCE_S):
                        while True:
                            await socket.recv()
        assert (await Somebody(url).ask("GET", "/agents")).status_code == 404
        assert (await Somebody(url).ok("GET", "/health")) == {"status": "ok"}
