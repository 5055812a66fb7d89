"""Kept states: what was computed for a beginning of a prompt is never computed again.

A recurrent model's state after some tokens has a fixed size and is all that the model knows of them. So states are
kept by the tokens that they stand for: after fixed prompts, after each prompt, after each reply. A request continues
the longest one that its prompt begins with. Retries and branches are copies of one state.
"""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Sequence
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


def digest(tokens: Tokens) -> str:
    """Names a run of tokens."""
    return hashlib.blake2b(tokens.tobytes(), digest_size=16).hexdigest()


def beginnings(tokens: Tokens, lengths: Sequence[int]) -> list[tuple[int, str]]:
    """Names the beginnings of `tokens` that have the given lengths; the longest comes first."""
    named: list[tuple[int, str]] = []
    hasher, done = hashlib.blake2b(digest_size=16), 0
    for length in sorted(lengths):
        if length > len(tokens):
            break
        hasher.update(tokens[done:length].tobytes())
        done = length
        named.append((length, hasher.copy().hexdigest()))
    return named[::-1]


class MemoryStates:
    """States in memory, the least recently used given up first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self.lengths: Counter[int] = Counter()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, name: str) -> Kept | None:
        """The state of that name."""
        kept = self._kept.get(name)
        if kept is not None:
            self._kept.move_to_end(name)
        return kept

    def put(self, name: str, kept: Kept) -> None:
        """Keeps a state, if it fits at all."""
        if kept.size > self._limit:
            return
        if name in self._kept:
            self._drop(name)
        self._kept[name] = kept
        self.lengths[len(kept.tokens)] += 1
        self.bytes += kept.size
        while self.bytes > self._limit:
            self._drop(next(iter(self._kept)))

    def _drop(self, name: str) -> None:
        kept = self._kept.pop(name)
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
        for length, name in beginnings(tokens, list(lengths)):
            kept, source = self._find(name, tokens[:length])
            if kept is None or (length == len(tokens) and kept.logits is None):
                continue
            try:
                self._llama.restore(sequence, kept.state)
            except LlamaError:
                continue
            return Placed(length, kept.logits if length == len(tokens) else None, source)
        return Placed()

    def _find(self, name: str, tokens: Tokens) -> tuple[Kept | None, Source]:
        kept = self._memory.get(name)
        if kept is not None and np.array_equal(kept.tokens, tokens):
            return kept, "memory"
        stored = self._files.read(name, tokens) if self._files is not None else None
        if stored is None:
            return None, "none"
        kept = Kept(tokens.copy(), *stored)
        self._memory.put(name, kept)
        return kept, "disk"

    def keep(self, tokens: Tokens, sequence: int, logits: Logits | None, *, durable: bool) -> None:
        """Copies the sequence's state."""
        name = digest(tokens)
        kept = self._memory.get(name)
        if kept is None or (kept.logits is None and logits is not None):
            kept = Kept(tokens.copy(), self._llama.save(sequence), logits)
            self._memory.put(name, kept)
        if durable and self._files is not None:
            self._files.write(name, kept.tokens, kept.state, kept.logits)

    def make_room(self) -> bool:
        """Nothing: kept states take no room of the sequences."""
        return False

    def size(self) -> CacheSize:
        """How much is kept."""
        on_disk = self._files.bytes if self._files is not None else 0
        return CacheSize(len(self._memory), self._memory.bytes, on_disk)
