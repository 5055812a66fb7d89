"""Traceroute: probes with a growing time to live, and who answers that it has run out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from tools.checks.echo import RIGHTS_CURE
from tools.checks.probes import HopAnswer, IcmpProber, UdpProber
from tools.errors import CheckFailed
from tools.records import Hop, RouteOutcome

_AT_ONCE = 6
_ATTEMPTS = 2
_NAMES_WAIT_S = 2.0

NameOf = Callable[[str], Awaitable[str | None]]


class Prober(Protocol):
    """Sends one probe for each time to live and collects what answers."""

    async def probe(self, ttls: Sequence[int], attempt: int, wait_s: float) -> Mapping[int, HopAnswer]:
        """Returns the answers by time to live, silent ones left out."""
        ...

    def close(self) -> None:
        """Closes its sockets."""
        ...


async def traceroute(
    target: str,
    address: str,
    max_hops: int,
    *,
    name_of: NameOf | None = None,
    say: Callable[[str], None] | None = None,
    wait_s: float = 1.0,
) -> RouteOutcome:
    """Follows the path to a host, several hops at once; hops behind the last answer are left out.

    Args:
        target: What was asked for, for the outcome.
        address: The IP address to trace to, already judged.
        max_hops: Hops to follow at most.
        name_of: Looks up the name of a hop's address; none are looked up if None.
        say: Is told where another kind of probe had to be used.
        wait_s: Seconds to wait for each round of probes; a silent hop gets two.

    Raises:
        CheckFailed: This process may send neither kind of probe, or the system has no such network.
    """
    prober, method = _open(target, address, say)
    try:
        answers = await _follow(prober, max_hops, wait_s)
    finally:
        prober.close()
    end = min((ttl for ttl, a in answers.items() if a.end), default=max(answers, default=0))
    reached = end in answers and answers[end].reached
    names = await _names({a.address for a in answers.values()}, name_of)
    hops = tuple(_hop(ttl, answers.get(ttl), names) for ttl in range(1, end + 1))
    return RouteOutcome(target, address, reached, hops, method)


def _open(target: str, address: str, say: Callable[[str], None] | None) -> tuple[Prober, str]:
    try:
        return IcmpProber(address), "ICMP echo, raw socket"
    except PermissionError:
        pass
    except OSError as error:
        raise CheckFailed(f"{target} cannot be traced at {address} from here: {error}.") from error
    if not UdpProber.possible():
        raise CheckFailed(f"{target} was not traced: this process may not open a raw socket; {RIGHTS_CURE}.")
    if say is not None:
        say(
            "Traceroute uses UDP probes, since this process may not open a raw socket; to use ICMP,"
            " give it the capability CAP_NET_RAW."
        )
    return UdpProber(address), "UDP, without privileges"


async def _follow(prober: Prober, max_hops: int, wait_s: float) -> dict[int, HopAnswer]:
    answers: dict[int, HopAnswer] = {}
    for first in range(1, max_hops + 1, _AT_ONCE):
        ttls = range(first, min(first + _AT_ONCE, max_hops + 1))
        for attempt in range(_ATTEMPTS):
            end = min((ttl for ttl, a in answers.items() if a.end), default=max_hops)
            silent = [ttl for ttl in ttls if ttl not in answers and ttl <= end]
            if silent:
                answers.update(await prober.probe(silent, attempt, wait_s))
        if any(answer.end for answer in answers.values()):
            break
    return answers


async def _names(addresses: set[str], name_of: NameOf | None) -> dict[str, str]:
    """Looks all names up at once; what takes too long stays without one."""
    if name_of is None or not addresses:
        return {}
    tasks = {address: asyncio.ensure_future(name_of(address)) for address in addresses}
    try:
        done, _ = await asyncio.wait(tasks.values(), timeout=_NAMES_WAIT_S)
    finally:
        for task in tasks.values():
            task.cancel()
    return {address: name for address, task in tasks.items() if task in done and (name := task.result())}


def _hop(ttl: int, answer: HopAnswer | None, names: Mapping[str, str]) -> Hop:
    if answer is None:
        return Hop(ttl, None, None, None)
    return Hop(ttl, answer.address, names.get(answer.address), round(answer.rtt_ms, 3))
