"""The thresholds by which a host is judged."""

from __future__ import annotations

from dataclasses import dataclass

from monitoring.hosts.host import Host
from settings.schema import MonitoringSettings


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds of one host.

    Attributes:
        interval_s: Seconds between its checks.
        gap_s: A longer time without a check counts as not watched.
        retries: Failures in a row that are borne; the next one makes it down.
        recovery: Successes in a row that make it up again.
        slow_ms: Response time above which it is slow; 0: never.
        slow_checks: Slow answers in a row that are told, and quick ones that end it.
        certificate_days: Days before its end at which a certificate is warned about.
        remind_s: Seconds after which an open incident is told again; 0: never.
        flap_turns: Turns between up and down, within `flap_s`, that count as flapping; 0: nothing does.
        flap_s: Length of that time; as long without a turn ends the flapping.
    """

    interval_s: int
    gap_s: float
    retries: int = 2
    recovery: int = 2
    slow_ms: float = 0
    slow_checks: int = 3
    certificate_days: tuple[int, ...] = (21, 14, 7)
    remind_s: float = 0
    flap_turns: int = 6
    flap_s: float = 3600


def rules_of(host: Host, settings: MonitoringSettings) -> Rules:
    """The rules of a host: its own thresholds, and the configuration's where it has none."""
    own = host.spec.options
    return Rules(
        interval_s=host.interval_s,
        gap_s=2 * host.interval_s + host.spec.timeout_ms / 1000 + 30,
        retries=host.retries,
        recovery=settings.recovery if own.recovery is None else own.recovery,
        slow_ms=settings.slow_ms if own.slow_ms is None else own.slow_ms,
        slow_checks=settings.slow_checks,
        certificate_days=settings.certificate_days if own.certificate_days is None else own.certificate_days,
        remind_s=settings.remind_s if own.remind_s is None else own.remind_s,
        flap_turns=settings.flap_turns,
        flap_s=settings.flap_s,
    )
