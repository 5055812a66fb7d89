"""A host in the watcher's memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from monitoring.hosts.host import Host
from monitoring.hosts.store import Standing, Window
from monitoring.probe.reading import Reading
from monitoring.record.steps import Step
from monitoring.state.machine import State, step
from monitoring.state.rules import Rules, rules_of
from settings.schema import MonitoringSettings


@dataclass(slots=True)
class Watched:
    """A host, and what is known of it.

    Attributes:
        host: How it is watched.
        rules: Its thresholds.
        state: What is known.
        windows: Its maintenance windows.
        reading: What was last found; None before the first check of this watcher.
    """

    host: Host
    rules: Rules
    state: State
    windows: tuple[Window, ...]
    reading: Reading | None = field(default=None)

    def maintained(self, moment: datetime) -> bool:
        """Says whether a maintenance window runs at a moment."""
        return any(window.holds(moment) for window in self.windows)

    def status(self, now: datetime) -> str:
        """What people see."""
        if not self.host.enabled:
            return "paused"
        return "maintenance" if self.maintained(now) else self.state.status

    def take(self, reading: Reading, agent: str | None = None, inbox_id: int | None = None) -> Step:
        """Judges a reading; the step goes to the recorder."""
        maintenance = self.maintained(reading.at)
        self.state, effects = step(self.state, self.rules, reading, maintenance=maintenance)
        self.reading = reading
        return Step(self.host, reading, maintenance, self.state, tuple(effects), agent, inbox_id)

    def again_s(self, settings: MonitoringSettings) -> float | None:
        """Seconds until the check that may settle what is open; None where nothing is, or it is soon anyway."""
        if not self.state.failures and not self.state.successes:
            return None
        own = self.host.spec.options.retry_interval_s
        wanted = settings.retry_interval_s if own is None else own
        return float(wanted) if wanted < self.host.interval_s else None


def watched_from(standing: Standing, settings: MonitoringSettings) -> Watched:
    """Puts a host as it was read into memory."""
    return Watched(standing.host, rules_of(standing.host, settings), standing.state, standing.windows)
