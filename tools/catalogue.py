"""All tools, in the order in which models see them."""

from __future__ import annotations

from functools import cache

from tools.declarations import account, checks, hosts, incidents, jobs, lookups, maintenance, reports, scans
from tools.registry import Registry, ToolFunction, define

FUNCTIONS: tuple[ToolFunction, ...] = (
    hosts.get_host_list,
    reports.get_host_data,
    reports.get_uptime_report,
    incidents.get_incidents,
    account.get_user_info,
    account.get_agents,
    account.get_available_endpoints,
    jobs.get_function_status,
    checks.check_http,
    checks.check_ssl_certificate,
    checks.ping_host,
    lookups.dns_lookup,
    lookups.traceroute,
    checks.check_port,
    lookups.whois_lookup,
    scans.test_quantum_safety,
    checks.compare_locations,
    hosts.add_host,
    hosts.edit_host,
    hosts.delete_host,
    maintenance.set_maintenance,
    maintenance.reset_alerts,
    jobs.cancel_function,
    scans.run_nmap,
    scans.scan_quantum_ports,
)


@cache
def default_registry() -> Registry:
    """Returns the registry of all tools."""
    return Registry(define(function) for function in FUNCTIONS)
