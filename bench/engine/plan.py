"""What is measured, and how thoroughly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.engine.servers import LlamaCppPythonServer, LlamaCppServer, OursServed
from bench.engine.systems import Ours, System

#: The parts of a run, in their order, each with what it is.
PARTS = {
    "eval": "cases a second of the eval workload",
    "long": "the same behind a fixed prompt of 3,000 tokens",
    "first": "time to the first token with 16 and 64 clients",
    "turns": "first token of a conversation's 10th turn",
    "cold": "from a new process to the first token",
    "arms": "what constraints and drafts cost and gain",
    "big": "the shape of RWKV-7 World 2.9B",
}
SYSTEMS: dict[str, type[System]] = {
    kind.__name__: kind for kind in (Ours, OursServed, LlamaCppServer, LlamaCppPythonServer)
}
OURS, SERVED, SERVER, PYTHON = SYSTEMS


@dataclass(frozen=True, slots=True)
class Plan:
    """One run.

    Attributes:
        quick: Fewer cases, and a shorter prompt for the big shape.
        rounds: How often everything is measured.
        threads: Threads at most, of every system.
        parts: Names of `PARTS`.
        peers: Whether the peers are measured too.
        chosen: What suits each peer best, by its name: see `bench.engine.tuning`.
    """

    quick: bool
    rounds: int
    threads: int
    parts: tuple[str, ...] = tuple(PARTS)
    peers: bool = True
    chosen: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def make(self, system: str, model: Path, slots: int) -> System:
        """Makes a system as it suits it best."""
        options = {"threads": self.threads, **self.chosen.get(system, {})}
        return SYSTEMS[system](model, slots=slots, **options)


@dataclass(frozen=True, slots=True)
class Setting:
    """A system with so many slots, asked by so many clients."""

    system: str
    slots: int
    clients: int
    cases: int = 0

    def __str__(self) -> str:
        """As progress shows it."""
        return f"{self.system}, {self.slots} slots, {self.clients} clients"


def throughputs(plan: Plan, whole: int, slow: int, *, served: bool) -> Iterator[Setting]:
    """Every system at its numbers of slots and of clients; slow ones are asked fewer cases."""
    for clients in (1, 4, 16, 64):
        yield Setting(OURS, 16, clients, max(whole, 2 * clients))
    if served:
        for clients in (1, 16):
            yield Setting(SERVED, 16, clients, max(whole, 2 * clients))
    if not plan.peers:
        return
    for slots in (1, 4, 16):
        yield Setting(SERVER, slots, slots, max(slow, slots))
    yield Setting(SERVER, 1, 16, max(slow, 16))
    for clients in (1,) if plan.quick else (1, 4):
        yield Setting(PYTHON, 1, clients, max(slow // 2, 4))


def first_tokens(plan: Plan) -> list[Setting]:
    """Those whose first tokens are timed: many more cases than clients, since all clients begin at once."""
    few = 96 if plan.quick else 400
    rows = [Setting(OURS, 16, 16, few), Setting(OURS, 16, 64, 2 * few)]
    if plan.peers:
        rows += [Setting(SERVER, slots, 16, few) for slots in (4, 16)]
        rows += [Setting(SERVER, 16, 64, few)]
    return rows


def conversations(plan: Plan) -> list[Setting]:
    """Those that hold conversations; `cases` are the conversations of a round."""
    rows = [Setting(OURS, 16, 1, 2 if plan.quick else 6)]
    if plan.peers:
        rows += [Setting(SERVER, 4, 1, 2), Setting(PYTHON, 1, 1, 1)]
    return rows
