"""Files of random weights in the exact shape of a published model: its speed and memory without its download.

Such a file is marked (`smallwatch.random`), so that nobody takes what it says for what the model says.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import gguf
import numpy as np

from models.errors import UnknownModel, nearest
from models.ggml import TENSOR_TYPES, file_type, tensor_type
from models.progress import OnProgress, Progress, ignore
from models.random_blocks import random_tensor

T = TypeVar("T")

#: Marks a file; the value says how it was made.
RANDOM_KEY = "smallwatch.random"
_HEAD = 64
_LETTERS = "etaoinshrdlucmfywgpbvkjxqz"


@dataclass(frozen=True, slots=True)
class Shape:
    """An RWKV-7 model's dimensions, as published in its configuration.

    Attributes:
        layers: Blocks.
        width: Numbers of a token's representation; heads have 64 each.
        ffn: Width of the channel mix.
        vocabulary: Tokens.
        decay: Rank of the decay's low-rank map.
        rate: Rank of the in-context learning rate's.
        value: Rank of the value residual's.
        gate: Rank of the gate's.
    """

    layers: int
    width: int
    ffn: int
    vocabulary: int
    decay: int
    rate: int
    value: int
    gate: int


SHAPES: dict[str, Shape] = {
    "rwkv7-0.1b-world": Shape(12, 768, 3072, 65536, 64, 64, 32, 128),
    "rwkv7-0.4b-world": Shape(24, 1024, 4096, 65536, 64, 64, 32, 128),
    "rwkv7-1.5b-world": Shape(24, 2048, 8192, 65536, 96, 96, 64, 256),
    "rwkv7-2.9b-world": Shape(32, 2560, 10240, 65536, 96, 96, 64, 320),
    # Not published: small enough for tests, with a K-quant's 256 to a block.
    "rwkv7-tiny": Shape(2, 256, 1024, 4096, 32, 32, 32, 64),
}


@dataclass(frozen=True, slots=True)
class _Mix:
    """Types of the embeddings and output, of the low-rank maps, and of the other matrices; and llama.cpp's name."""

    ends: str
    low_rank: str
    rest: str
    file_type: str


#: As `models.formats.RECIPES` makes them of a BF16 file: low-rank maps stay as they are.
_MIXES: dict[str, _Mix] = {
    "q4_k": _Mix("q8_0", "bf16", "q4_k", "q4_k_m"),
    "q6_k": _Mix("q8_0", "bf16", "q6_k", "q6_k"),
    "q8_0": _Mix("q8_0", "bf16", "q8_0", "q8_0"),
    "q4_0": _Mix("q6_k", "bf16", "q4_0", "q4_0"),
    "bf16": _Mix("bf16", "bf16", "bf16", "bf16"),
    "f16": _Mix("f16", "f16", "f16", "f16"),
}
FORMATS = tuple(_MIXES)


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A tensor to write: `shape` with the slowest dimension first; weights have `mean` and `spread`."""

    name: str
    shape: tuple[int, ...]
    kind: str
    spread: float
    mean: float = 0.0

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        kind = TENSOR_TYPES[tensor_type(self.kind)]
        return self.elements // kind.elements * kind.size


def synthesize(
    like: str,
    format_: str,
    target: Path,
    *,
    seed: int = 0,
    on_progress: OnProgress = ignore,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Writes a file of random weights, one tensor at a time, beside its place and then there.

    Args:
        like: The model whose shape it has, one of `SHAPES`.
        format_: One of `FORMATS`.
        target: The file.
        seed: Where chance begins; the same seed gives the same file.
        on_progress: Told of the bytes written.
        stopped: Asked between tensors whether to give up.

    Raises:
        UnknownModel: There is no such shape or format.
        InterruptedError: `stopped` said so; nothing is left behind.
    """
    shape, mix = _known(like, SHAPES, "shape"), _known(format_, _MIXES, "format")
    tensors = list(_tensors(shape, mix))
    total = sum(tensor.bytes for tensor in tensors)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, suffix=".part")
    os.close(handle)
    writer = _header(Path(temporary), like, shape, mix, seed)
    try:
        for tensor in tensors:
            raw = gguf.GGMLQuantizationType(tensor_type(tensor.kind))
            writer.add_tensor_info(
                tensor.name, tensor.shape, np.dtype(np.float32), tensor.bytes, raw_dtype=raw
            )
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        rng, done = np.random.default_rng(seed), 0
        for tensor in tensors:
            if stopped():
                raise InterruptedError
            writer.write_tensor_data(
                random_tensor(tensor.kind, tensor.elements, tensor.spread, rng, mean=tensor.mean)
            )
            done += tensor.bytes
            on_progress(Progress("write", target.name, done, total))
        writer.close()
        os.replace(temporary, target)
    except BaseException:
        writer.close()
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def parameters_of(like: str) -> int:
    """The number of weights of a model of this shape.

    Raises:
        UnknownModel: There is no such shape.
    """
    shape = _known(like, SHAPES, "shape")
    return sum(tensor.elements for tensor in _tensors(shape, _MIXES["f16"]))


def _known(name: str, known: dict[str, T], what: str) -> T:
    if name not in known:
        raise UnknownModel(f"there is no {what} {name!r} to synthesize; {nearest(name, known)}")
    return known[name]


