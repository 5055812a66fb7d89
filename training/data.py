"""Turns drawn documents into padded batches of token ids, in worker processes.

Batch `i` of a seed is always the same, whatever the number of workers.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from numpy.typing import NDArray

from training.generate import Bank, Document, Generator
from training.template import Dialogue, NoCall, Single
from training.vocabulary import Vocabulary

#: Documents that a worker draws at a time.
CHUNK = 4096
#: The only lengths of batches, in tokens: a GPU graph is recorded for each.
LENGTHS = (64, 80, 96, 112, 128, 144, 160, 192, 224, 256, 320, 384, 512, 640)
STEP = 32


@dataclass(frozen=True, slots=True)
class Batch:
    """Tokens `[documents, time]` (uint16) and the loss weight of each (float16); padding has weight 0."""

    tokens: NDArray[np.uint16]
    weights: NDArray[np.float16]


def encode(document: Document, vocabulary: Vocabulary) -> tuple[list[int], list[float]]:
    """Encodes a document; stretches are encoded one by one, as the engine does it."""
    tokens: list[int] = []
    weights: list[float] = []
    for text, weight in document:
        ids = vocabulary.encode(text)
        tokens += ids
        weights += [weight] * len(ids)
    return tokens, weights


def held_out(template: Single | NoCall | Dialogue, part: int) -> bool:
    """Whether a template belongs to the one in `part` that is kept from training, by its hash."""
    if part == 0:
        return False
    digest = hashlib.sha256(repr(template).encode("utf-8")).digest()
    return int.from_bytes(digest[:4], "big") % part == 0


def split(bank: Bank, part: int, *, held: bool) -> Bank:
    """Keeps the templates that are held out (or the others)."""
    return replace(
        bank,
        singles={k: [t for t in v if held_out(t, part) == held] for k, v in bank.singles.items()},
        no_calls={k: [t for t in v if held_out(t, part) == held] for k, v in bank.no_calls.items()},
        dialogues={k: [t for t in v if held_out(t, part) == held] for k, v in bank.dialogues.items()},
    )


def pad(rows: list[tuple[list[int], list[float]]], time: int = 0) -> Batch:
    """Pads rows to `time`, or to the shortest multiple of `STEP` that holds them."""
    time = time or -(-max(len(tokens) for tokens, _ in rows) // STEP) * STEP
    tokens = np.zeros((len(rows), time), np.uint16)
    weights = np.zeros((len(rows), time), np.float16)
    for index, (ids, loss) in enumerate(rows):
        tokens[index, : len(ids)] = ids
        weights[index, : len(ids)] = loss
    return Batch(tokens, weights)


def chunk(bank: Bank, vocabulary: Vocabulary, seed: int) -> dict[int, Batch]:
    """Draws `CHUNK` documents and pads each to the next of `LENGTHS`; those that are longer are left out."""
    generator = Generator(bank, seed)
    rows: dict[int, list[tuple[list[int], list[float]]]] = {}
    for _ in range(CHUNK):
        row = encode(generator.draw(), vocabulary)
        length = next((n for n in LENGTHS if len(row[0]) <= n), None)
        if length is not None:
            rows.setdefault(length, []).append(row)
    return {length: pad(found, length) for length, found in rows.items()}


class Joiner:
    """Joins what chunks hold of one length into batches of one shape."""

    def __init__(self, batch_tokens: int) -> None:
        """Takes the tokens a batch, padding included."""
        self._batch_tokens = batch_tokens
        self._waiting: dict[int, Batch] = {}

    def add(self, chunk: dict[int, Batch]) -> Iterator[Batch]:
        """Takes a chunk; yields the batches that are full."""
        for length, new in sorted(chunk.items()):
            held = self._waiting.get(length)
            tokens = np.concatenate((held.tokens, new.tokens)) if held else new.tokens
            weights = np.concatenate((held.weights, new.weights)) if held else new.weights
            count = max(self._batch_tokens // length, 1)
            while len(tokens) >= count:
                yield Batch(tokens[:count], weights[:count])
                tokens, weights = tokens[count:], weights[count:]
            self._waiting[length] = Batch(tokens, weights)


def repeated(batches: Iterable[Batch], passes: int, apart: int = 1000) -> Iterator[Batch]:
    """Yields each batch `passes` times, `apart` new ones between its uses; the smallest learn faster than is drawn."""
    held: deque[Batch] = deque(maxlen=apart * (passes - 1) + 1)
    for batch in batches:
        held.append(batch)
        yield batch
        for earlier in range(1, passes):
            if len(held) > earlier * apart:
                yield held[-1 - earlier * apart]


_worker: tuple[Bank, Vocabulary, int] | None = None


def _work(index: int) -> dict[int, Batch]:
    if _worker is None:
        raise RuntimeError("the worker was not started")
    bank, vocabulary, seed = _worker
    return chunk(bank, vocabulary, seed * 1_000_003 + index)


class Feed:
    """Batches for ever, drawn ahead by worker processes that start at once.

    Workers are forked, so that the bank is read once; start them before a library that holds threads or a GPU.
    """

    def __init__(self, bank: Bank, seed: int, batch_tokens: int, workers: int) -> None:
        """Takes the bank, the seed of the whole run, the tokens a batch, and the number of processes that draw."""
        global _worker
        _worker = (bank, Vocabulary.load(), seed)
        self._seed = seed
        self._joiner = Joiner(batch_tokens)
        self._pool = multiprocessing.get_context("fork").Pool(workers, os.nice, (10,))
        self._ahead = workers * 2
        self._pending = [self._pool.apply_async(_work, (i,)) for i in range(self._ahead)]

    def __iter__(self) -> Iterator[Batch]:
        """Yields batches; those that one chunk fills come in a random order."""
        index = 0
        while True:
            full = list(self._joiner.add(self._pending.pop(0).get()))
            self._pending.append(self._pool.apply_async(_work, (index + self._ahead,)))
            Random(self._seed * 1_000_003 + index).shuffle(full)
            yield from full
            index += 1

    def close(self) -> None:
        """Ends the workers."""
        self._pool.terminate()
        self._pool.join()
