"""How many hosts an owner may watch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostLimit:
    """The limit of a plan.

    Attributes:
        plan: Its name, for the message.
        hosts: Hosts at most.
        shortest_interval_s: Seconds between checks at least.
    """

    plan: str
    hosts: int
    shortest_interval_s: int = 5
