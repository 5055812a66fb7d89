"""Warnings about hosts that are up: slow answers, certificates that end soon."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitoring.probe.reading import Reading
from monitoring.state.effects import Told
from monitoring.state.rules import Rules


@dataclass(frozen=True, slots=True)
class Warned:
    """What has been warned about.

    Attributes:
        slow_run: Slow answers in a row; quick ones, below 0, while it counts as slow.
        slow_since: Since when it counts as slow; None if it does not.
        certificate_ends: When its certificate ends, as far as one was seen.
        certificate_days: The lowest threshold that was told about this certificate.
    """

    slow_run: int = 0
    slow_since: datetime | None = None
    certificate_ends: datetime | None = None
    certificate_days: int | None = None


def warn(warned: Warned, rules: Rules, reading: Reading) -> tuple[Warned, list[Told]]:
    """Takes one reading in; only a good one, or the end of a certificate, says something here."""
    told: list[Told] = []
    warned = _certificate(warned, rules, reading, told)
    if reading.ok and reading.response_ms is not None:
        warned = _slow(warned, rules, reading.at, reading.response_ms, told)
    return warned, told


def _certificate(warned: Warned, rules: Rules, reading: Reading, told: list[Told]) -> Warned:
    ends = reading.certificate_ends
    if ends is None:
        return warned
    if warned.certificate_ends is not None and ends > warned.certificate_ends:
        if warned.certificate_days is not None:
            days = (ends - reading.at).total_seconds() / 86400
            told.append(Told("certificate_renewed", reading.at, ends, days))
        warned = replace(warned, certificate_days=None)
    warned = replace(warned, certificate_ends=ends)
    left = (ends - reading.at).total_seconds() / 86400
    crossed = [days for days in rules.certificate_days if left < days]
    if not crossed:
        return warned
    lowest = min(crossed)
    if warned.certificate_days is not None and warned.certificate_days <= lowest:
        return warned
    # Each threshold of each certificate is told once.
    told.append(Told("certificate", reading.at, ends - timedelta(days=lowest), left))
    return replace(warned, certificate_days=lowest)


def _slow(warned: Warned, rules: Rules, at: datetime, took_ms: float, told: list[Told]) -> Warned:
    if not rules.slow_ms:
        return replace(warned, slow_run=0, slow_since=None)
    slow = took_ms > rules.slow_ms
    if warned.slow_since is None:
        run = warned.slow_run + 1 if slow else 0
        if run < rules.slow_checks:
            return replace(warned, slow_run=run)
        told.append(Told("slow", at, at, took_ms))
        return replace(warned, slow_run=0, slow_since=at)
    run = warned.slow_run - 1 if not slow else 0
    if -run < rules.slow_checks:
        return replace(warned, slow_run=run)
    told.append(Told("quick", at, warned.slow_since, took_ms))
    return replace(warned, slow_run=0, slow_since=None)
