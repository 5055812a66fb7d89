"""What the watcher hands to the recorder: one judged reading."""

from __future__ import annotations

from dataclasses import dataclass

from monitoring.hosts.host import Host
from monitoring.probe.reading import Reading
from monitoring.state.effects import Effect
from monitoring.state.machine import State


@dataclass(frozen=True, slots=True)
class Step:
    """A reading and what follows from it.

    Attributes:
        host: The host as it was when it was judged.
        reading: What was found.
        maintenance: Whether a window was running.
        state: The host's state behind it.
        effects: What else follows, in order.
        agent: Probe agent that checked; None: this machine.
        inbox_id: Where it came in, if an agent sent it.
    """

    host: Host
    reading: Reading
    maintenance: bool
    state: State
    effects: tuple[Effect, ...]
    agent: str | None = None
    inbox_id: int | None = None
