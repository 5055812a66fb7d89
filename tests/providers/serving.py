"""A provider that echoes, a server around it, and clients, for the tests of the served API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import openai
from pydantic import SecretStr

from providers.base import (
    Call,
    CallArguments,
    CallStart,
    Chunk,
    Finish,
    Message,
    Reasoning,
    Settings,
    Text,
    ToolCall,
    ToolSpec,
    Usage,
)
from providers.hosted import HostedProvider
from providers.hugllm import HugLLM
from providers.info import DescribedProvider, ModelInfo
from providers.serve.server import listen, serve
from providers.turbollm import TurboLLM
from tools.results import done

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PING: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "ping",
        "description": "Pings a host.",
        "parameters": {"type": "object", "properties": {"host": {"type": "string"}}, "required": ["host"]},
    },
}
SPEC = ToolSpec("ping", "Pings a host.", PING["function"]["parameters"])
RESULT = done("gw1.lan answered 4 of 4 pings, 0.8 ms on average.", target="gw1.lan", avg_ms=0.8).to_json()
QUESTION: list[Any] = [{"role": "user", "content": "Ping gw1.lan"}]


class Echo:
    """Calls `ping` when it is offered and there is no result yet; else it answers with the last message."""

    name = "echo"
    info = ModelInfo("echo")

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[Message, ...], tuple[ToolSpec, ...], Settings]] = []
        self.cancelled = asyncio.Event()

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncGenerator[Chunk, None]:
        self.asked.append((tuple(messages), tuple(tools), settings))
        last = messages[-1].content or ""
        if tools and messages[-1].role != "tool" and last != "just talk":
            yield Reasoning("It wants a ping.")
            yield CallStart(0, "ping")
            # As models write arguments that are no JSON.
            yield CallArguments(0, "host='gw1.lan'")
            yield Call(0, ToolCall("", "ping", {"host": "gw1.lan"}), ("python",))
            yield Finish("tool_calls", Usage(20, 10, 5))
            return
        for piece in (last[:4], last[4:]):
            yield Text(piece)
        yield Finish("stop", Usage(20, 0, 2))

    async def aclose(self) -> None:
        pass


@asynccontextmanager
async def served(**providers: DescribedProvider) -> AsyncIterator[str]:
    """Serves providers and gives the URL of the API."""
    listener = listen(port=0)
    stop = asyncio.Event()
    running = asyncio.create_task(serve(providers, listener, stop=stop))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        stop.set()
        await running


@asynccontextmanager
async def openai_client(url: str) -> AsyncIterator[openai.AsyncOpenAI]:
    client = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
    try:
        yield client
    finally:
        await client.close()


def hosted(kind: type[TurboLLM] | type[HugLLM], url: str, model: str = "echo", **more: str) -> HostedProvider:
    return kind(api_key=SecretStr("none"), model=model, base_url=url, **more)
