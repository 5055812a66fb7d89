"""A worker on this machine: a process of its own with one model. Started by `evals.workers.local`.

It reads frames from standard input and writes frames to standard output: four bytes of length, then a pickle, as
the standard library's own process pools send it. Both ends are processes of one user and one run.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
from typing import Any, BinaryIO

from evals.provenance import read_code
from evals.workers.messages import Failure, Opened, Opening, Request, answer, open_model
from providers.base import ProviderError
from providers.info import DescribedProvider

LENGTH_BYTES = 4


def frame(value: Any) -> bytes:
    """A value as it is sent."""
    content = pickle.dumps(value)
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


async def read_frame(reader: asyncio.StreamReader) -> Any:
    """The next value; None at the end, also where a frame is cut short."""
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        content = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return None
    return pickle.loads(content)  # noqa: S301 - written by the other end of a pipe of our own


class _Server:
    """Serves the run that started this process, until it closes its end."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def serve(self, reader: asyncio.StreamReader) -> None:
        opening: Opening = await read_frame(reader)
        try:
            provider = await open_model(opening)
        except ProviderError as error:
            self._send(Failure.of(error))
            return
        try:
            self._send(Opened(provider.name, provider.info, read_code().sha256))
            while (message := await read_frame(reader)) is not None:
                number, request = message
                if request is None:
                    if number in self._tasks:
                        self._tasks[number].cancel()
                else:
                    self._tasks[number] = asyncio.create_task(self._answer(provider, number, request))
        finally:
            for task in list(self._tasks.values()):
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            await provider.aclose()

    async def _answer(self, provider: DescribedProvider, number: int, request: Request) -> None:
        try:
            self._send((number, await answer(provider, request)))
        finally:
            del self._tasks[number]

    def _send(self, value: Any) -> None:
        self._sink.write(frame(value))
        self._sink.flush()


async def _main(sink: BinaryIO) -> None:
    reader = asyncio.StreamReader(limit=2**20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await _Server(sink).serve(reader)


def main() -> None:
    """Serves on standard input and output; whatever else prints goes to standard error."""
    # Ctrl-C reaches the whole group of processes; the run decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    asyncio.run(_main(sink))


if __name__ == "__main__":
    main()
