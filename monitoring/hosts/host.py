"""A watched host as it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from monitoring.hosts.options import HostOptions
from tools.records import Endpoint


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """What is checked, and how: all that a probe needs to know.

    Attributes:
        address: Host name, IP address or URL; a URL may hold a password, so show `masking.mask_url` of it.
        endpoint: Kind of check.
        port: Port, where it is not the endpoint's usual one.
        timeout_ms: Milliseconds until the check fails.
        options: What is expected.
    """

    address: str
    endpoint: Endpoint
    port: int | None
    timeout_ms: int
    options: HostOptions = field(default_factory=HostOptions)


@dataclass(frozen=True, slots=True)
class Host:
    """A watched host.

    Attributes:
        id: Its number.
        owner_id: Whose it is.
        spec: What is checked.
        interval_s: Seconds between checks.
        retries: Failures in a row that are borne; the next one makes it down.
        enabled: False while it is paused.
        email: Where its alerts go.
        agent_location: Probe agent that checks it; None: the watcher itself.
        created: Since when it is watched.
        revision: Counts its changes; see `tables.hosts`.
    """

    id: int
    owner_id: int
    spec: ProbeSpec
    interval_s: int
    retries: int
    enabled: bool
    email: str | None
    agent_location: str | None
    created: datetime
    revision: int
