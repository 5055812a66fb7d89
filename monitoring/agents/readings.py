"""Between what is kept of hosts and results, and what goes over the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Row

from monitoring.agents.messages import Result, WatchedHost
from monitoring.agents.watching import Probe
from monitoring.hosts.host import ProbeSpec
from monitoring.hosts.options import HostOptions
from monitoring.probe.reading import CAUSE_CHARS, Reading

_UNNUMBERED = 1

_Probe = Callable[[ProbeSpec], Awaitable[Reading]]


def watched_host(row: Row[Any], retry_s: float, *, public: bool) -> WatchedHost:
    """Makes what an agent gets of a row of `tables.hosts`; see `WatchedHost.public`."""
    options = HostOptions.model_validate(row.options)
    return WatchedHost(
        id=row.id,
        address=row.address,
        endpoint=row.endpoint,
        port=row.port,
        timeout_ms=row.timeout_ms,
        options=options,
        public=public,
        interval_s=row.interval_s,
        retries=row.retries,
        retry_s=options.retry_interval_s or retry_s,
    )


def reading_of(result: Result) -> dict[str, Any]:
    """Makes what `tables.inbox` keeps of a result."""
    reading = Reading(
        at=result.at,
        ok=result.ok,
        response_ms=result.response_ms,
        cause=result.cause,
        sent=result.sent,
        received=result.received,
        certificate_ends=result.certificate_ends,
    )
    return reading.to_json()


def prober(own: _Probe, public: _Probe) -> Probe:
    """Makes the agent's probe of those that the watcher uses.

    Args:
        own: Under the agent's own reach policy.
        public: Under the public policy, for hosts of owners who may not see the agent's network.
    """

    async def run(host: WatchedHost) -> Result:
        spec = ProbeSpec(host.address, host.endpoint, host.port, host.timeout_ms, host.options)
        reading = await (public if host.public else own)(spec)
        return Result(
            seq=_UNNUMBERED,
            host_id=host.id,
            at=reading.at,
            ok=reading.ok,
            response_ms=reading.response_ms,
            cause=None if reading.cause is None else reading.cause[:CAUSE_CHARS],
            sent=reading.sent,
            received=reading.received,
            certificate_ends=reading.certificate_ends,
        )

    return run
