"""Ping: echo requests at a steady pace, and which of them were answered."""

from __future__ import annotations

import asyncio
import contextlib
import os

from icmplib import ICMPLibError  # pyright: ignore[reportMissingTypeStubs]

from tools.checks.echo import RIGHTS_CURE, EchoSocket, SocketKind
from tools.errors import CheckFailed
from tools.records import PingOutcome

_INTERVAL_S = 0.2
_ECHO_REPLIES = (0, 129)


async def ping(target: str, address: str, count: int, wait_s: float = 2.0) -> PingOutcome:
    """Sends echo requests, 0.2 s apart, through an unprivileged socket where that is allowed, else a raw one.

    Args:
        target: What was asked for, for the outcome.
        address: The IP address to send to, already judged.
        count: Requests to send.
        wait_s: Seconds to wait for answers behind the last one.

    Raises:
        CheckFailed: This process may open neither socket, or the system has no such network.
    """
    sock, kind = _open(target, address)
    with sock:
        sent, times = await _exchange(sock, address, count, wait_s)
    if not sent:
        raise CheckFailed(f"No ping to {address} could be sent: this machine has no route there.")
    method = "ICMP datagram socket (unprivileged)" if kind == "datagram" else "raw ICMP socket"
    if not times:
        return PingOutcome(target, address, count, 0, None, None, None, method)
    average = sum(times) / len(times)
    low, mean, high = (round(value, 3) for value in (min(times), average, max(times)))
    return PingOutcome(target, address, count, len(times), low, mean, high, method)


def _open(target: str, address: str) -> tuple[EchoSocket, SocketKind]:
    identifier = int.from_bytes(os.urandom(2))
    kinds: tuple[SocketKind, ...] = ("datagram", "raw")
    for kind in kinds:
        try:
            return EchoSocket(address, identifier, kind), kind
        except PermissionError:
            continue
        except (OSError, ICMPLibError) as error:
            raise CheckFailed(f"{target} cannot be pinged at {address} from here: {error}.") from error
    raise CheckFailed(
        f"{target} was not pinged: this process may not send pings; {RIGHTS_CURE}."
        " check_port needs no rights."
    )


async def _exchange(
    sock: EchoSocket, address: str, count: int, wait_s: float
) -> tuple[int, tuple[float, ...]]:
    """Sends and listens at once; returns how many could be sent, and the times of the answers."""
    answered: dict[int, float] = {}

    async def listen() -> None:
        while len(answered) < count:
            answer = await sock.receive()
            if answer.type in _ECHO_REPLIES and answer.source == address:
                answered.setdefault(answer.sequence, answer.rtt_ms)

    listener = asyncio.create_task(listen())
    sent = 0
    try:
        for sequence in range(count):
            if sequence:
                await asyncio.sleep(_INTERVAL_S)
            # A request that cannot leave is one that was lost, unless none of them can.
            with contextlib.suppress(ICMPLibError):
                sock.send(sequence)
                sent += 1
        if sent:
            await asyncio.wait([listener], timeout=wait_s)
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
    return sent, tuple(answered.values())
