"""What hosted providers refuse before they ask anybody, and how they show themselves."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from providers.base import Message, ProviderRejected, Settings, collect
from providers.hugllm import HugLLM
from providers.turbollm import TurboLLM
from tests.providers.faults import DONE, KEY, event, events, fault_server

SECRET = SecretStr(KEY)


@pytest.mark.parametrize(("kind", "variable"), [(TurboLLM, "OPENAI_API_KEY"), (HugLLM, "HF_TOKEN")])
def test_a_missing_key_names_its_variable(kind: type[TurboLLM] | type[HugLLM], variable: str) -> None:
    with pytest.raises(ProviderRejected, match=variable):
        kind(api_key=None)


@pytest.mark.parametrize("kind", [TurboLLM, HugLLM])
@pytest.mark.parametrize(
    "url", ["ftp://host/v1", "host:80", "", "http://user:pass@host/v1", "http://host/v1?key=a"]
)
def test_urls_that_cannot_be_used(kind: type[TurboLLM] | type[HugLLM], url: str) -> None:
    with pytest.raises(ProviderRejected, match="base_url") as caught:
        kind(api_key=SECRET, base_url=url)
    assert "pass" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize("name", ["hermez", "netmon", "hermes-thinking"])
def test_tool_formats_that_cannot_be_used(name: str) -> None:
    with pytest.raises(ProviderRejected, match="tool_format"):
        TurboLLM(api_key=SECRET, tool_format=name)


def test_a_key_of_another_service() -> None:
    with pytest.raises(ProviderRejected, match="HF_TOKEN is no Hugging Face token") as caught:
        HugLLM(api_key=SecretStr("sk-other0123456789"))
    assert "other" not in str(caught.value).replace("another", "")


async def test_what_a_provider_says_of_itself() -> None:
    turbo = TurboLLM(api_key=SECRET, tool_format="hermes")
    assert (turbo.name, turbo.info.name, turbo.info.dialect) == ("turbollm", "gpt-4o-mini", "hermes")
    assert HugLLM(api_key=SECRET, host="novita").info.name == "meta-llama/Llama-3.1-8B-Instruct:novita"
    assert repr(turbo) == "TurboLLM(model='gpt-4o-mini', server='OpenAI')"
    await turbo.aclose()


@pytest.mark.parametrize("kind", [TurboLLM, HugLLM])
@pytest.mark.parametrize("settings", [Settings(top_k=5), Settings(constrained="schema"), Settings(min_p=0.1)])
async def test_settings_that_the_api_lacks(kind: type[TurboLLM] | type[HugLLM], settings: Settings) -> None:
    async with fault_server(events(DONE)) as server:
        provider = kind(api_key=SECRET, base_url=server.url)
        with pytest.raises(ProviderRejected, match="cannot be held to"):
            await collect(provider.stream((Message("user", "a"),), (), settings))
        await provider.aclose()
    assert not server.requests


@pytest.mark.parametrize("kind", [TurboLLM, HugLLM])
async def test_without_a_key_none_from_elsewhere_is_sent(
    kind: type[TurboLLM] | type[HugLLM], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    async with fault_server(events(event({"content": "a"}, "stop") + DONE)) as server:
        provider = kind(api_key=None, base_url=server.url, model="m")
        reply = await collect(provider.stream((Message("user", "a"),), (), Settings(deadline_s=5.0)))
        await provider.aclose()
    assert reply.text == "a"
    assert server.authorizations == ["bearer none"]
    assert server.paths == ["/v1/chat/completions"]
    assert server.requests[0]["model"] == "m"
    assert server.requests[0]["stream_options"] == {"include_usage": True}
