"""Scans by the nmap program: four profiles, never flags from outside, results from its XML."""

from __future__ import annotations

import functools
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from tools.checks.nmap_xml import parse_scan
from tools.checks.process import Finished, find_program, run_program
from tools.checks.registration import Resolve
from tools.checks.targets import Admit, ScanTarget, scan_target
from tools.errors import CheckFailed, Refused
from tools.ports import parse_ports
from tools.records import NmapRequest, ScannedHost, ScanProfile

_INSTALL = "install it with `apt-get install nmap` (Debian) or from nmap.org; the other tools work without it"
_PROFILES: Final[dict[ScanProfile, tuple[str, ...]]] = {
    "ping": ("-sn",),
    "quick": ("-F",),
    "service": ("-sV",),
    # Without scripts that may crash or tie up the target, reach others, or tell others about it.
    "vuln": ("-sV", "--script", "vuln and not (dos or broadcast or external or http-slowloris-check)"),
}
_DEADLINE_S: Final[dict[ScanProfile, float]] = {"ping": 60, "quick": 300, "service": 900, "vuln": 1800}
_SECONDS_AN_ADDRESS: Final = 1.0
_LONGEST_S: Final = 6 * 3600.0
_NO_RIGHTS = re.compile(rb"requires root privileges|Operation not permitted|dnet: Failed to open|CAP_NET_RAW")
_PERCENT = re.compile(rb'<taskprogress task="[^"]*" time="\d+" percent="(\d+)')


class Run(Protocol):
    """Runs a program, as `run_program` does."""

    def __call__(
        self, arguments: list[str], deadline_s: float, *, on_output: Callable[[bytes], None]
    ) -> Awaitable[Finished]:
        """Runs it to its end."""
        ...


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found, and notes on how it had to be done."""

    addresses: int
    hosts: tuple[ScannedHost, ...]
    notes: tuple[str, ...]


def nmap_arguments(
    program: str, target: ScanTarget, profile: ScanProfile, ports: str | None, *, raw: bool, probe_first: bool
) -> list[str]:
    """Builds the argument list; the target is always the last argument and the only one from outside.

    Args:
        program: Path of nmap.
        target: What to scan, judged.
        profile: Which of the four.
        ports: Checked port list, or None for the profile's own.
        raw: Whether raw sockets may be used; else whole connections are made.
        probe_first: Whether hosts that answer no probe are left out.

    Raises:
        Refused: The port list is none.
    """
    options = ["-oX", "-", "-n", "-T4", "--stats-every", "5s", "--privileged" if raw else "--unprivileged"]
    if target.version == 6:
        options.append("-6")
    if profile != "ping":
        options.append("-sS" if raw else "-sT")
        if not probe_first:
            options.append("-Pn")
    chosen = list(_PROFILES[profile])
    if ports is not None and profile != "ping":
        try:
            checked = parse_ports(ports)
        except ValueError as error:
            raise Refused(f"The scan was not started: {error}.") from error
        chosen = [*(option for option in chosen if option != "-F"), "-p", checked]
    return [program, *options, *chosen, "--", target.spelled]


class Nmap:
    """Runs scans."""

    def __init__(
        self,
        resolve: Resolve,
        admit: Admit,
        *,
        program: str = "nmap",
        run: Run = run_program,
        raw: Callable[[], bool] | None = None,
    ) -> None:
        """Takes what judges targets.

        Args:
            resolve: Finds the address that may be scanned.
            admit: Judges each address of a network.
            program: Name or path of nmap.
            run: Runs it.
            raw: Says whether this process may open raw sockets; tries it if None.
        """
        self._resolve = resolve
        self._admit = admit
        self._program = program
        self._run = run
        self._raw = raw or may_open_raw

    async def size(self, target: str) -> ScanTarget:
        """Checks and judges a target without scanning it; raises as `scan` does."""
        return await scan_target(target, self._resolve, self._admit)

    async def scan(self, request: NmapRequest, on_percent: Callable[[int], None] | None = None) -> Scan:
        """Scans; where a host looks down or rights are missing, tries again in the way that needs less.

        Args:
            request: What to scan; its agent is not looked at.
            on_percent: Is told how far nmap says that it is.

        Raises:
            Refused: The target or the port list is not one, or may not be reached; no process was started.
            CheckFailed: The program is missing, fails, takes too long or writes too much.
        """
        target = await self.size(request.target)
        # The program is looked for last, so that a bad target is refused as such on every machine.
        raw, notes = self._raw(), list[str]()
        build = functools.partial(nmap_arguments, target=target, profile=request.profile, ports=request.ports)
        build("nmap", raw=raw, probe_first=True)
        program = find_program(self._program, _INSTALL)
        progress = functools.partial(_tell_percent, on_percent)
        deadline = min(_DEADLINE_S[request.profile] + _SECONDS_AN_ADDRESS * target.addresses, _LONGEST_S)
        if not raw:
            notes.append(_CONNECT_NOTE)
        done = await self._run(build(program, raw=raw, probe_first=True), deadline, on_output=progress)
        if raw and done.exit_code != 0 and _NO_RIGHTS.search(done.errors):
            raw = False
            notes.append(_CONNECT_NOTE)
            done = await self._run(build(program, raw=raw, probe_first=True), deadline, on_output=progress)
        hosts = _found(done, request)
        if not hosts and target.addresses == 1 and request.profile != "ping":
            # A host that answers no probe may still have open ports: many drop pings.
            done = await self._run(build(program, raw=raw, probe_first=False), deadline, on_output=progress)
            hosts = tuple(host for host in _found(done, request) if host.ports)
            if hosts:
                notes.append(f"{request.target} answers no ping; nmap scanned it all the same (-Pn).")
        return Scan(target.addresses, hosts, tuple(notes))


_CONNECT_NOTE: Final = (
    "nmap makes whole TCP connections (-sT), since this process may not open raw sockets; scans are slower"
    " and show in the target's logs."
)


def may_open_raw() -> bool:
    """Says whether this process may open the raw sockets that nmap wants."""
    try:
        for family in (socket.AF_INET, socket.AF_PACKET):
            socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW).close()
    except (OSError, AttributeError):
        return False
    return True


def _found(done: Finished, request: NmapRequest) -> tuple[ScannedHost, ...]:
    if done.exit_code != 0:
        words = " ".join(done.errors.decode("utf-8", "replace").split())[-200:]
        raise CheckFailed(f"nmap failed on {request.target} with exit code {done.exit_code}: {words or '-'}")
    return parse_scan(done.output)


def _tell_percent(on_percent: Callable[[int], None] | None, piece: bytes) -> None:
    found = _PERCENT.findall(piece)
    if on_percent is not None and found:
        on_percent(min(99, int(found[-1])))
