"""The engine's own process: a GGUF file may kill it, and only it.

Decoding runs on the main thread; another thread reads requests. Started by `providers.engine.client`.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from providers.engine.protocol import Cancel, Failed, FromEngine, Generate, Load, Ready, ToEngine, read, write


def _read_requests(source: BinaryIO, inbox: queue.SimpleQueue[ToEngine | None]) -> None:
    for line in source:
        message = read(line)
        if isinstance(message, Load | Generate | Cancel):
            inbox.put(message)
    inbox.put(None)


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Serves one client until it closes its end."""
    unsent: list[bytes] = []

    def emit(message: FromEngine) -> None:
        unsent.append(write(message))

    def flush() -> None:
        if unsent:
            sink.write(b"".join(unsent))
            sink.flush()
            unsent.clear()

    load = read(source.readline())
    if not isinstance(load, Load):
        raise ValueError("the first message must be `load`")
    # llama.cpp and numpy are imported here, so that a damaged installation is reported, not only a dead process.
    from providers.engine.llama import Llama, LlamaError, links_openmp
    from providers.engine.scheduler import Scheduler

    try:
        llama = Llama(Path(load.path), threads=load.threads, slots=load.slots, context=load.context)
    except LlamaError as error:
        emit(Failed(str(error)))
        flush()
        return
    emit(
        Ready(
            llama.metadata("general.architecture") or "",
            llama.metadata("tokenizer.chat_template"),
            llama.metadata("smallwatch.dialect"),
            llama.parameters,
            llama.vocabulary,
            links_openmp(),
        )
    )
    flush()
    scheduler = Scheduler(
        llama, slots=load.slots, context=load.context, state_bytes=load.state_bytes, emit=emit
    )
    inbox: queue.SimpleQueue[ToEngine | None] = queue.SimpleQueue()
    threading.Thread(target=_read_requests, args=(source, inbox), daemon=True).start()
    while True:
        while not inbox.empty() or not scheduler.busy:
            message = inbox.get()
            if message is None:
                return
            if isinstance(message, Generate):
                scheduler.submit(message)
            elif isinstance(message, Cancel):
                scheduler.cancel(message.id)
            flush()
        scheduler.step()
        flush()


def main() -> None:
    """Serves on standard input and output; whatever else prints goes to standard error."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, sink)
    # A clean-up of llama.cpp at exit is not needed and may hang on a dying pool of threads.
    os._exit(0)


if __name__ == "__main__":
    main()
