"""Tools that look at key exchange and scan ports; the long ones become jobs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tools.context import ToolContext
from tools.declarations.types import Port
from tools.errors import Refused
from tools.formats import Host, parse_host, parse_network
from tools.groups import canonical_groups
from tools.jobwords import job_result
from tools.ports import parse_ports
from tools.records import NmapRequest, QuantumScanRequest, ScanProfile
from tools.registry import tool
from tools.results import ToolResult, done
from tools.selection import agent_name

#: Ports where servers usually speak TLS from the first byte.
TLS_PORTS = (443, 465, 636, 853, 989, 990, 993, 995, 5061, 8443)


@tool(effect="read")
async def test_quantum_safety(
    context: ToolContext, target: Host, port: Port | None = None, algorithms: list[str] | None = None
) -> ToolResult:
    """Check once, now, whether a TLS server negotiates post-quantum key exchange.

    Args:
        context: What the tool works with.
        target: Host name or IP address.
        port: TCP port; 443 if omitted.
        algorithms: Key-exchange groups to offer, such as X25519MLKEM768; all known ones if omitted.
    """
    groups = canonical_groups(algorithms or ())
    outcome = await context.backend.checks.quantum(target, port or 443, groups)
    where = target if outcome.port == 443 else f"{target}:{outcome.port}"
    if outcome.quantum_safe:
        message = f"{where} is quantum-safe: it negotiates the post-quantum group {outcome.group}."
    else:
        fallback = f"; it uses {outcome.group}" if outcome.group else ""
        message = (
            f"{where} is not quantum-safe: it accepts none of the offered post-quantum groups{fallback}."
        )
    return done(
        message,
        target=outcome.target,
        port=outcome.port,
        quantum_safe=outcome.quantum_safe,
        group=outcome.group,
        offered=outcome.offered,
    )


@tool(effect="intrusive")
async def run_nmap(
    context: ToolContext,
    target: str,
    profile: ScanProfile,
    ports: str | None = None,
    agent_location: str | None = None,
) -> ToolResult:
    """Scan a host or network with nmap.

    Intrusive: needs the user's confirmation. Returns a message_id when it runs long.

    Args:
        context: What the tool works with.
        target: Host name, IP address or CIDR network.
        profile: ping: who is up; quick: 100 commonest ports; service: versions of open services;
            vuln: known vulnerabilities.
        ports: Ports and ranges, such as 22,80,8000-8100.
        agent_location: Name of the probe agent to run from, as get_agents lists it. Omitted: the default
            probe.
    """
    await _needs_account(context)
    try:
        checked = str(parse_network(target) or parse_host(target))
    except ValueError as error:
        raise Refused(
            f"target was {target!r}: {error}; give one host name, IP address or CIDR network such as"
            " 10.0.0.0/24."
        ) from error
    try:
        spelled = parse_ports(ports) if ports is not None else None
    except ValueError as error:
        raise Refused(f"The scan was not started: {error}.") from error
    if spelled is not None and profile == "ping":
        raise Refused("A ping scan looks at no ports: leave ports out, or use the profile quick.")
    agent = await agent_name(context, agent_location)
    job = await context.backend.jobs.start("run_nmap", NmapRequest(checked, profile, spelled, agent))
    return job_result(job)


@tool(effect="intrusive")
async def scan_quantum_ports(
    context: ToolContext, target: Host, ports: list[Annotated[int, Field(ge=1, le=65535)]] | None = None
) -> ToolResult:
    """Find a host's TLS ports and test each for post-quantum key exchange.

    Intrusive: needs the user's confirmation.

    Args:
        context: What the tool works with.
        target: Host name or IP address.
        ports: Ports to test; the usual TLS ports if omitted.
    """
    await _needs_account(context)
    chosen = tuple(dict.fromkeys(ports)) if ports else TLS_PORTS
    return job_result(
        await context.backend.jobs.start("scan_quantum_ports", QuantumScanRequest(target, chosen))
    )


async def _needs_account(context: ToolContext) -> None:
    if not (await context.backend.accounts.current()).logged_in:
        raise Refused("Scans need an account, and nobody is logged in: ask the user to log in first.")
