"""Every way in that an address can take: each tool, a host added, edited or imported, a name that changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from monitoring.database.engine import Database
from monitoring.database.migrate import open_database
from monitoring.database.tables import hosts
from monitoring.hosts.backend import WatchedHosts
from monitoring.hosts.options import HostOptions
from monitoring.importers.apply import apply_import
from monitoring.importers.found import Found, Imported
from settings.schema import MonitoringSettings
from tests.tools.checks.forbidden import TARGETS, add_names, in_url
from tests.tools.checks.loopback import LoopbackGuard, NameServer, Serve, Server
from tools.catalogue import default_registry
from tools.clock import system_clock
from tools.context import ToolContext
from tools.errors import CheckFailed
from tools.policy import public_policy
from tools.real import LocalOperator, RealBackend
from tools.records import NewHost
from tools.resolve import Resolver, dns_lookup
from tools.run import run_tool

_REFUSED = (
    "may be reached",
    "scan at most",
    "cannot be used",
    "cannot be requested",
    "must be",
    "unusual spelling",
    "was '",
    "is no",
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A database of its own."""
    async with await open_database(f"sqlite:///{tmp_path / 'hosts.sqlite3'}") as opened:
        yield opened


@pytest.fixture
async def canary(serve: Serve) -> Server:
    """Listens on loopback addresses, counting."""

    async def greet(reader: Any, writer: Any) -> None:
        writer.write(b"220 reached\r\n")

    return await serve(greet, hosts=("127.0.0.1", "127.0.0.53", "127.255.255.254", "::1"))


def _calls(target: str, port: int) -> Mapping[str, dict[str, object]]:
    url = f"http://{in_url(target)}:{port}/"
    return {
        "check_http": {"url": url},
        "check_ssl_certificate": {"host": target, "port": port, "starttls": "smtp"},
        "ping_host": {"target": target, "count": 1},
        "dns_lookup": {"name": "shop.test", "resolver": target},
        "traceroute": {"target": target},
        "check_port": {"target": target, "port": port},
        "test_quantum_safety": {"target": target, "port": port},
        "compare_locations": {"target": target, "check": "ping", "locations": ["local"]},
        "run_nmap": {"target": target, "profile": "quick", "ports": str(port)},
        "scan_quantum_ports": {"target": target, "ports": [port]},
        "add_host": {"address": target, "endpoint": "tcp", "port": port},
        "edit_host": {"host_id": 1, "endpoint": "icmp"},
    }


async def test_no_target_is_reached_by_any_tool_or_path(
    names: NameServer,
    canary: Server,
    guard: LoopbackGuard,
    database: Database,
    record_property: Callable[[str, object], None],
) -> None:
    from monitoring.agents.service import agents_here

    add_names(names.zone)
    lookup = dns_lookup(["127.0.0.1"], names.port)
    resolver = Resolver(public_policy(), lookup)
    watched = WatchedHosts(database, 1, resolver, MonitoringSettings(), system_clock)
    await watched.add_with(NewHost("8.8.8.8", "icmp"), HostOptions())
    here = agents_here(database, system_clock)
    attempts = imports = 0
    async with RealBackend(
        public_policy(),
        accounts=LocalOperator(),
        hosts=watched,
        agents=here.directory,
        away=here.away,
        lookup=lookup,
        say=lambda words: None,
    ) as backend:
        context = ToolContext(backend, system_clock, default_registry())
        for target in TARGETS:
            async with database.writing() as connection:
                # As if it had been added under another policy.
                await connection.execute(update(hosts).values(address=target))
            for name, arguments in _calls(target, canary.port).items():
                result = await run_tool(name, arguments, context)
                assert not result.success, (name, target, result.message)
                assert any(words in result.message for words in _REFUSED), (name, target, result.message)
                attempts += 1
            found = Found(target, NewHost(target, "tcp", canary.port), HostOptions(), True, ())

            async def judge(item: Found) -> None:
                await resolver.find(item.host.address)

            report = await apply_import(Imported("a file", (found,), ()), watched, set(), judge, dry=False)
            assert report.added == (), target
            imports += 1
    assert canary.accepted == 0
    # ICMP and the DNS server's own port leave no trace in the guard; nothing else was connected to.
    assert {port for _, port in guard.seen} <= {names.port}
    record_property("SSRF: targets × tools", attempts)
    record_property("SSRF: targets × import", imports)


async def test_a_name_that_changes_between_judging_and_checking_reaches_nothing(
    names: NameServer, canary: Server, guard: LoopbackGuard, record_property: Callable[[str, object], None]
) -> None:
    """The name leads to a public address when it is looked up first, to loopback from then on."""
    lookup = dns_lookup(["127.0.0.1"], names.port)
    attempts = 0
    async with RealBackend(
        public_policy(), accounts=LocalOperator(), lookup=lookup, say=lambda words: None
    ) as backend:
        context = ToolContext(backend, system_clock, default_registry())
        for number in range(10):
            for name, arguments in _calls(f"r{number}.rebind.test", canary.port).items():
                if name in (
                    "dns_lookup",
                    "compare_locations",
                    "add_host",
                    "edit_host",
                    "ping_host",
                    "traceroute",
                ):
                    continue
                names.zone.add(f"r{number}.rebind.test", ["192.0.2.1"], ["127.0.0.1"])
                # Documentation addresses are refused like others that are not public, so a second look would show.
                result = await run_tool(name, arguments, context)
                assert not result.success, result.message
                attempts += 1
    assert canary.accepted == 0
    record_property("Rebinding: names × tools", attempts)


async def test_a_name_is_looked_up_once_a_check(names: NameServer, canary: Server) -> None:
    """What was judged is what is connected to: a second look-up would find the canary."""
    from tools.policy import operator_policy

    lookup = dns_lookup(["127.0.0.1"], names.port)
    policy = operator_policy(["127.0.0.2"])
    async with RealBackend(
        policy, accounts=LocalOperator(), lookup=lookup, say=lambda words: None
    ) as backend:
        checks: dict[str, Callable[[], Any]] = {
            "http": lambda: backend.checks.http(f"http://r.test:{canary.port}/", "GET", 2000, None),
            "certificate": lambda: backend.checks.certificate("r.test", canary.port, None),
            "port": lambda: backend.checks.port("r.test", canary.port, 2000, None),
            "quantum": lambda: backend.checks.quantum("r.test", canary.port, ["X25519MLKEM768"]),
        }
        for name, check in checks.items():
            names.zone.add("r.test", ["127.0.0.2"], ["127.0.0.1"])
            try:
                outcome = await check()
            except CheckFailed:
                continue
            assert name == "port" and outcome.state == "closed"
    assert canary.accepted == 0
