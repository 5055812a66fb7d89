"""Damaged GGUF files: whoever opens them goes on, and no child outlives its limits."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import aclosing
from pathlib import Path

import pytest

from bench.engine.mutants import hunt, mutate
from models.synth import synthesize
from providers.base import ProviderError
from providers.engine.client import Engine, EngineOptions
from tests.providers.engine.support import answer, ask
from tests.providers.engine.tiny import ARCHITECTURES, write_tiny


def originals(folder: Path) -> list[bytes]:
    synthesize("rwkv7-tiny", "q4_0", folder / "rwkv7.gguf")
    paths = [write_tiny(arch, folder / f"{arch}.gguf") for arch in ARCHITECTURES]
    return [path.read_bytes() for path in [folder / "rwkv7.gguf", *paths]]


def ends_of(count: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> Counter[str]:
    """How so many damaged files ended, the one who opened them alive."""
    ends = hunt(originals(folder), count, seed=1, told=lambda _: None)
    with capsys.disabled():
        print(f" [{ends}]", end="")
    return ends


def test_three_hundred(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ends = ends_of(300, tmp_path, capsys)
    assert sum(ends.values()) == 300 and ends["refused before the child"] > 75 and ends["ran"] > 0


@pytest.mark.slow
def test_ten_thousand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ends = ends_of(10_000, tmp_path, capsys)
    assert sum(ends.values()) == 10_000 and ends["refused before the child"] > 2500 and ends["ran"] > 0


async def test_the_engine_itself_survives_some(tmp_path: Path) -> None:
    """These skip the check before the child, so that the child meets them all."""
    data = write_tiny("qwen2", tmp_path / "whole.gguf").read_bytes()
    chance, ends = random.Random(3), set[str]()
    for number in range(8):
        path = tmp_path / f"{number}.gguf"
        path.write_bytes(mutate(data, 20_000, chance))
        async with aclosing(Engine(path, EngineOptions(threads=1, slots=1, load_timeout_s=30))) as engine:
            try:
                await answer(engine, ask("ping", fixed="", max_tokens=4))
                ends.add("ran")
            except ProviderError as error:
                ends.add(type(error).__name__)
    assert ends
