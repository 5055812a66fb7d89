"""A thin, typed hold on llama.cpp: one model, many sequences, in one context or a few.

A small recurrent model has several contexts, its lanes, each decoded by a thread of its own. Its steps are a thousand
operations of microseconds, and after each of them threads that share a step wait for each other: two were 1.5 times as
fast as one, where two lanes are twice as fast. The weights are there once, and a state fits into any lane.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from providers.engine.lane import Lane, LlamaError, Logits, Output, Run
from providers.engine.threads import ThreadTuner, other_programs

#: llama.cpp's level of messages that are worth keeping.
_ERROR = 4
#: Rows of logits of one step, beyond one for each slot, that drafts may ask for.
_DRAFT_ROWS = 64
#: Sequences beyond the slots: one to go back to; of attention models, kept prefixes.
_SPARE_RECURRENT, _SPARE_ATTENTION = 1, 32
#: Models of more parameters have one lane: their steps are long enough to be shared, and read the weights but once.
_SMALL = 64_000_000
#: Sequences that a lane has at least, and how many lanes there are at most.
_LANE_SLOTS, _MOST_LANES = 4, 8

State = NDArray[np.uint8]


def _silence(level: int, text: bytes, data: Any) -> None:
    if level == _ERROR:
        sys.stderr.buffer.write(text)


# llama.cpp keeps the pointer for ever, so the callback must live as long.
_QUIET = lib.llama_log_callback(_silence)


class Llama:
    """An open model with `slots` sequences, and in each lane `spare` more for copies.

    Sequences are numbered lane by lane, in each first those to decode and then the spare ones.
    """

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
        self.cells = self._cells(slots, state_bytes)
        self._vocab: Any = lib.llama_model_get_vocab(self._model)
        self.vocabulary: int = lib.llama_vocab_n_tokens(self._vocab)
        self.slots = slots
        self.batch_size = batch
        self._name = path.name
        self._pieces: dict[int, bytes] = {}
        self._ends: dict[int, bool] = {}
        self._tuner = ThreadTuner(threads, other_programs)
        self.lanes = self._lane_count(threads)
        self.lane_slots = -(-slots // self.lanes)
        self._open: list[Lane] = []
        self.open_lane()

    def _lane_count(self, threads: int) -> int:
        # An OpenMP build is many times slower off the main thread.
        if not self._bounded or self.parameters > _SMALL or threads == 1 or links_openmp():
            return 1
        return max(1, min(threads, self.slots // _LANE_SLOTS, _MOST_LANES))

    def open_lane(self) -> int:
        """Opens a lane; the first is open from the start, the others wait until they are needed.

        Returns:
            Its number.

        Raises:
            LlamaError: There is not enough memory.
        """
        params = lib.llama_context_default_params()
        params.n_ctx = self.cells
        params.n_batch = params.n_ubatch = self.batch_size
        params.n_seq_max = self.lane_slots + self.spare
        # Without it the context reserves a row of logits for every token of a step.
        params.n_outputs_max = self.lane_slots + _DRAFT_ROWS
        # Sequences share cells, so that a kept prefix is there once; windows of attention are kept whole, so that
        # sequences can be trimmed.
        params.kv_unified = params.swa_full = True
        try:
            self._open.append(Lane(self._model, params, self.vocabulary))
        except LlamaError:
            raise LlamaError(
                f"no context of {self.lane_slots} x {self.context} tokens for {self._name}: it needs more memory"
            ) from None
        return len(self._open) - 1

    @property
    def open_lanes(self) -> int:
        """How many lanes are open."""
        return len(self._open)

    def first(self, lane: int) -> int:
        """The number of a lane's first sequence."""
        return lane * (self.lane_slots + self.spare)

    def undo(self, sequence: int) -> int:
        """The spare sequence of the lane that `sequence` is in."""
        return self.first(sequence // (self.lane_slots + self.spare)) + self.lane_slots

    def _at(self, sequence: int) -> tuple[Lane, int]:
        """The lane that a sequence is in, and its number there."""
        lane, place = divmod(sequence, self.lane_slots + self.spare)
        return self._open[lane], place

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
        found = self._ends.get(token)
        if found is None:
            found = self._ends[token] = bool(lib.llama_vocab_is_eog(self._vocab, token))
        return found

    def decode(self, runs: Sequence[Run]) -> list[list[Logits]]:
        """Makes one step.

        Recurrent models decode sequences together only where their numbers follow each other in the order of the
        batch, so give runs in that order, without gaps. All are of one lane.

        Returns:
            For each run, the rows of logits `[vocabulary]` that it wants.

        Raises:
            NoRoom: The cache of keys and values is full; nothing was decoded.
            LlamaError: The step failed.
        """
        rows = iter(self.compute(0, runs, alone=True).rows.copy())
        return [[next(rows) for _ in range(run.logits)] for run in runs]

    def compute(self, lane: int, runs: Sequence[Run], *, alone: bool) -> Output:
        """Makes one step in a lane, as `decode` does; other lanes may make theirs at the same time.

        Args:
            lane: The lane.
            runs: What is decoded, all of it in this lane.
            alone: No other lane makes a step, so several threads may share this one, where that is faster.
        """
        threads = self._tuner.threads() if alone else 1
        output = self._open[lane].decode(runs, self.first(lane), threads)
        if alone:
            self._tuner.record(threads, sum(len(run.tokens) for run in runs), output.seconds)
        return output

    def clear(self, sequence: int) -> None:
        """Forgets a sequence."""
        lane, place = self._at(sequence)
        lib.llama_memory_seq_rm(lane.memory, place, -1, -1)

    def trim(self, sequence: int, length: int) -> bool:
        """Forgets what follows the first `length` tokens; False where the model cannot, and nothing has changed."""
        lane, place = self._at(sequence)
        return bool(lib.llama_memory_seq_rm(lane.memory, place, length, -1))

    def copy(self, source: int, target: int, length: int = -1) -> None:
        """Makes `target` the first `length` tokens of `source`, or all of it; what they share is kept once.

        Both are in one lane.
        """
        self.clear(target)
        lane, place = self._at(target)
        lib.llama_memory_seq_cp(lane.memory, self._at(source)[1], place, 0, length)

    def save(self, sequence: int) -> State:
        """Copies a sequence's state out."""
        lane, place = self._at(sequence)
        number = lib.llama_seq_id(place)
        size = lib.llama_state_seq_get_size(lane.context, number)
        state = np.empty(size, np.uint8)
        written = lib.llama_state_seq_get_data(lane.context, _address(state), size, number)
        return state[:written]

    def restore(self, sequence: int, state: State) -> None:
        """Puts a state that `save` gave into a sequence, of any lane.

        Raises:
            LlamaError: The state is not of this model.
        """
        lane, place = self._at(sequence)
        done = lib.llama_state_seq_set_data(
            lane.context, _address(state), len(state), lib.llama_seq_id(place)
        )
        if done == 0:
            self.clear(sequence)
            raise LlamaError("a kept state does not fit the model")


def _address(state: State) -> Any:
    return state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))


def build() -> str:
    """The version of llama.cpp, whose states another one may not understand."""
    return f"{lib.__version__} {lib.llama_print_system_info().decode('utf-8', 'replace')}"


@cache
def links_openmp() -> bool:
    """Whether the installed llama.cpp was built with OpenMP, which is 10-20 times slower off the main thread."""
    folder = Path(lib.__file__).parent / "lib"
    return any(b"libgomp" in path.read_bytes() for path in folder.glob("libggml-cpu*"))
