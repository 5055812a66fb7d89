"""Scans of the simulated network, which take their time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from tools.errors import CheckFailed, NotFound, Refused
from tools.formats import parse_network
from tools.groups import POST_QUANTUM
from tools.ports import port_ranges
from tools.records import Job, JobRequest, JobState, NmapRequest, QuantumScanRequest, ScannedHost, ScannedPort
from tools.simulation import web
from tools.simulation.network import Network
from tools.simulation.noise import unit
from tools.simulation.world import Machine
from tools.wording import hint

_LARGEST_NETWORK = 65_536
_SECONDS_AN_ADDRESS = 0.15
_SECONDS_A_HOST = {"ping": 1.0, "quick": 4.0, "service": 40.0, "vuln": 120.0}
_SECONDS_A_PORT = 3.0

#: What the quick profile looks at, where no ports are named.
COMMON_PORTS = (
    "21-23,25,53,80,81,88,110,111,119,135,139,143,161,179,389,443,445,465,514,515,543,544,548,554,587,631,636,"
    "646,873,990,993,995,1025-1027,1433,1521,1720,1723,1755,1900,2000,2001,2049,2121,2717,3000,3128,3306,3389,"
    "3986,4899,5000,5009,5051,5060,5101,5190,5357,5432,5631,5666,5800,5900,6000,6001,6379,6646,7070,8000,8008,"
    "8009,8080,8081,8443,8888,9100,9999"
)


@dataclass(slots=True)
class _Entry:
    message_id: str
    function: str
    request: JobRequest
    started: datetime
    duration_s: float
    addresses: int
    cancelled: bool = False


class SimulatedJobs:
    """Implements `tools.backend.Jobs`; a job moves on with the clock alone."""

    def __init__(self, network: Network, inline_s: float) -> None:
        """Takes the network, and the seconds within which a job comes back finished at once."""
        self._network = network
        self._inline_s = inline_s
        self._jobs: dict[str, _Entry] = {}
        for old in network.world.jobs:
            request = NmapRequest(old.target, old.profile, None, None)
            started = network.moment(old.started)
            entry = _Entry(old.message_id, "run_nmap", request, started, *self._size(request), old.cancelled)
            self._jobs[old.message_id] = entry

    async def start(self, function: str, request: JobRequest) -> Job:
        """Starts a job; one that is short comes back finished."""
        duration, addresses = self._size(request)
        now = self._network.clock()
        # A short job is over when the call returns, so it began that much earlier.
        began = now - timedelta(seconds=duration) if duration <= self._inline_s else now
        entry = _Entry(self._new_id(), function, request, began, duration, addresses)
        self._jobs[entry.message_id] = entry
        return self._view(entry)

    async def get(self, message_id: str) -> Job:
        """Finds a job."""
        return self._view(self._find(message_id))

    async def cancel(self, message_id: str) -> Job:
        """Stops a job that still runs."""
        entry = self._find(message_id)
        state = self._state(entry)
        if state != "running":
            words = "was already cancelled" if state == "cancelled" else f"has already {state}"
            raise Refused(f"{message_id} {words}, so there is nothing to cancel.", {"state": state})
        entry.cancelled = True
        return self._view(entry)

    def state(self) -> dict[str, Any]:
        """Returns function, target and whether it was cancelled of every job, by id."""
        return {
            key: {"function": e.function, "target": e.request.target, "cancelled": e.cancelled}
            for key, e in self._jobs.items()
        }

    def _find(self, message_id: str) -> _Entry:
        if message_id in self._jobs:
            return self._jobs[message_id]
        raise NotFound(
            f"No long-running call has the message_id {message_id}.{hint(message_id, self._jobs)}"
            " Use the id that the call returned when it was started."
        )

    def _new_id(self) -> str:
        number = len(self._jobs)
        while True:
            message_id = f"m-{int(unit(self._network.world.seed, 'job', number) * 0x10000):04x}"
            if message_id not in self._jobs:
                return message_id
            number += 1

    def _state(self, entry: _Entry) -> JobState:
        if entry.cancelled:
            return "cancelled"
        elapsed = (self._network.clock() - entry.started).total_seconds()
        return "finished" if elapsed >= entry.duration_s else "running"

    def _view(self, entry: _Entry) -> Job:
        state = self._state(entry)
        elapsed = (self._network.clock() - entry.started).total_seconds()
        running = state == "running"
        return Job(
            message_id=entry.message_id,
            function=entry.function,
            request=entry.request,
            state=state,
            progress_pct=int(100 * min(1.0, elapsed / entry.duration_s)),
            started=entry.started,
            seconds_left=entry.duration_s - elapsed if running else None,
            addresses=entry.addresses,
            found=self._scan(entry.request) if state == "finished" else (),
        )

    def _size(self, request: JobRequest) -> tuple[float, int]:
        """Returns how many seconds a job takes and how many addresses it looks at.

        Raises:
            CheckFailed: The target does not resolve.
            Refused: The network is too large.
        """
        if isinstance(request, QuantumScanRequest):
            self._network.reach(request.target, None)
            return _SECONDS_A_PORT * len(request.ports), 1
        net = parse_network(request.target)
        if net is None:
            self._network.reach(request.target, request.agent)
            return _SECONDS_A_HOST[request.profile], 1
        if net.num_addresses > _LARGEST_NETWORK:
            raise Refused(
                f"{request.target} has {net.num_addresses:,} addresses;"
                f" scan at most {_LARGEST_NETWORK:,}, such as a /16."
            )
        per_host = _SECONDS_A_HOST[request.profile] * len(self._machines(request))
        return _SECONDS_AN_ADDRESS * net.num_addresses + per_host, net.num_addresses

    def _machines(self, request: NmapRequest) -> list[tuple[str, Machine]]:
        """Finds what is up behind an nmap target: address and machine."""
        net = parse_network(request.target)
        if net is None:
            reached = self._network.reach(request.target, request.agent)
            return [(reached.address, reached.machine)] if reached.machine else []
        agent = self._network.agent(request.agent)
        inside = [
            a for m in self._network.world.machines for a in m.addresses if ip_address(a) in ip_network(net)
        ]
        seen = [
            (a, self._network.at(ip_address(a), agent))
            for a in sorted(inside, key=lambda a: int(ip_address(a)))
        ]
        return [(a, machine) for a, machine in seen if machine]

    def _scan(self, request: JobRequest) -> tuple[ScannedHost, ...]:
        if isinstance(request, QuantumScanRequest):
            return self._quantum(request)
        return tuple(
            ScannedHost(address, machine.name, _open_ports(machine, request))
            for address, machine in self._machines(request)
        )

    def _quantum(self, request: QuantumScanRequest) -> tuple[ScannedHost, ...]:
        reached = self._network.reach(request.target, None)
        ports: list[ScannedPort] = []
        for port in request.ports:
            try:
                outcome = web.quantum(self._network, request.target, port, POST_QUANTUM)
            except CheckFailed:
                continue
            ports.append(ScannedPort(port, "tls", group=outcome.group, quantum_safe=outcome.quantum_safe))
        return (ScannedHost(reached.address, request.target, tuple(ports)),)


def _open_ports(machine: Machine, request: NmapRequest) -> tuple[ScannedPort, ...]:
    if request.profile == "ping":
        return ()
    wanted = port_ranges(request.ports if request.ports is not None else COMMON_PORTS)
    deep = request.profile in ("service", "vuln")
    return tuple(
        ScannedPort(
            number,
            entry.service,
            entry.product if deep else None,
            tuple(entry.vulnerabilities) if request.profile == "vuln" else (),
        )
        for number, entry in sorted(machine.ports.items())
        if not entry.filtered and any(number in part for part in wanted)
    )
