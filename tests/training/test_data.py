"""Documents in batches: nothing lost, the same whatever draws them."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from training.data import LENGTHS, Batch, Feed, Joiner, chunk, encode, pad, repeated
from training.generate import Bank, Generator, load_bank
from training.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def bank() -> Bank:
    return load_bank()


def test_a_chunk_holds_each_document_at_the_shortest_length(bank: Bank, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("training.data.CHUNK", 200)
    vocabulary = Vocabulary.load()
    drawn = chunk(bank, vocabulary, 5)
    generator = Generator(bank, 5)
    expected = [encode(generator.draw(), vocabulary)[0] for _ in range(200)]
    assert sum(len(batch.tokens) for batch in drawn.values()) == sum(len(e) <= LENGTHS[-1] for e in expected)
    for length, batch in drawn.items():
        shorter = [n for n in LENGTHS if n < length]
        for tokens, weights in zip(batch.tokens, batch.weights, strict=True):
            used = int(np.nonzero(weights)[0][-1]) + 1
            assert tokens[:used].tolist() in expected
            assert not shorter or used > shorter[-1]


def test_joined_batches_have_one_shape_and_lose_no_document():
    rows = [([n, n, n], [0.1, 0.1, 1.0]) for n in range(1, 24)]
    joiner = Joiner(batch_tokens=64 * 5)
    found = [
        batch
        for some in (rows[:3], rows[3:], [])
        for batch in joiner.add({64: pad(some, 64)} if some else {})
    ]
    assert [batch.tokens.shape for batch in found] == [(5, 64)] * 4
    assert [int(row[0]) for batch in found for row in batch.tokens] == list(range(1, 21))


def test_batches_do_not_depend_on_the_number_of_workers(bank: Bank, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("training.data.CHUNK", 150)
    seen: list[list[tuple[bytes, bytes]]] = []
    for workers in (1, 2):
        feed = Feed(bank, 3, 4096, workers)
        try:
            seen.append([(b.tokens.tobytes(), b.weights.tobytes()) for b in islice(feed, 12)])
        finally:
            feed.close()
    assert seen[0] == seen[1]


def test_batches_come_again_after_so_many_new_ones():
    batches = [Batch(np.full((1, 1), n, np.uint16), np.ones((1, 1), np.float16)) for n in range(6)]
    assert [int(b.tokens[0, 0]) for b in repeated(batches, 2, 3)] == [0, 1, 2, 3, 0, 4, 1, 5, 2]
    assert [int(b.tokens[0, 0]) for b in repeated(batches, 3, 1)] == [
        0,
        1,
        0,
        2,
        1,
        0,
        3,
        2,
        1,
        4,
        3,
        2,
        5,
        4,
        3,
    ]
    assert list(repeated(batches, 1)) == batches
