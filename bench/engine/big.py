"""The shape of RWKV-7 World 2.9B: loading, a long prompt with and without its kept state, decoding."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from bench.engine.floors import read_bandwidth, weights_per_token
from bench.engine.systems import Ask, Ours
from bench.engine.workload import long_prompt, token_counter
from models.synth import synthesize

_DECODED = 24
#: Tokens of the prompt whose batches show how fast the kernels reckon at best.
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Big:
    """Seconds, tokens a second, bytes.

    Attributes:
        load_s: From the start of the process until the model is open.
        fixed_tokens: Tokens of the fixed prompt.
        cold_first_s: First token where the fixed prompt has to be computed.
        kept_first_s: First token in a new process with its state on the disk, from the request on.
        decode_per_s: Tokens a second, one sequence.
        bandwidth_floor_per_s: Tokens a second if nothing but reading the weights took time.
        arithmetic_floor_per_s: Tokens a second of the same kernels with 256 tokens in a batch.
        peak_bytes: Memory of the process.
    """

    load_s: float
    fixed_tokens: int
    cold_first_s: float
    kept_first_s: float
    decode_per_s: float
    bandwidth_floor_per_s: float
    arithmetic_floor_per_s: float
    peak_bytes: int


def big_file(folder: Path) -> Path:
    """A file of random weights in that shape, made where it is not there."""
    path = folder / "rwkv7-2.9b-world-0-q4_k.gguf"
    if not path.exists():
        synthesize("rwkv7-2.9b-world", "q4_k", path)
    return path


async def measure_big(path: Path, threads: int, tokens: int) -> Big:
    """Measures the big shape; `tokens` are those of the fixed prompt."""
    fixed = long_prompt(tokens, token_counter(path))
    question = Ask(fixed, "\n\nUser: is the shop up?\n\nAssistant:", 1, ())
    # Read once, so that loading is measured warm.
    await asyncio.to_thread(path.read_bytes)
    system = Ours(path, threads=threads, slots=4)
    await system.start()
    cold = (await system.ask(question, stream=True)).first_s
    begun = time.perf_counter()
    await system.ask(Ask("", fixed[-4 * _BATCH :], 1, ()), stream=True)
    batch_s = time.perf_counter() - begun
    batch = token_counter(path)(fixed[-4 * _BATCH :])
    again = Ask(fixed, "\n\nUser: what about mail?\n\nAssistant:", _DECODED, ())
    sample = await system.ask(again, stream=True)
    await system.stop()
    begun = time.perf_counter()
    await system.start()
    load_s = time.perf_counter() - begun
    kept = (await system.ask(question, stream=True)).first_s
    peak = system.peak_bytes()
    await system.stop()
    system.forget()
    return Big(
        load_s=load_s,
        fixed_tokens=tokens,
        cold_first_s=cold,
        kept_first_s=kept,
        decode_per_s=(_DECODED - 1) / (sample.total_s - sample.first_s),
        bandwidth_floor_per_s=read_bandwidth(threads) / weights_per_token(path),
        arithmetic_floor_per_s=batch / batch_s,
        peak_bytes=peak,
    )
