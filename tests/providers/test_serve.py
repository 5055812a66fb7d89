"""The served API: choices, errors, disconnects, settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import openai
import pytest

from providers.base import (
    CallStart,
    Chunk,
    ContextOverflow,
    Finish,
    Malformed,
    Message,
    ProviderError,
    ProviderIncomplete,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    Settings,
    Text,
    ToolSpec,
    Usage,
)
from providers.hugllm import HugLLM
from providers.serve.server import ListenError, listen
from providers.turbollm import TurboLLM
from tests.providers.serving import PING, QUESTION, Echo, hosted, openai_client, served


class Failing(Echo):
    """Raises an error, after as many pieces as told."""

    def __init__(self, error: ProviderError, after: int = 0) -> None:
        super().__init__()
        self._error = error
        self._after = after

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncGenerator[Chunk, None]:
        for _ in range(self._after):
            yield Text("a")
        raise self._error


class Endless(Echo):
    """Talks until it is cancelled."""

    def __init__(self, pause_s: float) -> None:
        super().__init__()
        self._pause_s = pause_s

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncGenerator[Chunk, None]:
        try:
            yield Text("a")
            while True:
                await asyncio.sleep(self._pause_s)
                yield Text("a")
        finally:
            self.cancelled.set()

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize(
    ("choice", "offered"),
    [
        ("auto", True),
        ("none", False),
        ("required", True),
        ({"type": "function", "function": {"name": "ping"}}, True),
    ],
)
async def test_tool_choice(choice: Any, offered: bool) -> None:
    echo = Echo()
    async with served(echo=echo) as url, openai_client(url) as client:
        create: Any = client.chat.completions.create
        reply = await create(model="echo", messages=QUESTION, tools=[PING], tool_choice=choice)
        assert bool(reply.choices[0].message.tool_calls) == offered == bool(echo.asked[0][1])


@pytest.mark.parametrize("stream", [True, False])
async def test_a_demanded_call_that_is_not_made_is_an_error(stream: bool) -> None:
    async with served(echo=Echo()) as url, openai_client(url) as client:
        create: Any = client.chat.completions.create
        with pytest.raises(openai.UnprocessableEntityError, match="made no call"):
            await create(
                model="echo", messages=[{"role": "user", "content": "just talk"}], tools=[PING],
                tool_choice="required", stream=stream,
            )  # fmt: skip


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"model": "gpt-9"}, 404, "echo"),
    ({"messages": []}, 400, "messages"),
    ({"messages": "hello"}, 400, "messages"),
    ({"messages": [{"role": "robot", "content": "a"}]}, 400, "role"),
    ({"messages": [{"role": "tool", "tool_call_id": "x", "content": "a"}]}, 400, "answers no call"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}, 400, "content"),
    ({"temperature": 9}, 400, "temperature"),
    ({"max_tokens": 0}, 400, "max_tokens"),
    ({"n": 2}, 400, "n"),
    ({"tool_choice": "required"}, 400, "tool_choice"),
    ({"tools": [PING], "tool_choice": {"function": {"name": "nmap"}}}, 400, "tool_choice"),
    ({"response_format": {"type": "json_object"}}, 400, "response_format"),
    ({"stop": [""]}, 400, "stop"),
]


@pytest.mark.parametrize(("change", "status", "word"), BAD, ids=[str(index) for index in range(len(BAD))])
async def test_bad_requests_are_refused_in_openais_shape(
    change: dict[str, Any], status: int, word: str
) -> None:
    async with served(echo=Echo()) as url, httpx.AsyncClient() as client:
        reply = await client.post(
            f"{url}/chat/completions", json={"model": "echo", "messages": QUESTION, **change}
        )
    error = reply.json()["error"]
    assert reply.status_code == status
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error" and word in error["message"]


async def test_other_routes() -> None:
    async with served(echo=Echo()) as url, httpx.AsyncClient(base_url=url.removesuffix("/v1")) as client:
        assert (await client.get("/health")).json() == {"status": "ok", "models": ["echo"]}
        for method, path, status in (
            ("GET", "/nowhere", 404), ("GET", "/v1/models/none", 404), ("GET", "/v1/chat/completions", 405),
        ):  # fmt: skip
            reply = await client.request(method, path)
            assert reply.status_code == status and "message" in reply.json()["error"]
        broken = await client.post(
            "/v1/chat/completions", content=b"{", headers={"content-type": "application/json"}
        )
        assert broken.status_code == 400 and "error" in broken.json()


ERRORS: list[tuple[ProviderError, int, str | None]] = [
    (ContextOverflow("the conversation is too long: 9000 tokens"), 400, "context_length_exceeded"),
    (ProviderRejected("no such schema"), 400, None),
    (ProviderOverloaded("busy"), 429, None),
    (ProviderIncomplete("broke off"), 502, None),
    (ProviderUnavailable("died"), 503, None),
    (ProviderTimeout("late"), 504, None),
]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("error", "status", "code"), ERRORS)
async def test_errors_of_providers(error: ProviderError, status: int, code: str | None, stream: bool) -> None:
    async with served(echo=Failing(error)) as url, openai_client(url) as client:
        create: Any = client.chat.completions.create
        with pytest.raises(openai.APIStatusError) as caught:
            await create(model="echo", messages=QUESTION, stream=stream)
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert str(error) in str(caught.value)


@pytest.mark.parametrize("kind", [TurboLLM, HugLLM])
async def test_an_error_midway_is_the_last_event(kind: type[TurboLLM] | type[HugLLM]) -> None:
    async with served(echo=Failing(ProviderUnavailable("the engine died"), after=2)) as url:
        provider = hosted(kind, url)
        text = ""
        with pytest.raises(ProviderIncomplete, match="engine died"):
            async for chunk in provider.stream((Message("user", "Hello"),), (), Settings()):
                assert isinstance(chunk, Text)
                text += chunk.text
        assert text == "aa"
        await provider.aclose()


class Muttering(Echo):
    """Makes an attempt at a call that cannot be read."""

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncGenerator[Chunk, None]:
        yield CallStart(0, "ping")
        yield Malformed("<tool_call>{", "it broke off", 12)
        yield Finish("length", Usage(1, 0, 1))


async def test_an_unreadable_call_is_text() -> None:
    async with served(echo=Muttering()) as url, openai_client(url) as client:
        create: Any = client.chat.completions.create
        reply = await create(model="echo", messages=QUESTION, tools=[PING])
    assert reply.choices[0].message.content == "<tool_call>{"
    assert reply.choices[0].finish_reason == "length"
    assert not reply.choices[0].message.tool_calls


@pytest.mark.parametrize("pause_s", [0.01, 3600.0], ids=["talking", "silent"])
@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_is_gone_cancels_the_reply(stream: bool, pause_s: float) -> None:
    endless = Endless(pause_s)
    async with served(echo=endless) as url:
        async with httpx.AsyncClient() as client:
            body = {"model": "echo", "messages": QUESTION, "stream": stream}
            with pytest.raises((httpx.ReadTimeout, TimeoutError)):
                async with client.stream("POST", f"{url}/chat/completions", json=body, timeout=0.3) as reply:
                    async with asyncio.timeout(0.3):
                        async for _ in reply.aiter_bytes():
                            pass
        async with asyncio.timeout(1.0):
            await endless.cancelled.wait()


async def test_settings_reach_the_provider() -> None:
    echo = Echo()
    async with served(echo=echo) as url, openai_client(url) as client:
        create: Any = client.chat.completions.create
        await create(
            model="echo", messages=QUESTION, max_completion_tokens=7, temperature=0.5, top_p=0.9, seed=-1,
            stop="end", extra_body={"top_k": 4, "constrained": "schema", "now": "2026-01-02T03:04:05Z"},
        )  # fmt: skip
    settings = echo.asked[0][2]
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert settings == Settings(
        7, 0.5, 4, 0.9, 0.0, 1.0, 2**32 - 1, ("end",), "schema", now, 600.0, user="127.0.0.1"
    )


def test_a_taken_port_is_told() -> None:
    listener = listen(port=0)
    try:
        with pytest.raises(ListenError, match="choose another port"):
            listen(port=listener.getsockname()[1])
    finally:
        listener.close()


async def test_stopping_the_server_ends_replies_under_way() -> None:
    endless = Endless(3600.0)
    async with httpx.AsyncClient() as client:
        async with served(echo=endless) as url:
            body = {"model": "echo", "messages": QUESTION, "stream": False}
            asking = asyncio.create_task(client.post(f"{url}/chat/completions", json=body, timeout=30.0))
            await asyncio.sleep(0.3)
        assert endless.cancelled.is_set()
        with pytest.raises(httpx.HTTPError):
            (await asking).raise_for_status()
