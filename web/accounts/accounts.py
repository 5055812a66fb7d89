"""Accounts in the database: made, found, changed, deleted with all that is theirs."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.tables import agents, hosts, owners
from tools.clock import Clock
from web.accounts.people import Account, AccountPlan
from web.brief import Brief
from web.database.store import Store
from web.database.tables import accounts, conversations, identities, runs, tool_calls, wallets
from web.errors import ApiError

_AGENT_DAYS = timedelta(days=7)


class Accounts:
    """The accounts."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Takes the database and the time."""
        self._store = store
        self._clock = clock
        self._known: Brief[int, Account] = Brief()
        self._plans: Brief[int, tuple[bool]] = Brief()

    async def make(
        self,
        email: str,
        password_hash: str | None,
        *,
        admin: bool = False,
        identity: tuple[str, str] | None = None,
    ) -> Account:
        """Makes an account.

        Args:
            email: Its e-mail address.
            password_hash: Its password as argon2id; None where it has none.
            admin: Whether it may see and change other accounts.
            identity: Issuer and subject, where it was made by OpenID Connect.

        Raises:
            ApiError: The address has an account already.
        """
        now = self._clock()

        async def work(connection: AsyncConnection) -> Account:
            made = await connection.execute(
                insert(accounts)
                .values(
                    email=email.lower(), password_hash=password_hash, plan="free", admin=admin, blocked=False,
                    created=now,
                )
                .returning(accounts)
            )  # fmt: skip
            account = _account(made.one())
            await connection.execute(
                insert(owners).values(name=account.owner, email=account.email, created=now)
            )
            if identity:
                await connection.execute(
                    insert(identities).values(
                        issuer=identity[0], subject=identity[1], account_id=account.id, created=now
                    )
                )
            return account

        try:
            return await self._store.write(work)
        except IntegrityError as error:
            raise ApiError(
                409, "taken", "That e-mail address has an account already; log in instead."
            ) from error

    async def get(self, account_id: int) -> Account | None:
        """Finds an account by its number; what another process has changed is seen after a second."""
        return await self._known.get(account_id, lambda: self._one(accounts.c.id == account_id))

    async def by_email(self, email: str) -> tuple[Account, str | None] | None:
        """Finds an account by its e-mail address, with the hash of its password."""
        query = select(accounts).where(accounts.c.email == email.lower())
        async with self._store.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else (_account(row), row.password_hash)

    async def by_identity(self, issuer: str, subject: str) -> Account | None:
        """Finds the account of somebody at an OpenID provider."""
        known = select(identities.c.account_id).where(
            identities.c.issuer == issuer, identities.c.subject == subject
        )
        return await self._one(accounts.c.id.in_(known))

    async def by_slug(self, slug: str) -> Account | None:
        """Finds the account of a public status page."""
        return await self._one((accounts.c.status_slug == slug) & accounts.c.blocked.is_(False))

    async def _one(self, condition: Any) -> Account | None:
        async def work(connection: AsyncConnection) -> Row[Any] | None:
            return (await connection.execute(select(accounts).where(condition))).one_or_none()

        row = await self._store.read(work)
        return None if row is None else _account(row)

    async def link(self, account: Account, issuer: str, subject: str) -> None:
        """Lets an account log in as somebody at an OpenID provider too.

        Raises:
            ApiError: They have another account.
        """
        values = {"issuer": issuer, "subject": subject, "account_id": account.id, "created": self._clock()}
        try:
            await self._store.write(lambda connection: connection.execute(insert(identities).values(values)))
        except IntegrityError as error:
            raise ApiError(409, "taken", "That login belongs to another account.") from error

    async def change(self, account_id: int, **values: Any) -> Account | None:
        """Changes columns of an account; returns it, None where it is gone.

        Raises:
            ApiError: A value is another account's already.
        """
        change = update(accounts).where(accounts.c.id == account_id).values(**values).returning(accounts)

        async def work(connection: AsyncConnection) -> Row[Any] | None:
            return (await connection.execute(change)).one_or_none()

        try:
            row = await self._store.write(work)
        except IntegrityError as error:
            raise ApiError(409, "taken", "That is another account's already.") from error
        self._known.forget()
        return None if row is None else _account(row)

    async def delete(self, account: Account) -> None:
        """Deletes an account with its conversations, hosts, sessions and tokens; ledger lines stay, nameless."""
        owner = account.owner

        async def work(connection: AsyncConnection) -> None:
            mine = select(owners.c.id).where(owners.c.name == owner).scalar_subquery()
            await connection.execute(delete(agents).where(agents.c.owner_id == mine))
            await connection.execute(delete(owners).where(owners.c.name == owner))
            await connection.execute(delete(conversations).where(conversations.c.owner == owner))
            await connection.execute(delete(tool_calls).where(tool_calls.c.owner == owner))
            await connection.execute(delete(wallets).where(wallets.c.payer == owner))
            await connection.execute(delete(accounts).where(accounts.c.id == account.id))

        await self._store.write(work)
        self._known.forget()

    async def adopt(self, account: Account, visitor: str) -> None:
        """Gives what a visitor owns to the account that they have logged in to."""

        async def work(connection: AsyncConnection) -> None:
            for table in (conversations, runs, tool_calls):
                await connection.execute(
                    update(table).where(table.c.owner == visitor).values(owner=account.owner)
                )
            new = select(owners.c.id).where(owners.c.name == account.owner).scalar_subquery()
            old = select(owners.c.id).where(owners.c.name == visitor).scalar_subquery()
            await connection.execute(
                update(hosts)
                .where(hosts.c.owner_id == old)
                .values(owner_id=new, revision=hosts.c.revision + 1)
            )

        await self._store.write(work)

    async def has_agent(self, account: Account) -> bool:
        """Says whether a probe agent of the account has reported within 7 days; known for a second."""
        found = await self._plans.get(account.id, lambda: self._has_agent(account))
        return found is not None and found[0]

    async def _has_agent(self, account: Account) -> tuple[bool]:
        mine = select(owners.c.id).where(owners.c.name == account.owner).scalar_subquery()
        living = exists().where(
            agents.c.owner_id == mine, agents.c.last_contact > self._clock() - _AGENT_DAYS
        )

        async def work(connection: AsyncConnection) -> tuple[bool]:
            return (bool((await connection.execute(select(living))).scalar_one()),)

        return await self._store.read(work)

    async def all(self, after: int, limit: int) -> Sequence[Account]:
        """Lists accounts by number, from behind one."""
        query = select(accounts).where(accounts.c.id > after).order_by(accounts.c.id).limit(limit)
        async with self._store.reading() as connection:
            return [_account(row) for row in await connection.execute(query)]

    async def has_admin(self) -> bool:
        """Says whether there is an admin."""
        async with self._store.reading() as connection:
            return bool((await connection.execute(select(exists().where(accounts.c.admin)))).scalar_one())


def new_slug() -> str:
    """Draws the name of a status page: nobody guesses it, and it says nothing of the account."""
    return secrets.token_hex(8)


def _account(row: Row[Any]) -> Account:
    created: datetime = row.created
    plan: AccountPlan = row.plan
    return Account(
        row.id,
        row.email,
        row.password_hash is not None,
        plan,
        row.admin,
        row.blocked,
        row.status_slug,
        created,
    )
