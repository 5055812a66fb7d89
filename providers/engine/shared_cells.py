"""Kept prefixes of attention models: copies of sequences, which share cells of the cache of keys and values.

Unlike a recurrent state, such a copy can be cut: a prompt continues whatever it has in common with a kept one.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from providers.engine.llama import Llama, LlamaError, Logits
from providers.engine.state_files import StateFiles
from providers.engine.states import CacheSize, Placed, Tokens, beginnings, key_of


class SequenceCache:
    """Prefixes in sequences of the model's own memory; on the disk as states."""

    def __init__(self, llama: Llama, sequences: range, files: StateFiles | None) -> None:
        self._llama = llama
        self._free = list(sequences)
        self._kept: OrderedDict[int, Tokens] = OrderedDict()
        self._files = files
        # Cells that hold nothing but kept prefixes still cost time in every step.
        self._limit = llama.cells // 2

    def place(self, tokens: Tokens, sequence: int, only: int | None = None) -> Placed:
        """Copies the longest beginning that `tokens` has in common with a kept prefix; one token is left over."""
        self._llama.clear(sequence)
        best, source = 0, -1
        for kept, known in self._kept.items():
            length = min(_common(known, tokens), len(tokens) - 1)
            if length > best and only in (None, length):
                best, source = length, kept
        stored = self._from_disk(tokens, sequence, best, only)
        if stored:
            return Placed(stored, None, "disk")
        if not best:
            return Placed()
        self._llama.copy(source, sequence, best)
        self._kept.move_to_end(source)
        return Placed(best, None, "memory")

    def _from_disk(self, tokens: Tokens, sequence: int, beyond: int, only: int | None) -> int:
        if self._files is None:
            return 0
        lengths = self._files.lengths()
        wanted = [n for n in lengths if beyond < n < len(tokens) and only in (None, n)]
        for length, key in beginnings(tokens, wanted):
            stored = self._files.read(key, tokens[:length]) if self._files.has(key, length) else None
            if stored is None:
                continue
            try:
                self._llama.restore(sequence, stored[0])
            except LlamaError:
                continue
            self.keep(tokens[:length], sequence, None, durable=False)
            return length
        return 0

    def keep(self, tokens: Tokens, sequence: int, logits: Logits | None, *, durable: bool) -> None:
        """Copies the sequence, unless a longer copy of it is kept; shorter ones are given up for it."""
        if durable and self._files is not None:
            self._files.write(key_of(tokens), tokens.copy(), self._llama.save(sequence), None)
        for kept, known in list(self._kept.items()):
            common = _common(known, tokens)
            if common == len(tokens):
                self._kept.move_to_end(kept)
                return
            if common == len(known):
                self._drop(kept)
        if len(tokens) > self._limit:
            return
        if not self._free:
            self.make_room()
        copy = self._free.pop()
        self._llama.copy(sequence, copy)
        self._kept[copy] = tokens.copy()
        while sum(map(len, self._kept.values())) > self._limit:
            self.make_room()

    def make_room(self) -> bool:
        """Gives up the prefix that was not used for longest."""
        if not self._kept:
            return False
        self._drop(next(iter(self._kept)))
        return True

    def _drop(self, kept: int) -> None:
        del self._kept[kept]
        self._llama.clear(kept)
        self._free.append(kept)

    def size(self) -> CacheSize:
        """How much is kept, in cells."""
        on_disk = self._files.bytes if self._files is not None else 0
        return CacheSize(len(self._kept), sum(map(len, self._kept.values())), on_disk)


def _common(one: Tokens, other: Tokens) -> int:
    """Length of the longest common beginning."""
    length = min(len(one), len(other))
    different = np.flatnonzero(one[:length] != other[:length])
    return int(different[0]) if len(different) else length
