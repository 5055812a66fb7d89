"""No request makes the server fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.base import Chunk, Finish, Message, Settings, Text, ToolSpec
from providers.info import ModelInfo
from providers.serve.app import create_app


class Recorder:
    """Writes down what it is asked, as a provider with a process of its own has to."""

    name = "recorder"
    info = ModelInfo("m")

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncGenerator[Chunk, None]:
        asked = [[message.role, message.content] for message in messages], [tool.parameters for tool in tools]
        yield Text(json.dumps(asked, ensure_ascii=False).encode().decode())
        yield Finish("stop")

    async def aclose(self) -> None:
        pass


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
TOOL = st.fixed_dictionaries(
    {
        "type": st.just("function"),
        "function": st.fixed_dictionaries({"name": st.just("a"), "parameters": JSON}),
    }
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool"]), "content": st.text(max_size=5) | JSON},
    optional={"tool_calls": JSON, "tool_call_id": JSON},
)
BODY = st.fixed_dictionaries(
    {"model": st.just("m"), "messages": st.lists(MESSAGE, max_size=3)},
    optional={
        "stream": st.booleans(), "tools": st.lists(TOOL, max_size=2) | JSON,
        "tool_choice": st.sampled_from(["auto", "none", "required"]) | JSON,
        "temperature": st.floats() | JSON, "seed": st.integers() | JSON, "stop": JSON, "max_tokens": JSON,
        "now": st.datetimes().map(str) | JSON, "stream_options": JSON, "top_k": JSON, "n": JSON,
    },
)  # fmt: skip


def post(content: str | bytes) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_app({"m": Recorder()}))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {"content-type": "application/json"}
            return await client.post("/v1/chat/completions", content=content, headers=headers)

    return asyncio.run(ask())


@settings(max_examples=300, deadline=None)
@given(BODY | JSON)
def test_any_json(body: Any) -> None:
    reply = post(json.dumps(body))
    assert reply.status_code < 500
    if reply.status_code >= 400:
        assert set(reply.json()["error"]) == {"message", "type", "param", "code"}


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes(body: bytes) -> None:
    assert 400 <= post(body).status_code < 500


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"model": "m", "messages": [{"role": "user", "content": "\\ud800"}]}',
        '{"model": "\\ud800", "messages": [{"role": "user", "content": "a"}]}',
        '{"model": "m", "messages": [{"role": "user", "content": "a"}], "tools": [{"type": "function",'
        ' "function": {"name": "a", "parameters": {"x": "\\ud800"}}}]}',
        '{"model": "m", "messages": [{"role": "user", "content": "a"}], "max_tokens": 1' + "0" * 5000 + "}",
    ],
)
def test_hostile_bodies(body: str) -> None:
    reply = post(body)
    assert 400 <= reply.status_code < 500
    assert reply.json()["error"]["message"]
