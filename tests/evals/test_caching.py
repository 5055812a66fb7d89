import asyncio
import dataclasses
import json
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.caching import Asked, RunCache, can_be_cached
from evals.cases import load_suite
from evals.launch import Options, launch
from evals.response_cache import FILE, CacheError, Kept, ResponseCache, clear
from evals.store import StoreError, read_rows
from evals.whole_reply import chunks_of, reply_from_json, reply_to_json
from providers.base import (
    Call,
    Chunk,
    Finish,
    Malformed,
    Message,
    ProviderTimeout,
    Reply,
    Settings,
    Timing,
    ToolCall,
    ToolSpec,
    Usage,
    collect,
)
from providers.info import ModelInfo
from tests.evals.support import RuleProvider, Silent, ping_reply, ping_suite

MODEL = ModelInfo("m:q4_k", "q4_k", 7, 14, "ab", "netmon", "cd", "copy", ("none", "copy"), "http://a/v1")
SPEC = ToolSpec("ping_host", "Ping.", {"type": "object", "properties": {"target": {"type": "string"}}})
CALL = ToolCall("1", "ping_host", {"target": "a"})
ASKED = Asked(
    provider="testllm",
    model=MODEL,
    code="c0de",
    packages={"llama-cpp-python": "1"},
    case="nd-001",
    repeat=0,
    step=0,
    messages=(Message("user", "ping a"), Message("assistant", None, (CALL,)), Message("tool", "up", (), "1")),
    tools=(SPEC, replace(SPEC, name="other")),
    settings=Settings(stop=("END",)),
)
REPLY = Reply(
    "text", "thought", (Call(0, CALL, ("quotes",)),), (), Finish("tool_calls", Usage(9, 3, 2), "raw")
)


def others(value: Any) -> list[Any]:
    """Values of the same kind that mean something else."""
    match value:
        case bool():
            return [not value]
        case int() | float():
            return [value + 1]
        case str():
            return [f"{value}x", *([""] if value else [])]
        case None:
            return ["x"]
        case datetime():
            return [datetime(2027, 1, 1, tzinfo=UTC)]
        case dict():
            return [{**value, "new": 1}, {}]
        case tuple():
            changed = [
                (*value[:n], other, *value[n + 1 :]) for n, item in enumerate(value) for other in others(item)
            ]
            return [*changed, value[:-1], (*value, value[-1])] if value else [("x",)]
        case _:
            return [replace(value, **{name: other}) for name, other in fields_changed(value)]


def fields_changed(value: Any) -> list[tuple[str, Any]]:
    return [
        (field.name, other)
        for field in dataclasses.fields(value)
        for other in others(getattr(value, field.name))
    ]


CHANGED = fields_changed(ASKED)


def test_every_field_that_a_reply_depends_on_is_changed_here() -> None:
    changed = {name for name, _ in CHANGED}
    assert changed == {field.name for field in dataclasses.fields(Asked)}
    assert len(CHANGED) > 80


@pytest.mark.parametrize("number", range(len(CHANGED)))
def test_no_other_request_has_the_same_key(number: int) -> None:
    name, other = CHANGED[number]
    assert replace(ASKED, **{name: other}).key() != ASKED.key(), (name, other)


def test_all_those_keys_differ_from_each_other() -> None:
    keys = [replace(ASKED, **{name: other}).key() for name, other in CHANGED]
    assert len(set(keys)) == len({repr((name, other)) for name, other in CHANGED})


def test_numbers_and_booleans_that_python_takes_for_equal_have_other_keys() -> None:
    keys = set()
    for value in (1, 1.0, True, "1", [1], None):
        call = replace(CALL, arguments={"target": value})
        keys.add(replace(ASKED, messages=(Message("assistant", None, (call,)),)).key())
    assert len(keys) == 6


def test_a_key_stays_the_same_in_another_process() -> None:
    script = "from tests.evals.test_caching import ASKED; print(ASKED.key().hex())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ASKED.key().hex()


