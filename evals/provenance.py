"""Where a run's numbers come from: revision, code, packages and hardware."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from pydantic import BaseModel, ConfigDict

ROOT = Path(__file__).parent.parent
# The packages whose code decides what is asked, what comes back and how it is scored.
CODE_PACKAGES = ("agent", "evals", "providers", "tools")
# Another version of these may make another reply of the same weights.
ENGINE_PACKAGES = ("llama-cpp-python", "llguidance")
OTHER_PACKAGES = ("httpx", "huggingface_hub", "numpy", "openai", "pydantic")


class Code(BaseModel):
    """The code of a run.

    Attributes:
        revision: The git revision; None outside a checkout.
        changed: Whether files that git knows differ from that revision; None outside a checkout.
        sha256: Hash of the Python files of `CODE_PACKAGES`: which code ran, committed or not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    revision: str | None
    changed: bool | None
    sha256: str


class Hardware(BaseModel):
    """The machine of a run; `memory_bytes` and `processor` are None where the system does not say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    processor: str | None
    processors: int
    memory_bytes: int | None
    machine: str
    system: str


def read_code(root: Path = ROOT) -> Code:
    """Finds out which code this is."""
    revision = _git(root, "rev-parse", "HEAD")
    status = _git(root, "status", "--porcelain", "--untracked-files=no") if revision else None
    digest = hashlib.sha256()
    for package in CODE_PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    changed = None if status is None else bool(status)
    return Code(revision=revision, changed=changed, sha256=digest.hexdigest())


def read_packages(names: Iterable[str] = (*ENGINE_PACKAGES, *OTHER_PACKAGES)) -> dict[str, str]:
    """The versions of those of the packages that are installed, and of Python."""
    versions = {"python": platform.python_version()}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def read_hardware() -> Hardware:
    """Finds out what this machine is."""
    return Hardware(
        processor=_processor(),
        processors=processors(),
        memory_bytes=_memory(),
        machine=platform.machine(),
        system=f"{platform.system()} {platform.release()}",
    )


def _git(root: Path, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(  # noqa: S603 - every argument is one of this module's constants
            [git, "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        # A checkout without commits, or a repository of another user: the hash of the code still tells.
        return None
    return done.stdout.strip()


def _processor() -> str | None:
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor() or None
    names = (line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name"))
    return next(names, None)


def processors() -> int:
    """How many processors this process may use."""
    # A container or taskset may have made them fewer than there are.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None
