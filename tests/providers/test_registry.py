"""What a model may be called, wherever one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from providers.base import Message, ProviderRejected, Reply, Settings, ToolCall, ToolSpec, collect
from providers.registry import open_provider
from settings.schema import Config, TurboLLMSettings
from tests.providers.faults import DONE, USAGE, event, events, fault_server

PING = ToolSpec("ping", "Pings.", {"type": "object", "properties": {"host": {"type": "string"}}})
ASK = (Message("user", "Ping gw1.lan"),)
SAID = '<tool_call>\n{"name": "ping", "arguments": {"host": "gw1.lan"}}\n</tool_call>'


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("HF_TOKEN", "none")


async def reply_of(model: str | None, config: Config) -> Reply:
    provider = await open_provider(model, config)
    try:
        return await collect(provider.stream(ASK, (PING,), Settings(deadline_s=20)))
    finally:
        await provider.aclose()


async def test_the_demonstration_and_a_script_of_ones_own(tmp_path: Path) -> None:
    assert (await open_provider("scripted", Config())).info.name != ""
    path = tmp_path / "mine: today.yaml"
    path.write_text("name: mine\nreplies: [{text: Hello.}]\n", "utf-8")
    for config, model in ((Config(), f"scripted:{path}"), (Config(model=f"scripted:{path}"), None)):
        assert (await reply_of(model, config)).text == "Hello."
    info = (await open_provider(f"scripted:{path}", Config())).info
    assert info.name == "mine"
    assert len(info.weights_sha256 or "") == 64


async def test_a_script_may_speak_a_dialect(tmp_path: Path) -> None:
    path = tmp_path / "raw.yaml"
    path.write_text(
        f"dialect: hermes\nreplies:\n- raw: |-\n    {SAID.replace(chr(10), chr(10) + '    ')}\n", "utf-8"
    )
    (call,) = (await reply_of(f"scripted:{path}", Config())).calls
    assert (call.call.name, call.call.arguments) == ("ping", {"host": "gw1.lan"})


@pytest.mark.parametrize("content", [None, "", "replies: 7", "- [", "replies: [{text: a}]\ndialect: klingon"])
async def test_a_script_that_is_none_says_why(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "script.yaml"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(ProviderRejected, match=r"script\.yaml"):
        await open_provider(f"scripted:{path}", Config())


@pytest.mark.parametrize("kind", ["turbollm", "hugllm"])
@pytest.mark.parametrize("tool_format", ["native", "hermes"])
async def test_tools_go_by_the_api_or_by_a_dialect(kind: str, tool_format: str) -> None:
    piece = {
        "index": 0,
        "id": "a",
        "type": "function",
        "function": {"name": "ping", "arguments": '{"host": "gw1.lan"}'},
    }
    native = event({"tool_calls": [piece]}) + event({}, "tool_calls")
    written = event({"content": SAID}) + event({}, "stop")
    behaviour = events((native if tool_format == "native" else written) + USAGE + DONE)
    async with fault_server(behaviour) as server:
        config = Config()
        hosted = cast("Any", getattr(config, kind)).model_copy(update={"base_url": server.url})
        reply = await reply_of(f"{kind}:some/model@{tool_format}", config.model_copy(update={kind: hosted}))
        asked = server.requests[0]
    (call,) = reply.calls
    assert (call.call.name, call.call.arguments) == ("ping", {"host": "gw1.lan"})
    assert isinstance(call.call, ToolCall)
    assert asked["model"] == "some/model"
    assert ("tools" in asked) == (tool_format == "native")
    assert ("<tools>" in str(asked["messages"])) == (tool_format == "hermes")


async def test_the_settings_choose_the_form_where_the_name_does_not() -> None:
    async with fault_server(events(event({"content": SAID}) + event({}, "stop") + USAGE + DONE)) as server:
        turbo = TurboLLMSettings(base_url=server.url, tool_format="hermes")
        config = Config(model="turbollm", turbollm=turbo)
        assert len((await reply_of(None, config)).calls) == 1
        assert server.requests[0]["model"] == turbo.model


async def test_the_form_alone_may_be_named() -> None:
    async with fault_server(events(event({"content": SAID}) + event({}, "stop") + USAGE + DONE)) as server:
        config = Config(turbollm=TurboLLMSettings(base_url=server.url))
        assert len((await reply_of("turbollm@hermes", config)).calls) == 1
        assert server.requests[0]["model"] == config.turbollm.model


async def test_a_form_that_nobody_knows() -> None:
    with pytest.raises(ProviderRejected, match="no dialect 'klingon'"):
        await open_provider("turbollm@klingon", Config())
    with pytest.raises(ProviderRejected, match="no dialect 'klingon'"):
        await open_provider("hugllm:some/model@klingon", Config())
