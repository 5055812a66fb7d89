"""Servers and agents as real processes, and a line between them that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from monitoring.database.engine import Database
from monitoring.database.tables import hosts
from tests.listening import listening

COMMAND = [sys.executable, "-c", "from smallwatch.cli import main; main()"]
#: Long enough for a slow and busy machine; nothing waits so long that works.
PATIENCE_S = 60.0


class Program:
    """A running command; what it says on its standard error is kept."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Takes the process."""
        self.process = process
        self.said: list[str] = []
        self._new = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.said.append(line.decode())
            self._new.set()
        self._new.set()

    async def says(self, words: str, after: int = 0) -> str:
        """Waits for a line with these words; the lines before `after` do not count."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self._new.clear()
                found = next((line for line in self.said[after:] if words in line), None)
                if found is not None:
                    return found
                assert not self._reader.done(), f"it ended without saying {words!r}: {self.said}"
                await self._new.wait()

    async def kill(self) -> None:
        """Ends it without any warning."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self._reader

    async def stop(self) -> None:
        """Asks it to end."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            await self.process.wait()
        await self._reader


class Programs:
    """Starts commands, and ends those that still run."""

    def __init__(self, folder: Path, database: str) -> None:
        """Takes a folder for what they keep, and the database's URL."""
        self.folder = folder
        self.database = database
        self._all: list[Program] = []

    async def start(self, *arguments: str, **environment: str) -> Program:
        """Starts a `smallwatch` command."""
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *arguments,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **environment},
        )
        program = Program(process)
        self._all.append(program)
        return program

    async def watcher(self) -> tuple[Program, int]:
        """Starts a watcher that lets agents connect; returns it and their port."""
        program = await self.start("watch", "--agents", "127.0.0.1:0", "--json", "--database", self.database)
        line = await program.says("Agents connect to")
        return program, int(line.rsplit(":", 1)[1].partition("/")[0])

    async def server(self, port: int = 0, beat: float = 1.0) -> tuple[Program, int]:
        """Starts an agent server; returns it and its port."""
        address = ["--listen", f"127.0.0.1:{port}", "--database", self.database, "--beat", str(beat)]
        program = await self.start("agent-server", *address)
        line = await program.says("Agents connect to")
        return program, int(line.rsplit(":", 1)[1].partition("/")[0])

    async def agent(
        self, name: str, token: str, port: int, *, allow: Sequence[str] = ("127.0.0.0/8",)
    ) -> Program:
        """Starts an agent, whose state lies in a folder of its name."""
        options = [option for item in allow for option in ("--allow", item)]
        server = [
            "--server",
            f"ws://127.0.0.1:{port}/agents",
            "--state",
            str(self.folder / name),
            "--longest-wait",
            "1",
        ]
        return await self.start("agent", *server, *options, SMALLWATCH_TOKEN=token)

    async def aclose(self) -> None:
        """Ends what still runs."""
        for program in self._all:
            if program.process.returncode is None:
                await program.kill()


async def watch_hosts(database: Database, addresses: Sequence[str], port: int) -> None:
    """Puts hosts into the hands of the agent oslo, one check of the port a second each."""
    rows = [
        {
            "owner_id": 1,
            "address": address,
            "endpoint": "tcp",
            "port": port,
            "timeout_ms": 5000,
            "interval_s": 1,
            "retries": 0,
            "enabled": True,
            "agent_location": "oslo",
            "options": {},
            "created": datetime.now(UTC),
            "revision": 1,
        }
        for address in addresses
    ]
    async with database.writing() as connection:
        await connection.execute(insert(hosts), rows)


class Line:
    """A TCP proxy: `cut` drops all connections and lets none in, `mend` opens it again."""

    def __init__(self, to_port: int) -> None:
        """Takes the port that it leads to."""
        self.to_port = to_port
        self.port = 0
        self._open = contextlib.AsyncExitStack()

    async def mend(self) -> None:
        """Listens."""
        self.port = await self._open.enter_async_context(listening(self._carry, self.port))

    async def cut(self) -> None:
        """Drops everything."""
        await self._open.aclose()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            far_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
    writer.transport.abort()
