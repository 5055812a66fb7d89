"""What the database knows of agents: who they are, how far their results are stored, calls for them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.agents.messages import Beat, Hello, Result, WatchedHost
from monitoring.agents.readings import reading_of, watched_host
from monitoring.agents.session import Enrolled, KeepError
from monitoring.database.engine import Database
from monitoring.database.errors import DatabaseUnavailable
from monitoring.database.tables import acknowledged, agents, hosts, inbox
from tools.clock import Clock
from tools.errors import CheckFailed, NotFound, Refused
from tools.job_store import OPERATOR
from tools.wording import hint

#: What a token begins with, so that a leaked one is found by secret scanners.
TOKEN_PREFIX: Final = "swa_"  # noqa: S105 - no token, only how one begins
_REVOKED: Final = ""
_NAMES: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent as the database has it.

    Attributes:
        id: Id of its row.
        name: Its name.
        city: Where it stands; `country` likewise.
        country: See `city`.
        abilities: Endpoint types that it can check.
        version: Version of its program; empty before its first contact.
        load_pct: Its load at the last sign of life.
        online: Whether a server holds its connection.
        last_contact: Its last sign of life; None before the first.
        created: When its token was made.
        revoked: Whether its token is no longer good.
        owner_id: Whose it is; None: everybody's.
    """

    id: int
    name: str
    city: str
    country: str
    abilities: tuple[Any, ...]
    version: str
    load_pct: int
    online: bool
    last_contact: datetime | None
    created: datetime
    revoked: bool
    owner_id: int | None


