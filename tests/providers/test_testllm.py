"""The shipped model behind the provider interface."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from providers.base import Message, ProviderRejected, ProviderTimeout, Settings, ToolCall, ToolSpec, collect
from providers.info import DescribedProvider
from providers.registry import open_provider
from settings.schema import Config, TestLLMSettings
from training.bank import SCHEMA

TOOLS = [
    ToolSpec(t["function"]["name"], t["function"]["description"], t["function"]["parameters"])
    for t in json.loads(SCHEMA.read_text(encoding="utf-8"))
]
COPY = Settings(constrained="copy")


@pytest.fixture
async def provider() -> AsyncIterator[DescribedProvider]:
    found = await open_provider("netmon-7m:bf16", Config(testllm=TestLLMSettings(threads=2, slots=2)))
    yield found
    await found.aclose()


async def test_a_call_in_the_tools_own_terms(provider: DescribedProvider) -> None:
    asked = [Message("user", "set the timeout of shop.acme.example to 30 seconds")]
    reply = await collect(provider.stream(asked, TOOLS, COPY))
    assert [(c.call.name, c.call.arguments) for c in reply.calls] == [
        ("edit_host", {"address": "shop.acme.example", "timeout_ms": 30_000})
    ]
    assert reply.finish.reason == "tool_calls"
    assert '"timeout_ms":"30s"' in reply.finish.raw
    assert reply.finish.usage.completion_tokens > 0
    assert not reply.finish.usage.estimated


async def test_a_result_is_answered_in_words(provider: DescribedProvider) -> None:
    sentence = "db-03 answered 4 of 4 pings, 23 ms on average."
    conversation = [
        Message("user", "ping db-03"),
        Message("assistant", None, (ToolCall("c1", "ping_host", {"target": "db-03"}),)),
        Message("tool", json.dumps({"success": True, "message": sentence, "data": {}}), tool_call_id="c1"),
    ]
    reply = await collect(provider.stream(conversation, TOOLS, COPY))
    assert reply.calls == ()
    assert reply.text == sentence


async def test_the_model_is_described(provider: DescribedProvider) -> None:
    info = provider.info
    assert (info.name, info.format, info.dialect) == ("netmon-7m:bf16", "bf16", "netmon_marks")
    assert info.parameters == 9_273_856
    assert info.default_constrained == "copy"


async def test_the_deadline_holds(provider: DescribedProvider) -> None:
    settings = replace(COPY, deadline_s=0.001, constrained="none")
    with pytest.raises(ProviderTimeout, match="no whole reply within"):
        await collect(provider.stream([Message("user", "ping db-03")], TOOLS, settings))


async def test_an_unknown_model_names_the_near_ones() -> None:
    with pytest.raises(ProviderRejected, match="netmon-7m"):
        await open_provider("netmon-7", Config())
    with pytest.raises(ProviderRejected, match="q4_k"):
        await open_provider("netmon-7m:q4_kk", Config())
