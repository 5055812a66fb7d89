"""Where alerts go: Apprise URLs of an owner, for all hosts or for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select

from monitoring.database.engine import Database
from monitoring.database.tables import hosts, targets
from monitoring.notify.sender import shown_url
from tools.errors import NotFound, Refused

MOST_TARGETS: Final = 50
#: Services at addresses of their own, which the public may name: other URLs lead wherever their host does.
FIXED_SERVICES: Final = frozenset(
    "discord gchat line opsgenie pagerduty pbul pover prowl sendgrid signl4 slack splunk tgram twilio wxteams".split()
)


@dataclass(frozen=True, slots=True)
class Target:
    """A place that alerts go to.

    Attributes:
        id: Its number.
        owner_id: Whose it is.
        host_id: The one host whose alerts go there; None: all of the owner.
        shown: Its URL without secrets.
    """

    id: int
    owner_id: int
    host_id: int | None
    shown: str


async def add_target(
    database: Database,
    owner_id: int,
    url: str,
    now: datetime,
    *,
    host_id: int | None = None,
    public: bool = False,
) -> Target:
    """Adds a place.

    Args:
        database: The database.
        owner_id: Whose alerts.
        url: An Apprise URL.
        now: The present time.
        host_id: Only this host's.
        public: Whether the owner is somebody whose checks may reach public addresses only.

    Raises:
        Refused: The URL is none that Apprise knows, may not be used, or there are too many.
        NotFound: The owner has no such host.
    """
    shown = shown_url(url)
    scheme = urlsplit(url).scheme.lower()
    if public and scheme not in FIXED_SERVICES:
        raise Refused(
            f"{scheme}:// leads to any host, and only these services may be told:"
            f" {', '.join(sorted(FIXED_SERVICES))}."
        )
    async with database.writing() as connection:
        if host_id is not None:
            mine = select(hosts.c.id).where(hosts.c.id == host_id, hosts.c.owner_id == owner_id)
            if await connection.scalar(mine) is None:
                raise NotFound(f"No monitored host has the id {host_id}.")
        existing = (
            await connection.scalars(select(targets.c.id).where(targets.c.owner_id == owner_id))
        ).all()
        if len(existing) >= MOST_TARGETS:
            raise Refused(f"There are {MOST_TARGETS} places already: remove one first.")
        row = {"owner_id": owner_id, "host_id": host_id, "url": url, "created": now}
        target_id = await connection.scalar(targets.insert().values(row).returning(targets.c.id))
    return Target(int(target_id or 0), owner_id, host_id, shown)


async def list_targets(database: Database, owner_id: int) -> Sequence[Target]:
    """The places of an owner, without their secrets."""
    statement = select(targets).where(targets.c.owner_id == owner_id).order_by(targets.c.id)
    async with database.reading() as connection:
        rows = (await connection.execute(statement)).all()
    return [Target(row.id, row.owner_id, row.host_id, shown_url(row.url)) for row in rows]


async def remove_target(database: Database, owner_id: int, target_id: int) -> None:
    """Removes a place.

    Raises:
        NotFound: The owner has none of that number.
    """
    mine = (targets.c.id == target_id) & (targets.c.owner_id == owner_id)
    async with database.writing() as connection:
        done = await connection.execute(targets.delete().where(mine))
    if not done.rowcount:
        raise NotFound(f"There is no place {target_id}; `smallwatch notify list` shows the numbers.")


async def target_url(database: Database, owner_id: int, target_id: int) -> str:
    """The whole URL of a place, to send to; not to be shown.

    Raises:
        NotFound: The owner has none of that number.
    """
    mine = (targets.c.id == target_id) & (targets.c.owner_id == owner_id)
    async with database.reading() as connection:
        url = await connection.scalar(select(targets.c.url).where(mine))
    if url is None:
        raise NotFound(f"There is no place {target_id}; `smallwatch notify list` shows the numbers.")
    return url
