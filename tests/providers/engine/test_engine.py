"""The engine's process: batches, kept states, cancelling, dying and hostile files. Real llama.cpp, real weights."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from providers.base import ProviderRejected, ProviderTimeout, ProviderUnavailable
from providers.engine.client import Engine, EngineOptions
from providers.engine.protocol import Sampling
from tests.providers.engine.support import answer, ask, call_of


def kill(engine: Engine) -> None:
    process = engine._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)


async def test_the_shipped_model_calls(engine: Engine) -> None:
    text, done = await answer(engine, ask("ping db-03"))
    assert text == call_of("db-03")
    assert done.reason == "stop"
    assert done.completion_tokens > 0


async def test_the_fixed_prompt_is_paid_once(engine: Engine) -> None:
    first_text, first = await answer(engine, ask("ping db-03"))
    second_text, second = await answer(engine, ask("ping db-03"))
    assert (first.cached_tokens, first.prompt_tokens) == (0, second.prompt_tokens)
    assert second.cached_tokens > 0
    assert second_text == first_text


async def test_more_requests_than_slots_are_all_answered(engine: Engine) -> None:
    names = [f"srv-{number}" for number in range(12)]
    found = await asyncio.gather(*(answer(engine, ask(f"ping {name}")) for name in names))
    for name, (text, _) in zip(names, found, strict=True):
        assert f'"target":"{name}"' in text


async def test_a_limit_of_tokens_is_told(engine: Engine) -> None:
    _, done = await answer(engine, ask("ping db-03", max_tokens=2))
    assert (done.reason, done.completion_tokens) == ("length", 2)


async def test_a_stop_string_is_not_part_of_the_answer(engine: Engine) -> None:
    text, done = await answer(engine, ask("ping db-03", stop=("arguments",)))
    assert text == '<tool_call>{"name":"ping_host","'
    assert done.reason == "stop"


async def test_the_same_seed_gives_the_same_text(engine: Engine) -> None:
    hot = Sampling(temperature=5.0, seed=11)
    one, _ = await answer(engine, ask("hello", sampling=hot))
    two, _ = await answer(engine, ask("hello", sampling=hot))
    other, _ = await answer(engine, ask("hello", sampling=Sampling(temperature=5.0, seed=12)))
    assert one == two
    assert one != other


async def test_a_closed_request_frees_its_slot(engine: Engine) -> None:
    for _ in range(6):
        pieces = engine.generate(
            ask("tell me everything", max_tokens=2000, stop=(), sampling=Sampling(temperature=2.0))
        )
        await anext(pieces)
        await pieces.aclose()
    async with asyncio.timeout(20):
        text, _ = await answer(engine, ask("ping db-03"))
    assert "ping_host" in text


async def test_a_killed_engine_fails_its_requests_and_starts_again(engine: Engine) -> None:
    pieces = engine.generate(
        ask("tell me everything", max_tokens=2000, stop=(), sampling=Sampling(temperature=2.0))
    )
    await anext(pieces)
    kill(engine)
    with pytest.raises(ProviderUnavailable, match="died"):
        async for _ in pieces:
            pass
    text, _ = await answer(engine, ask("ping db-03"))
    assert "ping_host" in text


async def test_a_grammar_holds_the_answer(engine: Engine) -> None:
    text, _ = await answer(engine, ask("ping db-03", grammar='start: "yes" | "no"'))
    assert text in ("yes", "no")


async def test_a_bad_grammar_fails_only_its_request(engine: Engine) -> None:
    good = asyncio.create_task(answer(engine, ask("ping db-03")))
    with pytest.raises(ProviderRejected, match="cannot be compiled"):
        await answer(engine, ask("ping db-03", grammar="start: missing"))
    assert "ping_host" in (await good)[0]


async def test_a_damaged_file_does_not_reach_the_parent(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(b"GGUF" + b"\x03\0\0\0" + b"\xff" * 300)
    engine = Engine(damaged, EngineOptions(threads=1, slots=1, load_timeout_s=30))
    with pytest.raises((ProviderRejected, ProviderUnavailable, ProviderTimeout)):
        await engine.start()
    await engine.aclose()


async def test_a_load_that_hangs_is_stopped(tmp_path: Path) -> None:
    hanging = tmp_path / "pipe.gguf"
    os.mkfifo(hanging)
    engine = Engine(hanging, EngineOptions(threads=1, slots=1, load_timeout_s=2))
    with pytest.raises(ProviderTimeout, match="did not load within"):
        await engine.start()
    await engine.aclose()
