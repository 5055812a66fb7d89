"""One llama.cpp context: sequences that are decoded together."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

#: `llama_decode` found no room in the cache of keys and values.
_NO_ROOM = 1
_INTS = ctypes.POINTER(ctypes.c_int32)

Logits = NDArray[np.float32]


class LlamaError(RuntimeError):
    """llama.cpp refused a file or a call."""


class NoRoom(LlamaError):
    """The cache of keys and values is full."""


@dataclass(frozen=True, slots=True)
class Run:
    """Tokens of one sequence for one decoding step.

    Attributes:
        sequence: The sequence they belong to.
        position: Position of the first of them.
        tokens: The tokens.
        logits: The logits after so many of the last ones are wanted.
    """

    sequence: int
    position: int
    tokens: Sequence[int]
    logits: int


@dataclass(frozen=True, slots=True)
class Output:
    """What a step gave, for all wanted rows of all runs in their order.

    Attributes:
        rows: Logits `[rows, vocabulary]`, in llama.cpp's memory: gone with the lane's next step.
        best: The likeliest token of each row.
        seconds: What the step took.
    """

    rows: Logits
    best: list[int]
    seconds: float


class Lane:
    """A context; one thread at a time may use it, whichever it is."""

    def __init__(self, model: Any, params: Any, vocabulary: int) -> None:
        """Opens a context.

        Args:
            model: llama.cpp's model.
            params: llama.cpp's parameters of the context.
            vocabulary: Tokens of the model's vocabulary.

        Raises:
            LlamaError: There is not enough memory.
        """
        self.context: Any = lib.llama_init_from_model(model, params)
        if not self.context:
            raise LlamaError("no context: it needs more memory")
        self.memory: Any = lib.llama_get_memory(self.context)
        self._vocabulary = vocabulary
        self._threads = 0
        size = int(params.n_batch)
        # The batch's arrays are filled by numpy, at once; token by token it would take a millisecond a prompt.
        self._tokens = np.zeros(size, np.int32)
        self._positions = np.zeros(size, np.int32)
        self._counts = np.ones(size, np.int32)
        self._sequences = np.zeros(size, np.int32)
        self._pointers = self._sequences.ctypes.data + 4 * np.arange(size, dtype=np.uintp)
        self._wanted = np.zeros(size, np.int8)
        pointers: Any = ctypes.POINTER(_INTS)
        self._batch = lib.llama_batch(
            0,
            self._tokens.ctypes.data_as(_INTS),
            None,
            self._positions.ctypes.data_as(_INTS),
            self._counts.ctypes.data_as(_INTS),
            self._pointers.ctypes.data_as(pointers),
            self._wanted.ctypes.data_as(ctypes.POINTER(ctypes.c_int8)),
        )

    def decode(self, runs: Sequence[Run], first: int, threads: int) -> Output:
        """Makes one step; see `Llama.decode`.

        Args:
            runs: What is decoded.
            first: The number of the lane's first sequence.
            threads: How many threads compute.
        """
        count = self._fill(runs, first)
        if threads != self._threads:
            lib.llama_set_n_threads(self.context, threads, threads)
            self._threads = threads
        begun = time.perf_counter()
        status = lib.llama_decode(self.context, self._batch)
        if status == _NO_ROOM:
            raise NoRoom("the cache of keys and values is full")
        if status != 0:
            raise LlamaError(f"llama_decode failed with status {status}")
        if not count:
            return Output(np.empty((0, self._vocabulary), np.float32), [], time.perf_counter() - begun)
        rows = np.ctypeslib.as_array(lib.llama_get_logits(self.context), shape=(count, self._vocabulary))
        return Output(rows, rows.argmax(axis=1).tolist(), time.perf_counter() - begun)

    def _fill(self, runs: Sequence[Run], first: int) -> int:
        """Writes the batch; returns how many rows of logits are wanted."""
        place = rows = 0
        self._wanted[: self._batch.n_tokens] = 0
        for run in runs:
            end = place + len(run.tokens)
            self._tokens[place:end] = run.tokens
            self._positions[place:end] = range(run.position, run.position + len(run.tokens))
            self._sequences[place:end] = run.sequence - first
            self._wanted[end - run.logits : end] = 1
            place, rows = end, rows + run.logits
        self._batch.n_tokens = place
        return rows
