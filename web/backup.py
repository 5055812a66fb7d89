"""Copies of the database: made while the server runs, put back while it does not."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from monitoring.database.engine import make_database
from web.opening import alone


class BackupError(Exception):
    """A copy cannot be made or put back; the message says why and what to do."""


async def back_up(url: str, target: Path) -> int:
    """Writes all that the server keeps into a file; the server may go on.

    Args:
        url: The database.
        target: The file; there must be none of that name yet.

    Returns:
        Its bytes.

    Raises:
        BackupError: It could not be made; nothing is left of it.
    """
    if await asyncio.to_thread(target.exists):
        raise BackupError(f"{target} is there already: name another file.")
    part = target.with_name(target.name + ".part")
    async with make_database(url) as database:
        try:
            if database.file is not None:
                await asyncio.to_thread(_copy_sqlite, database.file, part)
            else:
                await _run("pg_dump", database.url, "--format=custom", f"--file={part}")
            return await asyncio.to_thread(_in_place, part, target)
        except (OSError, sqlite3.Error) as error:
            raise BackupError(f"The copy cannot be written: {error}.") from error
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)


def _in_place(part: Path, target: Path) -> int:
    part.replace(target)
    return target.stat().st_size


async def restore(url: str, source: Path) -> None:
    """Puts a copy back in the place of all that the server keeps; the server must be stopped.

    Args:
        url: The database.
        source: A file that `back_up` made, from a database of the same kind.

    Raises:
        BackupError: The file is no copy of such a database, or it could not be put back.
        ServeError: The server runs.
    """
    if not await asyncio.to_thread(source.is_file):
        raise BackupError(f"There is no file {source}.")
    async with make_database(url) as database:
        if database.file is None:
            await _run(
                "pg_restore", database.url, "--clean", "--if-exists", "--single-transaction", str(source)
            )
            return
        with alone(database.file):
            try:
                await asyncio.to_thread(_put_back, source, database.file)
            except (OSError, sqlite3.Error) as error:
                raise BackupError(f"{source} cannot be put back: {error}.") from error


def _copy_sqlite(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


def _put_back(source: Path, target: Path) -> None:
    """Checks a copy, and puts it in place at once."""
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy:
        if copy.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("the file is damaged")
        tables = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"web_version", "web_accounts"} <= tables:
        raise sqlite3.DatabaseError("it is no copy of a server's database")
    part = target.with_name(target.name + ".part")
    shutil.copyfile(source, part)
    part.chmod(0o600)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    for ending in ("-wal", "-shm"):
        Path(f"{target}{ending}").unlink(missing_ok=True)
    part.replace(target)


async def _run(program: str, url: URL, *arguments: str) -> None:
    """Runs a program of PostgreSQL's; the password goes by the environment, where others cannot read it."""
    query: dict[str, Any] = dict(url.query)
    environment = dict(os.environ)
    values = {
        "PGHOST": query.get("host") or url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    environment |= {name: str(value) for name, value in values.items() if value}
    options = [f"--dbname={url.database}"] if program == "pg_restore" else []
    try:
        process = await asyncio.create_subprocess_exec(
            program, *options, *arguments, env=environment, stderr=asyncio.subprocess.PIPE
        )
    except FileNotFoundError as error:
        raise BackupError(f"{program} is missing: install it (Debian: postgresql-client).") from error
    _, said = await process.communicate()
    if process.returncode:
        last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise BackupError(f"{program} failed: {last}")
