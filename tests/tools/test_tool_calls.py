"""Every tool runs on the default world and answers in one true sentence."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from providers.base import DEFAULT_NOW
from tools.catalogue import default_registry
from tools.clock import SetClock
from tools.context import ToolContext
from tools.declarations.checks import check_port
from tools.records import HostFilter
from tools.results import ToolResult
from tools.run import run_tool
from tools.simulated import SimulatedBackend, simulated_context
from tools.simulation.network import Network
from tools.simulation.watched import probe
from tools.simulation.world import World

Good = Callable[..., Awaitable[ToolResult]]

# One realistic call of every tool: what must be in its message, and in its data.
ORDINARY: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "get_host_list": (
        {"enabled": False},
        "1 paused host is in the list of monitored hosts: printer.lan.",
        {"total": 1},
    ),
    "get_host_data": ({"host_id": 107}, "db-03 is up: ", {"total": 1}),
    "get_uptime_report": (
        {"host_id": 106, "period": "24h"},
        "db-02 was up 86.111 % of the last 24 hours, with 1 outage (3 h 20 min in all)",
        {"mean_uptime_pct": 86.111},
    ),
    "get_incidents": (
        {"state": "open"},
        "There are 3 open incidents: db-02 since 2026-11-22 08:40 UTC (3 h 20 min, no reply to ping);",
        {"total": 3},
    ),
    "get_user_info": (
        {},
        "You are logged in as ops@acme.org on the Standard plan with 151,200 tokens left",
        {"plan": "Standard", "host_limit": 50},
    ),
    "get_agents": ({}, "5 probe agents are online: office, frankfurt, london, nyc-2 and tokyo", {}),
    "get_available_endpoints": (
        {"agent_location": "tokyo"},
        "tokyo can monitor hosts with icmp, http, https, dns and tcp.",
        {"agent_location": "tokyo"},
    ),
    "get_function_status": (
        {"message_id": "m-3c07"},
        "service scan of db-03 is finished: 2 open ports: 22 (OpenSSH 7.4) and 5432 (PostgreSQL 13.2).",
        {"state": "finished"},
    ),
    "check_http": (
        {"url": "https://shop.acme.org/"},
        "https://shop.acme.org/ answered 200 OK in ",
        {"status": 200, "title": "Acme Shop"},
    ),
    "check_ssl_certificate": (
        {"host": "shop.acme.org"},
        "The certificate of shop.acme.org is valid until 2027-01-30 (69 days left), issued by R11,",
        {"days_left": 69, "valid": True},
    ),
    "ping_host": (
        {"target": "db-03"},
        "db-03 answered 4 of 4 pings, ",
        {"sent": 4, "received": 4, "loss_pct": 0.0},
    ),
    "dns_lookup": (
        {"name": "acme.org", "record_type": "MX"},
        "acme.org has 2 MX records: 10 mail.acme.org and 20 mx2.example.net.",
        {"ttl_s": 3600},
    ),
    "traceroute": ({"target": "shop.acme.org"}, "shop.acme.org was reached in 5 hops (", {"reached": True}),
    "check_port": (
        {"target": "shop.acme.org", "port": 443},
        "Port 443 on shop.acme.org is open (",
        {"state": "open"},
    ),
    "whois_lookup": (
        {"query": "www.acme.org"},
        "acme.org is registered at Gandi SAS until 2027-03-14 (112 days left)",
        {"registrar": "Gandi SAS"},
    ),
    "test_quantum_safety": (
        {"target": "shop.acme.org"},
        "shop.acme.org is quantum-safe: it negotiates the post-quantum group X25519MLKEM768.",
        {"quantum_safe": True},
    ),
    "compare_locations": (
        {"target": "shop.acme.org", "check": "ping", "locations": ["tokyo", "frankfurt"]},
        "; the fastest is frankfurt.",
        {"check": "ping"},
    ),
    "add_host": (
        {"address": "app-01", "endpoint": "icmp", "interval_s": 30},
        "app-01 is now monitored with icmp every 30 s (host 116); alerts go to ops@acme.org.",
        {},
    ),
    "edit_host": (
        {"address": "example.com", "timeout_ms": 30000},
        "example.com now has a timeout of 30000 ms.",
        {},
    ),
    "delete_host": ({"host_id": 114}, "printer.lan is no longer monitored and was removed.", {}),
    "set_maintenance": (
        {"addresses": ["db-01"], "duration_min": 60},
        "Alerts of db-01 are silenced from 2026-11-22 12:00 UTC to 2026-11-22 13:00 UTC (60 min).",
        {"duration_min": 60},
    ),
    "reset_alerts": (
        {"all_hosts": True},
        "The alerts of db-02, old.acme.org and cam-02.lan were cleared.",
        {},
    ),
    "cancel_function": (
        {"message_id": "m-81f2"},
        "The nmap ping scan of 192.168.1.0/24 (m-81f2) was cancelled.",
        {"state": "cancelled"},
    ),
    "run_nmap": (
        {"target": "192.168.1.0/24", "profile": "ping"},
        "The nmap ping scan of 192.168.1.0/24 is running (0 % done, about 42 s left); its message_id is m-",
        {"state": "running"},
    ),
    "scan_quantum_ports": (
        {"target": "shop.acme.org", "ports": [443, 8443]},
        "2 TLS ports found; 443 is quantum-safe and 8443 is not quantum-safe.",
        {"state": "finished"},
    ),
}


def test_every_tool_has_an_ordinary_call() -> None:
    assert set(ORDINARY) == set(default_registry().names)


@pytest.mark.parametrize("name", ORDINARY)
async def test_an_ordinary_call_answers(name: str, backend: SimulatedBackend, good: Good) -> None:
    arguments, words, facts = ORDINARY[name]
    before = backend.state()
    result = await good(name, **arguments)
    assert words in result.message
    assert result.message.endswith(".")
    assert "\n" not in result.message
    assert facts.items() <= result.data.items()
    assert list(json.loads(result.to_json())) == ["success", "message", "data", "truncated", "next_page"]
    changed = backend.state() != before
    assert changed == (default_registry().get(name).effect != "read")


@pytest.mark.parametrize("name", ORDINARY)
async def test_the_same_call_on_the_same_world_answers_the_same(name: str, world: World) -> None:
    contexts = [simulated_context(world, SetClock(DEFAULT_NOW)) for _ in range(2)]
    results = [await run_tool(name, ORDINARY[name][0], context) for context in contexts]
    assert results[0] == results[1]


async def test_the_functions_can_be_called_directly(context: ToolContext) -> None:
    result = await check_port(context, target="db-03", port=5432)
    assert result.data["state"] == "open"


async def test_the_default_worlds_outages_agree_with_its_network(context: ToolContext, world: World) -> None:
    """What is told to be down fails when it is checked, and the rest answers."""
    network = Network(world, context.clock)
    for host in await context.backend.hosts.find(HostFilter()):
        if host.status in ("up", "down"):
            cause = probe(network, host)[1]
            assert (cause is not None) == (host.status == "down"), (host, cause)
