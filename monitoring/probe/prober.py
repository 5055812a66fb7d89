"""Checks a watched host once, with the checks that the tools use, under the same reach policy."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import anyio
import anyio.lowlevel
import httpx

from monitoring.hosts.host import ProbeSpec
from monitoring.probe.reading import CAUSE_CHARS, Reading
from monitoring.probe.web import check_page
from tools.checks.connection import deadline
from tools.checks.dns import check_dns
from tools.checks.ping import ping
from tools.checks.quantum import check_quantum
from tools.checks.smtp import check_smtp
from tools.checks.tcp import check_port
from tools.checks.trust import Trust
from tools.clock import Clock
from tools.errors import ToolError
from tools.formats import parse_address
from tools.masking import mask_text
from tools.records import Endpoint
from tools.resolve import Resolver
from tools.results import harmless

_SMTP_PORT: Final = 25
_TLS_PORT: Final = 443
_NOTHING: Final[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a check measured, where the host answered as it should.

    Attributes:
        response_ms: How long it took.
        sent: Packets sent, where there are some; `received` likewise.
        received: Packets that were answered.
        certificate_ends: End of the certificate that was seen.
        facts: Numbers for `/metrics`.
    """

    response_ms: float
    sent: int = 1
    received: int = 1
    certificate_ends: datetime | None = None
    facts: Mapping[str, float] = dataclasses.field(default_factory=dict[str, float])


class NotWell(ToolError):
    """The host answered, but not as it should; `found` is what was measured all the same."""

    def __init__(self, message: str, found: Found | None = None) -> None:
        """Takes the cause, and what was measured."""
        super().__init__(message)
        self.found = found


