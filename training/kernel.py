"""Builds the kernel of the recurrence: by nvcc for a GPU, else by the C++ compiler, which is slow and for tests."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

KERNELS = Path(__file__).parent / "kernels"
#: Channels of a head.
HEAD_SIZE = 64
#: Steps between two states that are kept for the way back; times are multiples of it.
KEPT = 16


class KernelError(Exception):
    """The kernel cannot be built, or failed on the device."""


@cache
def library(gpu: bool) -> ctypes.CDLL:
    """Builds and loads the kernel.

    Raises:
        KernelError: The compiler is missing or fails.
    """
    sources = sorted(KERNELS.glob("*"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    target = Path(tempfile.gettempdir()) / f"smallwatch-recurrence-{digest}-{'gpu' if gpu else 'cpu'}.so"
    if not target.exists():
        unfinished = target.with_suffix(f".{os.getpid()}")
        source = str(KERNELS / "recurrence.cu")
        command = (
            ["nvcc", "-O3", "-arch=native", "--use_fast_math", "-shared", "-Xcompiler", "-fPIC", source]
            if gpu
            else ["c++", "-O2", "-std=c++20", "-shared", "-fPIC", "-pthread", "-x", "c++", source]
        )
        try:
            built = subprocess.run([*command, "-o", str(unfinished)], capture_output=True, text=True)  # noqa: S603
        except FileNotFoundError as error:
            raise KernelError(f"{command[0]} is needed to build {source}; install it") from error
        if built.returncode:
            raise KernelError(f"{command[0]} failed: {built.stderr.strip()[-2000:]}")
        unfinished.replace(target)
    return ctypes.CDLL(str(target))
