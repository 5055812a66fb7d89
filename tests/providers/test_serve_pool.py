"""Several models in one server: loaded when asked for, unloaded when idle, within a budget; and their figures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from models.synth import synthesize
from providers.base import Message, ProviderOverloaded, ProviderRejected, Settings, collect
from providers.dialects.registry import dialect
from providers.engine.client import Engine, EngineOptions
from providers.info import DescribedProvider, ModelInfo
from providers.serve.local import local_offers
from providers.serve.pool import ModelPool, Offer
from providers.serve.server import listen, serve
from providers.testllm import TestLLM
from settings.schema import Config
from tests.providers.engine.support import SHIPPED
from tests.providers.serving import QUESTION

GIB = 2**30


def offer(path: Path, opened: list[str], *, size: int = 2**20) -> Offer:
    async def open_() -> DescribedProvider:
        opened.append(path.name)
        engine = Engine(path, EngineOptions(threads=1, slots=2))
        await engine.start()
        return TestLLM(engine, dialect("netmon"), ModelInfo(path.name), None)

    async def bytes_() -> int:
        return size

    return Offer(open_, bytes_)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    synthesize("rwkv7-tiny", "q4_0", path)
    return path


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.05)


async def test_a_model_is_loaded_once_and_unloaded_when_idle(tiny: Path) -> None:
    opened: list[str] = []
    async with ModelPool({"tiny": offer(tiny, opened)}, memory_bytes=8 * GIB, idle_s=0.4) as pool:
        assert pool.loaded() == ()

        async def use() -> None:
            async with pool.lease("tiny"):
                await asyncio.sleep(1)

        await asyncio.gather(use(), use(), use())
        assert opened == ["tiny.gguf"]
        await until(lambda: pool.loaded() == ())
        metrics, running, resident = pool.metrics()["tiny"]
        assert (metrics.starts, running, resident) == (1, False, 0)
        async with pool.lease("tiny") as provider:
            reply = await collect(provider.stream([Message("user", "ping")], (), Settings(max_tokens=3)))
            assert reply.finish.usage.completion_tokens > 0
        assert len(opened) == 2


async def test_the_budget_gives_way_to_the_new_and_never_to_the_busy(tiny: Path) -> None:
    opened: list[str] = []
    offers = {"one": offer(tiny, opened), "two": offer(SHIPPED, opened)}
    # Room for one process, not for two.
    async with ModelPool(offers, memory_bytes=200 * 2**20, idle_s=900) as pool:
        async with pool.lease("one"):
            with pytest.raises(ProviderOverloaded, match=r"no memory for two while one are at work"):
                async with pool.lease("two"):
                    pass
        async with pool.lease("two"):
            assert pool.loaded() == ("two",)
        assert opened == ["tiny.gguf", SHIPPED.name]


def test_an_unknown_model_is_refused_before_anything_is_loaded() -> None:
    with pytest.raises(ProviderRejected, match="netmon-7m"):
        local_offers(["netmon-8m"], Config())
    assert list(local_offers(["q4_k", "scripted"], Config())) == ["netmon-7m:q4_k", "scripted"]


async def test_figures_of_requests_and_of_the_engine() -> None:
    listener, ended = listen(port=0), asyncio.Event()
    offers = {"netmon": offer(SHIPPED, [])}
    async with ModelPool(offers, memory_bytes=8 * GIB, idle_s=900) as pool:
        running = asyncio.create_task(serve(pool, listener, stop=ended))
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=60
        ) as client:
            assert list(text_string_to_metric_families((await client.get("/metrics")).text)) != []
            body = {"model": "netmon", "messages": QUESTION, "max_tokens": 20}
            replies = [(await client.post("/v1/chat/completions", json=body)).json() for _ in range(2)]
            text = (await client.get("/metrics")).text
        ended.set()
        await running
    timings = replies[1]["timings"]
    assert timings["total_ms"] >= timings["first_token_ms"] >= timings["queued_ms"] >= 0
    assert timings["batch_size"] == 1
    assert replies[1]["usage"]["prompt_tokens_details"]["cached_tokens"] > 0
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    tokens = sum(reply["usage"]["completion_tokens"] for reply in replies)
    assert samples["smallwatch_engine_completion_tokens_total", "netmon"] == tokens
    assert samples["smallwatch_engine_first_token_seconds_count", "netmon"] == 2
    assert samples["smallwatch_engine_prefix_hits_total", "memory", "netmon"] == 1
    assert samples["smallwatch_engine_queue_length", "netmon"] == 0
    assert samples["smallwatch_engine_resident_bytes", "netmon"] > 2**20
    assert samples["smallwatch_engine_loaded", "netmon"] == 1
