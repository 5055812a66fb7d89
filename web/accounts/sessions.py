"""Sessions: opaque, drawn anew at login, dead at logout."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tools.clock import Clock
from web.accounts.people import Session
from web.brief import Brief
from web.database.store import Store
from web.database.tables import sessions
from web.security.secrets import SESSION_PREFIX, hashed, new_secret

_SEEN_EVERY = timedelta(hours=1)
_USER_AGENT_CHARS = 200
_BY_HASH = select(sessions).where(sessions.c.hash == bindparam("hash"))


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, store: Store, clock: Clock, account: timedelta, visitor: timedelta) -> None:
        """Takes the database, the time, and how long unused sessions of accounts and visitors live."""
        self._store = store
        self._clock = clock
        self._account = account
        self._visitor = visitor
        self._known: Brief[str, Session] = Brief()

    async def begin(
        self,
        kind: Literal["cookie", "token"],
        *,
        account_id: int | None = None,
        visitor: str | None = None,
        origin: str | None = None,
        user_agent: str = "",
        instead_of: Session | None = None,
    ) -> tuple[str, Session]:
        """Begins a session.

        Args:
            kind: A cookie, or a token.
            account_id: Whose; None for a visitor.
            visitor: Owner's name of the visitor; a new one if None.
            origin: The page's origin, of a token.
            user_agent: What the browser calls itself.
            instead_of: A session that ends with this.

        Returns:
            The secret, which is kept nowhere, and the session.
        """
        now = self._clock()
        secret = new_secret(SESSION_PREFIX if kind == "token" else "")
        session = Session(
            hash=hashed(secret),
            kind=kind,
            number=secrets.token_hex(8),
            account_id=account_id,
            visitor=visitor or f"visitor:{secrets.token_hex(16)}",
            csrf=new_secret(),
            origin=origin,
            user_agent=user_agent[:_USER_AGENT_CHARS],
            created=now,
            seen=now,
            expires=now + (self._visitor if account_id is None else self._account),
        )

        async def work(connection: AsyncConnection) -> None:
            if instead_of is not None:
                await connection.execute(delete(sessions).where(sessions.c.hash == instead_of.hash))
            await connection.execute(insert(sessions).values(**_values(session)))

        await self._store.write(work)
        if instead_of is not None:
            self._known.forget()
        return secret, session

    async def find(self, secret: str, kind: Literal["cookie", "token"]) -> Session | None:
        """Finds the session of a secret; None where there is none, or it has ended.

        One that another process has ended may be found for a second more.
        """
        now, key = self._clock(), hashed(secret)
        session = await self._known.get(key, lambda: self._look_up(key))
        if session is None or session.kind != kind or session.expires <= now:
            return None
        if now - session.seen > _SEEN_EVERY:
            await self._renew(session, now)
        return session

    async def _look_up(self, key: str) -> Session | None:
        async def work(connection: AsyncConnection) -> Row[Any] | None:
            return (await connection.execute(_BY_HASH, {"hash": key})).one_or_none()

        row = await self._store.read(work)
        return None if row is None else _session(row)

    async def _renew(self, session: Session, now: datetime) -> None:
        expires = now + (self._visitor if session.account_id is None else self._account)
        change = update(sessions).where(sessions.c.hash == session.hash).values(seen=now, expires=expires)
        await self._store.write(lambda connection: connection.execute(change))
        self._known.forget()

    async def end(self, session: Session) -> None:
        """Ends a session."""
        gone = delete(sessions).where(sessions.c.hash == session.hash)
        await self._store.write(lambda connection: connection.execute(gone))
        self._known.forget()

    async def end_others(self, account_id: int, but: str | None) -> int:
        """Ends an account's sessions but the one of this hash; returns how many."""
        gone = delete(sessions).where(sessions.c.account_id == account_id, sessions.c.hash != (but or ""))
        ended = (await self._store.write(lambda connection: connection.execute(gone))).rowcount
        self._known.forget()
        return ended

    async def of(self, account_id: int) -> Sequence[Session]:
        """Lists an account's sessions, the latest first."""
        query = (
            select(sessions)
            .where(sessions.c.account_id == account_id, sessions.c.expires > self._clock())
            .order_by(sessions.c.seen.desc(), sessions.c.number)
        )
        async with self._store.reading() as connection:
            return [_session(row) for row in await connection.execute(query)]


def _values(session: Session) -> dict[str, Any]:
    return {name: getattr(session, name) for name in Session.__slots__}


def _session(row: Row[Any]) -> Session:
    return Session(**{name: getattr(row, name) for name in Session.__slots__})
