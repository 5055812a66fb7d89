"""Runs on a real server: streamed, resumed, cancelled, approved, queued, paid for."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from providers.base import ProviderUnavailable, ToolCall
from providers.scripted import ScriptedReply
from tests.web.serving import account, config_of, echo, models_of, serving, text_of, visitor
from web.database.store import Store
from web.runs.book import fair_order


def calls_once(name: str, **arguments: Any) -> Any:
    """A model that makes one call and repeats its result."""

    def rule(messages: Any, tools: Any, settings: Any) -> ScriptedReply:
        if messages[-1].role == "tool":
            return ScriptedReply(text=f"Result: {messages[-1].content}")
        return ScriptedReply(calls=(ToolCall("", name, arguments),))

    return rule


async def test_a_run_streams_and_can_be_read_again_from_anywhere(database_url: str) -> None:
    async with serving(config_of(database_url), models_of({"scripted": echo()})) as url:
        ann = await visitor(url)
        run = await ann.say("hello there")
        events = await ann.events(run["id"])
        assert [event.id for event in events] == list(range(1, len(events) + 1))
        assert (events[0].type, events[-1].type) == ("turn-started", "run-ended")
        assert events[-1].data["state"] == "finished"
        assert text_of(events) == "You said: hello there"
        for after in range(len(events)):
            again = await ann.events(run["id"], after, header=after % 2 == 0)
            assert [(e.id, e.type, e.data) for e in again] == [(e.id, e.type, e.data) for e in events[after:]]
        whole = await ann.ok("GET", f"/api/conversations/{run['conversation']}")
        assert [m["content"] for m in whole["said"]] == ["hello there", "You said: hello there"]
        assert (whole["title"], whole["active_run"]) == ("hello there", None)


async def test_a_lost_connection_neither_stops_nor_loses_a_run(database_url: str) -> None:
    models = models_of({"scripted": echo(piece_delay_s=0.05)})
    async with serving(config_of(database_url), models) as url:
        ann = await visitor(url)
        run = await ann.say("a rather long thing to say again and again")
        begun = await ann.events(run["id"], until="text-delta")
        assert (await ann.ok("GET", f"/api/runs/{run['id']}"))["state"] == "running"
        head = await ann.ok("GET", f"/api/conversations/{run['conversation']}")
        assert head["active_run"] == run["id"]
        rest, all_of_it = await asyncio.gather(ann.events(run["id"], begun[-1].id), ann.events(run["id"], 0))
        assert text_of(begun + rest) == text_of(all_of_it)
        assert text_of(all_of_it).endswith("again and again")


async def test_cancel_keeps_the_partial_answer(sqlite_url: str) -> None:
    models = models_of({"scripted": echo(piece_delay_s=0.2)})
    async with serving(config_of(sqlite_url), models) as url:
        ann = await visitor(url)
        run = await ann.say("something that takes long " * 20)
        await ann.events(run["id"], until="text-delta")
        await ann.ok("POST", f"/api/runs/{run['id']}/cancel")
        events = await ann.events(run["id"])
        assert events[-1].data["state"] == "cancelled"
        said = (await ann.ok("GET", f"/api/conversations/{run['conversation']}"))["said"]
        assert (said[1]["note"], said[1]["content"]) == ("partial", text_of(events))
        assert (await ann.ask("POST", f"/api/runs/{run['id']}/cancel")).status_code == 202
        again = await ann.ok("POST", f"/api/runs/{run['id']}/retry")
        assert again["text"] == run["text"]
        await ann.ok("POST", f"/api/runs/{again['id']}/cancel")
        assert (await ann.events(again["id"]))[-1].data["state"] == "cancelled"


async def test_models_change_and_history_stays(sqlite_url: str) -> None:
    def counts(messages: Any, tools: Any, settings: Any) -> ScriptedReply:
        return ScriptedReply(text=" | ".join(m.content or "" for m in messages if m.role != "system"))

    models = models_of({"scripted": echo(), "testllm": counts})
    async with serving(config_of(sqlite_url), models) as url:
        ann = await visitor(url)
        first = await ann.say("one")
        await ann.events(first["id"])
        second = await ann.say("two", "testllm", first["conversation"])
        assert text_of(await ann.events(second["id"])) == "one | You said: one | two"


async def test_one_run_of_a_conversation_at_a_time(sqlite_url: str) -> None:
    models = models_of({"scripted": echo(delay_s=5)})
    async with serving(config_of(sqlite_url), models) as url:
        ann = await visitor(url)
        run = await ann.say("one")
        path = f"/api/conversations/{run['conversation']}/runs"
        body = {"text": "two", "model": "scripted"}
        answers = await asyncio.gather(*(ann.ask("POST", path, body) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {409}
        assert answers[0].json()["error"]["code"] == "busy"
        other = [await ann.ask("POST", "/api/conversations") for _ in range(3)]
        started = [
            (await ann.ask("POST", f"/api/conversations/{o.json()['id']}/runs", body)).status_code
            for o in other
        ]
        assert started == [202, 429, 429]


async def test_what_is_said_has_bounds(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        ann = await visitor(url)
        path = f"/api/conversations/{(await ann.ok('POST', '/api/conversations'))['id']}/runs"
        for text in ("x" * 10_001, "", "   ", "a\0b"):
            answer = await ann.ask("POST", path, {"text": text, "model": "scripted"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
        assert (await ann.ask("POST", path, {"text": "hi", "model": "gpt-5"})).status_code == 422
        assert (await ann.ask("POST", path, {"text": "hi", "model": "testllm"})).status_code == 422
        run = await ann.ok("POST", path, {"text": "ü" * 10_000, "model": "scripted"})
        await ann.events(run["id"])
        said = (await ann.ok("GET", f"/api/conversations/{run['conversation']}"))["said"]
        assert said[0]["content"] == "ü" * 10_000


@pytest.mark.parametrize(("approve", "verdict"), [(True, "approved"), (False, "denied")])
async def test_approvals_are_events_and_a_post(sqlite_url: str, approve: bool, verdict: str) -> None:
    rule = calls_once("add_host", address="new.acme.org", endpoint="icmp")
    async with serving(config_of(sqlite_url), models_of({"scripted": rule})) as url:
        ann, eve = await account(url, "ann@example.org"), await account(url, "eve@example.org")
        run = await ann.say("watch new.acme.org")
        asked = (await ann.events(run["id"], until="approval-requested"))[-1].data["approval"]
        assert (asked["tool"], asked["effect"]) == ("add_host", "write")
        path = f"/api/runs/{run['id']}/approvals/{asked['id']}"
        assert (await ann.ok("GET", f"/api/runs/{run['id']}"))["state"] == "waiting"
        assert (await eve.ask("POST", path, {"approve": True})).status_code == 404
        assert (await ann.ok("POST", path, {"approve": approve})) == {"verdict": verdict}
        assert (await ann.ask("POST", path, {"approve": True})).status_code == 409
        events = await ann.events(run["id"])
        decided = next(e for e in events if e.type == "approval-decided")
        assert decided.data["verdict"] == verdict
        assert ("tool-finished" in [e.type for e in events]) is approve
        assert events[-1].data["state"] == "finished"


async def test_a_remembered_approval_holds_for_the_run_alone(sqlite_url: str) -> None:
    def rule(messages: Any, tools: Any, settings: Any) -> ScriptedReply:
        done = sum(m.role == "tool" for m in messages)
        if messages[-1].role == "tool" and done % 2 == 0:
            return ScriptedReply(text="done")
        return ScriptedReply(
            calls=(ToolCall("", "add_host", {"address": f"h{done}.acme.org", "endpoint": "icmp"}),)
        )

    async with serving(config_of(sqlite_url), models_of({"scripted": rule})) as url:
        ann = await account(url, "ann@example.org")
        run = await ann.say("watch two")
        asked = (await ann.events(run["id"], until="approval-requested"))[-1].data["approval"]
        await ann.ok(
            "POST", f"/api/runs/{run['id']}/approvals/{asked['id']}", {"approve": True, "remember": True}
        )
        events = await ann.events(run["id"])
        assert [e.data["verdict"] for e in events if e.type == "approval-decided"] == ["approved"] * 2
        again = await ann.say("watch two more", conversation=run["conversation"])
        await ann.events(again["id"], until="approval-requested")
        await ann.ok("POST", f"/api/runs/{again['id']}/cancel")
        assert (await ann.events(again["id"]))[-1].data["state"] == "cancelled"


async def test_visitors_get_no_scans(sqlite_url: str) -> None:
    seen: list[list[str]] = []

    def rule(messages: Any, tools: Any, settings: Any) -> ScriptedReply:
        seen.append([tool.name for tool in tools])
        return ScriptedReply(text="ok")

    async with serving(config_of(sqlite_url), models_of({"scripted": rule})) as url:
        for somebody in (await visitor(url), await account(url, "ann@example.org")):
            await somebody.events((await somebody.say("hi"))["id"])
    assert "run_nmap" not in seen[0]
    assert "run_nmap" in seen[1]
    assert {"ping_host", "add_host"} <= set(seen[0])


async def test_a_model_that_fails_says_so_and_names_others(sqlite_url: str) -> None:
    def fails(messages: Any, tools: Any, settings: Any) -> ScriptedReply:
        return ScriptedReply(text="I begin, and", error=ProviderUnavailable("the model died"))

    models = models_of({"turbollm": fails, "scripted": echo()})
    async with serving(config_of(sqlite_url), models) as url:
        ann = await visitor(url)
        run = await ann.say("hi", "turbollm")
        events = await ann.events(run["id"])
        failed = next(e for e in events if e.type == "run-failed")
        assert (failed.data["code"], failed.data["details"]) == ("unavailable", {"models": ["scripted"]})
        assert events[-1].data["state"] == "failed"


async def test_steps_are_charged_and_shown(database_url: str) -> None:
    models = models_of({"hugllm": echo()}, factors={"hugllm": "0.5"})
    async with serving(config_of(database_url), models) as url:
        ann = await account(url, "ann@example.org")
        run = await ann.say("hello", "hugllm")
        events = await ann.events(run["id"])
        usage = next(e for e in events if e.type == "usage-reported").data["step"]
        cost = -(-(usage["prompt_tokens"] + 8 * usage["completion_tokens"]) // 2)
        charge = next(e for e in events if e.type == "quota-updated").data
        assert (charge["charged"], events[-1].data["charged"]) == (cost, cost)
        quota = await ann.ok("GET", "/api/quota")
        assert (quota["balance"], quota["used"], quota["used_today"], quota["held"]) == (
            100_000 - cost,
            cost,
            cost,
            0,
        )
        assert [offer["action"] for offer in quota["offers"]] == ["install-agent", "upgrade"]


async def test_when_tokens_run_out_the_run_ends_and_free_models_stay(sqlite_url: str) -> None:
    models = models_of({"turbollm": echo(), "testllm": echo()})
    plans = {"free": {"cap": 12_000, "refill": 10, "context": 12_000, "hosts": 1}}
    async with serving(config_of(sqlite_url, plans=plans), models) as url:
        ann = await account(url, "ann@example.org")
        states: list[str] = []
        conversation = None
        for _ in range(40):
            conversation = conversation or (await ann.ok("POST", "/api/conversations"))["id"]
            answer = await ann.ask(
                "POST", f"/api/conversations/{conversation}/runs", {"text": "x " * 200, "model": "turbollm"}
            )
            if answer.status_code == 402:
                assert answer.json()["error"]["details"]["models"] == ["testllm"]
                break
            events = await ann.events(answer.json()["id"])
            states.append(events[-1].data["state"])
            if states[-1] == "failed":
                failed = next(e for e in events if e.type == "run-failed").data
                assert (failed["code"], failed["details"]["models"]) == ("no-tokens", ["testllm"])
                break
        assert states.count("failed") <= 1 and len(states) < 40
        quota = await ann.ok("GET", "/api/quota")
        assert 0 <= quota["balance"] < quota["cap"] and quota["held"] == 0
        free = await ann.say("still there?", "testllm")
        assert (await ann.events(free["id"]))[-1].data["state"] == "finished"


async def test_the_queue_is_fair_and_tells_places(database_url: str) -> None:
    def rule(messages: Any, tools: Any, settings: Any) -> ScriptedReply:
        said = messages[-1].content
        return ScriptedReply(text=f"You said: {said}", delay_s=60 if said == "a0" else 0)

    async with serving(config_of(database_url), models_of({"testllm": rule}, slots={"testllm": 1})) as url:
        ann, bob = await visitor(url), await visitor(url)
        runs = [(ann, (await ann.say(f"a{n}", "testllm"))["id"]) for n in range(2)]
        runs.append((bob, (await bob.say("b0", "testllm"))["id"]))
        order: list[str] = []

        async def follow(who: Any, run: str) -> list[Any]:
            events = await who.events(run)
            order.append(text_of(events))
            return events

        following = asyncio.gather(*(follow(*one) for one in runs))
        await bob.events(runs[2][1], until="run-queued")
        await ann.ok("POST", f"/api/runs/{runs[0][1]}/cancel")
        logs = await following
        assert order == ["", "You said: b0", "You said: a1"]
        queued = [e.data for e in logs[1] if e.type == "run-queued"]
        assert [q["position"] for q in queued][-1] >= 1
        assert all(q["expected_wait_s"] > 0 for q in queued)
        assert [log[-1].data["state"] for log in logs] == ["cancelled", "finished", "finished"]


async def test_overload_is_refused_early_and_others_are_offered(sqlite_url: str) -> None:
    models = models_of({"testllm": echo(delay_s=30), "scripted": echo()}, slots={"testllm": 1})
    config = config_of(sqlite_url, queue={"waiting": 2, "per_user": 1, "wait_s": 3600})
    async with serving(config, models) as url:
        people = [await visitor(url) for _ in range(4)]
        runs = [await who.say("hi", "testllm") for who in people[:3]]
        new = (await people[3].ok("POST", "/api/conversations"))["id"]
        body = {"text": "hi", "model": "testllm"}
        refused = await people[3].ask("POST", f"/api/conversations/{new}/runs", body)
        error = refused.json()["error"]
        assert (refused.status_code, error["code"]) == (503, "overloaded")
        assert error["details"] == {"models": ["scripted"]} and "retry-after" in refused.headers
        queue = (await people[3].ok("GET", "/api/models"))[0]["queue"]
        assert (queue["waiting"], queue["running"]) == (2, 1)
        for who, run in zip(people, runs, strict=False):
            await who.ok("POST", f"/api/runs/{run['id']}/cancel")
        logs = await asyncio.gather(*(w.events(r["id"]) for w, r in zip(people, runs, strict=False)))
        assert {log[-1].data["state"] for log in logs} == {"cancelled"}


async def test_runs_end_or_are_interrupted_when_the_server_stops_and_the_queue_goes_on(
    database_url: str,
) -> None:
    config = config_of(database_url, shutdown_s=0.2)
    slow = models_of({"testllm": echo(piece_delay_s=0.5)}, slots={"testllm": 1})
    async with serving(config, slow) as url:
        ann, bob = await visitor(url), await visitor(url)
        first = await ann.say("something long enough to be interrupted", "testllm")
        second = await bob.say("the next one", "testllm")
        await ann.events(first["id"], until="text-delta")
        await bob.events(second["id"], until="run-queued")
    quick = models_of({"testllm": echo()}, slots={"testllm": 1})
    async with serving(config, quick) as url:
        ann.url = bob.url = url
        assert (await ann.events(first["id"]))[-1].data["state"] == "interrupted"
        said = (await ann.ok("GET", f"/api/conversations/{first['conversation']}"))["said"]
        assert said[-1]["note"] == "partial"
        events = await bob.events(second["id"])
        assert (text_of(events), events[-1].data["state"]) == ("You said: the next one", "finished")
        assert [event.id for event in events] == list(range(1, len(events) + 1))


async def test_a_conversation_may_be_deleted_while_it_is_answered(sqlite_url: str) -> None:
    models = models_of({"scripted": echo(piece_delay_s=0.2), "turbollm": echo()})
    async with serving(config_of(sqlite_url), models) as url:
        ann = await visitor(url)
        run = await ann.say("something long enough to be deleted")
        await ann.events(run["id"], until="text-delta")
        await ann.ok("DELETE", f"/api/conversations/{run['conversation']}")
        assert (await ann.ask("GET", f"/api/conversations/{run['conversation']}")).status_code == 404
        other = await ann.say("and another", "turbollm")
        assert (await ann.events(other["id"]))[-1].data["state"] == "finished"


def test_fair_order_goes_round() -> None:
    active = [
        ("r0", "ann", "running"), ("a1", "ann", "queued"), ("a2", "ann", "queued"),
        ("b1", "bob", "queued"), ("c1", "cy", "queued"), ("b2", "bob", "queued"),
    ]  # fmt: skip
    assert fair_order(active) == ["b1", "c1", "a1", "b2", "a2"]
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    served = {"bob": noon, "ann": noon - timedelta(hours=1)}
    assert fair_order(active[1:], served) == ["c1", "a1", "b1", "a2", "b2"]


async def test_many_that_wait_are_cancelled_at_once_and_each_has_its_end(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Store.write

    async def slowly(self: Store, work: Callable[[AsyncConnection], Awaitable[object]]) -> object:
        await asyncio.sleep(random.uniform(0, 0.1))
        return await write(self, work)

    monkeypatch.setattr(Store, "write", slowly)
    models = models_of({"testllm": echo(delay_s=30)}, slots={"testllm": 1})
    config = config_of(sqlite_url, queue={"waiting": 40, "per_user": 1, "wait_s": 3600})
    async with serving(config, models) as url:
        people = [await visitor(url) for _ in range(24)]
        runs = [await who.say("hi", "testllm") for who in people]
        both = list(zip(people, runs, strict=True))
        # Each that goes moves the others up, who are told so while they go themselves.
        await asyncio.gather(*(who.ok("POST", f"/api/runs/{run['id']}/cancel") for who, run in both))
        logs = await asyncio.gather(*(who.events(run["id"]) for who, run in both))
    assert {log[-1].data["state"] for log in logs} == {"cancelled"}
    assert all([event.id for event in log] == list(range(1, len(log) + 1)) for log in logs)
