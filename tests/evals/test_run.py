import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from evals.cases import Suite, load_suite
from evals.rows import Row
from evals.run import CaseFinished, CaseRetried, RunEvent, RunFinished, RunStarted, run_suite
from evals.store import RunStore, StoreError, read_rows
from providers.base import (
    Chunk,
    Message,
    ProviderError,
    ProviderIncomplete,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    Settings,
    ToolSpec,
)
from tests.evals.support import (
    Reply,
    RuleProvider,
    call,
    entries,
    line_of,
    ping_reply,
    ping_suite,
    record_of,
    reply_of,
    write_suite,
)


def pings(tmp_path: Path, count: int) -> Suite:
    return load_suite(str(ping_suite(tmp_path / "s.jsonl", count)))


async def play(provider: RuleProvider, suite: Suite, directory: Path, **options: Any) -> list[RunEvent]:
    settings = options.pop("settings", Settings())
    with RunStore.create(directory, record_of()) as store:
        return [event async for event in run_suite(provider, suite, settings, store, **options)]


def rows_of(directory: Path) -> dict[str, Row]:
    return {row.id: row for row in read_rows(directory)}


async def test_every_case_has_its_row(tmp_path: Path) -> None:
    events = await play(RuleProvider(), pings(tmp_path, 20), tmp_path / "run")
    assert events[0] == RunStarted(20, 0)
    assert events[-1] == RunFinished(20)
    finished = [event.row for event in events if isinstance(event, CaseFinished)]
    assert finished == list(read_rows(tmp_path / "run"))
    assert {row.id for row in finished} == {f"p{number}" for number in range(20)}
    row = finished[0]
    assert (row.label, row.raw, row.finish) == ("correct", "ping_host(h0.lan)", "tool_calls")
    assert row.calls == ({"name": "ping_host", "arguments": {"target": "h0.lan"}},)
    assert row.usage.completion_tokens == 7


async def test_cases_under_way_are_bounded(tmp_path: Path) -> None:
    for concurrency in (1, 3):
        provider = RuleProvider(delay_s=0.002)
        await play(provider, pings(tmp_path, 10), tmp_path / f"run{concurrency}", concurrency=concurrency)
        assert provider.most == concurrency


async def test_what_the_model_is_told(tmp_path: Path) -> None:
    lines = [line_of(id="a", now="2027-01-02T03:04:05Z", tools=["ping_host"]), line_of(id="b")]
    suite = load_suite(str(write_suite(tmp_path / "s.jsonl", lines)))
    provider = RuleProvider()
    await play(
        provider, suite, tmp_path / "run", settings=Settings(seed=5, top_k=3), repeats=2, concurrency=1
    )
    assert [settings.seed for _, settings in provider.asked] == [5, 5, 6, 6]
    assert provider.asked[0][1] == Settings(seed=5, top_k=3, now=datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert provider.asked[1][1].now == Settings().now
    assert provider.asked[0][0] == (Message("user", "ping gw1.lan"),)


async def test_limit_and_resume(tmp_path: Path) -> None:
    suite, provider = pings(tmp_path, 10), RuleProvider()
    with RunStore.create(tmp_path / "run", record_of()) as store:
        _ = [event async for event in run_suite(provider, suite, Settings(), store, limit=4)]
    with RunStore.resume(tmp_path / "run", record_of()) as store:
        events = [event async for event in run_suite(provider, suite, Settings(), store, repeats=2)]
    assert events[0] == RunStarted(20, 4)
    keys = [row.key for row in read_rows(tmp_path / "run")]
    assert len(provider.asked) == len(keys) == len(set(keys)) == 20


async def test_malformed_and_repaired_replies(tmp_path: Path) -> None:
    def rule(messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Reply:
        if messages[-1].content == "repair":
            return reply_of(call("ping_host", target="gw1.lan"), repairs=("single quotes", "end tag"))
        return ping_reply(messages, tools, settings)

    lines = [
        line_of(id="broken", messages=[{"role": "user", "content": "break <call"}]),
        line_of(id="broken words", messages=[{"role": "user", "content": "break <call"}], expect=[]),
        line_of(id="repaired", messages=[{"role": "user", "content": "repair"}]),
        line_of(id="words", messages=[{"role": "user", "content": "say hello"}], expect=[]),
    ]
    suite = load_suite(str(write_suite(tmp_path / "s.jsonl", lines)))
    await play(RuleProvider(rule), suite, tmp_path / "run")
    rows = rows_of(tmp_path / "run")
    assert rows["broken"].malformed and rows["broken"].label == "malformed"
    assert rows["broken"].reason.endswith("a bracket is missing")
    assert rows["broken words"].label == "malformed"
    assert (rows["repaired"].label, rows["repaired"].repaired) == ("correct", True)
    assert rows["repaired"].repairs == ("single quotes", "end tag")
    assert (rows["words"].label, rows["words"].malformed) == ("correct", False)


@pytest.mark.parametrize(
    "error", [ProviderTimeout, ProviderOverloaded, ProviderIncomplete, ProviderRejected, ProviderError]
)
async def test_a_provider_error_is_a_row(tmp_path: Path, error: type[ProviderError]) -> None:
    def rule(messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings) -> Reply:
        return (
            error("too bad")
            if messages[-1].content == "ping h1.lan"
            else ping_reply(messages, tools, settings)
        )

    provider = RuleProvider(rule)
    await play(provider, pings(tmp_path, 3), tmp_path / "run")
    rows = rows_of(tmp_path / "run")
    assert rows["p1"].label == "infra_error"
    assert rows["p1"].reason == f"{error.__name__}: too bad"
    assert rows["p1"].attempts == 1
    assert [rows["p0"].label, rows["p2"].label] == ["correct", "correct"]
    assert len(provider.asked) == 3


async def test_a_reply_without_an_end_is_a_row(tmp_path: Path) -> None:
    await play(RuleProvider(lambda messages, tools, settings: []), pings(tmp_path, 1), tmp_path / "run")
    assert rows_of(tmp_path / "run")["p0"].label == "infra_error"


class MortalProvider(RuleProvider):
    """An engine that a case kills, together with all replies that are under way."""

    deaths = 0

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], settings: Settings
    ) -> AsyncIterator[Chunk]:
        death = self.deaths
        async for chunk in super().stream(messages, tools, settings):
            if messages[-1].content == "ping h2.lan":
                self.deaths += 1
            if self.deaths > death:
                raise ProviderUnavailable("the engine died")
            yield chunk


