"""A real server on a loopback port with scripted models, and people who use it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx

from providers.info import DescribedProvider
from providers.scripted import Rule, ScriptedProvider, ScriptedReply
from settings.schema import Config
from settings.web import WebModelSettings, WebSettings
from web.opening import Parts
from web.runs.models import Models
from web.server import listen, serve

#: Attempts that tests may make; limits on how often are tested by themselves.
MANY = 100_000


def config_of(url: str, **web: Any) -> Config:
    """Settings of a server for tests, with the simulated network."""
    return Config(web=WebSettings(**{"database": url, "tools": "simulated", "shutdown_s": 2, **web}))


def models_of(
    rules: Mapping[str, Rule | ScriptedProvider],
    *,
    factors: Mapping[str, str] | None = None,
    slots: Mapping[str, int] | None = None,
) -> Models:
    """Models that play scripts, by their names."""
    settings: dict[Any, WebModelSettings] = {
        name: WebModelSettings(
            factor=Decimal((factors or {}).get(name, "0" if name in ("testllm", "scripted") else "1")),
            slots=(slots or {}).get(name, 0),
        )
        for name in rules
    }

    async def opener(name: str) -> DescribedProvider:
        rule = rules[name]
        return rule if isinstance(rule, ScriptedProvider) else ScriptedProvider(rule)

    return Models(settings, opener)


def echo(delay_s: float = 0.0, piece_delay_s: float = 0.0, text: str = "You said: {}") -> Rule:
    """A model that repeats what was said."""

    def rule(messages: Any, tools: Any, settings: Any) -> ScriptedReply:
        said = next(m.content for m in reversed(messages) if m.role == "user")
        return ScriptedReply(text=text.format(said), delay_s=delay_s, piece_delay_s=piece_delay_s)

    return rule


@asynccontextmanager
async def serving(config: Config, models: Models, **parts: Any) -> AsyncIterator[str]:
    """Runs a server as long as the block lasts; yields its URL."""
    listener = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    stop, ready = asyncio.Event(), asyncio.Event()
    work = serve(
        config,
        listener,
        parts=Parts(models=models, **{"rate_scale": MANY, **parts}),
        stop=stop,
        on_ready=ready.set,
    )
    task = asyncio.create_task(work)
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    try:
        yield url
    finally:
        stop.set()
        await task


@dataclass
class Event:
    """One event of a stream."""

    id: int
    type: str
    data: dict[str, Any]


@dataclass
class Somebody:
    """Uses a server: with a cookie and its CSRF header, a token, or nothing."""

    url: str
    cookie: str = ""
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        # Loading certificates, which plain HTTP needs none of, would take most of the time.
        async with httpx.AsyncClient(base_url=self.url, timeout=60, verify=False) as client:
            yield client

    def _headers(self, extra: Mapping[str, str] | None) -> dict[str, str]:
        own = {"Cookie": f"__Host-smallwatch={self.cookie}", "X-CSRF-Token": self.csrf} if self.cookie else {}
        return {**own, **self.headers, **(extra or {})}

    async def ask(self, method: str, path: str, body: Any = None, headers: Any = None) -> httpx.Response:
        """Sends a request; follows no redirect."""
        async with self.client() as client:
            answer = await client.request(method, path, json=body, headers=self._headers(headers))
        self._keep(answer)
        return answer

    def _keep(self, answer: httpx.Response) -> None:
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            if name == "__Host-smallwatch":
                self.cookie = value.strip('"')
        try:
            found = answer.json()
        except ValueError:
            return
        if isinstance(found, dict) and found.get("csrf_token"):
            self.csrf = found["csrf_token"]
        if (
            isinstance(found, dict)
            and found.get("token", "").__class__ is str
            and found.get("token", "").startswith("sws_")
        ):
            self.headers["Authorization"] = f"Bearer {found['token']}"

    async def ok(self, method: str, path: str, body: Any = None, headers: Any = None) -> Any:
        """Sends a request that must succeed; returns its body."""
        answer = await self.ask(method, path, body, headers)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def say(
        self, text: str, model: str = "scripted", conversation: str | None = None
    ) -> dict[str, Any]:
        """Begins a run; in a conversation of its own if none is named."""
        if conversation is None:
            conversation = (await self.ok("POST", "/api/conversations"))["id"]
        return await self.ok(
            "POST", f"/api/conversations/{conversation}/runs", {"text": text, "model": model}
        )

    async def events(
        self, run: str, after: int = 0, until: str | None = None, header: bool = False
    ) -> list[Event]:
        """Reads a run's events to their end, or up to one of a type."""
        found: list[Event] = []
        extra = {"Last-Event-ID": str(after)} if header else {}
        path = f"/api/runs/{run}/events" + ("" if header else f"?after={after}")
        async with (
            self.client() as client,
            client.stream("GET", path, headers=self._headers(extra)) as answer,
        ):
            assert answer.status_code == 200, (answer.status_code, await answer.aread())
            now: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name and not line.startswith(":"):
                    now[name] = value
                elif not line and now:
                    found.append(Event(int(now["id"]), now["event"], json.loads(now["data"])))
                    now = {}
                    if until and found[-1].type == until:
                        break
        return found


async def visitor(url: str) -> Somebody:
    """A visitor with a session."""
    somebody = Somebody(url)
    await somebody.ok("POST", "/api/session")
    return somebody


async def account(url: str, email: str, password: str = "correct horse battery") -> Somebody:
    """Somebody who has just registered."""
    somebody = Somebody(url)
    await somebody.ok("POST", "/api/accounts", {"email": email, "password": password})
    return somebody


def text_of(events: list[Event]) -> str:
    """The answer, put together."""
    return "".join(event.data["text"] for event in events if event.type == "text-delta")
