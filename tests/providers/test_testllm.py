"""The shipped model behind the provider interface."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest

from providers.base import Message, ProviderRejected, ProviderTimeout, Settings, ToolCall, ToolSpec, collect
from providers.dialects.marks import MARKS
from providers.dialects.netmon import NETMON
from providers.engine.client import Engine, EngineOptions
from providers.info import DescribedProvider, ModelInfo
from providers.registry import open_provider
from providers.testllm import TestLLM
from settings.schema import Config, TestLLMSettings
from tests.providers.engine.support import SHIPPED
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
    assert (info.name, info.format, info.dialect) == ("netmon-7m:bf16", "bf16", "netmon")
    assert info.parameters == 9_273_856
    assert info.default_constrained == "copy"


def _stray_mark(
    tools: Sequence[ToolSpec],
    messages: Sequence[Message],
    *,
    copy: bool,
    names: Mapping[str, str] | None = None,
) -> str:
    return f'start: "all {MARKS[3]}is well"'


async def test_a_mark_of_no_name_is_not_shown_where_no_name_was_met() -> None:
    engine = Engine(SHIPPED, EngineOptions(threads=1, slots=1, context=512))
    async with aclosing(TestLLM(engine, NETMON, ModelInfo("test"), _stray_mark)) as provider:
        reply = await collect(provider.stream([Message("user", "hello")], (), COPY))
    assert (reply.text, reply.finish.raw) == ("all is well", f"all {MARKS[3]}is well")


async def test_the_deadline_holds(provider: DescribedProvider) -> None:
    settings = replace(COPY, deadline_s=0.001, constrained="none")
    with pytest.raises(ProviderTimeout, match="no whole reply within"):
        await collect(provider.stream([Message("user", "ping db-03")], TOOLS, settings))


async def test_an_unknown_model_names_the_near_ones() -> None:
    with pytest.raises(ProviderRejected, match="netmon-7m"):
        await open_provider("netmon-7", Config())
    with pytest.raises(ProviderRejected, match="q4_k"):
        await open_provider("netmon-7m:q4_kk", Config())
