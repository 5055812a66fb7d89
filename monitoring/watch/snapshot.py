"""How a watcher is doing, at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from monitoring.record.recorder import RecorderHealth


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a watcher is doing.

    Attributes:
        at: When.
        hosts: Number of hosts by status: up, down, pending, paused, maintenance.
        elsewhere: Hosts that probe agents check.
        running: Checks that run now.
        started: Checks that were started.
        missed: Ticks that were missed, by this process' being late or by a check that took longer than its
            interval.
        faults: Checks that ended by an error of ours.
        latest_s: The longest that a check waited for its start.
        recorder: How the recorder is doing.
    """

    at: datetime
    hosts: Mapping[str, int]
    elsewhere: int
    running: int
    started: int
    missed: int
    faults: int
    latest_s: float
    recorder: RecorderHealth

    def to_json(self) -> dict[str, Any]:
        """Returns it as JSON values."""
        recorder = asdict(self.recorder)
        recorder["since"] = self.recorder.since.isoformat() if self.recorder.since else None
        return {
            "kind": "summary",
            "at": self.at.isoformat(),
            "hosts": dict(self.hosts),
            "elsewhere": self.elsewhere,
            "running": self.running,
            "started": self.started,
            "missed": self.missed,
            "faults": self.faults,
            "latest_s": round(self.latest_s, 3),
            **recorder,
        }
