"""The provider that plays scripts."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import (
    Call,
    CallArguments,
    CallStart,
    Finish,
    Malformed,
    Message,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    Reasoning,
    Reply,
    Settings,
    Text,
    ToolCall,
    collect,
)
from providers.dialects.hermes import HERMES
from providers.info import DescribedProvider
from providers.script_file import DEMO, ScriptError, load_script
from providers.scripted import ScriptedProvider, ScriptedReply
from tools.catalogue import default_registry

PING = ToolCall("", "ping_host", {"target": "gw1.lan"})
TOOLS = default_registry().specs()


async def ask(provider: ScriptedProvider, text: str = "hi", **settings: object) -> Reply:
    return await collect(provider.stream([Message("user", text)], TOOLS, Settings(**settings)))  # type: ignore[arg-type]


async def test_parts_come_in_order_and_in_pieces():
    malformed = Malformed("{oops", "no quotes", 1)
    reply = ScriptedReply(reasoning="Hm.", text="Let me see.", calls=(PING,), malformed=(malformed,))
    provider: DescribedProvider = ScriptedProvider([reply], piece_chars=5)
    chunks = [chunk async for chunk in provider.stream([Message("user", "hi")], TOOLS, Settings())]

    assert chunks[:5] == [
        Reasoning("Hm."),
        Text("Let m"),
        Text("e see"),
        Text("."),
        CallStart(0, "ping_host"),
    ]
    pieces = [chunk.text for chunk in chunks if isinstance(chunk, CallArguments)]
    assert "".join(pieces) == '{"target": "gw1.lan"}'
    assert all(len(piece) <= 5 for piece in pieces)
    assert chunks[-3:-1] == [Call(0, PING), malformed]
    finish = chunks[-1]
    assert isinstance(finish, Finish)
    assert finish.reason == "tool_calls"
    assert finish.raw == 'Hm.Let me see.{"target": "gw1.lan"}{oops'
    assert finish.usage.estimated
    assert finish.usage.completion_tokens == 1 + 3 + len(pieces) + 1
    assert provider.info.name == "scripted"
    await provider.aclose()


@given(
    st.text(max_size=30),
    st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=2), max_size=3),
    st.integers(1, 9),
    st.integers(1, 40),
)
async def test_every_limit_of_tokens_holds(text: str, made: list[dict[str, str]], size: int, limit: int):
    wanted = tuple(ToolCall("", "f", arguments) for arguments in made)
    provider = ScriptedProvider([ScriptedReply(text=text, calls=wanted)] * 2, piece_chars=size)
    whole = await ask(provider, max_tokens=10**6)
    cut = await ask(provider, max_tokens=limit)

    assert whole.text == text
    assert tuple(call.call for call in whole.calls) == wanted
    assert cut.finish.usage.completion_tokens == min(limit, whole.finish.usage.completion_tokens)
    assert whole.finish.raw.startswith(cut.finish.raw)
    assert (cut.finish.reason == "length") == (limit < whole.finish.usage.completion_tokens)
    assert cut.calls == whole.calls[: len(cut.calls)]
    assert len(cut.calls) + len(cut.malformed) <= len(wanted)


async def test_a_raw_reply_is_read_by_the_dialect():
    raw = 'Well. <tool_call>\n{"name": "ping_host", "arguments": {"target": "gw1.lan"}}\n</tool_call>'
    reply = await ask(ScriptedProvider([ScriptedReply(raw=raw)], dialect=HERMES))
    assert reply.text.strip() == "Well."
    assert [call.call.arguments for call in reply.calls] == [{"target": "gw1.lan"}]
    assert (reply.finish.reason, reply.finish.raw) == ("tool_calls", raw)
    with pytest.raises(ProviderRejected, match="give the provider the dialect"):
        await ask(ScriptedProvider([ScriptedReply(raw=raw)]))


async def test_errors_delays_and_the_end_of_the_script():
    failing = ScriptedReply(text="I begin", error=ProviderUnavailable("gone"))
    seen: list[object] = []
    with pytest.raises(ProviderUnavailable, match="gone"):
        async for chunk in ScriptedProvider([failing]).stream([], (), Settings()):
            seen.append(chunk)
    assert seen == [Text("I be"), Text("gin")]

    began = time.perf_counter()
    slow = await ask(ScriptedProvider([ScriptedReply(text="12345678", delay_s=0.1, piece_delay_s=0.05)]))
    assert 0.15 <= slow.finish.timing.total_s <= time.perf_counter() - began
    assert slow.finish.timing.first_token_s >= 0.1

    began = time.perf_counter()
    with pytest.raises(ProviderTimeout):
        await ask(ScriptedProvider([ScriptedReply(text="late", delay_s=60)]), deadline_s=0.1)
    assert time.perf_counter() - began < 2

    provider = ScriptedProvider([ScriptedReply(text="one")])
    await ask(provider)
    with pytest.raises(ProviderRejected, match="only 1 replies"):
        await ask(provider)


async def test_closing_a_stream_ends_it():
    stream = ScriptedProvider([ScriptedReply(text="12345678", piece_delay_s=60)]).stream([], (), Settings())
    assert await anext(stream) == Text("1234")
    async with asyncio.timeout(1):
        await stream.aclose()


@pytest.mark.parametrize(
    ("said", "called"),
    [
        ("ping gw1.lan", [("ping_host", {"target": "gw1.lan"})]),
        ("Please PING gw1.lan!", [("ping_host", {"target": "gw1.lan"})]),
        ("ping db-01 and db-02", [("ping_host", {"target": "db-01"}), ("ping_host", {"target": "db-02"})]),
        ("is port 22 on db-01?", [("check_port", {"target": "db-01", "port": 22})]),
        ("cert www.acme.org", [("check_ssl_certificate", {"host": "www.acme.org"})]),
        ("look at https://www.acme.org/", [("check_http", {"url": "https://www.acme.org/"})]),
        ("hosts", [("get_host_list", {})]),
        ("what is down?", [("get_incidents", {"state": "open"})]),
        ("add new.acme.org", [("add_host", {"address": "new.acme.org", "endpoint": "icmp"})]),
        ("delete new.acme.org", [("delete_host", {"address": "new.acme.org"})]),
        ("scan nas.lan", [("run_nmap", {"target": "nas.lan", "profile": "quick"})]),
        ("loop", [("ping_host", {"target": "gw1.lan"})]),
        ("what can you do", []),
    ],
)
async def test_the_demonstration_reacts(said: str, called: list[tuple[str, dict[str, object]]]):
    reply = await ask(load_script(), said)
    assert [(call.call.name, call.call.arguments) for call in reply.calls] == called
    assert reply.calls or reply.text


async def test_the_demonstration_names_where_its_broken_call_breaks():
    reply = await ask(load_script(), "broken")
    (malformed,) = reply.malformed
    assert malformed.raw[malformed.position :].startswith("gw1.lan")


async def test_the_demonstration_calls_nothing_that_is_not_offered():
    provider = load_script()
    for said in ("ping gw1.lan", "loop", "add x.org", "hosts"):
        reply = await collect(provider.stream([Message("user", said)], (), Settings()))
        assert not reply.calls
        assert reply.text


async def test_replies_from_a_file_are_played_in_order(tmp_path: Path):
    path = tmp_path / "s.yaml"
    path.write_text(
        "name: mine\nagain: true\nreplies:\n"
        "  - text: one {brace}\n"
        "  - calls: [{name: f, arguments: {a: [1, {b: c}]}, id: x}]\n"
        "  - {text: then, error: overloaded}\n"
    )
    provider = load_script(path)
    assert provider.info.name == "mine"
    assert (await ask(provider)).text == "one {brace}"
    assert (await ask(provider)).calls[0].call == ToolCall("x", "f", {"a": [1, {"b": "c"}]})
    with pytest.raises(Exception, match="overloaded"):
        await ask(provider)
    assert (await ask(provider)).text == "one {brace}"


async def test_empty_groups_leave_arguments_out(tmp_path: Path):
    path = tmp_path / "s.yaml"
    path.write_text(
        "rules:\n"
        "  - when: 'ping (?P<target>\\S+)( (?P<count>\\d+) times)?'\n"
        "    calls: [{name: ping_host, arguments: {target: '{target}.', count: '{count:int}'}}]\n"
    )
    provider = load_script(path)
    assert (await ask(provider, "ping a")).calls[0].call.arguments == {"target": "a."}
    assert (await ask(provider, "ping a 3 times")).calls[0].call.arguments == {"target": "a.", "count": 3}
    with pytest.raises(ProviderRejected, match="no rule"):
        await ask(provider, "pong")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("replies: [", "is no YAML"),
        ("- 1", "the file"),
        ("replies: []", "either replies or rules"),
        ("replies: [{txt: a}]", r"replies\.0\.txt"),
        ("rules: [{when: '('}]", r"rules\.0\.when: .*no regular expression"),
        ("replies: [{error: odd}]", r"replies\.0\.error"),
        ("replies: [{delay_s: -1}]", r"replies\.0\.delay_s"),
    ],
)
def test_bad_scripts_are_named(tmp_path: Path, content: str, message: str):
    path = tmp_path / "s.yaml"
    path.write_text(content)
    with pytest.raises(ScriptError, match=message) as caught:
        load_script(path)
    assert str(path) in str(caught.value)


def test_missing_script_and_shipped_one(tmp_path: Path):
    with pytest.raises(ScriptError, match="cannot be read"):
        load_script(tmp_path / "none.yaml")
    assert DEMO.is_file()
