"""Traceroute: on loopback, and through routers made of network namespaces."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import pytest

from tools.checks.traceroute import traceroute

_SHOW = """
import asyncio, sys
from tools.checks.traceroute import traceroute
outcome = asyncio.run(traceroute(sys.argv[1], sys.argv[1], 8, say=lambda note: print('NOTE', note)))
print(outcome.method, outcome.reached, *((hop.number, hop.address) for hop in outcome.hops))
"""
_NO_RIGHTS = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
# Three namespaces in a row: this one, a router, a target; all of them end with the shell.
_ROUTE = """
set -e
ip link set lo up
unshare -n sleep 60 & router=$!
unshare -n sleep 60 & target=$!
trap 'kill $router $target' EXIT
sleep 0.3
in_router() { nsenter -t $router -n "$@"; }
in_target() { nsenter -t $target -n "$@"; }
ip link add near type veth peer name r0 netns $router
in_router ip link add r1 type veth peer name far netns $target
ip addr add 10.1.0.1/24 dev near; ip link set near up
in_router ip addr add 10.1.0.254/24 dev r0; in_router ip link set r0 up
in_router ip addr add 10.2.0.254/24 dev r1; in_router ip link set r1 up
in_router sysctl -qw net.ipv4.ip_forward=1
in_target ip addr add 10.2.0.2/24 dev far; in_target ip link set far up
in_target ip link set lo up
ip route add default via 10.1.0.254
in_target ip route add default via 10.2.0.254
"$@"
"""


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_loopback_is_one_hop(address: str) -> None:
    names = {address: "localhost"}

    async def name_of(asked: str) -> str | None:
        return names.get(asked)

    outcome = await traceroute("localhost", address, 30, name_of=name_of)
    assert outcome.reached
    assert [(hop.number, hop.address, hop.name) for hop in outcome.hops] == [(1, address, "localhost")]
    assert 0 < (outcome.hops[0].rtt_ms or 0) < 1000


async def test_a_name_that_takes_too_long_is_left_out() -> None:
    async def never(asked: str) -> str | None:
        await asyncio.sleep(60)
        return asked

    began = time.perf_counter()
    outcome = await traceroute("localhost", "127.0.0.1", 3, name_of=never)
    assert outcome.reached and outcome.hops[0].name is None
    assert time.perf_counter() - began < 4


def _trace(prefix: list[str], address: str) -> list[str]:
    command = [*prefix, sys.executable, "-c", _SHOW, address]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_without_rights_udp_is_used_and_said(address: str) -> None:
    note, line = _trace(_NO_RIGHTS, address)
    assert note.startswith("NOTE Traceroute uses UDP probes")
    assert line == f"UDP, without privileges True (1, '{address}')"


@pytest.mark.parametrize("rights", [True, False])
def test_the_hops_of_a_routed_path_are_found(rights: bool) -> None:
    prefix = ["unshare", "-n", "sh", "-c", _ROUTE, "sh", *([] if rights else _NO_RIGHTS)]
    line = _trace(prefix, "10.2.0.2")[-1]
    method = "ICMP echo, raw socket" if rights else "UDP, without privileges"
    assert line == f"{method} True (1, '10.1.0.254') (2, '10.2.0.2')"


@pytest.mark.parametrize("rights", [True, False])
def test_a_path_that_ends_early_is_not_reached(rights: bool) -> None:
    prefix = ["unshare", "-n", "sh", "-c", _ROUTE, "sh", *([] if rights else _NO_RIGHTS)]
    line = _trace(prefix, "10.9.0.9")[-1]
    assert " False (1, '10.1.0.254')" in line and "10.9.0.9" not in line
