"""How much memory a run takes: high-water marks of its own process and of those that have the model."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path
from typing import Protocol, runtime_checkable

from providers.testllm import TestLLM

_LOOK_EVERY_S = 1.0
# `getrusage` counts kibibytes, but on macOS bytes.
_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


@runtime_checkable
class Housed(Protocol):
    """A provider whose models live in processes of this machine."""

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that it started itself."""
        ...


class Footprint:
    """The most memory that was in use at a time, seen now and then.

    The system keeps the high-water mark of each process, so what was in use between two looks counts too; only what
    a process took that died between them does not.

    Attributes:
        model_bytes: Of the processes that have the model, together; None where there are none on this machine, or
            where the system does not say.
    """

    def __init__(self, provider: object) -> None:
        """Looks for the first time."""
        self.model_bytes: int | None = None
        self._provider = provider
        self._looked = 0.0
        self.look()

    @property
    def own_bytes(self) -> int:
        """Of this process, since it began."""
        return _peak(os.getpid()) or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_BYTES

    def glance(self) -> None:
        """Looks, if the last look is a second ago."""
        if time.monotonic() - self._looked >= _LOOK_EVERY_S:
            self.look()

    def look(self) -> None:
        """Looks now; once more before the provider is closed."""
        self._looked = time.monotonic()
        peaks = [peak for pid in _with_children(pids_of(self._provider)) if (peak := _peak(pid)) is not None]
        if peaks:
            self.model_bytes = max(self.model_bytes or 0, sum(peaks))


def seconds_since_start() -> float | None:
    """Seconds since this program was started, its imports included; None where the system does not say."""
    try:
        # Behind the name, which may hold anything, come the state and 18 numbers, and then the time of the start.
        ticks = int(Path("/proc/self/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def pids_of(provider: object) -> tuple[int, ...]:
    """The processes of this machine that a provider started itself; those may have others."""
    if isinstance(provider, TestLLM):
        return (provider.engine.pid,) if provider.engine.running else ()
    return provider.pids if isinstance(provider, Housed) else ()


def _with_children(pids: tuple[int, ...]) -> set[int]:
    found: set[int] = set()
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                waiting += map(int, children.read_text("ascii").split())
            except OSError:
                continue
    return found


def _peak(pid: int) -> int | None:
    """The most memory that a process had resident, in bytes; None where it is gone or the system does not say."""
    try:
        # Not `ru_maxrss`, which begins with that of the program that started it.
        for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None
