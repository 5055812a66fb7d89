"""The engine's own process: a GGUF file may kill it, and only it.

Decoding runs on the main thread; another thread reads requests. Started by `providers.engine.process`.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from providers.engine.lean import quick_imports
from providers.engine.limits import limit_memory
from providers.engine.protocol import (
    Cancel,
    Failed,
    FromEngine,
    Generate,
    Load,
    Log,
    Ready,
    ToEngine,
    read,
    write,
)

if TYPE_CHECKING:
    from providers.engine.llama import Llama
    from providers.engine.scheduler import Scheduler
    from providers.engine.state_files import StateFiles
    from providers.engine.states import PrefixCache

_BEAT_S = 1.0


def _read_requests(source: BinaryIO, inbox: queue.SimpleQueue[ToEngine | None]) -> None:
    for line in source:
        message = read(line)
        if isinstance(message, Load | Generate | Cancel):
            inbox.put(message)
    inbox.put(None)


class _Outbox:
    """Messages to the client; any thread may add some, only the main one sends."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._unsent: list[bytes] = []

    def emit(self, message: FromEngine) -> None:
        self._unsent.append(write(message))

    def flush(self) -> None:
        if self._unsent:
            lines, self._unsent = self._unsent, []
            self._sink.write(b"".join(lines))
            self._sink.flush()


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Serves one client until it closes its end."""
    outbox = _Outbox(sink)
    # Before anything is asked for: a process may be started ahead of its use.
    with quick_imports():
        from providers.engine.llama import Llama, LlamaError
        from providers.engine.scheduler import Bounds, Scheduler

    line = source.readline()
    if not line:
        return
    load = read(line)
    if not isinstance(load, Load):
        raise ValueError("the first message must be `load`")
    if load.memory_bytes:
        limit_memory(load.memory_bytes)
    try:
        llama = Llama(
            Path(load.path), threads=load.threads, slots=load.slots, context=load.context,
            state_bytes=load.state_bytes,
        )  # fmt: skip
    except (LlamaError, MemoryError) as error:
        outbox.emit(Failed(str(error) or "there is not enough memory"))
        outbox.flush()
        return
    outbox.emit(_ready(llama))
    outbox.flush()
    bounds = Bounds(load.queue, load.queue_wait_s, load.deterministic, load.speculate)
    files = _files(load, outbox.emit)
    scheduler = Scheduler(llama, _cache(load, llama, files), bounds, outbox.emit)
    inbox: queue.SimpleQueue[ToEngine | None] = queue.SimpleQueue()
    threading.Thread(target=_read_requests, args=(source, inbox), daemon=True).start()
    _work(scheduler, inbox, outbox)
    if files is not None:
        files.close()


def _work(scheduler: Scheduler, inbox: queue.SimpleQueue[ToEngine | None], outbox: _Outbox) -> None:
    """Decodes as long as there is work, and waits for some where there is none, until the client is gone."""
    beaten = 0.0
    while True:
        while not inbox.empty() or not scheduler.busy:
            outbox.flush()
            message = inbox.get()
            if message is None:
                return
            if isinstance(message, Generate):
                scheduler.submit(message)
            elif isinstance(message, Cancel):
                scheduler.cancel(message.id)
        scheduler.step()
        now = time.monotonic()
        if now - beaten > _BEAT_S or not scheduler.busy:
            beaten = now
            outbox.emit(scheduler.beat())
        outbox.flush()


def _ready(llama: Llama) -> Ready:
    from providers.engine.llama import links_openmp

    return Ready(
        llama.metadata("general.architecture") or "",
        llama.metadata("tokenizer.chat_template"),
        llama.metadata("smallwatch.dialect"),
        llama.parameters,
        llama.vocabulary,
        links_openmp(),
        llama.context,
    )


def _files(load: Load, emit: Callable[[FromEngine], None]) -> StateFiles | None:
    from providers.engine.llama import build
    from providers.engine.state_files import StateFiles

    if load.state_dir is None or not load.weights:
        return None
    return StateFiles(
        Path(load.state_dir),
        weights=load.weights,
        # Other shapes of steps give other last bits.
        build=f"{build()} {'alone' if load.deterministic else 'batched'}",
        limit=load.state_disk_bytes,
        warn=lambda message: emit(Log("warning", message)),
    )


def _cache(load: Load, llama: Llama, files: StateFiles | None) -> PrefixCache:
    from providers.engine.shared_cells import SequenceCache
    from providers.engine.states import MemoryStates, StateCache

    if llama.recurrent:
        return StateCache(llama, MemoryStates(load.state_bytes), files)
    return SequenceCache(llama, range(load.slots, load.slots + llama.spare), files)


def main() -> None:
    """Serves on standard input and output; whatever else prints goes to standard error."""
    # Ctrl-C at a terminal reaches the whole group of processes; the parent ends this one in its own time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Else ggml calls a debugger to write down where it aborted, which takes seconds.
    os.environ["GGML_NO_BACKTRACE"] = "1"
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, sink)
    # A clean-up of llama.cpp at exit is not needed and may hang on a dying pool of threads.
    os._exit(0)


if __name__ == "__main__":
    main()
