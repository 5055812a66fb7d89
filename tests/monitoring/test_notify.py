"""Messages go out once, are tried again, and show no secrets; the service is a real one on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from monitoring.database.engine import Database
from monitoring.database.tables import alerts, deliveries
from monitoring.hosts.backend import WatchedHosts
from monitoring.hosts.options import HostOptions
from monitoring.hosts.store import load_standings
from monitoring.notify.notifier import MOST_ATTEMPTS, Notifier
from monitoring.notify.sender import NotSent, Sender
from monitoring.notify.targets import FIXED_SERVICES, add_target, list_targets, remove_target, target_url
from monitoring.notify.words import Words, alert_words
from monitoring.probe.reading import Reading
from monitoring.record.write import write_steps
from monitoring.state.effects import AlertKind, Told
from monitoring.watch.watched import watched_from
from settings.schema import MonitoringSettings
from tests.monitoring.servers import Page, serving
from tools.clock import SetClock
from tools.errors import NotFound, Refused
from tools.records import NewHost


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    made = Sender()
    yield made
    made.close()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with serving(Page()) as made:
        yield made


async def _goes_down(database: Database, hosts: WatchedHosts, clock: SetClock, **new: Any) -> None:
    """A host goes down and comes back: two alerts."""
    added = await hosts.add_with(
        NewHost("http://bob:hunter2@127.0.0.1:1/", "http", retries=0, **new), HostOptions(recovery=1)
    )
    async with database.reading() as connection:
        standing = (await load_standings(connection, clock(), host_ids=[added.id]))[0]
    watched = watched_from(standing, MonitoringSettings())
    steps = []
    for ok in (True, False, True):
        clock.advance(timedelta(minutes=1))
        steps.append(watched.take(Reading(clock(), ok, 1.0 if ok else None, None if ok else "no answer")))
    await write_steps(database, 0, steps)


async def _rows(database: Database) -> list[Any]:
    async with database.reading() as connection:
        joined = select(deliveries, alerts.c.kind).join(alerts, alerts.c.id == deliveries.c.alert_id)
        return list((await connection.execute(joined.order_by(deliveries.c.id))).all())


async def test_an_alert_goes_to_every_place_once(
    database: Database, hosts: WatchedHosts, clock: SetClock, sender: Sender, page: Page
) -> None:
    here = f"127.0.0.1:{page.port}"
    await add_target(database, 1, f"json://user:hunter3@{here}/owner", clock())
    await _goes_down(database, hosts, clock)
    await add_target(database, 1, f"json://{here}/host", clock(), host_id=1)
    notifier = Notifier(database, clock, sender, urls=(f"json://{here}/settings",))
    assert await notifier.plan() == 2
    assert await notifier.plan() == 0
    assert await notifier.send_due() == 6
    assert await notifier.send_due() == 0
    paths = sorted(head.split()[1] for head, _ in page.requests)
    assert paths == ["/host", "/host", "/owner", "/owner", "/settings", "/settings"]
    told = json.loads(page.requests[0][1])
    assert told["title"] in ("DOWN: http://bob:***@127.0.0.1:1/", "UP: http://bob:***@127.0.0.1:1/")
    assert all(b"hunter2" not in body for _, body in page.requests)
    assert [row.state for row in await _rows(database)] == ["sent"] * 6
    assert notifier.counters.sent == 6
    assert all("hunter3" not in str(row) for row in await _rows(database)), "secrets stay where they are"


async def test_what_fails_is_tried_again_later_and_given_up_in_the_end(
    sqlite: Database, resolver: Any, settings: MonitoringSettings, clock: SetClock, sender: Sender, page: Page
) -> None:
    hosts = WatchedHosts(sqlite, 1, resolver, settings, clock)
    page.status = 503
    await add_target(sqlite, 1, f"json://user:hunter3@127.0.0.1:{page.port}/", clock())
    await _goes_down(sqlite, hosts, clock)
    notifier = Notifier(sqlite, clock, sender)
    await notifier.plan()
    assert await notifier.send_due() == 2
    assert await notifier.send_due() == 0, "not at once"
    row = (await _rows(sqlite))[0]
    assert row.state == "pending" and row.attempts == 1 and "hunter3" not in (row.problem or "") != ""
    clock.advance(timedelta(seconds=31))
    page.status = 200
    assert await notifier.send_due() == 2
    assert {row.state for row in await _rows(sqlite)} == {"sent"}
    page.status = 503
    async with sqlite.writing() as connection:
        await connection.execute(deliveries.update().values(state="pending", attempts=1, next_try=clock()))
    for _ in range(MOST_ATTEMPTS):
        clock.advance(timedelta(hours=1, seconds=1))
        await notifier.send_due()
    assert {(row.state, row.attempts) for row in await _rows(sqlite)} == {("failed", MOST_ATTEMPTS)}
    assert notifier.counters.failed == 2


async def test_mail_goes_through_the_configured_server_or_is_recorded_as_not_sent(
    sqlite: Database, resolver: Any, settings: MonitoringSettings, clock: SetClock, sender: Sender, page: Page
) -> None:
    hosts = WatchedHosts(sqlite, 1, resolver, settings, clock)
    await _goes_down(sqlite, hosts, clock, email="ops@example.org")
    await Notifier(sqlite, clock, sender).plan()
    rows = await _rows(sqlite)
    assert [(row.state, row.place) for row in rows] == [("failed", "mail:ops@example.org")] * 2
    assert rows[0].problem == "no mail server is set up: set monitoring.mail_url"
    async with sqlite.writing() as connection:
        await connection.execute(deliveries.delete())
        await connection.execute(alerts.update().values(planned=None))
    # Any service will do for the way that the address takes.
    notifier = Notifier(sqlite, clock, sender, mail_url=f"json://127.0.0.1:{page.port}/mail?+X-To={{to}}")
    await notifier.plan()
    assert await notifier.send_due() == 2
    assert "ops@example.org" in page.requests[0][0]


async def test_a_removed_place_is_told_nothing(
    sqlite: Database, resolver: Any, settings: MonitoringSettings, clock: SetClock, sender: Sender, page: Page
) -> None:
    hosts = WatchedHosts(sqlite, 1, resolver, settings, clock)
    target = await add_target(sqlite, 1, f"json://127.0.0.1:{page.port}/", clock())
    await _goes_down(sqlite, hosts, clock)
    notifier = Notifier(sqlite, clock, sender)
    await notifier.plan()
    await remove_target(sqlite, 1, target.id)
    await notifier.send_due()
    assert page.requests == []
    assert {(row.state, row.problem) for row in await _rows(sqlite)} == {("failed", "the place was removed")}


async def test_places_are_shown_without_secrets_and_belong_to_their_owner(
    database: Database, clock: SetClock
) -> None:
    target = await add_target(database, 1, "json://user:hunter3@127.0.0.1:9/path", clock())
    assert "hunter3" not in target.shown and "127.0.0.1" in target.shown
    assert [found.shown for found in await list_targets(database, 1)] == [target.shown]
    assert "hunter3" in await target_url(database, 1, target.id)
    assert await list_targets(database, 2) == []
    for attempt in (remove_target(database, 2, target.id), target_url(database, 2, target.id)):
        with pytest.raises(NotFound):
            await attempt
    with pytest.raises(NotFound, match="No monitored host has the id 5"):
        await add_target(database, 1, "json://127.0.0.1/", clock(), host_id=5)


@pytest.mark.parametrize("url", ["", "nothing", "foo://bar", "json://", "mailto://"])
async def test_urls_that_lead_nowhere_are_refused(sqlite: Database, clock: SetClock, url: str) -> None:
    with pytest.raises(Refused, match="none that Apprise can send to"):
        await add_target(sqlite, 1, url, clock())


async def test_the_public_may_name_services_at_fixed_addresses_only(
    sqlite: Database, clock: SetClock
) -> None:
    with pytest.raises(Refused, match=r"json:// leads to any host, and only these services"):
        await add_target(sqlite, 1, "json://127.0.0.1/", clock(), public=True)
    assert (await add_target(sqlite, 1, f"discord://{'1' * 18}/{'a' * 68}", clock(), public=True)).id


def test_the_services_at_fixed_addresses_are_known_to_apprise() -> None:
    import apprise

    leads_to_a_host: dict[str, bool] = {}
    for service in apprise.Apprise().details()["schemas"]:
        for scheme in [*(service["protocols"] or ()), *(service["secure_protocols"] or ())]:
            leads_to_a_host[scheme] = "host" in service["details"]["tokens"]
    assert [scheme for scheme in FIXED_SERVICES if leads_to_a_host[scheme]] == []


async def test_a_service_that_is_not_there(sender: Sender) -> None:
    with pytest.raises(NotSent):
        await sender.send("json://user:hunter3@127.0.0.1:1/", Words("t", "b"))


@pytest.mark.parametrize(
    "kind",
    ["down", "up", "reminder", "flapping", "steady", "slow", "quick", "certificate", "certificate_renewed"],
)
async def test_every_alert_has_words(
    sqlite: Database, resolver: Any, settings: MonitoringSettings, clock: SetClock, kind: AlertKind
) -> None:
    hosts = WatchedHosts(sqlite, 1, resolver, settings, clock)
    await hosts.add(NewHost("127.0.0.1", "tcp", port=25))
    async with sqlite.reading() as connection:
        host = (await load_standings(connection, clock()))[0].host
    words = alert_words(host, Told(kind, clock(), clock(), 5, "no answer"))
    assert "127.0.0.1" in words.title and words.title.split(":")[0].isupper()
    assert words.body.endswith("Checked: 127.0.0.1 port 25 with tcp every 60 s (host 1).")
