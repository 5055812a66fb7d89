"""Random weights, packed as ggml stores them.

The bytes of a block are random, but for its scales: those are chosen so that the weights have mean 0 and the spread
that is asked for. The layouts are those of `ggml-common.h`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.ggml import TENSOR_TYPES, tensor_type

Blocks = NDArray[np.uint8]
_Rng = np.random.Generator


def _half(value: float) -> Blocks:
    return np.frombuffer(np.float16(value).tobytes(), np.uint8)


def _q8_0(blocks: Blocks, spread: float) -> None:
    # d, then 32 of int8, whose spread is 74.
    blocks[:, :2] = _half(spread / 74)


def _q4_0(blocks: Blocks, spread: float) -> None:
    # d, then 32 of 0..15, minus 8; their spread is 4.6.
    blocks[:, :2] = _half(spread / 4.6)


def _q4_k(blocks: Blocks, spread: float) -> None:
    # d and dmin, 12 bytes of scales (6 bits each, so 0..63), 256 of 0..15: d * scale * q - dmin * scale'.
    # All scales are 32 here (each 6-bit field of the packed 12 bytes), and dmin takes the mean of q away.
    blocks[:, :2] = _half(spread / (4.6 * 32))
    blocks[:, 2:4] = _half(spread / (4.6 * 32) * 7.5)
    blocks[:, 4:12] = 32
    blocks[:, 12:16] = 0
    # The upper two bits of the last four scales lie in the first eight bytes, above those of the first four.
    blocks[:, 4:12] |= 128


def _q6_k(blocks: Blocks, spread: float) -> None:
    # 192 bytes of 0..63, minus 32 (spread 18.5), 16 scales of int8, d.
    blocks[:, 192:208] = 64
    blocks[:, 208:210] = _half(spread / (18.5 * 64))


_SCALES: dict[str, Callable[[Blocks, float], None]] = {
    "q8_0": _q8_0, "q4_0": _q4_0, "q4_k": _q4_k, "q6_k": _q6_k,
}  # fmt: skip

KINDS = ("f32", "f16", "bf16", *_SCALES)


def random_tensor(kind: str, elements: int, spread: float, rng: _Rng, *, mean: float = 0.0) -> Blocks:
    """Makes the bytes of a tensor.

    Args:
        kind: One of `KINDS`.
        elements: How many weights; whole blocks.
        spread: Their standard deviation.
        rng: Where chance comes from.
        mean: Their mean; quantized ones have 0.
    """
    shape = TENSOR_TYPES[tensor_type(kind)]
    if kind in _SCALES:
        blocks = rng.integers(0, 256, (elements // shape.elements, shape.size), np.uint8)
        _SCALES[kind](blocks, spread)
        return blocks.reshape(-1)
    values = rng.standard_normal(elements, np.float32) * np.float32(spread) + np.float32(mean)
    if kind == "f32":
        return values.view(np.uint8)
    if kind == "f16":
        return values.astype(np.float16).view(np.uint8)
    # BF16 is the upper half of a float32.
    return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
