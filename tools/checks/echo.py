"""Opens sockets for ICMP echo: without privileges where the system lets us, else raw."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass
from typing import Literal, Protocol, Self, cast

from icmplib import (  # pyright: ignore[reportMissingTypeStubs]
    ICMPReply,
    ICMPRequest,
    ICMPv4Socket,
    ICMPv6Socket,
    SocketPermissionError,
)

SocketKind = Literal["datagram", "raw"]

#: What to do where neither kind of socket may be opened.
RIGHTS_CURE = (
    "allow it to this group with `sysctl net.ipv4.ping_group_range`, or give the process the capability"
    " CAP_NET_RAW"
)
_LONGEST_PACKET = 1024


class _Parsing(Protocol):
    """What is used of icmplib's sockets, which have no types of their own."""

    sock: socket.socket

    def send(self, request: _Request) -> None: ...
    def parse(self, packet: bytes, source: str, moment: float) -> _Reply | None: ...
    def close(self) -> None: ...


class _Request(Protocol):
    id: int


class _Reply(Protocol):
    id: int
    sequence: int
    type: int
    code: int


class _V4(ICMPv4Socket):
    """An ICMP socket whose packets are read outside of icmplib, which forgets the sender."""

    def parse(self, packet: bytes, source: str, moment: float) -> ICMPReply | None:
        return self._parse_reply(packet, source, moment)  # pyright: ignore[reportUnknownMemberType]


class _V6(ICMPv6Socket):
    """The same for IPv6."""

    def parse(self, packet: bytes, source: str, moment: float) -> ICMPReply | None:
        return self._parse_reply(packet, source, moment)  # pyright: ignore[reportUnknownMemberType]


@dataclass(frozen=True, slots=True)
class EchoAnswer:
    """An ICMP message that answers an echo request: sender, type and code, time in milliseconds."""

    sequence: int
    source: str
    type: int
    code: int
    rtt_ms: float


class EchoSocket:
    """Sends echo requests to one address and hears what answers them; to be used in `with`."""

    def __init__(self, address: str, identifier: int, kind: SocketKind) -> None:
        """Opens the socket.

        Args:
            address: IP address to send to.
            identifier: 0 to 65535, in all requests; the kernel sets its own on a datagram socket.
            kind: Which socket.

        Raises:
            PermissionError: This process may not open such a socket.
            OSError: The system has no such socket, for example no IPv6.
        """
        self._address = address
        self._identifier = identifier
        self._sent: dict[int, float] = {}
        try:
            made: object = (_V6 if ":" in address else _V4)(privileged=kind == "raw")
        except SocketPermissionError as error:
            raise PermissionError(str(error)) from error
        self._socket = cast("_Parsing", made)
        self._plain = self._socket.sock
        self._plain.setblocking(False)

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Closes the socket."""
        self._socket.close()

    def send(self, sequence: int, ttl: int = 64) -> None:
        """Sends one request.

        Raises:
            icmplib.ICMPSocketError: It could not be sent: no route, a full buffer.
        """
        made: object = ICMPRequest(self._address, self._identifier, sequence, ttl=ttl)
        request = cast("_Request", made)
        self._sent[sequence] = time.perf_counter()
        self._socket.send(request)
        # The kernel's own number, on a datagram socket.
        self._identifier = request.id

    async def receive(self) -> EchoAnswer:
        """Waits for the next message that answers a request of this socket; cancel it to stop."""
        loop = asyncio.get_running_loop()
        while True:
            packet, sender = await loop.sock_recvfrom(self._plain, _LONGEST_PACKET)
            moment = time.perf_counter()
            source = str(sender[0]).partition("%")[0]
            reply = self._socket.parse(packet, source, moment)
            # A raw socket hears all ICMP of the machine, on loopback our own requests too.
            if reply is None or reply.id != self._identifier or reply.type in (8, 128):
                continue
            sent = self._sent.get(reply.sequence)
            if sent is not None:
                return EchoAnswer(reply.sequence, source, reply.type, reply.code, (moment - sent) * 1000)
