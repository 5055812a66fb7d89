"""The host tools on real hosts, in both kinds of database, through the same calls that a model makes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from monitoring.changes import changes_after, follow_changes
from monitoring.database.engine import Database
from monitoring.database.tables import hosts as hosts_table
from monitoring.database.tables import incidents, owners
from monitoring.hosts.backend import WatchedHosts
from monitoring.hosts.limits import HostLimit
from monitoring.hosts.options import HostOptions
from monitoring.hosts.store import load_standings
from monitoring.probe.reading import Reading
from monitoring.record.write import write_steps
from monitoring.state.effects import StatusChanged
from monitoring.watch.watched import watched_from
from settings.schema import MonitoringSettings
from tools.catalogue import default_registry
from tools.clock import SetClock
from tools.context import Limits, ToolContext
from tools.errors import NotFound, Refused
from tools.policy import operator_policy, public_policy
from tools.real import LocalOperator, RealBackend
from tools.records import HostFilter, NewHost
from tools.resolve import Resolver
from tools.results import ToolResult
from tools.run import run_tool

Call = Callable[..., Awaitable[ToolResult]]


@pytest.fixture
def context(hosts: WatchedHosts, clock: SetClock) -> ToolContext:
    backend = RealBackend(
        operator_policy(["127.0.0.0/8"]), hosts=hosts, accounts=LocalOperator(hosts), clock=clock
    )
    return ToolContext(backend, clock, default_registry())


@pytest.fixture
def call(context: ToolContext) -> Call:
    async def run(name: str, /, **arguments: Any) -> ToolResult:
        return await run_tool(name, arguments, context)

    return run


class Checked:
    """Has hosts checked, as the watcher would, at the time that the clock shows."""

    def __init__(self, database: Database, settings: MonitoringSettings, clock: SetClock) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock

    async def __call__(self, host_id: int, outcomes: str, cause: str = "no answer") -> None:
        """Plays checks a minute apart: `.` good, `x` failed."""
        async with self._database.reading() as connection:
            standing = (await load_standings(connection, self._clock(), host_ids=[host_id]))[0]
        watched = watched_from(standing, self._settings)
        steps = []
        for outcome in outcomes:
            self._clock.advance(timedelta(minutes=1))
            ok = outcome == "."
            reading = Reading(self._clock(), ok, 20.0 if ok else None, None if ok else cause, 3, 3 * ok)
            steps.append(watched.take(reading))
        await write_steps(self._database, 0, steps)


@pytest.fixture
def checked(database: Database, settings: MonitoringSettings, clock: SetClock) -> Checked:
    return Checked(database, settings, clock)


async def test_a_hosts_life_as_the_tools_tell_it(call: Call, checked: Checked, clock: SetClock) -> None:
    added = await call("add_host", address="127.0.0.1", endpoint="icmp", retries=1, email="ops@example.org")
    assert added.message == (
        "127.0.0.1 is now monitored with icmp every 60 s (host 1); alerts go to ops@example.org."
    )
    assert "has not been checked yet" in (await call("get_host_data", host_id=1)).message
    assert "has not been checked yet" in (await call("get_uptime_report", period="24h")).message
    await checked(1, ".........x")
    assert (await call("get_host_data", host_id=1)).data["hosts"][0]["status"] == "pending"
    await checked(1, "x")
    down = await call("get_host_data", host_id=1)
    assert "127.0.0.1 is down: the check at" in down.message and "an alert is active" in down.message
    assert (await call("get_host_data", alert_flag=True)).data["total"] == 1
    open_now = await call("get_incidents", state="open")
    assert "no answer" in open_now.message and open_now.data["total"] == 1
    assert (await call("get_incidents", state="resolved")).data["total"] == 0
    await checked(1, "..........")
    clock.advance(timedelta(milliseconds=1))
    assert (await call("get_incidents", state="open")).data["total"] == 0
    report = await call("get_uptime_report", host_id=1, period="24h")
    # Watched from the first check to the last one: 20 minutes, 2 of them from the first failure to the success.
    assert report.data["hosts"][0]["uptime_pct"] == pytest.approx(100 * (1 - 2 / 20), abs=0.01)
    assert report.data["hosts"][0]["downtime_s"] == 120
    detail = await call("get_host_data", host_id=1, detail_response=True)
    assert detail.data["hosts"][0]["checks"] == 21 and detail.data["hosts"][0]["failures"] == 2
    assert (await call("reset_alerts", all_hosts=True)).message == "The alert of 127.0.0.1 was cleared."
    assert (await call("get_host_data", alert_flag=True)).data["total"] == 0
    assert (await call("delete_host", host_id=1)).success
    assert (await call("get_host_list")).data["total"] == 0
    assert not (await call("get_host_data", host_id=1)).success


async def test_pausing_ends_the_incident_and_starts_over(
    call: Call, checked: Checked, database: Database
) -> None:
    await call("add_host", address="127.0.0.1", endpoint="icmp", retries=0)
    await checked(1, ".x")
    assert (await call("get_incidents", state="open")).data["total"] == 1
    paused = await call("edit_host", host_id=1, enabled=False)
    assert paused.message == "127.0.0.1 is paused."
    assert (await call("get_incidents", state="open")).data["total"] == 0
    assert (await call("get_host_list", enabled=False)).data["total"] == 1
    await call("edit_host", host_id=1, enabled=True)
    assert (await call("get_host_data", host_id=1)).data["hosts"][0]["status"] == "pending"
    await checked(1, "x")
    async with database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(incidents)) == 2


async def test_maintenance_shows_silences_and_ends(call: Call, checked: Checked, clock: SetClock) -> None:
    await call("add_host", address="127.0.0.1", endpoint="icmp", retries=0)
    await checked(1, "...")
    await call("set_maintenance", addresses=["127.0.0.1"], duration_min=30)
    assert (await call("get_host_data", host_id=1)).data["hosts"][0]["status"] == "maintenance"
    await checked(1, "xxxxx")
    assert (await call("get_incidents")).data["total"] == 0
    ended = await call("set_maintenance", addresses=["127.0.0.1"], duration_min=0)
    assert ended.message == "The maintenance of 127.0.0.1 has ended."
    report = await call("get_uptime_report", host_id=1, period="24h")
    assert report.data["hosts"][0]["uptime_pct"] == 100.0
    assert (
        "had no maintenance window"
        in (await call("set_maintenance", addresses=["127.0.0.1"], duration_min=0)).message
    )
    later = (clock() + timedelta(hours=1)).isoformat()
    await call("set_maintenance", addresses=["127.0.0.1"], duration_min=30, start=later)
    assert (await call("get_host_data", host_id=1)).data["hosts"][0]["status"] == "up"
    dropped = await call("set_maintenance", addresses=["127.0.0.1"], duration_min=0)
    assert dropped.message == "The maintenance of 127.0.0.1 has ended."


async def test_a_window_that_is_over_still_holds_for_what_comes_in_late(
    call: Call, database: Database, settings: MonitoringSettings, clock: SetClock
) -> None:
    await call("add_host", address="127.0.0.1", endpoint="icmp", retries=0)
    await call("set_maintenance", addresses=["127.0.0.1"], duration_min=30)
    begun = clock()
    clock.advance(timedelta(hours=20))
    async with database.reading() as connection:
        watched = watched_from((await load_standings(connection, clock()))[0], settings)
    late = watched.take(Reading(begun + timedelta(minutes=5), False, None, "no answer"), "oslo")
    assert late.maintenance and not [e for e in late.effects if not isinstance(e, StatusChanged)]
    assert watched.take(Reading(begun + timedelta(minutes=35), False, None, "no answer"), "oslo").effects
    assert (await call("get_host_data", host_id=1)).data["hosts"][0]["status"] == "pending"


async def test_changing_a_host(call: Call) -> None:
    await call("add_host", address="127.0.0.1", endpoint="tcp", port=80)
    changed = await call("edit_host", host_id=1, port=8080, interval_s=300, retries=0, timeout_ms=500)
    assert "port 8080" in changed.message
    row = changed.data["hosts"][0]
    assert (row["port"], row["interval_s"], row["retries"], row["timeout_ms"]) == (8080, 300, 0, 500)
    twin = await call("add_host", address="127.0.0.1", endpoint="tcp", port=8080)
    assert twin.message == "127.0.0.1 is already monitored with tcp (host 1): use edit_host to change it."
    assert (await call("add_host", address="127.0.0.1", endpoint="tcp", port=81)).success


async def test_patterns_and_unknown_hosts(call: Call) -> None:
    for number in range(1, 4):
        await call("add_host", address=f"127.0.0.{number}", endpoint="icmp")
    assert (await call("get_host_list", address="127.0.0.?")).data["total"] == 3
    assert "Nearest: 127.0.0.1" in (await call("get_host_data", address="127.0.0.11")).message
    assert (await call("delete_host", address="127.0.0.*")).success
    assert (await call("get_host_list")).data["total"] == 0


async def test_addresses_are_judged_before_they_are_watched(call: Call) -> None:
    for address in ("10.0.0.1", "http://169.254.169.254/latest", "0177.0.0.1", "[::ffff:10.0.0.1]"):
        refused = await call("add_host", address=address, endpoint="http")
        assert not refused.success, address
    assert (await call("get_host_list")).data["total"] == 0
    later = await call("add_host", address="host.invalid", endpoint="icmp")
    assert later.success, "a name without an address may get one"


async def test_passwords_are_shown_nowhere(
    call: Call, checked: Checked, hosts: WatchedHosts, database: Database
) -> None:
    url = "http://bob:hunter2@127.0.0.1:9/x?token=hunter3&page=1"
    added = await call("add_host", address=url, endpoint="http", retries=0)
    await checked(1, ".x")
    told = [
        added,
        await call("add_host", address=url, endpoint="http"),
        await call("get_host_list", address="127.0.0.1"),
        await call("get_host_data", detail_response=True),
        await call("get_incidents"),
        await call("get_uptime_report", period="7d"),
        await call("set_maintenance", addresses=["127.0.0.1"], duration_min=5),
        await call("get_host_data", address="http://bob:***@127.0.0.1:9/x?token=***&page=1"),
        await call("edit_host", host_id=1, interval_s=90),
        await call("delete_host", address=url),
    ]
    for result in told:
        assert "hunter" not in result.to_json(), result.message
    assert told[0].data["host"]["address"] == "http://bob:***@127.0.0.1:9/x?token=***&page=1"
    for change in await changes_after(database, 0):
        assert "hunter" not in str(change.to_json())


async def test_hostile_causes_are_harmless(call: Call, checked: Checked) -> None:
    await call("add_host", address="127.0.0.1", endpoint="icmp", retries=0)
    await checked(1, "x", cause="\x1b]8;;http://evil\x07click\x1b[31m \u202eback\u202c")
    for name in ("get_incidents", "get_host_data"):
        text = (await call(name)).to_json()
        assert not any(bad in text for bad in ("\x1b", "\\u001b", "\x07", "\\u0007", "\u202e"))


async def test_many_hosts_are_paged_and_never_too_long(
    hosts: WatchedHosts, context: ToolContext, clock: SetClock, database: Database
) -> None:
    row = {
        "owner_id": 1, "endpoint": "icmp", "port": None, "timeout_ms": 1000, "interval_s": 60, "retries": 1,
        "enabled": True, "options": {}, "created": clock(), "revision": 1,
    }  # fmt: skip
    async with database.writing() as connection:
        rows = [{**row, "address": f"host-{number}.{'x' * 200}.test"} for number in range(2000)]
        await connection.execute(hosts_table.insert(), rows)
    limits = Limits()
    for name, arguments in (
        ("get_host_list", {"page_size": 100}),
        ("get_host_data", {"detail_response": True, "page_size": 100}),
        ("get_uptime_report", {"period": "90d"}),
    ):
        result = await run_tool(name, arguments, context)
        assert result.success and len(result.to_json().encode()) <= limits.max_bytes
        assert result.truncated
        assert result.next_page == 2 or "2,000" in result.message or "of 2000" in result.message


async def test_an_owner_sees_and_changes_only_its_own(
    database: Database, hosts: WatchedHosts, resolver: Resolver, settings: MonitoringSettings, clock: SetClock
) -> None:
    await hosts.add(NewHost("127.0.0.1", "icmp"))
    async with database.writing() as connection:
        row = {"name": "account:7", "created": clock()}
        other = await connection.scalar(owners.insert().values(row).returning(owners.c.id))
    theirs = WatchedHosts(
        database, int(other or 0), resolver, settings, clock, limit=HostLimit("Free", 2, 30)
    )
    assert await theirs.find(HostFilter()) == []
    for attempt in (
        theirs.delete(1),
        theirs.data([1], None, None),
        theirs.uptime([1], clock() - timedelta(days=1), clock()),
        theirs.set_maintenance(1, clock(), clock() + timedelta(hours=1)),
        theirs.end_maintenance(1),
        theirs.reset_alert(1),
    ):
        with pytest.raises(NotFound, match="No monitored host has the id 1"):
            await attempt
    assert await theirs.incidents([1]) == []
    await theirs.add(NewHost("127.0.0.1", "icmp"))
    with pytest.raises(Refused, match="interval_s was 5: the Free plan checks every 30 s at most"):
        await theirs.add(NewHost("127.0.0.2", "icmp", interval_s=5))
    await theirs.add(NewHost("127.0.0.2", "icmp"))
    with pytest.raises(Refused, match="The Free plan allows 2 hosts and all are in use"):
        await theirs.add(NewHost("127.0.0.3", "icmp"))
    assert len(await hosts.find(HostFilter())) == 1


async def test_a_limit_holds_when_many_are_added_at_once(
    database: Database, resolver: Resolver, settings: MonitoringSettings, clock: SetClock
) -> None:
    limited = WatchedHosts(database, 1, resolver, settings, clock, limit=HostLimit("Free", 3))
    tries = [limited.add(NewHost(f"127.0.0.{n}", "icmp")) for n in range(1, 11)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 3
    assert all(isinstance(outcome, Refused) for outcome in outcomes if isinstance(outcome, Exception))


async def test_the_same_name_with_another_expectation_is_another_host(hosts: WatchedHosts) -> None:
    await hosts.add_with(NewHost("example.invalid", "dns"), HostOptions(record_type="A"))
    await hosts.add_with(NewHost("example.invalid", "dns"), HostOptions(record_type="MX"))
    with pytest.raises(Refused, match="already monitored"):
        await hosts.add_with(NewHost("EXAMPLE.invalid", "dns"), HostOptions(record_type="MX"))


async def test_the_public_policy_holds_for_watched_hosts(
    sqlite: Database, settings: MonitoringSettings, clock: SetClock
) -> None:
    public = WatchedHosts(sqlite, 1, Resolver(public_policy()), settings, clock)
    with pytest.raises(Refused, match="only public internet addresses may be reached"):
        await public.add(NewHost("127.0.0.1", "icmp"))


async def test_changes_are_followed_by_number(database: Database, hosts: WatchedHosts) -> None:
    following = follow_changes(database, after=0, poll_s=0.02)
    added = await hosts.add(NewHost("127.0.0.1", "icmp"))
    first = await anext(following)
    assert (first.kind, first.host_id) == ("host_added", added.id)
    await hosts.delete(added.id)
    second = await anext(following)
    assert second.kind == "host_removed" and (second.seq or 0) > (first.seq or 0)
    await following.aclose()
    assert [c.kind for c in await changes_after(database, first.seq or 0)] == ["host_removed"]
    assert await changes_after(database, 0, owner_id=99) == []


async def test_a_database_that_does_not_answer_is_said_in_a_tools_words(
    sqlite: Database, resolver: Resolver, settings: MonitoringSettings, clock: SetClock
) -> None:
    hosts = WatchedHosts(sqlite, 1, resolver, settings, clock)
    context = ToolContext(RealBackend(resolver.policy, hosts=hosts), clock, default_registry())
    assert sqlite.file is not None
    await sqlite.aclose()
    sqlite.file.unlink()
    result = await run_tool("get_host_list", {}, context)
    assert not result.success
    assert result.message.startswith("The store of monitored hosts does not answer now (The database sqlite:")
