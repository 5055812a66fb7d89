"""llama.cpp, on the shipped file, says what PyTorch said of the weights that it was made of."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench.parity import Kept, load, nearness
from models.formats import RECIPES
from models.quantize import convert

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "models" / "netmon-7m-bf16.gguf"


@pytest.fixture(scope="module")
def kept() -> Kept:
    return load(ROOT / "training" / "parity" / "netmon-7m.npz")


def test_the_shipped_file_agrees_everywhere(kept: Kept):
    near = nearness(kept, SHIPPED, "bf16")
    assert near.top1 == 1
    assert near.kl < 1e-5


@pytest.mark.parametrize(("format_", "kl"), [("f16", 1e-5), ("q8_0", 1e-4), ("q4_k", 5e-3)])
async def test_its_formats_stay_near(kept: Kept, tmp_path: Path, format_: str, kl: float):
    target = tmp_path / f"{format_}.gguf"
    await convert(SHIPPED, target, RECIPES[format_])
    near = await asyncio.to_thread(nearness, kept, target, format_)
    assert near.top1 > 0.99
    assert near.kl < kl


def test_another_models_weights_are_told_apart(kept: Kept):
    other = nearness(kept, ROOT / "models" / "netmon-2m-bf16.gguf", "bf16")
    # It was trained on the same documents, so it is near as well, but not as its own are.
    assert other.kl > 1e-3
    assert other.top1 < 1