def _header(path: Path, like: str, shape: Shape, mix: _Mix, seed: int) -> gguf.GGUFWriter:
    writer = gguf.GGUFWriter(path, "rwkv7")
    writer.add_name(f"{like} with random weights")
    writer.add_string(RANDOM_KEY, f"like {like}, seed {seed}")
    writer.add_context_length(1048576)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_layer_norm_eps(1e-5)
    writer.add_wkv_head_size(_HEAD)
    writer.add_decay_lora_rank(shape.decay)
    writer.add_iclr_lora_rank(shape.rate)
    writer.add_value_residual_mix_lora_rank(shape.value)
    writer.add_gate_lora_rank(shape.gate)
    writer.add_feed_forward_length(shape.ffn)
    writer.add_head_count(0)
    writer.add_file_type(gguf.LlamaFileType(file_type(mix.file_type)))
    writer.add_quantization_version(2)
    writer.add_tokenizer_model("rwkv")
    writer.add_token_list(_vocabulary(shape.vocabulary))
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_token_types([control] + [normal] * (shape.vocabulary - 1))
    for special in (writer.add_bos_token_id, writer.add_eos_token_id, writer.add_eot_token_id):
        special(0)
    return writer


def _vocabulary(size: int) -> list[bytes]:
    """An end, the single bytes, and then pieces of words: about as many characters a token as a real one."""
    pieces = itertools.chain(
        (f" {a}" for a in _LETTERS),
        (a + b for a in _LETTERS for b in _LETTERS),
        (f" {a}{b}" for a in _LETTERS for b in _LETTERS),
        (a + b + c for a in _LETTERS for b in _LETTERS for c in _LETTERS),
        (f" {a}{b}{c}" for a in _LETTERS for b in _LETTERS for c in _LETTERS),
        (a + b + c + d for a in _LETTERS for b in _LETTERS for c in _LETTERS for d in _LETTERS),
    )
    # Escaped as llama.cpp's reader of this tokenizer wants them.
    single = [rf"\x{byte:02x}".encode() for byte in range(256)]
    return [b"<s>", *single, *(piece.encode() for piece in itertools.islice(pieces, size - 257))]


def _tensors(shape: Shape, mix: _Mix) -> Iterator[_Tensor]:
    """All tensors, named and shaped as llama.cpp wants them, with weights that keep activations in bounds."""
    width, ends = shape.width, (shape.vocabulary, shape.width)
    yield _Tensor("token_embd.weight", ends, mix.ends, 0.5)
    yield from _norm("token_embd_norm", width)
    for index in range(shape.layers):
        # The first layer mixes in no first value, but llama.cpp asks for the tensors: shaped as the learning rate's.
        value = shape.value if index else shape.rate
        yield from _block(f"blk.{index}", replace(shape, value=value), mix)
    yield from _norm("output_norm", width)
    yield _Tensor("output.weight", ends, mix.ends, 1 / math.sqrt(width))


def _norm(name: str, width: int) -> Iterator[_Tensor]:
    yield _Tensor(f"{name}.weight", (width,), "f32", 0.02, 1.0)
    yield _Tensor(f"{name}.bias", (width,), "f32", 0.02)


def _block(name: str, shape: Shape, mix: _Mix) -> Iterator[_Tensor]:
    width, spread = shape.width, 1 / math.sqrt(shape.width)
    for norm in ("attn_norm", "attn_norm_2", "time_mix_ln"):
        yield from _norm(f"{name}.{norm}", width)
    yield _Tensor(f"{name}.time_mix_lerp_fused.weight", (6, 1, 1, width), "f32", 0.1, 0.5)
    # A decay of exp(-0.6 * sigmoid(w0)): as trained ones, most of the state is kept from token to token.
    yield _Tensor(f"{name}.time_mix_w0.weight", (width,), "f32", 1.0, -3.0)
    for vector, mean in (("a0", 0.0), ("v0", 0.0), ("k_k", 0.85), ("k_a", 1.0)):
        yield _Tensor(f"{name}.time_mix_{vector}.weight", (width,), "f32", 0.05, mean)
    yield _Tensor(f"{name}.time_mix_r_k.weight", (width,), "f32", 0.05)
    for letter, rank in (("w", shape.decay), ("a", shape.rate), ("v", shape.value), ("g", shape.gate)):
        yield _Tensor(f"{name}.time_mix_{letter}1.weight", (rank, width), mix.low_rank, spread)
        yield _Tensor(f"{name}.time_mix_{letter}2.weight", (width, rank), mix.low_rank, 0.1 / math.sqrt(rank))
    for matrix in ("receptance", "key", "value", "output"):
        yield _Tensor(f"{name}.time_mix_{matrix}.weight", (width, width), mix.rest, spread)
    yield _Tensor(f"{name}.channel_mix_lerp_k.weight", (1, 1, width), "f32", 0.1, 0.5)
    yield _Tensor(f"{name}.channel_mix_key.weight", (shape.ffn, width), mix.rest, spread)
    yield _Tensor(f"{name}.channel_mix_value.weight", (width, shape.ffn), mix.rest, 1 / math.sqrt(shape.ffn))
