"""A backend that is a small network from a YAML file: same world, same clock, same calls, same answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.catalogue import default_registry
from tools.clock import Clock, system_clock
from tools.context import Limits, ToolContext
from tools.registry import Registry
from tools.simulation.checks import SimulatedChecks
from tools.simulation.hosts import SimulatedHosts
from tools.simulation.jobs import SimulatedJobs
from tools.simulation.network import Network
from tools.simulation.people import SimulatedAccounts, SimulatedAgents
from tools.simulation.world import World, load_world

#: Seconds within which a scan comes back finished instead of as a job.
INLINE_JOB_S = 10.0


class SimulatedBackend:
    """Implements `tools.backend.Backend`; nothing leaves the process, nothing waits."""

    def __init__(self, world: World, clock: Clock = system_clock, inline_job_s: float = INLINE_JOB_S) -> None:
        """Sets the world up as it is at the present time of `clock`."""
        self._network = Network(world, clock)
        self.checks = SimulatedChecks(self._network)
        self.hosts = SimulatedHosts(self._network)
        self.agents = SimulatedAgents(self._network)
        self.jobs = SimulatedJobs(self._network, inline_job_s)
        self.accounts = SimulatedAccounts(self._network, self.hosts)

    def state(self) -> dict[str, Any]:
        """Returns what calls can change, as JSON values: equal states mean that nothing was changed."""
        return {"hosts": self.hosts.state(), "jobs": self.jobs.state(), "account": self.accounts.state()}


def simulated_context(
    world: Path | World | None = None,
    clock: Clock = system_clock,
    *,
    registry: Registry | None = None,
    limits: Limits | None = None,
) -> ToolContext:
    """Builds a context on a simulated network of its own.

    Args:
        world: A world, or the path of its file; the default one if None.
        clock: Gives the present time.
        registry: Tools that may be called; all if None.
        limits: How much one call may take and give.

    Raises:
        WorldError: The file cannot be used.
    """
    loaded = world if isinstance(world, World) else load_world(world)
    backend = SimulatedBackend(loaded, clock)
    return ToolContext(backend, clock, registry or default_registry(), limits or Limits())
