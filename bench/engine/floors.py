"""What the machine can do at best: how fast it reads memory, and how fast the model's own kernels reckon."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np

_BYTES = 512 * 2**20
_ROUNDS = 4


def read_bandwidth(threads: int) -> float:
    """Bytes a second that so many threads together read from memory: the best of some rounds over fresh arrays."""
    arrays = [np.ones(_BYTES // threads // 8, np.float64) for _ in range(threads)]
    best = 0.0
    for _ in range(_ROUNDS):
        # numpy gives the interpreter free while it adds up.
        workers = [threading.Thread(target=array.sum) for array in arrays]
        begun = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        best = max(best, sum(array.nbytes for array in arrays) / (time.perf_counter() - begun))
    return best


def weights_per_token(path: Path) -> int:
    """Bytes of weights that a token needs: all of the file's but the embeddings, of which it needs a row."""
    import gguf

    reader = gguf.GGUFReader(path)
    return sum(int(tensor.n_bytes) for tensor in reader.tensors if tensor.name != "token_embd.weight")
