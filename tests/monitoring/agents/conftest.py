"""A database, agents and targets for these tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitoring.agents.store import AgentStore
from monitoring.database.engine import Database
from monitoring.database.migrate import open_database
from tests.listening import listening
from tests.monitoring.agents.programs import Programs, watch_hosts
from tools.clock import system_clock


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A database of its own."""
    async with await open_database(f"sqlite:///{tmp_path / 'smallwatch.sqlite3'}") as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> AgentStore:
    """What the database knows of agents; one that is silent for 10 s is offline."""
    return AgentStore(database, system_clock, silent_s=10)


@pytest.fixture
async def programs(tmp_path: Path, database: Database) -> AsyncIterator[Programs]:
    """Starts real processes."""
    made = Programs(tmp_path, f"sqlite:///{database.file}")
    yield made
    await made.aclose()


@pytest.fixture
async def target() -> AsyncIterator[int]:
    """The port of a TCP server that takes every connection."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(accept) as port:
        yield port


@pytest.fixture
async def watched(database: Database, target: int) -> int:
    """Puts 10 hosts into the hands of the agent oslo, one check a second each; returns how many."""
    await watch_hosts(database, [f"127.0.0.{last}" for last in range(1, 11)], target)
    return 10
