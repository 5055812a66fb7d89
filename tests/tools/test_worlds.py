"""World files: other worlds load, wrong ones are refused with place and cause."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from providers.base import DEFAULT_NOW
from tools.clock import SetClock
from tools.context import Limits
from tools.run import run_tool
from tools.simulated import SimulatedBackend, simulated_context
from tools.simulation.world import World, WorldError, load_world, parse_offset

SMALL: dict[str, Any] = {
    "name": "small",
    "agents": [{"name": "home", "city": "Graz", "country": "AT", "internal": True}],
    "account": {"tokens": 500, "plan": "Anonymous", "logged_in": False},
    "machines": [
        {"name": "box", "addresses": ["192.0.2.1"], "latency_ms": 5, "ports": {22: {"service": "ssh"}}}
    ],
    "monitors": [{"id": 1, "address": "box", "endpoint": "icmp"}],
}


def written(path: Path, world: object) -> Path:
    path.write_text(world if isinstance(world, str) else yaml.safe_dump(world), encoding="utf-8")
    return path


async def test_another_world_can_be_loaded(tmp_path: Path) -> None:
    context = simulated_context(written(tmp_path / "w.yaml", SMALL), SetClock(DEFAULT_NOW))
    assert "box answered 4 of 4 pings" in (await run_tool("ping_host", {"target": "box"}, context)).message
    info = await run_tool("get_user_info", {}, context)
    assert "You are not logged in and use the Anonymous plan with 500 tokens left" in info.message
    scan = await run_tool("run_nmap", {"target": "box", "profile": "quick"}, context)
    assert scan.message.startswith("Scans need an account")


async def test_the_plans_host_limit_holds(tmp_path: Path) -> None:
    context = simulated_context(written(tmp_path / "w.yaml", SMALL), SetClock(DEFAULT_NOW))
    for number in range(4):
        arguments = {"address": f"host-{number}", "endpoint": "icmp"}
        assert (await run_tool("add_host", arguments, context)).success
    full = await run_tool("add_host", {"address": "one-more", "endpoint": "icmp"}, context)
    assert full.message.startswith("The Anonymous plan allows 5 hosts and all are in use")
    assert full.data == {"host_limit": 5, "hosts_used": 5}


async def test_a_large_world_never_makes_a_long_result() -> None:
    monitors = [
        {"id": n, "address": f"machine-{n:04}.a-long-name.example.org", "endpoint": "icmp"}
        for n in range(1, 301)
    ]
    world = World.model_validate(
        SMALL | {"monitors": monitors, "account": {"tokens": 1, "plan": "Enterprise"}}
    )
    limits = Limits(max_bytes=6000)
    context = simulated_context(world, SetClock(DEFAULT_NOW), limits=limits)
    seen: list[int] = []
    page: int | None = 1
    while page is not None:
        result = await run_tool("get_host_list", {"page": page, "page_size": 100}, context)
        assert len(result.to_json().encode()) <= limits.max_bytes
        seen += [host["id"] for host in result.data["hosts"]]
        page = result.next_page
    assert seen == list(range(1, 301))
    for name, arguments in (("get_host_data", {}), ("get_uptime_report", {"period": "7d"})):
        result = await run_tool(name, arguments, context)
        assert len(result.to_json().encode()) <= limits.max_bytes
        assert result.truncated


def test_states_compare(tmp_path: Path) -> None:
    path = written(tmp_path / "w.yaml", SMALL)
    one, two = (SimulatedBackend(load_world(path), SetClock(DEFAULT_NOW)) for _ in range(2))
    assert one.state() == two.state()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"agents": []}, "agents: List should have at least 1 item"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        (
            {"machines": [{"name": "a", "addresses": ["10.0.0.999"], "latency_ms": 1}]},
            "machine a: 10.0.0.999 is no IP address",
        ),
        ({"machines": [{"name": "a", "addresses": ["10.0.0.1"], "latency_ms": -1}]}, "machines.0.latency_ms"),
        ({"monitors": [{"id": 1, "address": "a", "endpoint": "pings"}]}, "monitors.0.endpoint"),
        ({"monitors": [{"id": 1, "address": "a", "endpoint": "icmp"}] * 2}, "monitors: 1 occurs twice"),
        (
            {"monitors": [{"id": 1, "address": "a", "endpoint": "icmp", "agent_location": "x"}]},
            "there is no agent x",
        ),
        (
            {"monitors": [{"id": 1, "address": "a", "endpoint": "icmp", "since": "soon"}]},
            "write an offset from the start as -3h20m",
        ),
        ({"account": {"tokens": 1, "plan": "Gold"}}, "account.plan is Gold; the plans are Anonymous, Free"),
        ({"whois": {"10.0.0.0/99": {"registrar": "x"}}}, "10.0.0.0/99 is no network"),
    ],
)
def test_a_wrong_world_is_refused_with_its_place(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(WorldError) as caught:
        load_world(written(tmp_path / "w.yaml", SMALL | change))
    assert words in str(caught.value)
    assert "w.yaml" in str(caught.value)


def test_what_is_no_world_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="cannot be read"):
        load_world(tmp_path / "missing.yaml")
    with pytest.raises(WorldError, match="is not YAML"):
        load_world(written(tmp_path / "w.yaml", "a: [1"))
    with pytest.raises(WorldError, match="does not describe a world"):
        load_world(written(tmp_path / "w.yaml", "[]"))


def test_offsets() -> None:
    assert parse_offset("-3h20m") == -timedelta(hours=3, minutes=20)
    assert parse_offset("1w2d") == timedelta(days=9)
    assert parse_offset(0) == timedelta(0)
    for wrong in ("3", "h", "", 5, None, "1h-"):
        with pytest.raises(ValueError, match="offset from the start"):
            parse_offset(wrong)
