"""What this engine's own options cost and gain: constraints, drafts, deterministic decoding."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from evals.cases import Case, load_suite
from providers.base import Settings, collect
from providers.dialects.netmon import NETMON
from providers.dialects.netmon_grammar import grammar
from providers.engine.client import Engine, EngineOptions
from providers.info import ModelInfo
from providers.testllm import TestLLM


async def _rate(provider: TestLLM, chosen: list[Case], clients: int, how: Settings) -> dict[str, float]:
    waiting, tokens = iter(chosen), 0

    async def client() -> None:
        nonlocal tokens
        for case in waiting:
            reply = await collect(provider.stream(case.messages, case.tools, replace(how, now=case.now)))
            tokens += reply.finish.usage.completion_tokens

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    seconds = time.perf_counter() - begun
    metrics = provider.metrics
    return {
        "cases_per_s": len(chosen) / seconds,
        "tokens_per_s": tokens / seconds,
        "drafted": float(metrics.drafted),
        "drafts_kept": float(metrics.drafts_kept),
    }


async def measure_arms(
    model: Path, threads: int, count: int, rounds: int, say: Callable[[str], None]
) -> dict[str, dict[str, float]]:
    """Medians of each arm: free and constrained with 16 clients, with and without drafts, and deterministic."""
    plain = EngineOptions(threads=threads, slots=16, speculate=False)
    arms: dict[str, tuple[EngineOptions, int, Settings]] = {
        "free, 16 clients": (plain, 16, Settings()),
        "schema, 16 clients": (plain, 16, Settings(constrained="schema")),
        "copy, 16 clients": (plain, 16, Settings(constrained="copy")),
        "free, 16 clients, deterministic": (replace(plain, deterministic=True), 16, Settings()),
        "free, 1 client": (plain, 1, Settings()),
        "free, 1 client, drafts": (replace(plain, speculate=True), 1, Settings()),
        "copy, 1 client": (plain, 1, Settings(constrained="copy")),
        "copy, 1 client, drafts": (replace(plain, speculate=True), 1, Settings(constrained="copy")),
    }
    suite = load_suite("netmon-dev").cases
    chosen, first = list(suite[:count]), list(suite[-2:])
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for _ in range(rounds):
        for name, (options, clients, how) in arms.items():
            provider = TestLLM(Engine(model, options), NETMON, ModelInfo("bench"), grammar)
            try:
                await _rate(provider, first, 1, how)
                found[name].append(await _rate(provider, chosen, clients, how))
            finally:
                await provider.aclose()
            say(f"  {name}: {found[name][-1]['tokens_per_s']:.0f} tokens/s")
    return {name: _medians(values) for name, values in found.items()}


def _medians(rows: list[dict[str, Any]]) -> dict[str, float]:
    return {key: median(row[key] for row in rows) for key in rows[0]}
