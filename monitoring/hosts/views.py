"""How a host that is kept looks to the tools."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from monitoring.agents.directory import LOCAL
from monitoring.database.errors import DatabaseUnavailable
from monitoring.history.summary import Summary
from monitoring.hosts.store import Standing
from tools.errors import CheckFailed
from tools.masking import mask_url
from tools.records import HostData, HostFilter, MonitoredHost
from tools.selection import matches


@contextmanager
def stored() -> Generator[None]:
    """Says in a tool's words that the database does not answer.

    Raises:
        CheckFailed: It does not.
    """
    try:
        yield
    except DatabaseUnavailable as error:
        raise CheckFailed(
            f"The store of monitored hosts does not answer now ({str(error).rstrip('.')}); try again later."
        ) from error


def away(place: str | None) -> str | None:
    """The agent that is meant, None for this machine."""
    return None if place == LOCAL else place


def view_of(standing: Standing, now: datetime) -> MonitoredHost:
    """A host with its state of now; its address without password."""
    host, state = standing.host, standing.state
    if not host.enabled:
        status = "paused"
    elif any(window.holds(now) for window in standing.windows):
        status = "maintenance"
    else:
        status = state.status
    return MonitoredHost(
        id=host.id,
        address=mask_url(host.spec.address),
        endpoint=host.spec.endpoint,
        port=host.spec.port,
        timeout_ms=host.spec.timeout_ms,
        interval_s=host.interval_s,
        retries=host.retries,
        enabled=host.enabled,
        email=host.email,
        agent_location=host.agent_location,
        status=status,
        alert=state.alert,
    )


def fits(standing: Standing, wanted: HostFilter) -> bool:
    """Says whether a host is what is looked for, as far as that is kept."""
    host = standing.host
    address = host.spec.address
    # A host is found by its address as it was given, and as it is shown.
    named = wanted.address is None or any(
        matches(wanted.address, known) for known in {address, mask_url(address)}
    )
    return (
        named
        and wanted.endpoint in (None, host.spec.endpoint)
        and wanted.agent_location in (None, host.agent_location or LOCAL)
    )


def shows(view: MonitoredHost, wanted: HostFilter) -> bool:
    """Says whether a host is what is looked for, as far as that is its state of now."""
    return wanted.enabled in (None, view.enabled) and wanted.alert in (None, view.alert)


def data_of(standing: Standing, summary: Summary, now: datetime, last: Any) -> HostData:
    """Results of a host summed up; `last` are the packets of its last check, where that is what was asked for."""
    state = standing.state
    loss = summary.loss_pct
    if last is not None:
        loss = round(100 * (1 - last.received / last.sent), 1) if last.sent else 0.0
    return HostData(
        host=view_of(standing, now),
        last_check=state.last_check,
        response_ms=state.response_ms,
        checks=summary.checks,
        failures=summary.failures,
        avg_ms=summary.avg_ms,
        p50_ms=summary.quantile(50),
        p95_ms=summary.quantile(95),
        max_ms=None if summary.max_ms is None else round(summary.max_ms, 1),
        loss_pct=loss,
    )