TEXT = st.text(st.characters(exclude_categories=()))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
REPLIES = st.builds(
    Reply,
    TEXT,
    TEXT,
    st.lists(
        st.builds(
            Call,
            st.integers(0, 3),
            st.builds(ToolCall, TEXT, TEXT, st.dictionaries(TEXT, JSON, max_size=3)),
            st.lists(TEXT, max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    st.lists(st.builds(Malformed, TEXT, TEXT, st.integers(0, 9)), max_size=2).map(tuple),
    st.builds(
        Finish,
        st.sampled_from(["stop", "tool_calls", "length"]),
        st.builds(Usage, st.integers(0), st.integers(0), st.integers(0), st.booleans()),
        TEXT,
        st.builds(Timing, st.floats(0, 9), st.floats(0, 9), st.floats(0, 9)),
    ),
)


@given(REPLIES)
def test_a_reply_comes_back_as_it_was(reply: Reply) -> None:
    assert reply_from_json(reply_to_json(reply)) == reply

    async def again() -> AsyncIterator[Chunk]:
        for chunk in chunks_of(reply):
            yield chunk

    assert asyncio.run(collect(again())) == reply


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"text": 1}', "[" * 100_000])
def test_what_is_no_reply_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError):
        reply_from_json(text)


def test_a_reply_is_kept_and_found_by_another_opening(tmp_path: Path) -> None:
    with ResponseCache(tmp_path / FILE, 10**6) as cache:
        assert cache.get(b"k") is None
        cache.put(b"k", Kept(REPLY, 5.0, 0.5))
    with ResponseCache(tmp_path / FILE, 10**6) as cache:
        assert cache.get(b"k") == Kept(REPLY, 5.0, 0.5)
        assert cache.get(b"l") is None
        assert cache.info().replies == 1


def test_the_size_is_bounded_and_what_is_used_stays(tmp_path: Path) -> None:
    bound = 256 * 1024
    with ResponseCache(tmp_path / FILE, bound) as cache:
        for number in range(600):
            cache.put(f"{number}".encode(), Kept(replace(REPLY, text="x" * 2000), 0.0, 0.0))
            assert cache.get(b"0") is not None
            assert cache.info().bytes <= bound
        info = cache.info()
        assert 20 < info.replies < 200
        assert cache.get(b"1") is None and cache.get(b"599") is not None
    # The file gives its free pages back a little later.
    assert (tmp_path / FILE).stat().st_size <= bound * 1.25


def test_a_damaged_cache_is_told_with_its_cure(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_bytes(b"this is no database, whatever it is called" * 100)
    with pytest.raises(CacheError, match="evals cache clear"):
        ResponseCache(path, 10**6)
    assert clear(path) > 0
    ResponseCache(path, 10**6).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 9")
    database.close()
    with pytest.raises(CacheError, match="version 9; this program reads version 1"):
        ResponseCache(path, 10**6)


def test_a_cache_that_fails_while_it_is_used_is_left_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ResponseCache(tmp_path / FILE, 10**6) as cache:
        other = sqlite3.connect(tmp_path / FILE)
        other.execute("DROP TABLE responses")
        other.close()
        cache.put(b"k", Kept(REPLY, 0.0, 0.0))
        assert cache.get(b"k") is None
    assert "is not used any more" in caplog.text


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from evals.response_cache import Kept, ResponseCache
from tests.evals.test_caching import REPLY
with ResponseCache(Path({str(tmp_path / FILE)!r}), 10**7) as cache:
    for number in range(200):
        cache.put(f"{{sys.argv[1]}}-{{number}}".encode(), Kept(REPLY, 0.0, 0.0))
"""
    both = [subprocess.Popen([sys.executable, "-c", script, name]) for name in "ab"]
    assert [process.wait(60) for process in both] == [0, 0]
    with ResponseCache(tmp_path / FILE, 10**7) as cache:
        assert cache.info().replies == 400


async def run(tmp_path: Path, name: str, provider: RuleProvider, **options: Any) -> list[Any]:
    suite = tmp_path / "s.jsonl"
    if not suite.exists():
        ping_suite(suite, 6)

    provider.info = replace(provider.info, constraints=("none", "schema", "copy"))

    async def opener(model: str | None) -> RuleProvider:
        return provider

    await launch(
        Options(suite=str(suite), out=tmp_path / name, **{"cache": True, **options}),
        opener,
        Silent(),
        None,
        lambda: ResponseCache(tmp_path / FILE, 10**7),
    )
    return sorted(read_rows(tmp_path / name), key=lambda row: row.key)


async def test_a_second_run_asks_nothing_and_marks_its_rows(tmp_path: Path) -> None:
    first, second = RuleProvider(delay_s=0.01), RuleProvider()
    before = await run(tmp_path, "a", first)
    after = await run(tmp_path, "b", second)
    assert (len(first.asked), len(second.asked)) == (6, 0)
    assert not any(row.cached for row in before) and all(row.cached for row in after)
    assert [replace(row, seconds=0, started=0) for row in before] == [
        replace(row, cached=False, seconds=0, started=0) for row in after
    ]
    # Speeds are those of when it was asked.
    assert all(row.seconds >= 0.01 for row in after)


async def test_another_seed_repeat_or_model_is_asked(tmp_path: Path) -> None:
    await run(tmp_path, "a", RuleProvider())
    for name, options in (("seed", {"seed": 1}), ("held", {"constrained": "schema"})):
        provider = RuleProvider()
        rows = await run(tmp_path, name, provider, **options)
        assert len(provider.asked) == 6 and not any(row.cached for row in rows)
    provider = RuleProvider()
    rows = await run(tmp_path, "repeats", provider, repeats=2)
    assert sorted(row.cached for row in rows) == [False] * 6 + [True] * 6
    other = RuleProvider()
    other.info = replace(other.info, weights_sha256="00" * 32)
    await run(tmp_path, "other", other)
    assert len(other.asked) == 6


async def test_hosted_models_are_kept_unless_told_otherwise_and_local_ones_only_if_told(
    tmp_path: Path,
) -> None:
    for server, cache, asked_again in (
        ("http://a/v1", None, 0), ("http://b/v1", False, 6), (None, None, 6), (None, True, 0),
    ):  # fmt: skip
        for time in ("first", "second"):
            provider = RuleProvider()
            provider.info = replace(provider.info, server=server, weights_sha256=f"{server}{cache}")
            await run(tmp_path, f"{server}{cache}{time}".replace("/", ""), provider, cache=cache)
        assert len(provider.asked) == asked_again, (server, cache)


async def test_a_reply_that_failed_is_not_kept(tmp_path: Path) -> None:
    def rule(messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Any:
        return (
            ProviderTimeout("late")
            if "h3" in (messages[-1].content or "")
            else ping_reply(messages, tools, settings)
        )

    rows = await run(tmp_path, "a", RuleProvider(rule))
    assert [row.label for row in rows].count("infra_error") == 1
    provider = RuleProvider()
    rows = await run(tmp_path, "b", provider)
    assert [messages[-1].content for messages, _ in provider.asked] == ["ping h3.lan"]
    assert [row.cached for row in rows].count(True) == 5 and all(row.correct for row in rows)


async def test_a_model_that_cannot_be_told_from_others_is_not_kept(tmp_path: Path) -> None:
    provider = RuleProvider()
    provider.info = ModelInfo("unknown")
    assert not can_be_cached(provider.info)
    with pytest.raises(StoreError, match="leave out --cache"):
        await run(tmp_path, "a", provider)


async def test_the_steps_of_a_case_are_told_apart(tmp_path: Path) -> None:
    provider = RuleProvider()
    case = load_suite(str(ping_suite(tmp_path / "s.jsonl", 1))).cases[0]
    for expected in (2, 2):
        with ResponseCache(tmp_path / FILE, 10**6) as cache:
            view = RunCache(cache, MODEL, "c", {}).view(provider, case.id, 0)
            for _ in range(2):
                await collect(view.stream(case.messages, case.tools, Settings()))
            assert len(provider.asked) == expected
    assert view.hit


def test_the_command_says_what_is_kept_and_removes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from evals.cli import main

    monkeypatch.setenv("SMALLWATCH_CACHE", str(tmp_path))
    with ResponseCache(tmp_path / FILE, 10**6) as cache:
        cache.put(b"k", Kept(REPLY, 5.0, 0.5))
    runner = CliRunner()
    said = json.loads(runner.invoke(main, ["cache", "info", "--json"]).stdout)
    assert (said["replies"], said["path"]) == (1, str(tmp_path / FILE))
    assert "1 replies" in runner.invoke(main, ["cache", "info"]).stdout
    assert "freed" in runner.invoke(main, ["cache", "clear"]).stdout
    assert not list(tmp_path.iterdir())
