"""Ping, on loopback, with and without the rights that it may have."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import pytest

from tools.checks.ping import ping

_SHOW = """
import asyncio, sys
from tools.checks.ping import ping
from tools.errors import ToolError
try:
    print(asyncio.run(ping(sys.argv[1], sys.argv[1], 2)))
except ToolError as error:
    print(error)
"""
_NO_RIGHTS = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_loopback_answers_every_ping(address: str) -> None:
    outcome = await ping("localhost", address, 3)
    assert (outcome.target, outcome.address, outcome.sent, outcome.received) == ("localhost", address, 3, 3)
    assert outcome.min_ms is not None and outcome.avg_ms is not None and outcome.max_ms is not None
    assert 0 < outcome.min_ms <= outcome.avg_ms <= outcome.max_ms < 1000
    assert outcome.method in ("raw ICMP socket", "ICMP datagram socket (unprivileged)")


async def test_many_pings_at_once_keep_their_answers_apart() -> None:
    outcomes = await asyncio.gather(*(ping("localhost", "127.0.0.1", 3) for _ in range(20)))
    assert all(outcome.received == 3 for outcome in outcomes)


async def test_a_cancel_is_obeyed_at_once() -> None:
    task = asyncio.create_task(ping("localhost", "127.0.0.1", 100))
    await asyncio.sleep(0.1)
    began = time.perf_counter()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.perf_counter() - began < 0.5


def _ping_in(prefix: list[str], address: str) -> str:
    command = [*prefix, sys.executable, "-c", _SHOW, address]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


def test_without_any_right_the_cure_is_told() -> None:
    told = _ping_in(_NO_RIGHTS, "127.0.0.1")
    # A system may grant every group the unprivileged socket; then there is nothing to cure.
    assert ("may not send pings" in told and "CAP_NET_RAW" in told) or "unprivileged" in told


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_unprivileged_socket_is_used_where_the_group_may(address: str) -> None:
    allow = 'ip link set lo up && sysctl -qw net.ipv4.ping_group_range="0 2147483647" && exec "$@"'
    told = _ping_in(["unshare", "-n", "sh", "-c", allow, "sh", *_NO_RIGHTS], address)
    assert "received=2" in told
    assert "method='ICMP datagram socket (unprivileged)'" in told


def test_silence_is_an_outcome_with_full_loss() -> None:
    deaf = 'ip link set lo up && sysctl -qw net.ipv4.icmp_echo_ignore_all=1 && exec "$@"'
    told = _ping_in(["unshare", "-n", "sh", "-c", deaf, "sh"], "127.0.0.1")
    assert "sent=2, received=0, min_ms=None, avg_ms=None, max_ms=None" in told


def test_a_machine_without_a_route_is_told_apart_from_silence() -> None:
    told = _ping_in(["unshare", "-n"], "192.0.2.1")
    assert told == "No ping to 192.0.2.1 could be sent: this machine has no route there.\n"
