"""Programs that run beside this one: started, watched, started again, stopped together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

_log = logging.getLogger(__name__)

_BACK_OFF_S: Final = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
#: Seconds that a program must last to count as started.
_LASTING_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Program:
    """A program to keep running.

    Attributes:
        name: For the log.
        arguments: Of this Python.
        grace_s: Seconds that it gets to end after SIGTERM.
        environment: Put over this process's own.
        descriptors: Files that it inherits.
    """

    name: str
    arguments: tuple[str, ...]
    grace_s: float
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    descriptors: tuple[int, ...] = ()


async def supervise(listener: socket.socket, count: int, grace_s: float) -> None:
    """Runs `count` workers on a socket until SIGTERM or SIGINT.

    Args:
        listener: The socket, which they all accept from.
        count: How many.
        grace_s: Seconds that they get to end.
    """
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    number = listener.fileno()
    async with asyncio.TaskGroup() as group:
        for place in range(count):
            arguments = ("-m", "web.worker", str(number))
            program = Program(f"worker {place}", arguments, grace_s, descriptors=(number,))
            group.create_task(_keep(program, ending))
    listener.close()


@asynccontextmanager
async def beside(program: Program) -> AsyncGenerator[None]:
    """Keeps a program running as long as the block lasts."""
    ending = asyncio.Event()
    task = asyncio.create_task(_keep(program, ending), name=program.name)
    try:
        yield
    finally:
        ending.set()
        await task


async def _keep(program: Program, ending: asyncio.Event) -> None:
    """Keeps one program running until it is time to end."""
    loop = asyncio.get_running_loop()
    failures = 0
    while not ending.is_set():
        began = loop.time()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *program.arguments,
            env={**os.environ, **program.environment},
            pass_fds=program.descriptors,
        )
        over, told = asyncio.create_task(process.wait()), asyncio.create_task(ending.wait())
        await asyncio.wait((over, told), return_when=asyncio.FIRST_COMPLETED)
        if told.done():
            await _stop(process, over, program.grace_s)
            return
        told.cancel()
        failures = 0 if loop.time() - began > _LASTING_S else failures + 1
        wait_s = _BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)]
        status = process.returncode
        _log.warning("%s ended with status %s; it starts again in %g s", program.name, status, wait_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await ending.wait()


async def _stop(process: asyncio.subprocess.Process, over: asyncio.Task[int], grace_s: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    done, _ = await asyncio.wait((over,), timeout=grace_s)
    if not done:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await over
