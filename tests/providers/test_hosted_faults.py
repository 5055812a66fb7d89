"""A hosted reply is whole or a typed error, whatever the server does; what the key stands for is nowhere."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import huggingface_hub
import pytest
from huggingface_hub.utils._http import default_async_client_factory

from providers.base import (
    ProviderError,
    ProviderIncomplete,
    ProviderUnavailable,
    Reply,
    Settings,
    ToolCall,
    collect,
)
from providers.hosted import HostedProvider
from providers.retry import RetryPolicy
from tests.providers.fault_matrix import (
    ASK,
    DEADLINE_S,
    LIMITED,
    PING,
    Make,
    ask,
    error_body,
    good,
    hug,
    turbo,
)
from tests.providers.faults import (
    DONE,
    GOOD,
    KEY,
    USAGE,
    FaultServer,
    answer,
    call_piece,
    event,
    events,
    fault_server,
    reset_midway,
)

#: Long enough for a busy machine.
PATIENT_S = 30.0

both = pytest.mark.parametrize("make", [turbo, hug], ids=["turbollm", "hugllm"])


#: A reply with as few bytes around it as there can be.
SHORT = (
    'data: {"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "call-1", "function": '
    '{"name": "ping", "arguments": "{\\"host\\": \\"gw"}}]}}]}\n\n'
    'data: {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": "1.lan\\"}"}}]}}]}\n\n'
    'data: {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}\n\n'
    'data: {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}\n\n'
    "data: [DONE]\n\n"
)


@pytest.mark.parametrize("chunked", [True, False], ids=["framed", "unframed"])
@both
async def test_a_stream_cut_at_any_byte_is_whole_or_an_error(make: Make, chunked: bool) -> None:
    body = SHORT.encode()
    finish = body.index(b"\n\n", body.index(b'"tool_calls"}'))
    whole = 0
    cuts = [events(SHORT, cut, chunked=chunked) for cut in range(len(body) + 1)]
    # No encryption on loopback: reading the certificates would be most of what this test does.
    huggingface_hub.set_async_client_factory(lambda: httpx2.AsyncClient(verify=False, timeout=None))
    try:
        async with fault_server(*cuts) as server:
            provider = make(server, RetryPolicy(attempts=1))
            for cut in range(len(cuts)):
                try:
                    # One that waits for more than there is would run into this deadline, and fail.
                    reply = await collect(provider.stream(ASK, (PING,), Settings(deadline_s=PATIENT_S)))
                    assert cut >= finish, f"{cut} bytes passed for a whole reply"
                    assert reply.calls[0].call == ToolCall("call-1", "ping", {"host": "gw1.lan"})
                    whole += 1
                except (ProviderIncomplete, ProviderUnavailable):
                    assert cut <= finish + 2, f"whole at {finish} bytes, but failed at {cut}"
            await provider.aclose()
            assert len(server.requests) == len(cuts)
    finally:
        huggingface_hub.set_async_client_factory(default_async_client_factory)
    assert whole >= len(body) - finish - 1


@both
async def test_a_whole_reply(make: Make) -> None:
    outcome = await ask(make, good)
    assert isinstance(outcome.result, Reply)
    reply = outcome.result
    assert reply.text == "Looking – "
    assert reply.calls[0].call == ToolCall("call-1", "ping", {"host": "gw1.lan"})
    assert reply.finish.reason == "tool_calls"
    usage = reply.finish.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.estimated) == (12, 5, False)
    assert 0 < reply.finish.timing.first_token_s <= reply.finish.timing.total_s


@both
async def test_missing_usage_is_counted_and_marked(make: Make) -> None:
    outcome = await ask(make, events(GOOD.replace(USAGE, "")))
    assert isinstance(outcome.result, Reply)
    usage = outcome.result.finish.usage
    assert usage.estimated and usage.prompt_tokens > 20 and usage.completion_tokens > 5


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [('{"host": ', "no JSON"), ("[1]", "no JSON object"), ('{"a": NaN}', "NaN"), ('{"a": "\\ud800"}', "used"),
     ("[" * 100_000, "used")],
)  # fmt: skip
@both
async def test_bad_arguments_become_data(make: Make, arguments: str, reason: str) -> None:
    body = (
        call_piece(0, '{"host": "a"}', "ping", "c1")
        + call_piece(1, arguments, "ping", "c2")
        + event({}, "tool_calls")
    )
    outcome = await ask(make, events(body + DONE))
    assert isinstance(outcome.result, Reply)
    assert [call.call.arguments for call in outcome.result.calls] == [{"host": "a"}]
    assert reason in outcome.result.malformed[0].reason
    assert outcome.result.malformed[0].raw == arguments
    assert outcome.result.finish.reason == "tool_calls"


@pytest.mark.parametrize("index", [0, None])
@both
async def test_calls_without_proper_index_are_kept_apart(make: Make, index: int | None) -> None:
    pieces = (
        call_piece(index, '{"host":', "ping", "c1")
        + call_piece(index, '"a"}')
        + call_piece(index, None, "ping", "c2")
        + call_piece(index, '{"host": "b"}')
    )
    outcome = await ask(make, events(pieces + event({}, "stop") + DONE))
    assert isinstance(outcome.result, Reply)
    calls = [call.call for call in outcome.result.calls]
    assert calls == [ToolCall("c1", "ping", {"host": "a"}), ToolCall("c2", "ping", {"host": "b"})]
    assert outcome.result.finish.reason == "tool_calls"


@both
async def test_retry_after_is_waited_for(make: Make) -> None:
    outcome = await ask(make, answer(LIMITED, "", "Retry-After: 0.4"), good)
    assert isinstance(outcome.result, Reply)
    assert 0.4 <= outcome.seconds < 0.9


@both
async def test_retry_after_as_a_date_is_waited_for(make: Make) -> None:
    # Dates count whole seconds, so the wait is between one and two.
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    outcome = await ask(make, answer(LIMITED, "", f"Retry-After: {when}"), good, deadline_s=4.0)
    assert isinstance(outcome.result, Reply)
    assert 0.9 <= outcome.seconds < 2.6


@both
async def test_nothing_is_retried_after_the_first_token(make: Make) -> None:
    outcome = await ask(make, reset_midway, good)
    assert isinstance(outcome.result, ProviderUnavailable)
    assert outcome.requests == 1


@both
async def test_nobody_listens(make: Make) -> None:
    async with fault_server(good) as server:
        url = server.url
    outcome = await collect_error(make(FaultServer(url)))
    assert isinstance(outcome, ProviderUnavailable) and "check the URL" in str(outcome)


async def collect_error(provider: HostedProvider) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await collect(provider.stream(ASK, (), Settings(deadline_s=DEADLINE_S)))
    await provider.aclose()
    return caught.value


@both
async def test_the_key_is_nowhere(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = error_body(f"Incorrect API key provided: {KEY}; Bearer {KEY}; sk-other0123456789")
    async with fault_server(answer("401 Unauthorized", said)) as server:
        provider = make(server)
        error = await collect_error(provider)
        assert server.authorizations == [f"bearer {KEY}".lower()]
    assert "OPENAI_API_KEY" in str(error) or "HF_TOKEN" in str(error)
    assert "sk-other" not in str(error)
    for text in (
        str(error),
        repr(error),
        repr(provider),
        repr(vars(provider)),
        str(error.__cause__),
        caplog.text,
    ):
        assert KEY not in text


@both
async def test_closing_the_stream_closes_the_connection(make: Make) -> None:
    gone = asyncio.Event()

    async def watch(writer: asyncio.StreamWriter) -> None:
        await events(event({"content": "a"}), chunked=False)(writer)
        try:
            while True:
                writer.write(b": still there\n\n")
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            gone.set()

    async with fault_server(watch) as server:
        provider = make(server)
        stream = provider.stream(ASK, (), Settings(deadline_s=5.0))
        await anext(stream)
        await stream.aclose()
        async with asyncio.timeout(1.0):
            await gone.wait()
        assert gone.is_set()
        await provider.aclose()
