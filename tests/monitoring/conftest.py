"""Databases of both kinds, a clock that is set by hand, and hosts on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitoring.database.engine import Database
from monitoring.database.migrate import open_database
from monitoring.hosts.backend import WatchedHosts
from settings.schema import MonitoringSettings
from tests.databases import make_postgres_database
from tools.clock import SetClock
from tools.policy import operator_policy
from tools.resolve import Resolver


@pytest.fixture
async def postgresql_url(postgres: str) -> str:
    """The URL of an empty PostgreSQL database."""
    return await make_postgres_database(postgres)


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
