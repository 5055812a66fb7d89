"""Every fault of a server ends in a typed error or a whole reply, before the deadline; for both providers."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import huggingface_hub
import pytest
from huggingface_hub.utils._http import default_async_client_factory
from pydantic import SecretStr

from providers.base import (
    Message,
    ProviderError,
    ProviderIncomplete,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    Reply,
    Settings,
    ToolCall,
    ToolSpec,
    collect,
)
from providers.hosted import HostedProvider
from providers.hugllm import HugLLM
from providers.retry import RetryPolicy
from providers.turbollm import TurboLLM
from tests.providers.faults import (
    DONE,
    GOOD,
    KEY,
    USAGE,
    Behaviour,
    FaultServer,
    answer,
    call_piece,
    drip,
    event,
    events,
    fault_server,
    hang,
    hang_midway,
    linger,
    reset,
    reset_midway,
)

ASK = (Message("user", "Ping gw1.lan"),)
PING = ToolSpec("ping", "Pings.", {"type": "object", "properties": {"host": {"type": "string"}}})
DEADLINE_S = 1.0
RETRY = RetryPolicy(attempts=3, base_s=0.02)

Make = Callable[..., HostedProvider]


def turbo(server: FaultServer, retry: RetryPolicy = RETRY) -> HostedProvider:
    return TurboLLM(api_key=SecretStr(KEY), base_url=server.url, retry=retry)


def hug(server: FaultServer, retry: RetryPolicy = RETRY) -> HostedProvider:
    return HugLLM(api_key=SecretStr(KEY), base_url=server.url, retry=retry)


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


@dataclass(frozen=True)
class Outcome:
    """How a request ended."""

    result: Reply | ProviderError
    seconds: float
    requests: int

    @property
    def kind(self) -> str:
        return type(self.result).__name__


async def ask(make: Make, *behaviours: Behaviour, deadline_s: float = DEADLINE_S) -> Outcome:
    async with fault_server(*behaviours) as server:
        provider = make(server)
        began = time.perf_counter()
        result: Reply | ProviderError
        try:
            result = await collect(provider.stream(ASK, (PING,), Settings(deadline_s=deadline_s)))
        except ProviderError as error:
            result = error
        seconds = time.perf_counter() - began
        await provider.aclose()
        return Outcome(result, seconds, len(server.requests))


def error_body(message: str) -> str:
    return json.dumps({"error": {"message": message, "type": "t", "code": None}})


good = events(GOOD)
soon = format_datetime(datetime(2000, 1, 1, tzinfo=UTC), usegmt=True)
LIMITED = "429 Too Many Requests"
OK, BROKEN = Reply, ProviderIncomplete

#: Fault, what the server does in order, how it has to end, requests that it takes.
MATRIX: list[tuple[str, tuple[Behaviour, ...], type, int]] = [
    ("none", (good,), OK, 1),
    ("429 once", (answer(LIMITED, error_body("slow down")), good), OK, 2),
    ("429 once, Retry-After: 0.1", (answer(LIMITED, "", "Retry-After: 0.1"), good), OK, 2),
    ("429 once, Retry-After: a date", (answer(LIMITED, "", f"Retry-After: {soon}"), good), OK, 2),
    ("429 for ever", (answer(LIMITED, error_body("slow down")),), ProviderOverloaded, 3),
    ("429, Retry-After: 60", (answer(LIMITED, "", "Retry-After: 60"),), ProviderOverloaded, 1),
    ("429, no credit", (answer(LIMITED, json.dumps({"error": {"message": "quota", "code": "insufficient_quota"}})),),
     ProviderRejected, 1),
    ("408 once", (answer("408 Request Timeout"), good), OK, 2),
    ("409 once", (answer("409 Conflict"), good), OK, 2),
    ("500 once", (answer("500 Internal Server Error", "oops", kind="text/plain"), good), OK, 2),
    ("500 for ever", (answer("500 Internal Server Error", error_body("oops")),), ProviderUnavailable, 3),
    ("500, JSON list", (answer("500 Internal Server Error", "[]"),), ProviderUnavailable, 3),
    ("502, HTML", (answer("502 Bad Gateway", "<html>", kind="text/html"),), ProviderUnavailable, 3),
    ("503 once, Retry-After: 0", (answer("503 Service Unavailable", "", "Retry-After: 0"), good), OK, 2),
    ("503 for ever", (answer("503 Service Unavailable"),), ProviderUnavailable, 3),
    ("400", (answer("400 Bad Request", error_body("no such field")),), ProviderRejected, 1),
    ("401", (answer("401 Unauthorized", error_body(f"bad key {KEY}")),), ProviderRejected, 1),
    ("402", (answer("402 Payment Required"),), ProviderRejected, 1),
    ("404", (answer("404 Not Found", error_body("no such model")),), ProviderRejected, 1),
    ("422", (answer("422 Unprocessable Entity", error_body("bad schema")),), ProviderRejected, 1),
    ("hang", (hang,), ProviderTimeout, 1),
    ("hang midway", (hang_midway,), ProviderTimeout, 1),
    ("slow drip", (drip,), ProviderTimeout, 1),
    ("whole, connection left open", (linger,), OK, 1),
    ("reset once", (reset, good), OK, 2),
    ("reset for ever", (reset,), ProviderUnavailable, 3),
    ("reset midway", (reset_midway,), ProviderUnavailable, 1),
    ("empty body", (answer("200 OK"),), BROKEN, 1),
    ("empty stream", (events(""),), BROKEN, 1),
    ("only [DONE]", (events(DONE),), BROKEN, 1),
    ("HTML for an answer", (answer("200 OK", "<html>hello</html>", kind="text/html"),), BROKEN, 1),
    ("bad JSON", (events("data: {not json}\n\n"),), BROKEN, 1),
    ("bad JSON midway", (events(event({"content": "a"}) + "data: {\n\n"),), BROKEN, 1),
    ("JSON of another shape", (events('data: [1, 2]\n\ndata: {"choices": 7}\n\n'),), BROKEN, 1),
    ("deep JSON", (events("data: " + "[" * 100_000 + "\n\n"),), BROKEN, 1),
    ("error in the stream", (events(event({"content": "a"}) + 'data: {"error": {"message": "dead"}}\n\n'),), BROKEN, 1),
    ("ends without finish reason", (events(event({"content": "a"}) + USAGE + DONE),), BROKEN, 1),
    ("unknown finish reason", (events(event({"content": "a"}) + event({}, "abort") + DONE),), BROKEN, 1),
    ("content filter", (events(event({}, "content_filter") + DONE),), ProviderRejected, 1),
    ("no usage", (events(GOOD.replace(USAGE, "")),), OK, 1),
]  # fmt: skip


async def test_fault_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[str] = []
    wrong: list[str] = []
    for fault, behaviours, kind, requests in MATRIX:
        row = f"{fault:30}"
        for make in (turbo, hug):
            outcome = await ask(make, *behaviours)
            row += f" | {outcome.kind:20} {outcome.requests} {outcome.seconds:5.2f} s"
            if not isinstance(outcome.result, kind) or outcome.requests != requests:
                wrong.append(f"{make.__name__}: {fault}: {outcome}")
            if outcome.seconds > DEADLINE_S + 0.5:
                wrong.append(f"{make.__name__}: {fault}: {outcome.seconds} s")
            if KEY in str(outcome.result):
                wrong.append(f"{make.__name__}: {fault}: shows the key")
        rows.append(row)
    with capsys.disabled():
        print(f"\n{'fault':30} | {'turbollm':20} requests  | hugllm", *rows, sep="\n")
    assert not wrong, "\n".join(wrong)


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
                began = time.perf_counter()
                try:
                    reply = await collect(provider.stream(ASK, (PING,), Settings(deadline_s=DEADLINE_S)))
                    assert cut >= finish, f"{cut} bytes passed for a whole reply"
                    assert reply.calls[0].call == ToolCall("call-1", "ping", {"host": "gw1.lan"})
                    whole += 1
                except (ProviderIncomplete, ProviderUnavailable):
                    assert cut <= finish + 2, f"whole at {finish} bytes, but failed at {cut}"
                assert time.perf_counter() - began < DEADLINE_S
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
        await provider.aclose()
