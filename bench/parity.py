"""How near llama.cpp comes to PyTorch, format by format: `python -m bench.parity training/parity/netmon-7m.npz`.

Top-1 agreement and KL divergence of llama.cpp's predictions from those that `training/parity.py` kept of the same
weights, over the last places of documents that no training run draws.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.catalogue import parse
from models.formats import RECIPES
from models.store import resolve

Logs = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kept:
    """What PyTorch said.

    Attributes:
        tokens: Documents `[count, time]`, padded at the end.
        lengths: Length of each `[count]`.
        logprobs: Log probabilities `[count, places, vocabulary]` after the last places but one of each document.
        reference: The implementation that said it.
        apart: KL divergence and top-1 agreement of PyTorch's other implementations with it.
    """

    tokens: NDArray[np.uint16]
    lengths: NDArray[np.int64]
    logprobs: Logs
    reference: str
    apart: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near one file comes.

    Attributes:
        format: The file's format.
        top1: Share of places where the likeliest token is the same.
        kl: Mean KL divergence from the reference, nats.
        largest: The largest of a place.
    """

    format: str
    top1: float
    kl: float
    largest: float


def load(path: Path) -> Kept:
    """Reads what was kept."""
    with np.load(path) as file:
        count = len(file["lengths"])
        logs = file["logprobs"].astype(np.float64)
        return Kept(
            file["tokens"],
            file["lengths"],
            logs.reshape(count, -1, logs.shape[-1]),
            str(file["reference"]),
            json.loads(str(file["apart"])),
        )


def nearness(kept: Kept, path: Path, format_: str, threads: int = 2) -> Nearness:
    """Runs one file in this process, so give it only files that are known to be sound."""
    from providers.engine.llama import Llama, Run

    llama = Llama(path, threads=threads, slots=1, context=1024)
    said: list[Logs] = []
    places = kept.logprobs.shape[1]
    for row, length in zip(kept.tokens, kept.lengths, strict=True):
        llama.clear(0)
        (rows,) = llama.decode([Run(0, 0, row[: length - 1].tolist(), places)])
        said.append(np.stack(rows).astype(np.float64))
    return compared(kept, np.stack(said), format_)


def compared(kept: Kept, logits: Logs, format_: str) -> Nearness:
    """Holds logits `[count, places, vocabulary]` against what was kept."""
    highest = logits.max(-1, keepdims=True)
    logs = logits - highest - np.log(np.exp(logits - highest).sum(-1, keepdims=True))
    divergence = (np.exp(kept.logprobs) * (kept.logprobs - logs)).sum(-1)
    same = (kept.logprobs.argmax(-1) == logs.argmax(-1)).mean()
    return Nearness(format_, float(same), float(divergence.mean()), float(divergence.max()))


async def _files(model: str, formats: Sequence[str]) -> list[tuple[str, Path]]:
    return [(name, (await resolve(parse(f"{model}:{name}", model))).path) for name in formats]


def main() -> None:
    """Measures every format of the model that a file of `training/parity` is about."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kept", type=Path)
    parser.add_argument("--model", help="the model, where the file's name is not its name")
    parser.add_argument("--formats", nargs="*", default=list(RECIPES))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    kept = load(arguments.kept)
    found: list[Nearness] = []
    for name, path in asyncio.run(_files(arguments.model or arguments.kept.stem, arguments.formats)):
        found.append(nearness(kept, path, name))
        print(f"{name}: done", file=sys.stderr)
    figures: dict[str, Any] = {
        "places": kept.logprobs.shape[0] * kept.logprobs.shape[1],
        "reference": kept.reference,
        "pytorch": kept.apart,
        "formats": [asdict(one) for one in found],
    }
    if arguments.json:
        print(json.dumps(figures))
        return
    print(f"{figures['places']} places; the reference is {kept.reference}")
    print(f"{'':<12}{'top-1':>8}{'KL mean':>12}{'KL largest':>12}")
    for name, apart in kept.apart.items():
        print(f"{name:<12}{apart['top1']:>8.2%}{apart['kl']:>12.2e}")
    for one in found:
        print(f"{one.format:<12}{one.top1:>8.2%}{one.kl:>12.2e}{one.largest:>12.2e}")


if __name__ == "__main__":
    main()
