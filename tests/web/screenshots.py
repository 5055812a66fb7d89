"""Draws the widget and the pages for the README: `python -m tests.web.screenshots docs/screenshots`.

A real server with the shipped model answers a real Chromium. Names of hosts lead to this machine, so what the tools
say is measured; the three months before are told to the watcher's own state machine, one reading after another.
"""

from __future__ import annotations

import asyncio
import math
import random
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from playwright.async_api import Page
from sqlalchemy import update

from monitoring.database.engine import Database
from monitoring.database.tables import hosts
from monitoring.history.housekeeping import roll_up
from monitoring.hosts.store import load_standings
from monitoring.probe.reading import Reading
from monitoring.record.write import write_steps
from monitoring.watch.watched import Watched, watched_from
from providers.registry import open_provider
from settings.schema import MonitoringSettings
from tests.listening import listening
from tests.web.browsing import Widget, browser
from tests.web.serving import config_of, serving
from tools.policy import operator_policy
from web.database.migrate import open_web_database
from web.runs.models import Models

_DAYS = 90
#: Readings of the past are this far apart, those of the last two days closer.
_PAST, _LATELY = timedelta(minutes=30), timedelta(minutes=4)
_WIDE: Any = {"width": 1200, "height": 820}
_PHONE: Any = {"width": 390, "height": 844}
#: Address, check, usual milliseconds, how much these swing, days until the certificate ends, outages
#: (days ago, hours, cause).
_HOSTS = (
    ("shop.example.org", "https", 84, 30, 61, ((34.2, 1.5, "the server answered 502 Bad Gateway"),)),
    ("api.example.org", "https", 132, 55, 12, ((11.4, 3.2, "the server answered 503 Service Unavailable"),)),
    ("mail.example.org", "smtp", 210, 40, None, ((52.0, 6.0, "connection refused"),)),
    ("db-03.example.org", "icmp", 4, 1.5, None, ()),
    ("gw1.example.org", "icmp", 11, 4, None, ((0.05, 9.0, "no answer to 4 pings"),)),
    ("status.example.org", "httphtml", 320, 120, None, ((71.3, 0.8, "no answer within 5 s"),)),
)  # fmt: skip


def _readings(host: tuple[Any, ...], now: datetime, rng: random.Random) -> list[Reading]:
    """What three months of checks found."""
    _, _, usual, swing, certificate, outages = host
    ends = now + timedelta(days=certificate) if certificate else None
    found: list[Reading] = []
    at = now - timedelta(days=_DAYS)
    while at < now - timedelta(minutes=1):
        gone = None
        for ago, hours, cause in outages:
            begun = now - timedelta(days=ago)
            gone = cause if begun <= at < begun + timedelta(hours=hours) else gone
        # Busy by day, quiet at night, and now and then a slow one.
        daily = 1 - math.cos(2 * math.pi * (at.hour + at.minute / 60 - 3) / 24)
        ms = usual + swing * (daily / 2 + rng.gauss(0, 0.12) + (rng.random() < 0.02) * rng.uniform(1, 3))
        found.append(
            Reading(at, not gone, None if gone else round(max(ms, 0.4), 1), gone, certificate_ends=ends)
        )
        at += _LATELY if now - at < timedelta(days=2) else _PAST
    return found


async def _live_through(database: Database, watched: Sequence[Watched], now: datetime) -> None:
    rng = random.Random(1)
    steps = [
        one.take(reading)
        for one, host in zip(watched, _HOSTS, strict=True)
        for reading in _readings(host, now, rng)
    ]
    steps.sort(key=lambda step: step.reading.at)
    for first in range(0, len(steps), 500):
        await write_steps(database, 0, steps[first : first + 500])
    await roll_up(database, 0, now)


async def _history(url: str) -> None:
    now = datetime.now(UTC)
    async with await open_web_database(url) as database:
        async with database.reading() as connection:
            standings = await load_standings(connection, now)
        by_address = {
            standing.host.spec.address: watched_from(standing, MonitoringSettings()) for standing in standings
        }
        await _live_through(database, [by_address[host[0]] for host in _HOSTS], now)
        async with database.writing() as connection:
            await connection.execute(update(hosts).values(interval_s=60))


async def _here(_name: str) -> Sequence[IPv4Address]:
    return (IPv4Address("127.0.0.1"),)


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _register(page: Page, url: str) -> None:
    await page.goto(f"{url}/login?next=/dashboard")
    new = page.locator("form[data-api='POST /api/accounts']")
    await new.locator("[name=email]").fill("ann@example.org")
    await new.locator("[name=password]").fill("a long enough password")
    await new.locator("button").click()
    await page.wait_for_url(f"{url}/dashboard")
    for address, endpoint, *_ in _HOSTS:
        async with page.expect_response("**/api/hosts"):
            await page.locator("[name=address]").fill(address)
            await page.locator("[name=endpoint]").select_option(endpoint)
            await page.locator("[name=interval_s]").fill(str(int(_PAST.total_seconds())))
            await page.locator("form[data-api='POST /api/hosts'] button").click()
        await page.locator("table.hosts a", has_text=address).wait_for()


