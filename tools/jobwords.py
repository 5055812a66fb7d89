"""Tells in words how far a long-running call is, and what it found."""

from __future__ import annotations

from tools.records import Job, NmapRequest, QuantumScanRequest, ScannedHost
from tools.results import ToolResult, done, failed, plain
from tools.wording import count, from_agent, join, length


def job_result(job: Job) -> ToolResult:
    """Turns a job into the result of the call that started it or asks for it."""
    subject = job_title(job)
    match job.state:
        case "running":
            left = f", about {length(job.seconds_left)} left" if job.seconds_left is not None else ""
            return done(
                f"The {subject} is running ({job.progress_pct} % done{left});"
                f" its message_id is {job.message_id}.",
                message_id=job.message_id,
                function=job.function,
                state=job.state,
                progress_pct=job.progress_pct,
                started=job.started,
            )
        case "cancelled":
            return done(
                f"The {subject} ({job.message_id}) was cancelled and has no result.",
                message_id=job.message_id,
                function=job.function,
                state=job.state,
            )
        case "failed":
            return failed(
                f"The {subject} ({job.message_id}) failed: {job.error or 'no reason was given'}.",
                message_id=job.message_id,
                function=job.function,
                state=job.state,
            )
        case "finished":
            return done(
                f"{_findings(job)}.",
                message_id=job.message_id,
                function=job.function,
                state=job.state,
                target=job.request.target,
                hosts=[_host_row(host) for host in job.found],
            )


def job_title(job: Job) -> str:
    """Names a job: `nmap quick scan of 192.168.1.0/24`."""
    match job.request:
        case NmapRequest(target=target, profile=profile, agent=agent):
            return f"nmap {profile} scan of {target}{from_agent(agent)}"
        case QuantumScanRequest(target=target):
            return f"quantum-safety scan of {target}"


def _findings(job: Job) -> str:
    title = job_title(job)
    head = f"The {title} is finished"
    if isinstance(job.request, QuantumScanRequest):
        return f"{head}: {_quantum_findings(job.found)}"
    if not job.found:
        none = f"none of {job.addresses} addresses is up" if job.addresses > 1 else "the host is not up"
        return f"{head}: {none}"
    names = [host.name or host.address for host in job.found]
    if job.request.profile == "ping":
        if job.addresses == 1:
            return f"{head}: the host is up"
        up = f"{len(names)} of {job.addresses:,} addresses {'is' if len(names) == 1 else 'are'} up"
        return f"{head}: {up} ({join(names)})"
    if job.request.profile == "vuln":
        return f"{head}: {_vulnerabilities(job.found)}"
    if len(job.found) == 1:
        return f"{head}: {_open_ports(job.found[0])}"
    parts = [f"{name} has {_open_ports(host)}" for name, host in zip(names, job.found, strict=True)]
    return f"{head}: {len(names)} hosts are up; {'; '.join(parts[:5])}" + (
        "; and more" if len(parts) > 5 else ""
    )


def _open_ports(host: ScannedHost) -> str:
    if not host.ports:
        return "no open ports"
    listed = join([f"{port.port} ({port.version or port.service})" for port in host.ports])
    return f"{count(len(host.ports), 'open port')}: {listed}"


def _vulnerabilities(hosts: tuple[ScannedHost, ...]) -> str:
    found = [
        f"{weakness} on {host.name or host.address}:{port.port}"
        for host in hosts
        for port in host.ports
        for weakness in port.vulnerabilities
    ]
    noun = count(len(found), "known vulnerability", "known vulnerabilities")
    if not found:
        return f"{noun} were found"
    return f"{noun} {'was' if len(found) == 1 else 'were'} found ({join(found, 8)})"


def _quantum_findings(hosts: tuple[ScannedHost, ...]) -> str:
    ports = [port for host in hosts for port in host.ports]
    if not ports:
        return "none of the ports speaks TLS"
    safe = [str(port.port) for port in ports if port.quantum_safe]
    unsafe = [str(port.port) for port in ports if not port.quantum_safe]
    parts: list[str] = []
    if safe:
        parts.append(f"{join(safe)} {'is' if len(safe) == 1 else 'are'} quantum-safe")
    if unsafe:
        parts.append(f"{join(unsafe)} {'is' if len(unsafe) == 1 else 'are'} not quantum-safe")
    return f"{count(len(ports), 'TLS port')} found; {' and '.join(parts)}"


def _host_row(host: ScannedHost) -> dict[str, object]:
    row = plain(host)
    if not host.ports:
        row.pop("ports")
    for port in row.get("ports", []):
        if not port["vulnerabilities"]:
            del port["vulnerabilities"]
    return row
