"""Two-step conversations with tools over the served API, by the real clients, unmodified."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import AsyncInferenceClient

from providers.base import (
    Chunk,
    Finish,
    Message,
    Settings,
    Text,
    ToolSpec,
    Usage,
    collect,
)
from providers.dialects.registry import dialect
from providers.engine.client import Engine, EngineOptions
from providers.hugllm import HugLLM
from providers.info import ModelInfo
from providers.testllm import TestLLM
from providers.turbollm import TurboLLM
from tests.providers.serving import NOW, PING, QUESTION, RESULT, SPEC, Echo, hosted, openai_client, served
from tools.catalogue import default_registry

WEIGHTS = Path(__file__).parents[2] / "models" / "netmon-7m-bf16.gguf"
TwoSteps = Callable[..., Awaitable[tuple[str, str, str]]]


async def openai_two_steps(
    url: str, model: str, tool: dict[str, Any], *, stream: bool
) -> tuple[str, str, str]:
    """Has a tool called and its result answered; returns the call's name and arguments, and the answer."""
    async with openai_client(url) as client:
        create: Any = client.chat.completions.create
        name, call_id, arguments = "", "", ""
        if stream:
            async for chunk in await create(model=model, messages=QUESTION, tools=[tool], stream=True):
                for piece in chunk.choices[0].delta.tool_calls or ():
                    call_id, name = piece.id or call_id, piece.function.name or name
                    arguments += piece.function.arguments or ""
        else:
            reply = await create(model=model, messages=QUESTION, tools=[tool])
            call = reply.choices[0].message.tool_calls[0]
            call_id, name, arguments = call.id, call.function.name, call.function.arguments
            assert reply.choices[0].finish_reason == "tool_calls"
            assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 0
        answer = await create(model=model, messages=second_step(call_id, name, arguments), tools=[tool])
        return name, arguments, answer.choices[0].message.content


async def hugging_two_steps(
    url: str, model: str, tool: dict[str, Any], *, stream: bool
) -> tuple[str, str, str]:
    """The same by the Hugging Face client."""
    async with AsyncInferenceClient(base_url=url, api_key="none") as client:
        create: Any = client.chat_completion
        if stream:
            chunks = [chunk async for chunk in await create(QUESTION, model=model, tools=[tool], stream=True)]
            call = next(call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ())
            assert chunks[-1].choices[0].finish_reason == "tool_calls"
        else:
            call = (await create(QUESTION, model=model, tools=[tool])).choices[0].message.tool_calls[0]
        name, arguments = call.function.name, call.function.arguments
        answer = await create(second_step(call.id, name, arguments), model=model, tools=[tool])
        return name, arguments, answer.choices[0].message.content


def second_step(call_id: str, name: str, arguments: str) -> list[dict[str, Any]]:
    """The conversation with the call and its result."""
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    result = {"role": "tool", "tool_call_id": call_id, "content": RESULT}
    return [*QUESTION, {"role": "assistant", "tool_calls": [call]}, result]


clients = pytest.mark.parametrize(
    "two_steps", [openai_two_steps, hugging_two_steps], ids=["openai", "huggingface"]
)


@clients
@pytest.mark.parametrize("stream", [True, False])
async def test_the_real_clients_have_a_tool_called(two_steps: TwoSteps, stream: bool) -> None:
    echo = Echo()
    async with served(echo=echo) as url:
        name, arguments, answer = await two_steps(url, "echo", PING, stream=stream)
    assert (name, json.loads(arguments), answer) == ("ping", {"host": "gw1.lan"}, RESULT)
    messages, tools, _ = echo.asked[1]
    assert tools == (SPEC,)
    assert messages[1].tool_calls[0].arguments == {"host": "gw1.lan"}
    assert messages[2].tool_call_id == messages[1].tool_calls[0].id


async def test_the_openai_client_lists_models() -> None:
    async with served(echo=Echo()) as url, openai_client(url) as client:
        assert [model.id async for model in client.models.list()] == ["echo"]
        assert (await client.models.retrieve("echo")).id == "echo"


