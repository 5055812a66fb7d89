"""What a long-running call does: scans with nmap, here or from an agent, and tests ports one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from tools.backend import Checks
from tools.checks.nmap import Nmap, Scan
from tools.errors import CheckFailed
from tools.formats import parse_network
from tools.groups import POST_QUANTUM
from tools.records import JobRequest, NmapRequest, QuantumScanRequest, ScannedHost, ScannedPort
from tools.resolve import Resolver

_PORTS_AT_ONCE: Final = 5

Tell = Callable[[int], None]
#: Runs an nmap scan from the agent that the request names.
ScanAway = Callable[[NmapRequest, Tell], Awaitable[Scan]]


class Scans:
    """Runs the requests of jobs to their end."""

    def __init__(
        self,
        nmap: Nmap,
        checks: Checks,
        resolver: Resolver,
        say: Callable[[str], None],
        away: ScanAway | None = None,
    ) -> None:
        """Takes what scans.

        Args:
            nmap: Scans with nmap.
            checks: Tests one port for post-quantum key exchange.
            resolver: Finds and judges addresses.
            say: Is told how a scan had to be done.
            away: Scans from an agent; requests that name one run here if None.
        """
        self._nmap = nmap
        self._checks = checks
        self._resolver = resolver
        self._say = say
        self._away = away

    async def size(self, request: JobRequest) -> int:
        """Judges a target without scanning it, and counts its addresses.

        Raises:
            Refused: It may not be scanned.
            CheckFailed: Its name does not resolve.
        """
        if isinstance(request, QuantumScanRequest):
            await self._resolver.find(request.target)
            return 1
        if request.agent is not None and self._away is not None:
            # The agent resolves and judges: from where it stands, a name may lead elsewhere.
            network = parse_network(request.target)
            return network.num_addresses if network else 1
        return (await self._nmap.size(request.target)).addresses

    async def run(self, request: JobRequest, tell: Tell) -> tuple[ScannedHost, ...]:
        """Scans; `tell` is told the percentage.

        Raises:
            ToolError: It failed.
        """
        if isinstance(request, QuantumScanRequest):
            return await self._quantum(request, tell)
        if request.agent is not None and self._away is not None:
            scan = await self._away(request, tell)
        else:
            scan = await self._nmap.scan(request, tell)
        for note in scan.notes:
            self._say(note)
        return scan.hosts

    async def _quantum(self, request: QuantumScanRequest, tell: Tell) -> tuple[ScannedHost, ...]:
        slots = asyncio.Semaphore(_PORTS_AT_ONCE)
        done = 0

        async def one(port: int) -> ScannedPort | None:
            nonlocal done
            async with slots:
                try:
                    outcome = await self._checks.quantum(request.target, port, POST_QUANTUM)
                except CheckFailed:
                    return None
                finally:
                    done += 1
                    tell(min(99, 100 * done // len(request.ports)))
            return ScannedPort(port, "tls", group=outcome.group, quantum_safe=outcome.quantum_safe)

        ports = await asyncio.gather(*(one(port) for port in request.ports))
        address = str((await self._resolver.find(request.target)).address)
        kept = tuple(port for port in ports if port is not None)
        return (ScannedHost(address, request.target, kept),)
