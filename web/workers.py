"""Several processes on one socket: started, watched, started again, stopped together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from typing import Final

_log = logging.getLogger(__name__)

_BACK_OFF_S: Final = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
#: Seconds that a process must last to count as started.
_LASTING_S: Final = 30.0


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
    async with asyncio.TaskGroup() as group:
        for place in range(count):
            group.create_task(_keep(listener, place, ending, grace_s))
    listener.close()


async def _keep(listener: socket.socket, place: int, ending: asyncio.Event, grace_s: float) -> None:
    """Keeps one worker running."""
    loop = asyncio.get_running_loop()
    failures = 0
    while not ending.is_set():
        began = loop.time()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "web.worker", str(listener.fileno()), pass_fds=(listener.fileno(),)
        )
        over, told = asyncio.create_task(process.wait()), asyncio.create_task(ending.wait())
        await asyncio.wait((over, told), return_when=asyncio.FIRST_COMPLETED)
        if told.done():
            await _stop(process, over, grace_s)
            return
        told.cancel()
        failures = 0 if loop.time() - began > _LASTING_S else failures + 1
        wait_s = _BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)]
        _log.warning(
            "worker %d ended with status %s; the next one starts in %g s", place, process.returncode, wait_s
        )
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