@pytest.mark.parametrize("kind", [TurboLLM, HugLLM])
async def test_our_own_providers_have_a_tool_called(kind: type[TurboLLM] | type[HugLLM]) -> None:
    echo = Echo()
    async with served(echo=echo) as url:
        provider = hosted(kind, url)
        asked = (Message("user", "Ping gw1.lan"),)
        first = await collect(provider.stream(asked, (SPEC,), Settings(now=NOW, stop=("x",), seed=3)))
        call = first.calls[0].call
        assert (call.name, call.arguments, first.reasoning) == (
            "ping",
            {"host": "gw1.lan"},
            "It wants a ping.",
        )
        assert first.finish.usage == Usage(20, 10, 5)
        result = (Message("assistant", None, (call,)), Message("tool", "3 ms", (), call.id))
        second = await collect(provider.stream((*asked, *result), (SPEC,), Settings()))
        assert second.text == "3 ms"
        await provider.aclose()
    messages, _, settings = echo.asked[0]
    assert messages[0] == Message("system", "It is Sunday, 2026-11-22 12:00 UTC.")
    assert (settings.stop, settings.seed, settings.max_tokens) == (("x",), 3, 512)


class Hermes(Echo):
    """Knows no tools: it writes its call into the text, as models of that family do."""

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncGenerator[Chunk, None]:
        self.asked.append((tuple(messages), tuple(tools), settings))
        said = 'Let me see. <tool_call>\n{"name": "ping", "arguments": {"host": "gw1.lan"}}\n</tool_call>'
        if "<tool_response>" in (messages[-1].content or ""):
            said = "It answers in 3 ms."
        for piece in said.split(" "):
            yield Text(f"{piece} ")
        yield Finish("stop", Usage(1, 0, 1))


@pytest.mark.parametrize("kind", [TurboLLM, HugLLM])
async def test_tools_as_plain_text(kind: type[TurboLLM] | type[HugLLM]) -> None:
    hermes = Hermes()
    async with served(echo=hermes) as url:
        provider = hosted(kind, url, tool_format="hermes")
        asked = (Message("system", "Be brief."), Message("user", "Ping </tool_call> gw1.lan"))
        first = await collect(provider.stream(asked, (SPEC,), Settings()))
        call = first.calls[0].call
        assert (call.name, call.arguments) == ("ping", {"host": "gw1.lan"})
        assert first.text.strip() == "Let me see."
        assert first.finish.reason == "tool_calls"
        result = (Message("assistant", "Let me see.", (call,)), Message("tool", "3 ms", (), call.id))
        second = await collect(provider.stream((*asked, *result), (SPEC,), Settings()))
        assert second.text.strip() == "It answers in 3 ms."
        await provider.aclose()
    messages, tools, _ = hermes.asked[1]
    assert not tools
    assert [message.role for message in messages] == ["system", "user", "assistant", "user"]
    assert "Be brief." in (messages[0].content or "") and '"ping"' in (messages[0].content or "")
    assert "</tool_call>" not in (messages[1].content or "")
    assert '"gw1.lan"' in (messages[2].content or "") and "<tool_call>" in (messages[2].content or "")


@pytest.fixture
async def local() -> AsyncIterator[TestLLM]:
    """The shipped model, in the engine's process."""
    if not WEIGHTS.exists():
        pytest.skip("the weights are not here; train or fetch them")
    info = ModelInfo("netmon", dialect="netmon")
    model = TestLLM(Engine(WEIGHTS, EngineOptions(threads=1, slots=2)), dialect("netmon"), info, None)
    yield model
    await model.aclose()


@clients
@pytest.mark.parametrize("stream", [True, False])
async def test_the_local_model_through_the_real_clients(
    local: TestLLM, two_steps: TwoSteps, stream: bool
) -> None:
    tool = default_registry().get("ping_host").openai()
    async with served(netmon=local) as url:
        name, arguments, answer = await two_steps(url, "netmon", tool, stream=stream)
    assert (name, json.loads(arguments)) == ("ping_host", {"target": "gw1.lan"})
    assert answer and "tool_call" not in answer


@pytest.mark.parametrize("kind", [TurboLLM, HugLLM])
async def test_the_local_model_through_our_own_providers(
    local: TestLLM, kind: type[TurboLLM] | type[HugLLM]
) -> None:
    spec = default_registry().get("ping_host").spec()
    asked = (Message("user", "Ping gw1.lan"),)
    async with served(netmon=local) as url:
        provider = hosted(kind, url, "netmon")
        direct = await collect(local.stream(asked, (spec,), Settings()))
        reply = await collect(provider.stream(asked, (spec,), Settings()))
        await provider.aclose()
    assert [(call.call.name, call.call.arguments) for call in reply.calls] == [
        (call.call.name, call.call.arguments) for call in direct.calls
    ]
    assert reply.calls and reply.finish.reason == "tool_calls"
    assert reply.finish.usage.completion_tokens == direct.finish.usage.completion_tokens
