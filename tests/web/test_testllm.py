"""TestLLM as a service of its own, behind a URL, and as the process of the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from providers.scripted import ScriptedProvider
from providers.serve.server import listen as listen_engine
from providers.serve.server import serve as serve_engine
from tests.web.serving import config_of, echo, serving, text_of, visitor
from web.runs.models import configured_models

ONLY_TESTLLM = {
    "turbollm": {"offered": False}, "hugllm": {"offered": False}, "scripted": {"offered": False},
    "testllm": {"offered": True, "factor": 0, "slots": 16},
}  # fmt: skip


@asynccontextmanager
async def engine(model: str) -> AsyncIterator[str]:
    """`smallwatch engine serve` with a script for a model; yields its URL."""
    listener, stop = listen_engine(port=0), asyncio.Event()
    task = asyncio.create_task(serve_engine({model: ScriptedProvider(echo())}, listener, stop=stop))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        stop.set()
        await task


async def test_the_model_may_be_a_service_elsewhere(sqlite_url: str) -> None:
    async with engine("netmon-7m") as where:
        config = config_of(sqlite_url, testllm_url=where, models=ONLY_TESTLLM)
        async with serving(config, configured_models(config)) as url:
            ann = await visitor(url)
            run = await ann.say("hello", "testllm")
            events = await ann.events(run["id"])
            assert (text_of(events), events[-1].data["state"]) == ("You said: hello", "finished")


async def test_the_shipped_model_answers_many_at_once(sqlite_url: str) -> None:
    config = config_of(sqlite_url, models=ONLY_TESTLLM)
    async with serving(config, configured_models(config)) as url:
        people = [await visitor(url) for _ in range(4)]
        runs = [await who.say("ping gw1.lan", "testllm") for who in people]
        logs = await asyncio.gather(*(who.events(run["id"]) for who, run in zip(people, runs, strict=True)))
        for log in logs:
            called = next(event for event in log if event.type == "tool-finished").data
            assert (called["name"], called["result"]["success"]) == ("ping_host", True)
            assert "gw1.lan" in text_of(log)
            assert log[-1].data == {"type": "run-ended", "state": "finished", "charged": 0}
