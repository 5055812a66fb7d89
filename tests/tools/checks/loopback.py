"""What the servers and the guard of these tests are made of."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import trustme
from dnslib import AAAA, CNAME, QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import BaseResolver


class ForeignConnection(Exception):
    """Something was about to leave the loopback."""


class LoopbackGuard:
    """Sees where connections and datagrams go; while it is on, all but loopback is stopped."""

    def __init__(self) -> None:
        """Starts switched off."""
        self.on = False
        self.seen: list[tuple[str, int]] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Judges an audit event."""
        if not self.on or event not in ("socket.connect", "socket.sendto"):
            return
        address = arguments[1]
        if not isinstance(address, tuple):
            return
        # What the DNS server's thread sends back is not the checks' doing.
        if threading.current_thread() is threading.main_thread():
            self.seen.append((address[0], address[1]))
        if not ip_address(address[0].partition("%")[0]).is_loopback:
            raise ForeignConnection(address[0])


class Zone(BaseResolver):
    """Answers of a DNS server. One with several answer lists gives them in turn (rebinding)."""

    def __init__(self) -> None:
        """Starts with no names."""
        self.answers: dict[str, list[list[str]]] = {}
        self.records: dict[tuple[str, str], str] = {}
        self.asked: list[tuple[str, str]] = []

    def clear(self) -> None:
        """Forgets all names and questions."""
        self.answers.clear()
        self.records.clear()
        self.asked.clear()

    def add(self, name: str, *answers: list[str]) -> None:
        """Gives a name the addresses, or canonical names, of one list after the other; the last one stays."""
        self.answers[name] = list(answers)

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        """Answers a question."""
        reply = request.reply()
        name = str(request.q.qname).rstrip(".").lower()
        kind = QTYPE[request.q.qtype]
        self.asked.append((name, kind))
        if (name, kind) in self.records:
            for record in RR.fromZone(self.records[name, kind]):
                reply.add_answer(record)
        elif name in self.answers:
            self._add(reply, name, kind)
        elif not any(known == name for known, _ in self.records):
            reply.header.rcode = RCODE.NXDOMAIN
        return reply

    def _add(self, reply: DNSRecord, name: str, kind: str) -> None:
        lists = self.answers[name]
        # The A question moves on to the next list; AAAA is asked beside it.
        current = lists.pop(0) if kind == "A" and len(lists) > 1 else lists[0]
        for text in current:
            if not text[-1].isalnum() or not any(c.isdigit() or c == ":" for c in text):
                reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME(text), ttl=1))
                self._add(reply, text.rstrip("."), kind)
            elif ":" in text and kind == "AAAA":
                reply.add_answer(RR(name, QTYPE.AAAA, rdata=AAAA(text), ttl=1))
            elif ":" not in text and kind == "A":
                reply.add_answer(RR(name, QTYPE.A, rdata=A(text), ttl=1))


@dataclass
class NameServer:
    """A DNS server on loopback."""

    zone: Zone
    port: int


class Silent:
    """A logger of dnslib that says nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Gives any of its methods."""
        return lambda *arguments: None


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """A server's TLS context with this certificate and its chain."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """A TCP server on loopback; `accepted` counts its connections."""

    port: int
    accepted: int = 0
    requests: list[bytes] = field(default_factory=list[bytes])


Serve = Callable[..., Awaitable[Server]]


Route = tuple[int, dict[str, str], bytes] | Handler
