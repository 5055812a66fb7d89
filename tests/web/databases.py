"""Empty databases for tests."""

from __future__ import annotations

import uuid

import asyncpg


async def make_postgres_database(server: str) -> str:
    """Makes an empty database on a PostgreSQL server and returns its URL."""
    name = f"t{uuid.uuid4().hex}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return server.replace("/postgres?", f"/{name}?")
