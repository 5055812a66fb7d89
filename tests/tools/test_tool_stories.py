"""Calls that build on each other: pages, states of a host, jobs, alerts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tools.clock import SetClock
from tools.context import ToolContext
from tools.results import ToolResult
from tools.run import run_tool
from tools.simulated import SimulatedBackend

Good = Callable[..., Awaitable[ToolResult]]
Bad = Callable[..., Awaitable[str]]


async def test_page_after_page_shows_every_host_once(good: Good, bad: Bad) -> None:
    seen: list[int] = []
    page: int | None = 1
    while page is not None:
        result = await good("get_host_list", page=page, page_size=4)
        seen += [host["id"] for host in result.data["hosts"]]
        assert result.truncated
        assert f"page {page} of 4" in result.message
        page = result.next_page
    assert seen == list(range(101, 116))
    assert "There is no page 5" in await bad("get_host_list", page=5, page_size=4)


async def test_lists_without_pages_say_what_was_cut(good: Good) -> None:
    result = await good("get_incidents", limit=2)
    assert len(result.data["incidents"]) == 2
    assert result.truncated
    assert "the data shows 2 of 10 incidents, newest first." in result.message


async def test_wildcards_and_host_names_find_hosts(good: Good, bad: Bad) -> None:
    lan = await good("get_host_list", address="*.LAN")
    assert [host["address"] for host in lan.data["hosts"]] == ["printer.lan", "cam-02.lan"]
    shop = await good("get_host_list", address="shop.acme.org")
    assert [host["id"] for host in shop.data["hosts"]] == [101, 113]
    assert "Nearest: db-03" in await bad("get_host_data", address="db-3")


async def test_history_is_counted_from_outages(good: Good, bad: Bad) -> None:
    result = await good(
        "get_host_data",
        host_id=106,
        date_start="2026-11-22T00:00:00Z",
        date_end="2026-11-22T12:00:00Z",
    )
    row = result.data["hosts"][0]
    assert (row["checks"], row["failures"]) == (720, 200)
    assert 1 < row["avg_ms"] < 3
    message = await bad("get_host_data", date_start="2026-12-01T00:00:00Z")
    assert "date_start must lie before date_end" in message


async def test_adding_shows_up_and_goes_through_its_states(clock: SetClock, good: Good, bad: Bad) -> None:
    added = await good("add_host", address="db-02", endpoint="tcp", port=5432, email="me@acme.org")
    host_id = added.data["host"]["id"]
    assert "pending" in (await good("get_host_data", host_id=host_id)).message
    clock.advance(timedelta(minutes=10))
    result = await good("get_host_data", host_id=host_id)
    assert "db-02 is down" in result.message
    assert result.data["hosts"][0]["alert"] is True
    incidents = await good("get_incidents", host_id=host_id)
    assert "since 2026-11-22 12:03 UTC (7 min, db-02 did not answer on port 5432" in incidents.message
    assert "already monitored" in await bad("add_host", address="DB-02", endpoint="tcp", port=5432)


async def test_editing_mends_a_host(clock: SetClock, good: Good) -> None:
    added = await good("add_host", address="db-03", endpoint="tcp", port=81)
    host_id = added.data["host"]["id"]
    clock.advance(timedelta(minutes=10))
    assert "is down" in (await good("get_host_data", host_id=host_id)).message
    await good("edit_host", host_id=host_id, port=22)
    assert "is up" in (await good("get_host_data", host_id=host_id)).message
    incident = (await good("get_incidents", host_id=host_id, state="resolved")).data["incidents"][0]
    assert incident["ended"] == "2026-11-22T12:10:00Z"


async def test_pausing_and_resuming(good: Good, bad: Bad) -> None:
    paused = await good("edit_host", address="db-03", enabled=False)
    assert paused.message == "db-03 (icmp, host 107) and db-03 (tcp, host 108) are paused."
    assert "db-03 is paused" in (await good("get_host_data", host_id=107)).message
    resumed = await good("edit_host", host_id=107, enabled=True, interval_s=300)
    assert resumed.message == "db-03 is monitored again, with an interval of 300 s."
    assert "Nothing to change was given" in await bad("edit_host", host_id=107)


async def test_an_ambiguous_address_is_never_deleted(backend: SimulatedBackend, good: Good, bad: Bad) -> None:
    before = backend.state()
    message = await bad("delete_host", address="db-03")
    assert "say by host_id which should be removed: 107 (icmp) and 108 (tcp)" in message
    assert "give host_id or address" in await bad("delete_host")
    assert backend.state() == before
    await good("delete_host", address="db-0?")
    assert set(before["hosts"]) - set(backend.state()["hosts"]) == {"105", "106", "107", "108"}


async def test_maintenance_is_all_or_nothing(backend: SimulatedBackend, good: Good, bad: Bad) -> None:
    before = backend.state()
    assert "db-99" in await bad("set_maintenance", addresses=["db-01", "db-99"], duration_min=5)
    assert "before now" in await bad(
        "set_maintenance", addresses=["db-01"], start="2026-11-21T00:00:00Z", duration_min=5
    )
    assert backend.state() == before
    await good("set_maintenance", addresses=["db-01"], duration_min=5)
    assert "in maintenance" in (await good("get_host_data", address="db-01")).message
    ended = await good("set_maintenance", addresses=["db-01"], duration_min=0)
    assert ended.message == "The maintenance of db-01 has ended."
    again = await good("set_maintenance", addresses=["db-01"], duration_min=0)
    assert again.message == "db-01 had no maintenance window, so nothing changed."


async def test_alerts_are_cleared_once(good: Good, bad: Bad) -> None:
    assert (await good("reset_alerts", host_id=106)).message == "The alert of db-02 was cleared."
    assert "nothing was cleared" in (await good("reset_alerts", host_id=106)).message
    assert "not both" in await bad("reset_alerts", host_id=106, all_hosts=True)
    left = await good("get_host_data", alert_flag=True)
    assert left.message == "2 hosts have an active alert: old.acme.org and cam-02.lan."


async def test_jobs_move_with_the_clock_and_can_be_cancelled(clock: SetClock, good: Good, bad: Bad) -> None:
    started = await good("run_nmap", target="db-03", profile="vuln", ports="1-10000")
    message_id = started.data["message_id"]
    clock.advance(timedelta(seconds=60))
    half = await good("get_function_status", message_id=message_id)
    assert (half.data["state"], half.data["progress_pct"]) == ("running", 50)
    clock.advance(timedelta(seconds=60))
    done = await good("get_function_status", message_id=message_id)
    assert "2 known vulnerabilities were found (CVE-2018-15473 on db-03:22" in done.message
    assert "has already finished" in await bad("cancel_function", message_id=message_id)
    other = await good("scan_quantum_ports", target="shop.acme.org")
    await good("cancel_function", message_id=other.data["message_id"])
    clock.advance(timedelta(hours=1))
    status = await good("get_function_status", message_id=other.data["message_id"])
    assert status.data["state"] == "cancelled"
    assert "Nearest: m-81f2" in await bad("get_function_status", message_id="m-81f3")


async def test_quick_scans_see_common_ports_only(good: Good) -> None:
    quick = await good("run_nmap", target="db-03", profile="quick")
    assert [port["port"] for port in quick.data["hosts"][0]["ports"]] == [22, 5432]
    named = await good("run_nmap", target="db-03", profile="quick", ports="9000-9999")
    assert [port["port"] for port in named.data["hosts"][0]["ports"]] == [9187]


@pytest.mark.parametrize("target", ["-oX", "a,b", "a b", "a;id", "--script=x", "10.0.0.0/99", "\n", ""])
async def test_targets_that_could_be_flags_never_start_a_scan(
    target: str, backend: SimulatedBackend, bad: Bad
) -> None:
    before = backend.state()
    assert "give one host name, IP address or CIDR network" in await bad(
        "run_nmap", target=target, profile="quick"
    )
    assert backend.state() == before


async def test_every_named_location_is_used(context: ToolContext, bad: Bad) -> None:
    result = await run_tool(
        "compare_locations",
        {"target": "shop.acme.org", "check": "http", "locations": ["tokyo", "London", "New York", "sydney"]},
        context,
    )
    assert [row["agent"] for row in result.data["results"]] == ["tokyo", "london", "nyc-2", "sydney"]
    assert "sydney: offline since 2026-11-22 06:48 UTC" in result.message
    assert not result.success
    assert "Nearest: tokyo" in await bad(
        "compare_locations", target="a.example", check="dns", locations=["tokio"]
    )
    assert "name at least one" in await bad(
        "compare_locations", target="a.example", check="dns", locations=[]
    )