async def test_a_case_that_kills_its_engine_has_two_tries_and_takes_none_along(tmp_path: Path) -> None:
    provider = MortalProvider(delay_s=0.01)
    events = await play(provider, pings(tmp_path, 4), tmp_path / "run", concurrency=4)
    rows = rows_of(tmp_path / "run")
    assert {case: row.label for case, row in rows.items()} == {
        "p0": "correct",
        "p1": "correct",
        "p2": "infra_error",
        "p3": "correct",
    }
    assert (rows["p2"].attempts, rows["p2"].reason) == (2, "ProviderUnavailable: the engine died")
    asked = [messages[-1].content for messages, _ in provider.asked]
    assert asked.count("ping h2.lan") == 2
    retried = {event.id for event in events if isinstance(event, CaseRetried)}
    assert "p2" in retried and len(retried) == len(asked) - 4


async def test_cancelling_keeps_what_is_finished(tmp_path: Path) -> None:
    suite, provider = pings(tmp_path, 40), RuleProvider(delay_s=0.005)
    enough = asyncio.Event()
    with RunStore.create(tmp_path / "run", record_of()) as store:

        async def consume() -> None:
            async for _ in run_suite(provider, suite, Settings(), store, concurrency=2):
                if len(store.finished) >= 5:
                    enough.set()

        task = asyncio.create_task(consume())
        await enough.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        kept = len(store.finished)
    assert 5 <= kept < 40
    assert len(list(read_rows(tmp_path / "run"))) == kept
    await asyncio.sleep(0.02)
    assert provider.running == 0
    assert len(list(read_rows(tmp_path / "run"))) == kept


async def test_closing_the_events_stops_the_run(tmp_path: Path) -> None:
    suite, provider = pings(tmp_path, 40), RuleProvider(delay_s=0.002)
    with RunStore.create(tmp_path / "run", record_of()) as store:
        events = run_suite(provider, suite, Settings(), store, concurrency=2)
        async for event in events:
            if isinstance(event, CaseFinished):
                break
        await events.aclose()
        asked = len(provider.asked)
        await asyncio.sleep(0.02)
        assert len(provider.asked) == asked < 40


async def test_a_store_that_fails_stops_the_run(tmp_path: Path) -> None:
    suite, provider = pings(tmp_path, 40), RuleProvider(delay_s=0.001)

    class Failing(RunStore):
        def append(self, row: Row) -> None:
            if len(self.finished) == 3:
                raise StoreError("the disk is full")
            super().append(row)

    with Failing.create(tmp_path / "run", record_of()) as store:
        with pytest.raises(StoreError, match="disk is full"):
            async for _ in run_suite(provider, suite, Settings(), store, concurrency=4):
                pass
    assert len(list(read_rows(tmp_path / "run"))) == 3
    assert len(provider.asked) < 20


async def test_several_calls_are_scored_as_a_set(tmp_path: Path) -> None:
    wanted = entries([("ping_host", {"target": [name]}) for name in ("a", "b")])
    suite = load_suite(str(write_suite(tmp_path / "s.jsonl", [line_of(expect=wanted)])))
    both = reply_of(call("ping_host", target="b"), call("ping_host", target="a"))
    await play(RuleProvider(lambda messages, tools, settings: both), suite, tmp_path / "run")
    assert rows_of(tmp_path / "run")["a"].label == "correct"
