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

from providers.engine.threads import ThreadTuner, other_programs

#: llama.cpp's level of messages that are worth keeping.
_ERROR = 4
#: Rows of logits of one step, beyond one for each slot, that drafts may ask for.
_DRAFT_ROWS = 64
#: Sequences beyond the slots: one to go back to; of attention models, kept prefixes.
_SPARE_RECURRENT, _SPARE_ATTENTION = 1, 32
#: `llama_decode` found no room in the cache of keys and values.
_NO_ROOM = 1

Logits = NDArray[np.float32]
State = NDArray[np.uint8]


class LlamaError(RuntimeError):
    """llama.cpp refused a file or a call."""


class NoRoom(LlamaError):
    """The cache of keys and values is full."""


def _silence(level: int, text: bytes, data: Any) -> None:
    if level == _ERROR:
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
        logits: The logits after so many of the last ones are wanted.
    """

    sequence: int
    position: int
    tokens: Sequence[int]
    logits: int


class Llama:
    """An open model with a context of `slots` sequences, and `spare` more for copies."""

    def __init__(
        self,
        path: Path,
        *,
        threads: int,
        slots: int,
        context: int,
        state_bytes: int = 256 * 2**20,
        batch: int = 1024,
    ) -> None:
        """Opens a file that has been checked to be a GGUF file.

        Args:
            path: The file.
            threads: Threads at most.
            slots: Sequences that are decoded together.
            context: Tokens of one sequence at most.
            state_bytes: Bytes that an attention model's cache of keys and values may take, where `slots` whole
                contexts need more; one whole context it always has.
            batch: Tokens of one step at most.

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
        if lib.llama_model_has_encoder(self._model) or not lib.llama_model_has_decoder(self._model):
            raise LlamaError(
                f"{path.name} is an encoder, which makes no text; give a model that completes text"
            )
        self.context = self._room(context)
        self.spare = _SPARE_RECURRENT if self.recurrent else _SPARE_ATTENTION
        params = lib.llama_context_default_params()
        params.n_ctx = self.cells = self._cells(slots, state_bytes)
        params.n_batch = params.n_ubatch = batch
        params.n_seq_max = slots + self.spare
        # Without it the context reserves a row of logits for every token of a step.
        params.n_outputs_max = slots + _DRAFT_ROWS
        # Sequences share cells, so that a kept prefix is there once; windows of attention are kept whole, so that
        # sequences can be trimmed.
        params.kv_unified = params.swa_full = True
        params.n_threads = params.n_threads_batch = threads
        self._context: Any = lib.llama_init_from_model(self._model, params)
        if not self._context:
            raise LlamaError(
                f"no context of {slots} x {self.context} tokens for {path.name}: it needs more memory"
            )
        self._memory: Any = lib.llama_get_memory(self._context)
        self._vocab: Any = lib.llama_model_get_vocab(self._model)
        self.vocabulary: int = lib.llama_vocab_n_tokens(self._vocab)
        self.slots = slots
        self.batch_size = batch
        self._batch = lib.llama_batch_init(batch, 0, 1)
        self._pieces: dict[int, bytes] = {}
        self._tuner = ThreadTuner(threads, other_programs)

    def _room(self, wanted: int) -> int:
        trained = int(lib.llama_model_n_ctx_train(self._model))
        # What a state of fixed size forgets it forgets gradually; positions that were never seen fail at once.
        return trained if self._bounded and trained else min(wanted, trained or wanted)

    @property
    def _bounded(self) -> bool:
        """Whether memory does not grow with the conversation."""
        return bool(lib.llama_model_is_recurrent(self._model))

    def _cells(self, slots: int, state_bytes: int) -> int:
        if self._bounded:
            return self.context
        heads = max(int(lib.llama_model_n_head(self._model)), 1)
        name = self.metadata("general.architecture") or ""
        size = int(self.metadata(f"{name}.attention.key_length") or 0)
        size = size or int(lib.llama_model_n_embd(self._model)) // heads
        layers, kv_heads = lib.llama_model_n_layer(self._model), lib.llama_model_n_head_kv(self._model)
        cell = max(2 * 2 * layers * kv_heads * size, 1)
        return max(self.context, min(self.context * slots, state_bytes // cell))

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
        """Whether the model, or a part of it, keeps a state of fixed size, which cannot be trimmed."""
        return self._bounded or bool(lib.llama_model_is_hybrid(self._model))

    @property
    def begins_with(self) -> list[int]:
        """The token that the model wants before everything, if it wants one."""
        wanted = lib.llama_vocab_get_add_bos(self._vocab)
        token = int(lib.llama_vocab_bos(self._vocab))
        return [token] if wanted and token >= 0 else []

    def tokenize(self, text: str) -> list[int]:
        """Tokens of a text, its control tokens included; no beginning is added."""
        data = text.encode("utf-8")
        room = len(data) + 8
        while True:
            buffer = (lib.llama_token * room)()
            count = lib.llama_tokenize(self._vocab, data, len(data), buffer, room, False, True)
            if count >= 0:
                return buffer[:count]
            if -count <= room:
                raise LlamaError("the prompt cannot be tokenized")
            # A space may be three bytes to the tokenizer, and each of them a token.
            room = -count

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

    def decode(self, runs: Sequence[Run]) -> list[list[Logits]]:
        """Makes one step.

        Recurrent models decode sequences together only where their numbers follow each other in the order of the
        batch, so give runs in that order, without gaps.

        Returns:
            For each run, the rows of logits `[vocabulary]` that it wants.

        Raises:
            NoRoom: The cache of keys and values is full; nothing was decoded.
            LlamaError: The step failed.
        """
        batch, index = self._batch, 0
        rows: list[range] = []
        for run in runs:
            first_row = len(run.tokens) - run.logits
            for offset, token in enumerate(run.tokens):
                batch.token[index] = token
                batch.pos[index] = run.position + offset
                batch.n_seq_id[index] = 1
                batch.seq_id[index][0] = run.sequence
                batch.logits[index] = offset >= first_row
                index += 1
            rows.append(range(index - run.logits, index))
        batch.n_tokens = index
        threads = self._tuner.threads()
        lib.llama_set_n_threads(self._context, threads, threads)
        begun = time.perf_counter()
        status = lib.llama_decode(self._context, batch)
        self._tuner.record(threads, index, time.perf_counter() - begun)
        if status == _NO_ROOM:
            raise NoRoom("the cache of keys and values is full")
        if status != 0:
            raise LlamaError(f"llama_decode failed with status {status}")
        return [[self._logits(row) for row in wanted] for wanted in rows]

    def _logits(self, row: int) -> Logits:
        pointer = lib.llama_get_logits_ith(self._context, row)
        return np.ctypeslib.as_array(pointer, shape=(self.vocabulary,)).copy()

    def clear(self, sequence: int) -> None:
        """Forgets a sequence."""
        lib.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def trim(self, sequence: int, length: int) -> bool:
        """Forgets what follows the first `length` tokens; False where the model cannot, and nothing has changed."""
        return bool(lib.llama_memory_seq_rm(self._memory, sequence, length, -1))

    def copy(self, source: int, target: int, length: int = -1) -> None:
        """Makes `target` the first `length` tokens of `source`, or all of it; what they share is kept once."""
        self.clear(target)
        lib.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def save(self, sequence: int) -> State:
        """Copies a sequence's state out."""
        size = lib.llama_state_seq_get_size(self._context, lib.llama_seq_id(sequence))
        state = np.empty(size, np.uint8)
        written = lib.llama_state_seq_get_data(
            self._context, _address(state), size, lib.llama_seq_id(sequence)
        )
        return state[:written]

    def restore(self, sequence: int, state: State) -> None:
        """Puts a state that `save` gave into a sequence.

        Raises:
            LlamaError: The state is not of this model.
        """
        done = lib.llama_state_seq_set_data(
            self._context, _address(state), len(state), lib.llama_seq_id(sequence)
        )
        if done == 0:
            self.clear(sequence)
            raise LlamaError("a kept state does not fit the model")


def _address(state: State) -> Any:
    return state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))


def build() -> str:
    """The version of llama.cpp, whose states another one may not understand."""
    return f"{lib.__version__} {lib.llama_print_system_info().decode('utf-8', 'replace')}"


def links_openmp() -> bool:
    """Whether the installed llama.cpp was built with OpenMP, which is 10-20 times slower off the main thread."""
    folder = Path(lib.__file__).parent / "lib"
    return any(b"libgomp" in path.read_bytes() for path in folder.glob("libggml-cpu*"))