class AgentStore:
    """Implements `monitoring.agents.hub.HubStore`, and what the command line does to agents."""

    def __init__(
        self, database: Database, clock: Clock, silent_s: float = 60.0, retry_s: float = 20.0
    ) -> None:
        """Takes the database and the time.

        Args:
            database: The database.
            clock: Gives the present time.
            silent_s: Seconds of silence after which an agent counts as offline.
            retry_s: Seconds to the next check of a failing host whose options name none.
        """
        self._retry_s = retry_s
        self._database = database
        self._clock = clock
        self._silent = timedelta(seconds=silent_s)

    async def enrol(self, name: str, city: str, country: str, owner_id: int | None = None) -> str:
        """Adds an agent, or gives a known one a new token; the old token ends.

        Returns:
            The token, which is kept nowhere.

        Raises:
            Refused: The name cannot be one.
        """
        if not name or set(name) - _NAMES or len(name) > _LONGEST_NAME:
            raise Refused(
                f"name was {name!r}: an agent's name has 1 to {_LONGEST_NAME} of the characters a-z, 0-9 and -."
            )
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        values = {"token_hash": _hash(token)}
        if city:
            values["city"] = city
        if country:
            values["country"] = country
        async with self._database.writing() as connection:
            known = await connection.execute(update(agents).where(agents.c.name == name).values(values))
            if not known.rowcount:
                fresh = {**_fresh(name, self._clock()), **_place(city, country), **values}
                await connection.execute(insert(agents).values({**fresh, "owner_id": owner_id}))
        return token

    async def revoke(self, name: str) -> None:
        """Makes an agent's token worthless; its connection ends with its next sign of life.

        Raises:
            NotFound: There is no such agent.
        """
        async with self._database.writing() as connection:
            values = {"token_hash": _REVOKED, "online": False}
            done = await connection.execute(update(agents).where(agents.c.name == name).values(values))
        if not done.rowcount:
            raise await self._unknown(name)

    async def remove(self, name: str) -> None:
        """Forgets an agent, with its results that nobody has judged yet.

        Raises:
            NotFound: There is no such agent.
            Refused: Hosts are still watched from it.
        """
        async with self._database.writing() as connection:
            used = await connection.execute(select(hosts.c.id).where(hosts.c.agent_location == name))
            count = len(used.all())
            if count:
                raise Refused(
                    f"{count} hosts are watched from {name}: give them another agent first, or use revoke."
                )
            done = await connection.execute(delete(agents).where(agents.c.name == name))
        if not done.rowcount:
            raise await self._unknown(name)

    async def all(self, owner: int = OPERATOR) -> Sequence[AgentRow]:
        """Returns the agents that an owner may use, by name: everybody's and the own ones; the operator all."""
        query = select(agents).order_by(agents.c.name)
        if owner != OPERATOR:
            query = query.where(or_(agents.c.owner_id.is_(None), agents.c.owner_id == owner))
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [self._row(row) for row in rows]

    async def by_token(self, token: str) -> Enrolled | None:
        """Finds the agent that a token belongs to; None for a token that is unknown or revoked."""
        # The token has 256 bits of chance, so a plain hash keeps it, and finding it by the hash tells nothing.
        query = select(agents.c.id, agents.c.name).where(agents.c.token_hash == _hash(token))
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Enrolled(row.id, row.name)

    async def connected(self, agent: Enrolled, hello: Hello, skew: timedelta) -> int:
        """Notes that an agent is here; returns the last number of its outbox that is stored."""
        values: dict[str, Any] = {
            "online": True,
            "last_contact": self._clock(),
            "version": hello.version[:50],
            "abilities": list(hello.abilities),
        }
        values |= _place(hello.city, hello.country, known_only=True)
        async with self._database.writing() as connection:
            await connection.execute(update(agents).where(agents.c.id == agent.id).values(values))
            number = await _number(connection, agent, hello.outbox)
            if number is None:
                row = {"agent_id": agent.id, "buffer": hello.outbox, "number": 0}
                await connection.execute(insert(acknowledged).values(row))
        return number or 0

    async def disconnected(self, agent: Enrolled) -> None:
        """Notes that it is gone."""
        async with self._database.writing() as connection:
            await connection.execute(update(agents).where(agents.c.id == agent.id).values(online=False))

    async def beat(self, agent: Enrolled, beat: Beat, skew: timedelta) -> bool:
        """Notes a sign of life; says whether the agent may stay."""
        values = {"last_contact": self._clock(), "load_pct": beat.load_pct, "online": True}
        valid = (agents.c.id == agent.id) & (agents.c.token_hash != _REVOKED)
        async with self._database.writing() as connection:
            done = await connection.execute(update(agents).where(valid).values(values))
        return bool(done.rowcount)

    async def keep(self, agent: Enrolled, outbox: str, rows: Sequence[Result]) -> int:
        """Stores results behind the last stored number, and how far they go, in one transaction.

        A result of a host that this agent does not watch (any more) is passed over.

        Raises:
            KeepError: They cannot be stored now.
            DatabaseUnavailable: Likewise.
        """
        try:
            async with self._database.writing() as connection:
                number = await _number(connection, agent, outbox)
                if number is None:
                    raise KeepError("the agent was removed")
                new = [row for row in rows if row.seq > number]
                if not new:
                    return number
                ids = {row.host_id for row in new}
                mine = select(hosts.c.id).where(hosts.c.agent_location == agent.name, hosts.c.id.in_(ids))
                known = set((await connection.execute(mine)).scalars())
                values = [
                    {"agent_id": agent.id, "host_id": row.host_id, "at": row.at, "reading": reading_of(row)}
                    for row in new
                    if row.host_id in known
                ]
                if values:
                    await connection.execute(insert(inbox), values)
                place = (acknowledged.c.agent_id == agent.id) & (acknowledged.c.buffer == outbox)
                await connection.execute(update(acknowledged).where(place).values(number=new[-1].seq))
                return new[-1].seq
        except IntegrityError as error:
            raise KeepError("the agent or a host was removed just now") from error

    async def hosts_of(self, agent: Enrolled) -> Sequence[WatchedHost]:
        """Returns the hosts that the agent is to check."""
        query = (
            select(hosts).where(hosts.c.agent_location == agent.name, hosts.c.enabled).order_by(hosts.c.id)
        )
        whose = select(agents.c.owner_id).where(agents.c.id == agent.id)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
            owner = (await connection.execute(whose)).scalar_one_or_none()
        return [
            # Who is neither the operator nor the agent's owner may not see the network that it stands in.
            watched_host(row, self._retry_s, public=row.owner_id not in (OPERATOR, owner))
            for row in rows
        ]

    def _row(self, row: Row[Any]) -> AgentRow:
        now = self._clock()
        heard = row.last_contact is not None and now - row.last_contact < self._silent
        return AgentRow(
            id=row.id,
            name=row.name,
            city=row.city,
            country=row.country,
            abilities=tuple(row.abilities),
            version=row.version,
            load_pct=row.load_pct,
            # A server that was killed could not note that its agents are gone.
            online=row.online and heard,
            last_contact=row.last_contact,
            created=row.created,
            revoked=row.token_hash == _REVOKED,
            owner_id=row.owner_id,
        )

    async def _unknown(self, name: str) -> NotFound:
        return unknown_agent(name, [row.name for row in await self.all()])


@contextmanager
def agents_readable() -> Generator[None]:
    """Says in a tool's words that the database does not answer.

    Raises:
        CheckFailed: It does not.
    """
    try:
        yield
    except DatabaseUnavailable as error:
        words = str(error).rstrip(".")
        raise CheckFailed(f"The probe agents cannot be reached now ({words}); try again later.") from error


def unknown_agent(name: str, known: Sequence[str]) -> NotFound:
    """Returns the error of a name that no agent has."""
    near = hint(name, known) or (f" There are: {', '.join(known)}." if known else " There are none.")
    return NotFound(f"There is no probe agent named {name}.{near}")


async def _number(connection: AsyncConnection, agent: Enrolled, outbox: str) -> int | None:
    """The last stored number of an outbox; locks its row, so that two connections cannot both go on from it."""
    place = (acknowledged.c.agent_id == agent.id) & (acknowledged.c.buffer == outbox)
    query = select(acknowledged.c.number).where(place).with_for_update()
    return (await connection.execute(query)).scalar_one_or_none()


def _fresh(name: str, now: datetime) -> dict[str, Any]:
    return {"name": name, "abilities": [], "version": "", "load_pct": 0, "online": False, "created": now}


def _place(city: str | None, country: str | None, *, known_only: bool = False) -> dict[str, str]:
    given = {"city": city, "country": country}
    return {key: value or "" for key, value in given.items() if value or not known_only}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