class Prober:
    """Checks watched hosts from this machine."""

    def __init__(
        self,
        resolver: Resolver,
        trust: Trust,
        clock: Clock,
        *,
        pings: int = 3,
        dns_servers: tuple[str, ...] = _NOTHING,
        dns_port: int = 53,
    ) -> None:
        """Takes what checks need.

        Args:
            resolver: Finds and judges addresses.
            trust: Which authorities are trusted.
            clock: Gives the present time.
            pings: Echo requests of one ping check.
            dns_servers: Addresses of the DNS servers that `dns` hosts are asked of; the system's if empty.
            dns_port: Their port.
        """
        self._resolver = resolver
        self._trust = trust
        # For hosts whose certificate shall not matter.
        self._lenient = dataclasses.replace(trust, strict=trust.blind)
        self._clock = clock
        self._pings = pings
        self._dns_servers = dns_servers
        self._dns_port = dns_port
        self._checks: Mapping[Endpoint, Callable[[ProbeSpec], Awaitable[Found]]] = {
            "icmp": self._ping,
            "http": self._page,
            "https": self._page,
            "httphtml": self._page,
            "dns": self._dns,
            "smtp": self._smtp,
            "tcp": self._tcp,
            "quantum": self._quantum,
        }

    async def warm_up(self) -> None:
        """Loads what the first check would else load while its time is taken."""
        async with httpx.AsyncHTTPTransport(verify=self._trust.strict):
            await anyio.lowlevel.checkpoint()

    async def probe(self, spec: ProbeSpec) -> Reading:
        """Checks a host once; whatever it answers is a reading, within its timeout and a little."""
        began = time.perf_counter()
        found: Found | None = None
        cause: str | None = None
        try:
            async with deadline(spec.timeout_ms / 1000, spec_host(spec)):
                found = await self._checks[spec.endpoint](spec)
        except NotWell as error:
            found, cause = error.found, str(error)
        except ToolError as error:
            cause = str(error)
        took_ms = (time.perf_counter() - began) * 1000
        return self._reading(spec, found, cause, took_ms)

    def _reading(self, spec: ProbeSpec, found: Found | None, cause: str | None, took_ms: float) -> Reading:
        if spec.options.upside_down:
            cause = "it answers, and should not" if cause is None else None
        ok = cause is None
        if cause is not None:
            # Causes repeat what servers say.
            cause = harmless(mask_text(cause)).strip().rstrip(".")[:CAUSE_CHARS]
        facts = {"probe_duration_seconds": took_ms / 1000, **(found.facts if found else {})}
        return Reading(
            at=self._clock(),
            ok=ok,
            response_ms=round(found.response_ms, 1) if found and ok else None,
            cause=cause,
            sent=found.sent if found else 1,
            received=found.received if found else int(ok),
            certificate_ends=found.certificate_ends if found else None,
            facts=facts,
        )

    async def _ping(self, spec: ProbeSpec) -> Found:
        target = await self._resolver.find(spec_host(spec))
        wait_s = max(0.1, spec.timeout_ms / 1000 - 0.2 * self._pings)
        outcome = await ping(target.host, str(target.address), self._pings, wait_s)
        if outcome.avg_ms is None:
            found = Found(0, outcome.sent, 0)
            raise NotWell("no reply to ping", found)
        facts = {"probe_icmp_duration_seconds:rtt": outcome.avg_ms / 1000, **_family(str(target.address))}
        return Found(outcome.avg_ms, outcome.sent, outcome.received, facts=facts)

    async def _page(self, spec: ProbeSpec) -> Found:
        trust = self._trust if spec.options.verify_tls else self._lenient
        page = await check_page(self._resolver, trust, spec, spec_url(spec))
        facts = {**page.facts, **_family(page.address)}
        found = Found(page.total_ms, certificate_ends=page.certificate_ends, facts=facts)
        if page.fault:
            raise NotWell(page.fault, found)
        return found

    async def _dns(self, spec: ProbeSpec) -> Found:
        options = spec.options
        began = time.perf_counter()
        outcome = await check_dns(
            self._resolver.policy,
            spec_host(spec),
            options.record_type,
            options.resolver,
            servers=self._dns_servers,
            port=self._dns_port,
        )
        took = (time.perf_counter() - began) * 1000
        facts = {
            "probe_dns_lookup_time_seconds": took / 1000,
            "probe_dns_answer_rrs": float(len(outcome.answers)),
        }
        if not outcome.answers:
            raise NotWell(f"{outcome.name} has no {options.record_type} record", Found(took, facts=facts))
        return Found(took, facts=facts)

    async def _smtp(self, spec: ProbeSpec) -> Found:
        outcome = await check_smtp(
            self._resolver, spec_host(spec), spec.port or _SMTP_PORT, spec.timeout_ms / 1000
        )
        return Found(outcome.total_ms)

    async def _tcp(self, spec: ProbeSpec) -> Found:
        port = spec.port or _TLS_PORT
        outcome = await check_port(self._resolver, spec_host(spec), port, spec.timeout_ms / 1000)
        if outcome.state != "open":
            words = "nothing listens there" if outcome.state == "closed" else "nothing answers"
            raise NotWell(f"port {port} is {outcome.state}: {words}")
        return Found(outcome.connect_ms or 0.0)

    async def _quantum(self, spec: ProbeSpec) -> Found:
        began = time.perf_counter()
        outcome = await check_quantum(
            self._resolver, spec_host(spec), spec.port or _TLS_PORT, timeout_s=spec.timeout_ms / 1000
        )
        found = Found((time.perf_counter() - began) * 1000)
        if not outcome.quantum_safe:
            used = f", only {outcome.group}" if outcome.group else ""
            raise NotWell(f"no post-quantum key exchange{used}", found)
        return found


def spec_host(spec: ProbeSpec) -> str:
    """The host of an address that may be a URL."""
    return (urlsplit(spec.address).hostname or "") if "://" in spec.address else spec.address


def spec_url(spec: ProbeSpec) -> str:
    """The URL of an address that may be a host; its port is the host's where the URL names none."""
    if "://" in spec.address:
        parts = urlsplit(spec.address)
        if spec.port is None or parts.port is not None:
            return spec.address
        return parts._replace(netloc=f"{parts.netloc}:{spec.port}").geturl()
    scheme = "http" if spec.endpoint == "http" else "https"
    address = parse_address(spec.address)
    host = f"[{address}]" if address and address.version == 6 else spec.address
    return f"{scheme}://{host}{f':{spec.port}' if spec.port else ''}"


def _family(address: str) -> dict[str, float]:
    return {"probe_ip_protocol": 6.0 if ":" in address else 4.0}
