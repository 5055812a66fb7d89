"""API tokens of programs: shown once, kept as hashes, revocable. Probe agents' tokens are monitoring's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tools.clock import Clock
from web.brief import Brief
from web.database.store import Store
from web.database.tables import api_tokens
from web.errors import ApiError
from web.security.secrets import PROGRAM_PREFIX, hashed, new_secret

_START_CHARS = 12
_MOST = 20
_USED_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token, as far as it may be shown again; `start` are its first characters, `used` is to ten minutes."""

    id: int
    name: str
    start: str
    created: datetime
    used: datetime | None


class ApiTokens:
    """The tokens of programs."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Takes the database and the time."""
        self._store = store
        self._clock = clock
        self._known: Brief[str, int] = Brief()

    async def make(self, account_id: int, name: str) -> tuple[str, ApiToken]:
        """Makes a token.

        Returns:
            The secret, which is kept nowhere, and what can be shown of it later.

        Raises:
            ApiError: The account has too many.
        """
        secret, now = new_secret(PROGRAM_PREFIX), self._clock()
        start = secret[:_START_CHARS]

        async def work(connection: AsyncConnection) -> int:
            mine = select(func.count()).select_from(api_tokens).where(api_tokens.c.account_id == account_id)
            if (await connection.execute(mine)).scalar_one() >= _MOST:
                raise ApiError(409, "refused", f"An account has at most {_MOST} tokens; revoke one first.")
            made = insert(api_tokens).values(
                account_id=account_id, name=name, start=start, hash=hashed(secret), created=now
            )
            return (await connection.execute(made.returning(api_tokens.c.id))).scalar_one()

        return secret, ApiToken(await self._store.write(work), name, start, now, None)

    async def account_of(self, secret: str) -> int | None:
        """Finds the account of a token; None where there is none, or it was revoked.

        One that another process has revoked may be found for a second more.
        """
        key = hashed(secret)
        return await self._known.get(key, lambda: self._look_up(key))

    async def _look_up(self, key: str) -> int | None:
        now = self._clock()
        query = select(api_tokens).where(api_tokens.c.hash == key)

        async def work(connection: AsyncConnection) -> Row[Any] | None:
            return (await connection.execute(query)).one_or_none()

        row = await self._store.read(work)
        if row is None:
            return None
        if row.used is None or now - row.used > _USED_EVERY:
            used = update(api_tokens).where(api_tokens.c.id == row.id).values(used=now)
            await self._store.write(lambda connection: connection.execute(used))
        return row.account_id

    async def of(self, account_id: int) -> Sequence[ApiToken]:
        """Lists an account's tokens."""
        query = select(api_tokens).where(api_tokens.c.account_id == account_id).order_by(api_tokens.c.id)
        async with self._store.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [ApiToken(row.id, row.name, row.start, row.created, row.used) for row in rows]

    async def revoke(self, account_id: int, token_id: int) -> bool:
        """Ends a token; says whether the account had it."""
        gone = delete(api_tokens).where(api_tokens.c.account_id == account_id, api_tokens.c.id == token_id)
        found = (await self._store.write(lambda connection: connection.execute(gone))).rowcount == 1
        self._known.forget()
        return found
