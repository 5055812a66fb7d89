"""Calls of models that run in browsers: the plan's tools, a person's word, one audit, whichever process is asked."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.web.serving import Somebody, account, config_of, echo, models_of, serving, visitor

ADD = {"name": "add_host", "arguments": {"address": "new.acme.org", "endpoint": "icmp"}}


class Hours:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def audited(folder: Path) -> list[tuple[str, str, str]]:
    lines = (folder / "approvals.jsonl").read_text().splitlines()
    return [(line["action"], line["tool"], line["by"]) for line in map(json.loads, lines)]


async def test_the_tools_are_those_of_the_plan(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        nobody = {tool["name"]: tool for tool in await Somebody(url).ok("GET", "/api/tools")}
        ann = {
            tool["name"]: tool for tool in await (await account(url, "a@example.org")).ok("GET", "/api/tools")
        }
        assert set(ann) - set(nobody) == {name for name, tool in ann.items() if tool["effect"] == "intrusive"}
        assert nobody["ping_host"]["parameters"]["properties"]["target"]["type"] == "string"
        assert nobody["get_call_status"]["polling"] if "get_call_status" in nobody else True


async def test_what_reads_runs_at_once_and_costs_nothing(sqlite_url: str, tmp_path: Path) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        ann = await visitor(url)
        before = await ann.ok("GET", "/api/quota")
        call = await ann.ok(
            "POST", "/api/tool-calls", {"name": "ping_host", "arguments": {"target": "gw1.lan"}}
        )
        assert (call["state"], call["effect"], call["reason"], call["approval"]) == (
            "finished",
            "read",
            None,
            None,
        )
        assert call["result"]["success"] and json.loads(call["content"]) == call["result"]
        assert await ann.ok("GET", "/api/quota") == before
    assert not (tmp_path / "approvals.jsonl").exists()


async def test_what_a_model_does_wrong_is_an_answer_for_it(sqlite_url: str) -> None:
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()})) as url:
        ann = await visitor(url)
        wrong: list[tuple[Any, str]] = [
            ({"name": "pingg_host", "arguments": {}}, "unknown-tool"),
            ({"name": "drop tables", "arguments": {"x": None}}, "unknown-tool"),
            # Intrusive tools are not offered to visitors, so for them there are none.
            ({"name": "run_nmap", "arguments": {"target": "nas.lan", "profile": "quick"}}, "unknown-tool"),
            ({"name": "ping_host", "arguments": {"host": "gw1.lan"}}, "bad-arguments"),
            ({"name": "ping_host"}, "bad-arguments"),
        ]
        for body, reason in wrong:
            call = await ann.ok("POST", "/api/tool-calls", body)
            assert (call["state"], call["reason"], call["result"]["success"]) == ("rejected", reason, False)
        for body in ({"name": "x", "arguments": [1]}, {"name": ""}, {"name": "x" * 201}, {"arguments": {}}):
            assert (await ann.ask("POST", "/api/tool-calls", body)).status_code == 422
        async with ann.client() as client:
            for raw in ('{"name":"x","arguments":{"a":NaN}}', '{"name":"x","arguments":{"a":"\\ud800"}}'):
                headers = {**ann._headers(None), "Content-Type": "application/json"}
                answer = await client.post("/api/tool-calls", content=raw, headers=headers)
                assert answer.status_code == 422, answer.text


async def test_what_changes_something_waits_for_a_person_and_runs_once(
    sqlite_url: str, tmp_path: Path
) -> None:
    config = config_of(sqlite_url, tools="real")
    async with serving(config, models_of({"scripted": echo()})) as url:
        ann = await account(url, "ann@example.org")
        new = {"name": "add_host", "arguments": {"endpoint": "icmp", "address": "9.9.9.9"}}
        waiting = await ann.ok("POST", "/api/tool-calls", new)
        assert (waiting["state"], waiting["result"], waiting["content"]) == ("waiting", None, None)
        assert waiting["approval"]["arguments"] == '{"address":"9.9.9.9","endpoint":"icmp"}'
        assert await ann.ok("GET", "/api/hosts") == []
        path = f"/api/tool-calls/{waiting['id']}/decision"
        answers = await asyncio.gather(*(ann.ask("POST", path, {"approve": True}) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        done = next(answer.json() for answer in answers if answer.status_code == 200)
        assert (done["state"], done["result"]["success"]) == ("finished", True), done
        assert [host["address"] for host in await ann.ok("GET", "/api/hosts")] == ["9.9.9.9"]
        # Denied, and answered once too.
        waiting = await ann.ok(
            "POST", "/api/tool-calls", {**new, "arguments": {"address": "9.9.9.10", "endpoint": "icmp"}}
        )
        path = f"/api/tool-calls/{waiting['id']}/decision"
        denied = await ann.ok("POST", path, {"approve": False})
        assert (denied["state"], denied["reason"]) == ("rejected", "not-approved")
        assert "was not run" in denied["result"]["message"]
        assert (await ann.ask("POST", path, {"approve": True})).json()["error"]["code"] == "expired"
        assert len(await ann.ok("GET", "/api/hosts")) == 1
        assert len((await ann.ok("GET", "/api/account/export"))["tool_calls"]) == 2
    by = "ann@example.org"
    assert audited(tmp_path) == [
        ("requested", "add_host", "model"), ("approved", "add_host", by), ("used", "add_host", "gate"),
        ("requested", "add_host", "model"), ("denied", "add_host", by),
    ]  # fmt: skip


async def test_an_unanswered_request_expires_and_is_nobody_elses(sqlite_url: str, tmp_path: Path) -> None:
    clock = Hours()
    async with serving(config_of(sqlite_url), models_of({"scripted": echo()}), clock=clock) as url:
        ann, eve = await visitor(url), await visitor(url)
        path = f"/api/tool-calls/{(await ann.ok('POST', '/api/tool-calls', ADD))['id']}/decision"
        assert (await eve.ask("POST", path, {"approve": True})).status_code == 404
        clock.now += timedelta(seconds=121)
        assert (await ann.ask("POST", path, {"approve": True})).json()["error"]["code"] == "expired"
        # What a visitor asked goes along when they log in.
        path = f"/api/tool-calls/{(await ann.ok('POST', '/api/tool-calls', ADD))['id']}/decision"
        await ann.ok(
            "POST", "/api/accounts", {"email": "ann@example.org", "password": "correct horse battery"}
        )
        done = await ann.ok("POST", path, {"approve": True, "remembered": True})
        assert done["state"] == "finished"
    assert ("expired", "add_host", "gate") in audited(tmp_path)
    assert ("approved", "add_host", "ann@example.org (for the whole turn)") in audited(tmp_path)


async def test_calls_are_limited_by_where_visitors_come_from(sqlite_url: str) -> None:
    config = config_of(sqlite_url, trusted_proxies=["127.0.0.1"])
    async with serving(config, models_of({"scripted": echo()}), rate_scale=1) as url:
        codes: list[int] = []
        people = [Somebody(url, headers={"X-Forwarded-For": f"2001:db8::{n}"}) for n in range(2)]
        for who in people:
            await who.ok("POST", "/api/session")
        for number in range(64):
            answer = await people[number % 2].ask("POST", "/api/tool-calls", {"name": "nothing"})
            codes.append(answer.status_code)
        refused = codes.count(429)
        # A slow machine may be past the minute's end at the last of them.
        assert codes[:60] == [200] * 60 and (refused == 4 or codes[-1] == 200)
        other = Somebody(url, headers={"X-Forwarded-For": "192.0.2.1"})
        await other.ok("POST", "/api/session")
        assert (await other.ask("POST", "/api/tool-calls", {"name": "nothing"})).status_code == 200
