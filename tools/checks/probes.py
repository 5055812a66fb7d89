"""The two kinds of traceroute probes: ICMP through a raw socket, UDP without privileges."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from icmplib import ICMPLibError  # pyright: ignore[reportMissingTypeStubs]

from tools.checks.echo import EchoSocket

_SPACING_S = 0.01
_FIRST_PORT = 33434
_PORTS = 256

# Linux's numbers, which Python names only in later versions.
_IP_RECVERR = 11
_IPV6_RECVERR = 25
_MSG_ERRQUEUE = 0x2000
_FROM_ICMP = (2, 3)
_ERROR = struct.Struct("=IBBBBII")

_TIME_EXCEEDED = {4: 11, 6: 3}
_ECHO_REPLY = {4: 0, 6: 129}
_PORT_UNREACHABLE = {4: (3, 3), 6: (1, 4)}


@dataclass(frozen=True, slots=True)
class HopAnswer:
    """Who answered a probe, after how many milliseconds.

    Attributes:
        address: Its address.
        rtt_ms: Time from probe to answer.
        end: Whether the path ends there, since it is the target or cannot pass the probe on.
        reached: Whether it is the target.
    """

    address: str
    rtt_ms: float
    end: bool
    reached: bool


class IcmpProber:
    """Sends echo requests; needs a raw socket."""

    def __init__(self, address: str) -> None:
        """Opens the socket.

        Raises:
            PermissionError: This process may not.
            OSError: There is no such network.
        """
        self._version = ip_address(address).version
        try:
            self._echo = EchoSocket(address, int.from_bytes(os.urandom(2)), "raw")
        except ICMPLibError as error:
            raise OSError(str(error)) from error

    async def probe(self, ttls: Sequence[int], attempt: int, wait_s: float) -> dict[int, HopAnswer]:
        """Sends one request for each time to live; returns the answers by time to live."""
        answers: dict[int, HopAnswer] = {}

        async def listen() -> None:
            while len(answers) < len(ttls):
                heard = await self._echo.receive()
                ttl = heard.sequence // 8
                reached = heard.type == _ECHO_REPLY[self._version]
                end = heard.type != _TIME_EXCEEDED[self._version]
                answers.setdefault(ttl, HopAnswer(heard.source, heard.rtt_ms, end, reached))

        listener = asyncio.create_task(listen())
        try:
            for ttl in ttls:
                # No route is the same as no answer.
                with contextlib.suppress(ICMPLibError):
                    self._echo.send(ttl * 8 + attempt, ttl)
                await asyncio.sleep(_SPACING_S)
            await asyncio.wait([listener], timeout=wait_s)
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)
        return answers

    def close(self) -> None:
        """Closes the socket."""
        self._echo.__exit__()


class UdpProber:
    """Sends UDP packets to ports that are hardly used, and reads what comes back from the error queue."""

    def __init__(self, address: str) -> None:
        """Takes the address to send to."""
        self._address = address
        self._version = ip_address(address).version

    @staticmethod
    def possible() -> bool:
        """Says whether this system keeps such a queue; Linux does."""
        return sys.platform.startswith("linux")

    async def probe(self, ttls: Sequence[int], attempt: int, wait_s: float) -> dict[int, HopAnswer]:
        """Sends one packet for each time to live; returns the answers by time to live."""
        heard = await asyncio.gather(*(self._one(ttl, attempt, wait_s) for ttl in ttls))
        return {ttl: answer for ttl, answer in zip(ttls, heard, strict=True) if answer is not None}

    def close(self) -> None:
        """Does nothing: each packet has a socket of its own."""

    async def _one(self, ttl: int, attempt: int, wait_s: float) -> HopAnswer | None:
        four = self._version == 4
        family = socket.AF_INET if four else socket.AF_INET6
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            level = socket.IPPROTO_IP if four else socket.IPPROTO_IPV6
            sock.setsockopt(level, socket.IP_TTL if four else socket.IPV6_UNICAST_HOPS, ttl)
            sock.setsockopt(level, _IP_RECVERR if four else _IPV6_RECVERR, 1)
            port = _FIRST_PORT + (ttl * 2 + attempt) % _PORTS
            sent = time.perf_counter()
            try:
                sock.connect((self._address, port))
                sock.send(bytes(32))
            except OSError:
                return None
            try:
                async with asyncio.timeout(wait_s):
                    await _readable(sock)
            except TimeoutError:
                return None
            return self._read(sock, (time.perf_counter() - sent) * 1000)

    def _read(self, sock: socket.socket, rtt_ms: float) -> HopAnswer | None:
        try:
            _, ancillary, _, _ = sock.recvmsg(512, 512, _MSG_ERRQUEUE)
        except OSError:
            # Nothing in the queue: a datagram has come, so something listens there after all.
            return HopAnswer(self._address, rtt_ms, True, True)
        for level, kind, data in ancillary:
            if (level, kind) not in (
                (socket.IPPROTO_IP, _IP_RECVERR),
                (socket.IPPROTO_IPV6, _IPV6_RECVERR),
            ):
                continue
            answer = self._error(data, rtt_ms)
            if answer is not None:
                return answer
        return None

    def _error(self, data: bytes, rtt_ms: float) -> HopAnswer | None:
        """Reads a `sock_extended_err` and the address of its sender behind it."""
        if len(data) < _ERROR.size + (8 if self._version == 4 else 24):
            return None
        _, origin, kind, code, _, _, _ = _ERROR.unpack_from(data)
        if origin not in _FROM_ICMP:
            return None
        rest = data[_ERROR.size :]
        sender = str(ip_address(rest[4:8] if self._version == 4 else rest[8:24]))
        reached = (kind, code) == _PORT_UNREACHABLE[self._version] and sender == self._address
        return HopAnswer(sender, rtt_ms, kind != _TIME_EXCEEDED[self._version], reached)


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(sock, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sock)
