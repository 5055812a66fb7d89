"""The model in the visitor's browser: real Chromium, the shipped model in WebAssembly, a real server for the tools."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from providers.base import Call, Message, Settings
from providers.registry import open_provider
from settings.schema import Config
from tests.web.browsing import CHROMIUM, Widget, page_at, picture, static_site
from tests.web.serving import config_of, echo, models_of, serving
from tests.web.widget_vectors import PLACE, text_of_vectors
from tools.catalogue import default_registry
from tools.policy import operator_policy

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is missing; `make system` installs it")

SHOP = "<!doctype html><html lang=en><title>A shop</title>{}<body><h1>A shop</h1></body>"
FORBIDDING = '<meta http-equiv="Content-Security-Policy" content="{}">'


def plain(url: str, **web: Any) -> Config:
    """A server on plain HTTP, as tests reach it."""
    return config_of(url, insecure_cookies=True, **web)


async def choose(widget: Widget) -> None:
    """Opens the widget and takes the last entry of the model button."""
    await widget.open()
    await here(widget)


async def here(widget: Widget) -> None:
    """Presses the model button until it is the visitor's browser's turn."""
    for _ in range(5):
        if "In this browser" in await widget.get(".model").inner_text():
            return
        await widget.get(".model").click()
    raise AssertionError("the model button has no such entry")


def test_the_widget_says_what_the_dialect_says() -> None:
    # Where this fails, the dialect has changed: `python -m tests.web.widget_vectors`, then make the widget's copy pass.
    assert PLACE.read_text(encoding="utf-8") == text_of_vectors()


async def test_a_ping_is_called_here_and_run_there(sqlite_url: str) -> None:
    config, policy = plain(sqlite_url, tools="real"), operator_policy(["127.0.0.0/8"])
    async with serving(config, models_of({"testllm": echo()}), policy=policy) as url, page_at(url) as page:
        asked: list[tuple[str, str]] = []
        page.on("request", lambda request: asked.append((request.url, request.post_data or "")))
        widget = Widget(page)
        await choose(widget)
        assert "6.9 MB" in await widget.get(".notice").inner_text()
        await widget.ask("please ping 127.0.0.1 for me")
        panel = widget.get(".call")
        assert await panel.get_attribute("data-state") == "done"
        assert await panel.locator("code").first.inner_text() == "ping_host"
        assert "127.0.0.1 answered 4 of 4 pings" in await widget.answer()
        assert "Answered in this browser" in await widget.get(".foot").inner_text()
        assert not [address for address, _ in asked if "/runs" in address or "/conversations/" in address]
        # What was typed has not left the page: only the call has.
        bodies = [json.loads(body) for address, body in asked if address.endswith("/api/tool-calls")]
        assert [(body["name"], body["arguments"]["target"]) for body in bodies] == [
            ("ping_host", "127.0.0.1")
        ]
        assert not [body for _, body in asked if "please" in body]
        await picture(page, "widget-here")


async def test_what_was_said_here_outlives_a_reload_and_the_file_is_fetched_once(sqlite_url: str) -> None:
    async with serving(plain(sqlite_url), models_of({"testllm": echo()})) as url, page_at(url) as page:
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url) if ".gguf" in request.url else None)
        widget = Widget(page)
        await choose(widget)
        await widget.ask("ping db-03")
        await widget.get(".model").click()
        assert "does not see it" in await widget.get(".notice").inner_text()
        await widget.ask("and now on the server")
        await page.reload()
        await widget.get(".turn").nth(1).wait_for()
        said = await widget.get(".turn .question").all_inner_texts()
        assert said == ["ping db-03", "and now on the server"]
        await here(widget)
        await widget.ask("traceroute it")
        assert "db-03" in await widget.get(".call").last.inner_text()
        assert len(fetched) == 1


@pytest.mark.parametrize(("button", "state"), [("once", "done"), ("no", "rejected")])
async def test_an_approval_is_asked_here_too(sqlite_url: str, button: str, state: str) -> None:
    async with serving(plain(sqlite_url), models_of({"testllm": echo()})) as url, page_at(url) as page:
        widget = Widget(page)
        await choose(widget)
        await widget.ask("add the host example.org with https", wait=False)
        asked = widget.get(".approval")
        await asked.wait_for(timeout=240_000)
        assert "example.org" in await asked.inner_text()
        await widget.get(f"[data-approve={button}]").click()
        await widget.whole(0)
        assert await widget.get(".call").first.get_attribute("data-state") == state


async def test_stop_stops_it(sqlite_url: str) -> None:
    async with serving(plain(sqlite_url), models_of({"testllm": echo()})) as url, page_at(url) as page:
        widget = Widget(page)
        await choose(widget)
        await widget.ask("add the host example.org with https", wait=False)
        await widget.get(".approval").wait_for(timeout=240_000)
        await widget.get("button.stop").click()
        await widget.whole(0)
        assert "Stopped." in await widget.get(".foot").inner_text()
        assert await widget.get(".call").get_attribute("data-state") == "rejected"
        # It is ready for the next question.
        await widget.get(".head button[aria-label='New chat']").click()
        await widget.ask("ping db-03")
        assert "db-03" in await widget.answer()


async def test_without_webassembly_the_server_answers_and_says_so(sqlite_url: str) -> None:
    async with serving(plain(sqlite_url), models_of({"testllm": echo()})) as url, page_at(url) as page:
        await page.add_init_script("delete globalThis.WebAssembly")
        await page.reload()
        widget = Widget(page)
        await choose(widget)
        await widget.ask("is anybody there?")
        assert await widget.answer() == "You said: is anybody there?"
        assert "TestLLM answers instead" in await widget.get(".notice").inner_text()
        assert await widget.get(".turn").count() == 1


@pytest.mark.parametrize(
    "rules", ["script-src * 'unsafe-inline'", "script-src * 'wasm-unsafe-eval'; worker-src 'none'"]
)
async def test_a_page_that_forbids_it_is_answered_by_the_server(sqlite_url: str, rules: str) -> None:
    async with static_site(SHOP.format(FORBIDDING.format(rules))) as shop:
        config = plain(sqlite_url, origins=(shop,))
        async with serving(config, models_of({"testllm": echo()})) as url, page_at(shop) as page:
            await page.add_script_tag(url=f"{url}/widget.js")
            widget = Widget(page)
            await choose(widget)
            await widget.ask("is anybody there?")
            assert await widget.answer() == "You said: is anybody there?"
            assert "cannot run the model" in await widget.get(".notice").inner_text()


async def test_another_site_may_run_it_too(sqlite_url: str) -> None:
    async with static_site(SHOP.format("")) as shop:
        config = plain(sqlite_url, origins=(shop,))
        async with serving(config, models_of({"testllm": echo()})) as url, page_at(shop) as page:
            await page.add_script_tag(url=f"{url}/widget.js")
            widget = Widget(page)
            await choose(widget)
            await widget.ask("ping db-03")
            assert "db-03 answered 4 of 4 pings" in await widget.answer()


async def test_no_model_is_offered_where_the_operator_wants_none(sqlite_url: str) -> None:
    config = plain(sqlite_url, browser_model="")
    async with serving(config, models_of({"testllm": echo()})) as url, page_at(url) as page:
        widget = Widget(page)
        await widget.open()
        await widget.get(".model").click()
        assert await widget.get(".model").inner_text() == "TestLLM"


QUESTIONS = (
    "ping db-03", "is the cert of shop.example.org still good?", "which hosts do I watch", "dns mx example.org",
    "is port 5432 open on 10.20.0.13?", "traceroute to gw1.lan please", "who owns example.com",
    "add mail.example.org with smtp every 5 minutes", "mute db-03 for 2 hours", "stop watching host 7",
    "what went down last week?", "uptime of db-03 since monday", "is www.example.org quantum safe?",
    "compare frankfurt and tokyo for https://example.org", "thanks, that is all",
)  # fmt: skip


@pytest.mark.slow
async def test_it_calls_what_testllm_calls(sqlite_url: str) -> None:
    """The same weights, dialect and grammar: the same first call, up to what another build's rounding tips over."""
    config = plain(sqlite_url)
    provider = await open_provider("netmon-7m:q4_k", config)
    tools = default_registry().specs()
    there: list[Any] = []
    try:
        for question in QUESTIONS:
            settings = Settings(constrained="copy")
            calls = [
                chunk.call
                async for chunk in provider.stream((Message("user", question),), tools, settings)
                if isinstance(chunk, Call)
            ]
            there.append([[call.name, sorted(call.arguments)] for call in calls])
    finally:
        await provider.aclose()
    specs = [{"name": t.name, "parameters": t.parameters, "effect": "read", "polling": False} for t in tools]
    async with serving(config, models_of({"testllm": echo()})) as url, page_at(url) as page:
        here = await asyncio.wait_for(page.evaluate(_FIRST_CALLS, [list(QUESTIONS), specs]), 300)
    same = sum(one == other for one, other in zip(here, there, strict=True))
    assert same >= len(QUESTIONS) - 1, [*zip(QUESTIONS, here, there, strict=True)]


_FIRST_CALLS = """async ([questions, tools]) => {
  const offer = await (await fetch('/api/models/browser')).json();
  const model = await (await import('/static/local.js')).open(location.origin, offer, () => {});
  const found = [];
  for (const text of questions) {
    const abort = new AbortController();
    const calls = [];
    const port = { tools, now: () => Date.now(), call: () => { throw new Error('enough'); } };
    const emit = ({ type, call }) => {
      if (type === 'tool-call-proposed') calls.push([call.name, Object.keys(call.arguments).sort()]);
    };
    await model.turn({ text, history: [] }, port, emit, abort.signal).catch((error) => {
      if (error.message !== 'enough') throw error;
    });
    found.push(calls);
  }
  return found;
}"""
