"""Random keys that all processes of a server share."""

from __future__ import annotations

import secrets

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from web.database.store import Store
from web.database.tables import keys


async def shared_key(store: Store, name: str) -> bytes:
    """Returns a key of 256 bits, which the first process that asks draws."""

    async def work(connection: AsyncConnection) -> str:
        dialect = sqlite if store.database.sqlite else postgresql
        values = {"name": name, "value": secrets.token_hex(32)}
        await connection.execute(dialect.insert(keys).values(values).on_conflict_do_nothing())
        return (await connection.execute(select(keys.c.value).where(keys.c.name == name))).scalar_one()

    return bytes.fromhex(await store.write(work))
