"""Opening, refusing and losing a database."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, insert, select, text

from monitoring.database.engine import Database, make_database
from monitoring.database.errors import DatabaseError, DatabaseUnavailable, DatabaseVersionError
from monitoring.database.migrate import open_database
from monitoring.database.tables import metadata, owners
from monitoring.database.types import from_ms, to_ms
from tools.clock import SetClock


async def test_migrations_make_what_the_tables_say(database: Database) -> None:
    def differences(connection: Connection) -> Any:
        context = MigrationContext.configure(connection, opts={"version_table": "smallwatch_version"})
        return compare_metadata(context, metadata)

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_it_is_opened_by_several_at_once_and_again(database_url: str) -> None:
    opened = await asyncio.gather(*(open_database(database_url) for _ in range(4)))
    for database in opened:
        async with database.reading() as connection:
            assert (await connection.scalars(select(owners.c.name))).all() == ["operator"]
    for database in opened:
        await database.aclose()


async def test_a_newer_database_is_refused(database: Database, database_url: str) -> None:
    async with database.writing() as connection:
        await connection.execute(text("UPDATE smallwatch_version SET version_num = '9999'"))
    with pytest.raises(DatabaseVersionError, match=r"newer Smallwatch \(version 9999; this one.*update"):
        await open_database(database_url)


async def test_another_programs_tables_are_refused(database_url: str) -> None:
    other = make_database(database_url)
    async with other.writing() as connection:
        await connection.execute(text("CREATE TABLE hosts (name TEXT)"))
    await other.aclose()
    with pytest.raises(DatabaseVersionError, match="tables of another program"):
        await open_database(database_url)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, whatever its name says; long enough to have a header of its own" * 20)
    with pytest.raises(DatabaseVersionError, match="is no database"):
        await open_database(f"sqlite:///{file}")
    assert "whatever" in file.read_text()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://x/y", "No database of the kind 'mysql'"),
        ("sqlite://", "names no database"),
        ("sqlite:///:memory:", "names no database"),
        ("::", "cannot be read"),
        ("postgresql://user:secret@host", "names no database"),
    ],
)
async def test_wrong_urls_name_the_cure(url: str, words: str) -> None:
    with pytest.raises(DatabaseError, match=words) as caught:
        await open_database(url)
    assert "sqlite:///FILE or postgresql://" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_passwords_are_not_shown() -> None:
    database = make_database("postgresql://watch:secret@127.0.0.1:1/watch")
    assert database.shown == "postgresql://watch:***@127.0.0.1:1/watch"
    with pytest.raises(DatabaseUnavailable) as caught:
        async with database.reading():
            pass
    assert "secret" not in str(caught.value)
    await database.aclose()


async def test_a_new_file_is_the_owners_alone(sqlite: Database) -> None:
    assert sqlite.file is not None
    assert sqlite.file.stat().st_mode & 0o077 == 0


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="cannot be opened"):
        await open_database(f"sqlite:///{tmp_path / 'file' / 'x.sqlite3'}")


async def test_a_locked_database_does_not_answer(
    sqlite: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sqlite.file is not None
    other = sqlite3.connect(sqlite.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with sqlite.engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout=50")
    with pytest.raises(DatabaseUnavailable, match="locked"):
        async with sqlite.writing() as connection:
            await connection.execute(insert(owners).values(name="x", created=clock()))
    other.execute("ROLLBACK")
    other.close()
    async with sqlite.writing() as connection:
        await connection.execute(insert(owners).values(name="x", created=clock()))


async def test_a_deleted_file_is_noticed_and_a_restored_one_used(sqlite: Database, clock: SetClock) -> None:
    file = sqlite.file
    assert file is not None
    await sqlite.engine.dispose()
    kept = file.with_suffix(".kept")
    os.rename(file, kept)
    with pytest.raises(DatabaseUnavailable, match="is gone: put its file back"):
        async with sqlite.writing():
            pass
    assert not file.exists(), "nothing is made anew in its place"
    file.write_bytes(kept.read_bytes())
    async with sqlite.writing() as connection:
        await connection.execute(insert(owners).values(name="later", created=clock()))
    async with sqlite.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(owners)) == 2


async def test_a_transaction_that_fails_keeps_nothing(database: Database, clock: SetClock) -> None:
    with pytest.raises(KeyError):
        async with database.writing() as connection:
            await connection.execute(insert(owners).values(name="half", created=clock()))
            raise KeyError
    async with database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(owners)) == 1


def test_moments_are_kept_to_the_millisecond(clock: SetClock) -> None:
    moment = clock().replace(microsecond=123_987)
    assert from_ms(to_ms(moment)) == moment.replace(microsecond=123_000)
