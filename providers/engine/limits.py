"""How much memory the engine's process may take, and how much this machine has.

The limit is on address space (RLIMIT_AS), set by the process on itself before it opens a file. It is exact: an
allocation that a damaged file asks for fails at once and ends the process, where a parent that looks at the resident
size now and then would see it after the machine has begun to swap. What is mapped but not used counts too, so the
limit is counted from what the process has mapped when it is set, and leaves room for the whole file twice (mapped, and
copied where llama.cpp lays weights out anew).
"""

from __future__ import annotations

import os
from pathlib import Path

#: Compute buffers, tokenizer, grammars, threads' stacks.
_WORKING_BYTES = 2 * 2**30
_OOM_SCORE = "1000"
_UNLIMITED = 1 << 60


def allowance(file_bytes: int, state_bytes: int) -> int:
    """Bytes that a process with such a file may map beyond what it has at the start."""
    return 2 * file_bytes + 2 * state_bytes + _WORKING_BYTES


def limit_memory(more: int) -> None:
    """Lets this process map so many bytes beyond what it has now; where the system knows no limit, it sets none."""
    try:
        import resource
    except ImportError:
        return
    try:
        mapped = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
        # Should memory run out all the same, the system is to end this process and no other.
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, "ascii")
    except OSError:
        mapped = 0
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = mapped + more
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def machine_bytes() -> int | None:
    """Memory that programs here may use, whether it is free now or not; None where the system does not say."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
    return min(total, _group_limit())


def _group_limit() -> int:
    """The limit of the container that this process runs in."""
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(name).read_text("ascii").strip()
        except OSError:
            continue
        return int(text) if text.isdigit() else _UNLIMITED
    return _UNLIMITED


def resident_bytes(pid: int) -> int | None:
    """Memory that a process has in use; None where it is gone or the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return None
