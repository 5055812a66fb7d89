"""A thin, typed hold on llama.cpp: one model, one context, many sequences.

Everything here runs in the engine's own process, on one thread.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from providers.engine.threads import ThreadTuner

#: llama.cpp's level of messages that are worth keeping.
_ERROR = 4


class LlamaError(RuntimeError):
    """llama.cpp refused a file or a call."""


def _silence(level: int, text: bytes, data: Any) -> None:
    if level >= _ERROR:
        sys.stderr.buffer.write(text)


# llama.cpp keeps the pointer for ever, so the callback must live as long.
_QUIET = lib.llama_log_callback(_silence)


@dataclass(frozen=True, slots=True)
class Run:
    """Tokens of one sequence for one decoding step.

    Attributes:
        sequence: The sequence they belong to.
        position: Position of the first of them.
        tokens: The tokens.
        logits: Whether the logits after the last one are wanted.
    """

    sequence: int
    position: int
    tokens: Sequence[int]
    logits: bool


class Llama:
    """An open model with a context of `slots` sequences."""

    def __init__(self, path: Path, *, threads: int, slots: int, context: int, batch: int = 1024) -> None:
        """Opens a file that has been checked to be a GGUF file.

        Raises:
            LlamaError: llama.cpp cannot load it.
        """
        lib.llama_log_set(_QUIET, ctypes.c_void_p(0))
        lib.llama_backend_init()
        model_params = lib.llama_model_default_params()
        model_params.use_mmap = True
        # llama.cpp's pointers are checked here, once; their types would ask for it at every use.
        self._model: Any = lib.llama_model_load_from_file(str(path).encode(), model_params)
        if not self._model:
            raise LlamaError(
                f"llama.cpp cannot load {path.name}: it is damaged, or of an architecture it does not know"
            )
        params = lib.llama_context_default_params()
        params.n_ctx = context * slots
        params.n_batch = params.n_ubatch = batch
        params.n_seq_max = slots
        params.n_threads = params.n_threads_batch = threads
        self._context: Any = lib.llama_init_from_model(self._model, params)
        if not self._context:
            raise LlamaError(
                f"no context of {slots} x {context} tokens for {path.name}: it needs more memory"
            )
        self._memory: Any = lib.llama_get_memory(self._context)
        self._vocab: Any = lib.llama_model_get_vocab(self._model)
        self.vocabulary: int = lib.llama_vocab_n_tokens(self._vocab)
        self.batch_size = batch
        self._batch = lib.llama_batch_init(batch, 0, 1)
        self._pieces: dict[int, bytes] = {}
        self._tuner = ThreadTuner(threads)

    @property
    def vocab_pointer(self) -> Any:
        """llama.cpp's vocabulary, for libraries that read it."""
        return self._vocab

    def metadata(self, key: str) -> str | None:
        """A string of the file's metadata."""
        buffer: Any = ctypes.create_string_buffer(65536)
        length = lib.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return None if length < 0 else buffer.value.decode("utf-8", "replace")

    @property
    def parameters(self) -> int:
        """Number of parameters, all tensors counted."""
        return int(lib.llama_model_n_params(self._model))

    @property
    def recurrent(self) -> bool:
        """Whether the model keeps a state of fixed size instead of a cache that grows."""
        return bool(lib.llama_model_is_recurrent(self._model))

    def tokenize(self, text: str) -> list[int]:
        """Tokens of a text, its control tokens included; no beginning is added."""
        data = text.encode("utf-8")
        buffer = (lib.llama_token * (len(data) + 8))()
        count = lib.llama_tokenize(self._vocab, data, len(data), buffer, len(buffer), False, True)
        if count < 0:
            raise LlamaError("the prompt cannot be tokenized")
        return buffer[:count]

    def piece(self, token: int) -> bytes:
        """The bytes of a token; empty for control tokens."""
        found = self._pieces.get(token)
        if found is None:
            buffer = ctypes.create_string_buffer(512)
            length = lib.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
            found = self._pieces[token] = buffer.raw[: max(length, 0)]
        return found

    def ends(self, token: int) -> bool:
        """Whether a token ends a reply."""
        return bool(lib.llama_vocab_is_eog(self._vocab, token))

    def decode(self, runs: Sequence[Run]) -> list[NDArray[np.float32] | None]:
        """Makes one step.

        Returns:
            For each run, its logits `[vocabulary]`, or None where they were not wanted.

        Raises:
            LlamaError: The step failed.
        """
        batch, index = self._batch, 0
        rows: list[int | None] = []
        for run in runs:
            for offset, token in enumerate(run.tokens):
                batch.token[index] = token
                batch.pos[index] = run.position + offset
                batch.n_seq_id[index] = 1
                batch.seq_id[index][0] = run.sequence
                batch.logits[index] = 0
                index += 1
            if run.logits:
                batch.logits[index - 1] = 1
            rows.append(index - 1 if run.logits else None)
        batch.n_tokens = index
        threads = self._tuner.threads()
        lib.llama_set_n_threads(self._context, threads, threads)
        begun = time.perf_counter()
        status = lib.llama_decode(self._context, batch)
        self._tuner.record(threads, index, time.perf_counter() - begun)
        if status != 0:
            raise LlamaError(f"llama_decode failed with status {status}")
        return [None if row is None else self._logits(row) for row in rows]

    def _logits(self, row: int) -> NDArray[np.float32]:
        pointer = lib.llama_get_logits_ith(self._context, row)
        return np.ctypeslib.as_array(pointer, shape=(self.vocabulary,)).copy()

    def clear(self, sequence: int) -> None:
        """Forgets a sequence."""
        lib.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def save(self, sequence: int) -> bytes:
        """Copies a sequence's state out."""
        size = lib.llama_state_seq_get_size(self._context, lib.llama_seq_id(sequence))
        buffer = (ctypes.c_uint8 * size)()
        written = lib.llama_state_seq_get_data(self._context, buffer, size, lib.llama_seq_id(sequence))
        return bytes(memoryview(buffer)[:written])

    def restore(self, sequence: int, state: bytes) -> None:
        """Puts a state that `save` gave into a sequence.

        Raises:
            LlamaError: The state is not of this model.
        """
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if lib.llama_state_seq_set_data(self._context, buffer, len(state), lib.llama_seq_id(sequence)) == 0:
            raise LlamaError("a kept state does not fit the model")


def links_openmp() -> bool:
    """Whether the installed llama.cpp was built with OpenMP, which is 10-20 times slower off the main thread."""
    folder = Path(lib.__file__).parent / "lib"
    return any(b"libgomp" in path.read_bytes() for path in folder.glob("libggml-cpu*"))
