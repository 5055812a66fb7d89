"""Held to the schemas, no call is invalid, however wild the sampling is."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator
from llguidance import LLMatcher, LLTokenizer

from providers.base import Message, Settings, ToolSpec, collect
from providers.dialects.distinct import REPEATED
from providers.dialects.netmon import NETMON
from providers.dialects.netmon_grammar import grammar
from providers.engine.client import Engine, EngineOptions
from providers.info import ModelInfo
from providers.testllm import TestLLM
from tests.providers.engine.support import SHIPPED
from training.bank import SCHEMA

TOOLS = [
    ToolSpec(t["function"]["name"], t["function"]["description"], t["function"]["parameters"])
    for t in json.loads(SCHEMA.read_text(encoding="utf-8"))
]
VALIDATORS = {tool.name: Draft202012Validator(tool.parameters) for tool in TOOLS}
WORDS = (
    "ping check watch delete the host web-01 db-03 fw.example.org 10.0.0.7 port 443 22 every 5 minutes until tomorrow "
    "trace whois of and then mute maintenance for 2h alerts ops@example.org certificate of shop.acme.example scan"
).split()


async def invalid_calls(count: int, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Makes calls until there are so many; returns those that do not fit their schema."""
    chance, wrong, made = random.Random(2), list[str](), 0
    engine = Engine(SHIPPED, EngineOptions(threads=2, slots=16))
    provider = TestLLM(engine, NETMON, ModelInfo("netmon"), grammar)
    how = Settings(temperature=1.0, constrained="schema", max_tokens=160)

    async def one(number: int) -> int:
        text = " ".join(chance.choices(WORDS, k=chance.randint(3, 12)))
        tools = chance.sample(TOOLS, chance.randint(1, len(TOOLS)))
        settings = replace(how, seed=number, constrained=chance.choice(("schema", "copy")))
        reply = await collect(provider.stream([Message("user", text)], tools, settings))
        offered = {tool.name for tool in tools}
        for call in reply.calls:
            broken = [error.message for error in VALIDATORS[call.call.name].iter_errors(call.call.arguments)]
            repairs = set(call.repairs) - {REPEATED}
            if broken or repairs or call.call.name not in offered:
                wrong.append(f"{reply.finish.raw}: {broken} {call.repairs}")
        if reply.malformed and reply.finish.reason != "length":
            wrong.append(f"{reply.finish.raw}: {reply.malformed[0].reason}")
        return len(reply.calls)

    number = 0
    while made < count:
        made += sum(await asyncio.gather(*(one(number + each) for each in range(32))))
        number += 32
    await provider.aclose()
    with capsys.disabled():
        print(f" [{made} calls in {number} replies, {len(wrong)} invalid]", end="")
    return wrong


@pytest.mark.parametrize(
    ("words", "may"),
    [
        ("Three. <b>", True),
        ("a < b, <<t<t", True),
        ("is <target> up\n<", True),
        ("Three. What <tool_call>{", False),
        ("Three <<t<to", False),
        ("Three <t<<too", False),
    ],
)
def test_words_hold_no_call(words: str, may: bool) -> None:
    written = grammar(TOOLS, [Message("user", "ping web-01")], copy=True)
    matcher = LLMatcher(LLTokenizer("byte"), LLMatcher.grammar_from_lark(written))
    data = list(words.encode())
    assert (matcher.try_consume_tokens(data) == len(data)) == may


async def test_sixty_calls(capsys: pytest.CaptureFixture[str]) -> None:
    assert await invalid_calls(60, capsys) == []


@pytest.mark.slow
async def test_two_thousand_calls(capsys: pytest.CaptureFixture[str]) -> None:
    assert await invalid_calls(2000, capsys) == []
