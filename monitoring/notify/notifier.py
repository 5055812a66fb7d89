"""Sends alerts off the checks' path: planned once, retried for a while, each outcome kept."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitoring.database.engine import Database
from monitoring.database.errors import DatabaseUnavailable
from monitoring.database.statements import insert_new
from monitoring.database.tables import alerts, deliveries, hosts, owners, targets
from monitoring.notify.sender import NotSent, Sender
from monitoring.notify.words import Words
from tools.clock import Clock

_log = logging.getLogger(__name__)

OPERATOR_ID: Final = 1
_POLL_S: Final = 5.0
_BATCH: Final = 100
_AT_ONCE: Final = 4
_FIRST_RETRY_S: Final = 30.0
_LONGEST_RETRY_S: Final = 3600.0
MOST_ATTEMPTS: Final = 10
_NO_MAIL: Final = "no mail server is set up: set monitoring.mail_url"


@dataclass(frozen=True, slots=True)
class NotifyCounters:
    """Messages since the start: sent, tried in vain, and given up."""

    sent: int = 0
    retried: int = 0
    failed: int = 0


class Notifier:
    """Plans and sends what the recorder has left in `tables.alerts`.

    A message may go out twice where the process dies between sending it and noting so; never not at all.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sender: Sender,
        *,
        urls: tuple[str, ...] = (),
        mail_url: str = "",
    ) -> None:
        """Takes what it works with.

        Args:
            database: Where alerts are.
            clock: Gives the present time.
            sender: Sends; closed by whoever made it.
            urls: Apprise URLs that are told about the operator's hosts.
            mail_url: Apprise URL of the mail server, `{to}` standing for the address; empty: no mail is sent.
        """
        self._database = database
        self._clock = clock
        self._sender = sender
        self._urls = {f"notify:{hashlib.sha256(url.encode()).hexdigest()[:16]}": url for url in urls}
        self._mail_url = mail_url
        self._news = asyncio.Event()
        self.counters = NotifyCounters()

    def wake(self) -> None:
        """Says that there is an alert."""
        self._news.set()

    async def run(self) -> None:
        """Plans and sends until cancelled."""
        while True:
            self._news.clear()
            try:
                await self.plan()
                await self.send_due()
            except DatabaseUnavailable as error:
                _log.info("Messages wait: %s", error)
            try:
                async with asyncio.timeout(_POLL_S):
                    await self._news.wait()
            except TimeoutError:
                pass

    async def plan(self) -> int:
        """Decides where each new alert goes; returns how many alerts that were."""
        async with self._database.writing() as connection:
            new = (
                await connection.execute(
                    select(alerts, hosts.c.email, owners.c.email.label("owner_email"))
                    .outerjoin(hosts, hosts.c.id == alerts.c.host_id)
                    .join(owners, owners.c.id == alerts.c.owner_id)
                    .where(alerts.c.planned.is_(None))
                    .order_by(alerts.c.id)
                    .limit(_BATCH)
                )
            ).all()
            now = self._clock()
            rows: list[dict[str, Any]] = []
            for alert in new:
                for place in await self._places(connection, alert):
                    hopeless = place.startswith("mail:") and not self._mail_url
                    rows.append(
                        {
                            "alert_id": alert.id,
                            "place": place,
                            "state": "failed" if hopeless else "pending",
                            "attempts": 0,
                            "next_try": None if hopeless else now,
                            "problem": _NO_MAIL if hopeless else None,
                        }
                    )
            await insert_new(connection, deliveries, rows)
            planned = alerts.update().where(alerts.c.id.in_([alert.id for alert in new]))
            await connection.execute(planned.values(planned=now))
        return len(new)

    async def _places(self, connection: AsyncConnection, alert: Row[Any]) -> list[str]:
        everywhere = targets.c.host_id.is_(None) | (targets.c.host_id == alert.host_id)
        of_owner = select(targets.c.id).where(targets.c.owner_id == alert.owner_id, everywhere)
        places = [f"target:{number}" for number in (await connection.scalars(of_owner)).all()]
        if alert.owner_id == OPERATOR_ID:
            places += self._urls
        email = alert.email or alert.owner_email
        return [*places, f"mail:{email}"] if email else places

    async def send_due(self) -> int:
        """Sends what is due, each message once; returns how many were tried."""
        now = self._clock()
        async with self._database.writing() as connection:
            due = (
                await connection.execute(
                    select(deliveries, alerts.c.title, alerts.c.body)
                    .join(alerts, alerts.c.id == deliveries.c.alert_id)
                    .where(deliveries.c.state == "pending", deliveries.c.next_try <= now)
                    .order_by(deliveries.c.next_try, deliveries.c.id)
                    .limit(_BATCH)
                )
            ).all()
            # Counted before it is tried: a message that kills the process is not tried for ever.
            for row in due:
                wait_s = min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2**row.attempts)
                claim = deliveries.update().where(deliveries.c.id == row.id)
                later = now + timedelta(seconds=wait_s)
                await connection.execute(claim.values(attempts=row.attempts + 1, next_try=later))
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(row: Row[Any]) -> None:
            async with slots:
                await self._send(row)

        await asyncio.gather(*(one(row) for row in due))
        return len(due)

    async def _send(self, row: Row[Any]) -> None:
        url = await self._url(row.place)
        problem = None
        try:
            if url is None:
                raise NotSent("the place was removed")
            await self._sender.send(url, Words(row.title, row.body))
        except NotSent as error:
            problem = str(error)
        attempts = row.attempts + 1
        counters = self.counters
        if problem is None:
            outcome = {"state": "sent", "sent": self._clock(), "next_try": None, "problem": None}
            self.counters = NotifyCounters(counters.sent + 1, counters.retried, counters.failed)
        elif attempts >= MOST_ATTEMPTS or url is None:
            outcome = {"state": "failed", "next_try": None, "problem": problem}
            self.counters = NotifyCounters(counters.sent, counters.retried, counters.failed + 1)
            _log.warning("A message was given up after %d attempts: %s", attempts, problem)
        else:
            outcome = {"problem": problem}
            self.counters = NotifyCounters(counters.sent, counters.retried + 1, counters.failed)
        async with self._database.writing() as connection:
            await connection.execute(deliveries.update().where(deliveries.c.id == row.id).values(outcome))

    async def _url(self, place: str) -> str | None:
        kind, _, rest = place.partition(":")
        if kind == "mail":
            return self._mail_url.replace("{to}", quote(rest, safe="@")) if self._mail_url else None
        if kind == "notify":
            return self._urls.get(place)
        async with self._database.reading() as connection:
            return await connection.scalar(select(targets.c.url).where(targets.c.id == int(rest)))
