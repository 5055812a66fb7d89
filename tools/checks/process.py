"""Runs another program: an argument list, bounded output, a total deadline, nothing of it left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tools.errors import CheckFailed, Refused
from tools.wording import number

MAX_OUTPUT_BYTES: Final = 1 << 20
_CHUNK_BYTES: Final = 1 << 16
#: Seconds to wait for a killed program to be gone.
_REAP_S: Final = 1.5


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that has ended by itself: its exit code and what it wrote."""

    exit_code: int
    output: bytes
    errors: bytes


def find_program(name: str, cure: str) -> str:
    """Finds a program by its name or path.

    Args:
        name: Its name, looked for on the path, or its path.
        cure: How to get it, for the message.

    Raises:
        CheckFailed: It is not there.
    """
    path = shutil.which(name)
    if path is None:
        raise CheckFailed(f"The program {name} is not installed on this machine; {cure}.")
    return os.path.realpath(path)


async def run_program(
    arguments: Sequence[str],
    deadline_s: float,
    *,
    max_output_bytes: int = MAX_OUTPUT_BYTES,
    on_output: Callable[[bytes], None] | None = None,
) -> Finished:
    """Runs a program to its end, with no input and a bare environment, in a process group of its own.

    However this ends (also by cancelling), the whole process group has been sent SIGKILL.

    Args:
        arguments: Path of the program and its arguments, handed over as they are.
        deadline_s: Seconds that it may take.
        max_output_bytes: Bytes that it may write, to both streams together.
        on_output: Is shown each piece of the standard output as it comes.

    Raises:
        CheckFailed: It did not start, took too long or wrote too much.
        Refused: An argument holds NUL, which no program can be given.
    """
    name = os.path.basename(arguments[0])
    if any("\0" in argument for argument in arguments):
        raise Refused(f"{name} was not started: an argument holds a NUL character; leave it out.")
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # Programs such as nmap also look for their files in the working folder: the root has none.
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "HOME": "/"},
            start_new_session=True,
        )
    except OSError as error:
        raise CheckFailed(f"{name} could not be started: {error.strerror}.") from error
    budget = _Budget(max_output_bytes)
    readers = [
        asyncio.create_task(_read(process.stdout, budget, on_output)),
        asyncio.create_task(_read(process.stderr, budget, None)),
    ]
    try:
        async with asyncio.timeout(deadline_s):
            output, errors = await asyncio.gather(*readers)
            exit_code = await process.wait()
    except TimeoutError as error:
        raise CheckFailed(
            f"{name} did not finish within {number(deadline_s)} s and was stopped; ask for less at once."
        ) from error
    except _TooMuch as error:
        raise CheckFailed(
            f"{name} wrote more than {max_output_bytes:,} bytes and was stopped; ask for less at once."
        ) from error
    finally:
        # No await comes before this, so that a second cancel cannot prevent it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REAP_S):
                await asyncio.gather(*(_discard(reader) for reader in readers))
                await asyncio.gather(_drain(process.stdout), _drain(process.stderr), process.wait())
    return Finished(exit_code, output, errors)


class _TooMuch(Exception):
    """The program wrote more than it may."""


class _Budget:
    """Bytes that may still be written."""

    def __init__(self, left: int) -> None:
        self._left = left

    def spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _TooMuch


async def _read(
    stream: asyncio.StreamReader | None, budget: _Budget, on_output: Callable[[bytes], None] | None
) -> bytes:
    pieces: list[bytes] = []
    while stream is not None and (piece := await stream.read(_CHUNK_BYTES)):
        budget.spend(len(piece))
        pieces.append(piece)
        if on_output is not None:
            on_output(piece)
    return b"".join(pieces)


async def _discard(reader: asyncio.Task[bytes]) -> None:
    reader.cancel()
    await asyncio.wait([reader])


async def _drain(stream: asyncio.StreamReader | None) -> None:
    """Reads what a killed program left in its pipe: a full pipe that nobody reads would never be closed."""
    while stream is not None and await stream.read(_CHUNK_BYTES):
        pass
