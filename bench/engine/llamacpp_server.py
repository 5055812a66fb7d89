"""llama.cpp's own server, from the xllamacpp wheel, in a process of its own.

Started by `bench.engine.servers` as `python -m bench.engine.llamacpp_server MODEL PORT SLOTS THREADS CONTEXT BATCH`.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

#: What it is given beyond the defaults, all of it in its favour.
SETTINGS: dict[str, Any] = {
    "cache_prompt": True,
    "cont_batching": True,
    # States of recurrent models along the prompt, so that a request can go back to one.
    "n_ctx_checkpoints": 32,
    "checkpoint_min_step": 64,
    "cache_ram_mib": 8192,
    # Pieces of prompts that moved are reused where memory can be shifted; recurrent models' cannot.
    "n_cache_reuse": 64,
    # A thread for each client, so that none waits outside the server's own queue.
    "n_threads_http": 80,
    "warmup": True,
    "verbosity": 0,
}


def main() -> None:
    """Serves until it is told to end."""
    # An extra: the settings above are read without it.
    import xllamacpp

    model, port, slots, threads, context, batch = sys.argv[1], *map(int, sys.argv[2:7])
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = slots
    params.n_ctx = context * slots
    params.n_batch = params.n_ubatch = batch
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    for name, value in SETTINGS.items():
        setattr(params, name, value)
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
