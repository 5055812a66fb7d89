"""Rounding while learning must be what llama.cpp's formats do afterwards."""

from __future__ import annotations

import gguf
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.model import RWKV7, Shape  # noqa: E402
from training.rounding import Rounding, q4_k, q5_0, rounded  # noqa: E402

SHAPE = Shape(64, 2, 256, 16, 16, 16, 16, 300)


def test_q5_0_is_a_fixed_point_of_ggml() -> None:
    blocks = q5_0(torch.randn(500, 32, generator=torch.Generator().manual_seed(1)))
    assert torch.equal(blocks, blocks.to(torch.bfloat16).float())
    kind = gguf.GGMLQuantizationType.Q5_0
    again = gguf.dequantize(gguf.quantize(blocks.numpy(), kind), kind)
    assert np.array_equal(again, blocks.numpy())


def test_q5_0_is_near() -> None:
    x = torch.randn(500, 32, generator=torch.Generator().manual_seed(2))
    largest = x.abs().amax(dim=1, keepdim=True)
    # The scale is off by a sixteenth at most, and there is no level 16.
    assert ((q5_0(x) - x).abs() <= largest / 8 + 1e-6).all()
    assert torch.equal(q5_0(torch.zeros(1, 32)), torch.zeros(1, 32))


def test_q4_k_has_sixteen_levels_and_keeps_the_ends() -> None:
    x = torch.randn(100, 32, generator=torch.Generator().manual_seed(3))
    found = q4_k(x)
    assert all(len(row.unique()) <= 16 for row in found)
    torch.testing.assert_close(found.amin(dim=1), x.amin(dim=1))
    torch.testing.assert_close(found.amax(dim=1), x.amax(dim=1))
    assert torch.equal(q4_k(torch.zeros(1, 32)), torch.zeros(1, 32))


def test_significant_digits() -> None:
    assert rounded(torch.tensor([1.0, 1.06, 1.07, -3.3, 0.0]), 3).tolist() == [
        1.0,
        1.0,
        1.125,
        -3.25,
        0.0,
    ]


def test_matrices_are_rounded_in_place_and_come_back() -> None:
    torch.manual_seed(4)
    model = RWKV7(SHAPE)
    torch.nn.init.normal_(model.layers[1].time_mix.output)
    before = {name: p.clone() for name, p in model.named_parameters()}
    places = [p.data_ptr() for p in model.parameters()]
    rounding = Rounding(model)
    rounding.apply()
    changed = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    assert "layers.1.time_mix.output" in changed
    assert {n.rpartition(".")[2] for n in changed} <= {"receptance", "key", "value", "output"}
    torch.testing.assert_close(
        model.layers[0].channel_mix.key, q5_0(before["layers.0.channel_mix.key"].view(-1, 32)).view(256, 64)
    )
    rounding.restore()
    assert all(torch.equal(p, before[n]) for n, p in model.named_parameters())
    rounding.finish()
    assert torch.equal(model.layers[0].channel_mix.value, before["layers.0.channel_mix.value"])
    assert not torch.equal(model.layers[0].time_mix.key, before["layers.0.time_mix.key"])
    assert places == [p.data_ptr() for p in model.parameters()]
