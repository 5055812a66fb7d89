"""Turns drawn documents into padded batches of token ids, in worker processes.

Batch `i` of a seed is always the same, whatever the number of workers.
"""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from numpy.typing import NDArray

from training.generate import Bank, Document, Generator, load_bank
from training.template import Dialogue, NoCall, Single
from training.vocabulary import Vocabulary

#: Documents that are drawn, sorted by length and cut into batches together.
CHUNK = 6144
LONGEST = 640
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


def pad(rows: list[tuple[list[int], list[float]]]) -> Batch:
    """Pads rows to one length that divides by `STEP`."""
    time = -(-max(len(tokens) for tokens, _ in rows) // STEP) * STEP
    tokens = np.zeros((len(rows), time), np.uint16)
    weights = np.zeros((len(rows), time), np.float16)
    for index, (ids, loss) in enumerate(rows):
        tokens[index, : len(ids)] = ids
        weights[index, : len(ids)] = loss
    return Batch(tokens, weights)


def chunk(bank: Bank, vocabulary: Vocabulary, seed: int, batch_tokens: int) -> list[Batch]:
    """Draws `CHUNK` documents and cuts them, sorted by length, into batches of about `batch_tokens`."""
    generator = Generator(bank, seed)
    rows = [encode(generator.draw(), vocabulary) for _ in range(CHUNK)]
    rows = sorted((row for row in rows if len(row[0]) <= LONGEST), key=lambda row: len(row[0]))
    batches: list[Batch] = []
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and (end + 1 - start) * len(rows[end][0]) <= batch_tokens:
            end += 1
        batches.append(pad(rows[start:end]))
        start = end
    Random(seed).shuffle(batches)
    return batches


_worker: tuple[Bank, Vocabulary, int, int] | None = None


def _start(part: int, seed: int, batch_tokens: int) -> None:
    global _worker
    bank = load_bank()
    _worker = (split(bank, part, held=False) if part else bank, Vocabulary.load(), seed, batch_tokens)


def _work(index: int) -> list[Batch]:
    if _worker is None:
        raise RuntimeError("the worker was not started")
    bank, vocabulary, seed, batch_tokens = _worker
    return chunk(bank, vocabulary, seed * 1_000_003 + index, batch_tokens)


def batches(seed: int, batch_tokens: int, workers: int, part: int) -> Iterator[Batch]:
    """Yields batches for ever.

    Args:
        seed: Seed of the whole run.
        batch_tokens: Tokens a batch, padding included.
        workers: Processes that draw.
        part: One template in `part` is held out; 0 holds none.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, _start, (part, seed, batch_tokens)) as pool:
        index, window = 0, workers * 2
        pending = [pool.apply_async(_work, (i,)) for i in range(window)]
        while True:
            yield from pending.pop(0).get()
            pending.append(pool.apply_async(_work, (index + window,)))
            index += 1