class _Album:
    """Takes the pictures, one kind of browser after another."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url
        self._state: Any = None

    async def page(self, stack: AsyncExitStack, **options: Any) -> Page:
        """A page of somebody who is logged in, once somebody is."""
        opened = await stack.enter_async_context(browser())
        known = {"storage_state": self._state} if self._state else {}
        context = await opened.new_context(**{"viewport": _WIDE, "locale": "en-GB", **known, **options})
        page = await context.new_page()
        page.set_default_timeout(180_000)
        return page

    async def log_in(self) -> None:
        """Makes an account with hosts, and their past."""
        async with AsyncExitStack() as stack:
            page = await self.page(stack)
            await _register(page, self._url)
            self._state = await page.context.storage_state()

    async def keep(self, page: Page, name: str, **options: Any) -> None:
        """Writes a picture."""
        picture = await page.screenshot(animations="disabled", **options)
        await asyncio.to_thread((self._folder / f"{name}.png").write_bytes, picture)
        print(f"{name}.png  {len(picture) / 1000:.0f} kB")

    async def pages(self) -> None:
        """Home, dashboard and a host at close range."""
        async with AsyncExitStack() as stack:
            page = await self.page(stack)
            await page.goto(self._url)
            await self.keep(page, "web-home")
            await page.goto(f"{self._url}/dashboard")
            await self.keep(page, "web-dashboard", full_page=True)
            await page.get_by_role("link", name="api.example.org").first.click()
            await page.locator(".chart canvas").wait_for()
            await self.keep(page, "web-host")

    async def widget(
        self, name: str, questions: Sequence[str], model: str = "TestLLM", **options: Any
    ) -> None:
        """The widget after some questions; the last may stop where it needs an approval."""
        async with AsyncExitStack() as stack:
            page = await self.page(stack, **options)
            await page.goto(self._url)
            widget = Widget(page)
            await widget.open()
            while await widget.get(".model").inner_text() != model:
                await widget.get(".model").click()
            for number, question in enumerate(questions):
                await widget.ask(question, wait=False)
                ended, waits = ".turn[aria-busy=false]", ".turn:has(.approval)"
                await widget.get(f"{ended}, {waits}").nth(number).wait_for()
            if name.endswith("light"):
                await widget.get(".call summary").last.click()
            await page.wait_for_timeout(300)
            box = await widget.get(".window").bounding_box()
            assert box
            # Nothing but the widget.
            await page.evaluate(
                "for (const part of document.querySelectorAll('main, footer, header')) part.style.visibility = 'hidden'"
            )
            around = {
                "x": box["x"] - 20,
                "y": box["y"] - 20,
                "width": box["width"] + 40,
                "height": box["height"] + 40,
            }
            await self.keep(page, name, **({} if "viewport" in options else {"clip": around}))


async def draw(folder: Path) -> None:
    """Draws all pictures."""
    with tempfile.TemporaryDirectory() as place:
        url = f"sqlite:///{place}/web.sqlite3"
        config = config_of(url, insecure_cookies=True, tools="real", watch=False)

        async def opener(_name: str) -> Any:
            return await open_provider("netmon-7m:q4_k", config)

        models = Models({"testllm": config.web.models.testllm}, opener)
        parts: Any = {"policy": operator_policy(["127.0.0.0/8"]), "lookup": _here}
        async with listening(_silent), serving(config, models, **parts) as server:
            album = _Album(folder, server)
            await album.log_in()
            await _history(url)
            await album.pages()
            twice = {"device_scale_factor": 2}
            ping, port = "ping db-03.example.org", "is port 22 open on gw1.example.org?"
            await album.widget("web-widget-light", (port, ping), **twice)
            watch = "watch www.example.org with https every 5 minutes"
            await album.widget("web-widget-dark", (ping, watch), color_scheme="dark", **twice)
            phone = {"viewport": _PHONE, "has_touch": True, "is_mobile": True}
            await album.widget(
                "web-widget-phone", ("latest data of mail.example.org", ping), **phone, **twice
            )
            await album.widget("web-widget-here", (ping,), "In this browser", **twice)


def main() -> None:
    """Writes all pictures into the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(draw(folder))


if __name__ == "__main__":
    main()
