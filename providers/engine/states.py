"""Kept states: what was computed for a beginning of a prompt is never computed again.

A recurrent model's state after some tokens has a fixed size and is all that the model knows of them. So states are
kept by the tokens that they stand for: after fixed prompts, after each prompt, after each reply. A request continues
the longest one that its prompt begins with. Retries and branches are copies of one state.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from providers.engine.llama import Llama, LlamaError, Logits, State
from providers.engine.state_files import StateFiles

Source = Literal["none", "memory", "disk"]
Tokens = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Kept:
    """A state.

    Attributes:
        tokens: The tokens that it stands for.
        state: As `Llama.save` gave it.
        logits: What the model says comes next, where that is known.
    """

    tokens: Tokens
    state: State
    logits: Logits | None

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.state) + self.tokens.nbytes + (0 if self.logits is None else self.logits.nbytes)


@dataclass(frozen=True, slots=True)
class Placed:
    """What a sequence begins with: `length` tokens of the prompt, and the logits if that is all of it."""

    length: int = 0
    logits: Logits | None = None
    source: Source = "none"


@dataclass(frozen=True, slots=True)
class CacheSize:
    """How much is kept; bytes of attention models' prefixes are cells of the cache of keys and values."""

    count: int
    bytes: int
    disk_bytes: int


class PrefixCache(Protocol):
    """Beginnings of prompts whose computation is kept."""

    def place(self, tokens: Tokens, sequence: int, only: int | None = None) -> Placed:
        """Sets a sequence to the longest kept beginning of `tokens`; it is empty if there is none.

        Args:
            tokens: A prompt.
            sequence: What is set.
            only: Take nothing but a beginning of this length.
        """
        ...

    def keep(self, tokens: Tokens, sequence: int, logits: Logits | None, *, durable: bool) -> None:
        """Keeps what a sequence holds, which is `tokens`; on the disk too if `durable`."""
        ...

    def make_room(self) -> bool:
        """Gives up what was not used for longest, if it takes the room of running requests."""
        ...

    def size(self) -> CacheSize:
        """How much is kept."""
        ...


def prefix_keys(tokens: Tokens) -> list[int]:
    """Keys of all beginnings of `tokens`, of 64 bits each; the first is that of no tokens.

    Each token at its place stands for a number (SplitMix64; Steele, Lea and Flood, OOPSLA 2014), and a beginning's key
    is the exclusive or of its numbers (Zobrist 1970): all keys cost one pass, however many states are kept. Two
    beginnings may have the same key, so whoever finds a state by its key compares the tokens.
    """
    mixed = np.arange(1, len(tokens) + 1, dtype=np.uint64) << np.uint64(32)
    mixed = (mixed | tokens.astype(np.uint32)) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return [0, *np.bitwise_xor.accumulate(mixed).tolist()]


def key_of(tokens: Tokens) -> int:
    """The key of a whole run of tokens."""
    return prefix_keys(tokens)[-1]


def beginnings(tokens: Tokens, lengths: Collection[int]) -> Iterator[tuple[int, int]]:
    """The beginnings of `tokens` that have the given lengths, each with its key; the longest comes first."""
    keys = prefix_keys(tokens)
    for length in sorted((each for each in lengths if each < len(keys)), reverse=True):
        yield length, keys[length]


class MemoryStates:
    """States in memory, the least recently used given up first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self.lengths: Counter[int] = Counter()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: int, tokens: Tokens) -> Kept | None:
        """The state of exactly these tokens, whose key is given."""
        kept = self._kept.get(key)
        if kept is None or not np.array_equal(kept.tokens, tokens):
            return None
        self._kept.move_to_end(key)
        return kept

    def put(self, key: int, kept: Kept) -> None:
        """Keeps a state by the key of its tokens, if it fits at all."""
        if kept.size > self._limit:
            return
        if key in self._kept:
            self._drop(key)
        self._kept[key] = kept
        self.lengths[len(kept.tokens)] += 1
        self.bytes += kept.size
        while self.bytes > self._limit:
            self._drop(next(iter(self._kept)))

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def _drop(self, key: int) -> None:
        kept = self._kept.pop(key)
        self.bytes -= kept.size
        self.lengths[len(kept.tokens)] -= 1
        if not self.lengths[len(kept.tokens)]:
            del self.lengths[len(kept.tokens)]


class StateCache:
    """States of a model whose memory cannot be trimmed: in memory, and on the disk."""

    def __init__(self, llama: Llama, memory: MemoryStates, files: StateFiles | None) -> None:
        self._llama = llama
        self._memory = memory
        self._files = files

    def place(self, tokens: Tokens, sequence: int, only: int | None = None) -> Placed:
        """Restores the longest kept state; one without logits must leave a token to decode."""
        self._llama.clear(sequence)
        lengths = set(self._memory.lengths)
        if self._files is not None:
            lengths |= self._files.lengths()
        if only is not None:
            lengths &= {only}
        for length, key in beginnings(tokens, lengths):
            kept, source = self._find(key, tokens, length)
            if kept is None or (length == len(tokens) and kept.logits is None):
                continue
            try:
                self._llama.restore(sequence, kept.state)
            except LlamaError:
                continue
            return Placed(length, kept.logits if length == len(tokens) else None, source)
        return Placed()

    def _find(self, key: int, tokens: Tokens, length: int) -> tuple[Kept | None, Source]:
        if key in self._memory and (kept := self._memory.get(key, tokens[:length])):
            return kept, "memory"
        if self._files is None or not self._files.has(key, length):
            return None, "none"
        stored = self._files.read(key, tokens[:length])
        if stored is None:
            return None, "none"
        kept = Kept(tokens[:length].copy(), *stored)
        self._memory.put(key, kept)
        return kept, "disk"

    def keep(self, tokens: Tokens, sequence: int, logits: Logits | None, *, durable: bool) -> None:
        """Copies the sequence's state."""
        key = key_of(tokens)
        kept = self._memory.get(key, tokens)
        if kept is None or (kept.logits is None and logits is not None):
            kept = Kept(tokens.copy(), self._llama.save(sequence), logits)
            self._memory.put(key, kept)
        if durable and self._files is not None:
            self._files.write(key, kept.tokens, kept.state, kept.logits)

    def make_room(self) -> bool:
        """Nothing: kept states take no room of the sequences."""
        return False

    def size(self) -> CacheSize:
        """How much is kept."""
        on_disk = self._files.bytes if self._files is not None else 0
        return CacheSize(len(self._memory), self._memory.bytes, on_disk)
