"""The kernel of the recurrence, built for the processor, against the formula step by step."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from training.kernel import HEAD_SIZE, KEPT, library

Array = NDArray[np.float32]
BATCH, TIME, HEADS = 2, 2 * KEPT, 2
SHAPE = (BATCH, TIME, HEADS, HEAD_SIZE)


@dataclass(frozen=True)
class Ran:
    """What a pass forward gave and keeps for the way back."""

    out: Array
    removed: Array
    kept: Array


def drawn(seed: int) -> list[Array]:
    """r, w, k, v, a, b as a layer makes them."""
    chance = np.random.default_rng(seed)
    r, k, v = (chance.normal(0, 0.5, SHAPE) for _ in range(3))
    w = -0.606531 / (1 + np.exp(-2 * chance.normal(size=SHAPE)))
    direction = chance.normal(size=SHAPE)
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    rate = 1 / (1 + np.exp(-chance.normal(size=SHAPE)))
    return [np.ascontiguousarray(x, np.float32) for x in (r, w, k, v, -direction, direction * rate)]


def pointers(arrays: list[Array]) -> list[ctypes.c_void_p]:
    return [ctypes.c_void_p(x.ctypes.data) for x in arrays]


def forward(inputs: list[Array]) -> Ran:
    ran = Ran(
        np.full(SHAPE, np.nan, np.float32),
        np.full(SHAPE, np.nan, np.float32),
        np.full((BATCH, HEADS, TIME // KEPT, HEAD_SIZE, HEAD_SIZE), np.nan, np.float32),
    )
    given = pointers([*inputs, ran.out, ran.removed, ran.kept])
    assert library(gpu=False).forward(BATCH, TIME, HEADS, *given, None) == 0
    return ran


def backward(inputs: list[Array], grad: Array, ran: Ran) -> list[Array]:
    grads = [np.full(SHAPE, np.nan, np.float32) for _ in inputs]
    given = pointers([*inputs, grad, ran.removed, ran.kept, *grads])
    assert library(gpu=False).backward(BATCH, TIME, HEADS, *given, None) == 0
    return grads


def by_formula(inputs: list[Array]) -> NDArray[np.float64]:
    """S_t = S_{t-1} (diag(exp w_t) + a_t b_t^T) + v_t k_t^T, o_t = S_t r_t, in double precision."""
    r, w, k, v, a, b = (x.astype(np.float64) for x in inputs)
    out = np.empty(SHAPE)
    state = np.zeros((BATCH, HEADS, HEAD_SIZE, HEAD_SIZE))
    for t in range(TIME):
        removed = np.einsum("bhvk,bhk->bhv", state, a[:, t])
        state = (
            state * np.exp(w[:, t])[:, :, None, :]
            + removed[..., None] * b[:, t][:, :, None, :]
            + v[:, t][..., None] * k[:, t][:, :, None, :]
        )
        out[:, t] = np.einsum("bhvk,bhk->bhv", state, r[:, t])
    return out


def test_the_kernel_computes_the_formula():
    inputs = drawn(1)
    assert np.allclose(forward(inputs).out, by_formula(inputs), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("which", range(6), ids=("r", "w", "k", "v", "a", "b"))
def test_its_gradients_are_the_formulas(which: int):
    """The slope along a random direction, by differences of the formula, is what the gradient says."""
    chance = np.random.default_rng(10 + which)
    inputs = drawn(2)
    grad = chance.normal(size=SHAPE).astype(np.float32)
    grads = backward(inputs, grad, forward(inputs))
    direction = chance.normal(size=SHAPE)
    step = 1e-5

    def loss(sign: int) -> float:
        moved: list[NDArray[np.float64]] = [x.astype(np.float64) for x in inputs]
        moved[which] = moved[which] + sign * step * direction
        return float((by_formula(moved) * grad).sum())  # type: ignore[arg-type]

    slope = (loss(1) - loss(-1)) / (2 * step)
    assert (grads[which] * direction).sum() == pytest.approx(slope, rel=1e-3, abs=1e-3)
