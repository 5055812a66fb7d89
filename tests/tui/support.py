"""The application on a simulated network, with the model that is a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from textual.pilot import Pilot

from agent.agent import Agent
from agent.approval import ApprovalGate
from models.progress import OnProgress
from providers.base import ProviderRejected, Settings
from providers.info import DescribedProvider
from providers.script_file import load_script
from settings.schema import Config
from tools.catalogue import default_registry
from tools.clock import SetClock
from tools.context import ToolContext
from tools.simulated import SimulatedBackend
from tools.simulation.world import load_world
from tui.app import SmallwatchApp
from tui.chat.composer import Composer
from tui.hosts.seam import SeamFeed
from tui.services import Network, Services

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def simulated(clock: SetClock) -> Callable[[], AsyncGenerator[Network, None]]:
    @asynccontextmanager
    async def open_network() -> AsyncGenerator[Network, None]:
        backend = SimulatedBackend(load_world(None), clock)
        context = ToolContext(backend, clock, default_registry())
        yield Network("a simulated network", context, SeamFeed(backend, clock, every_s=3600))

    return open_network


async def open_scripted(name: str, progress: OnProgress) -> DescribedProvider:
    if name == "missing":
        raise ProviderRejected("no model is named 'missing'; pick another")
    return load_script()


def make_agent(provider: DescribedProvider, context: ToolContext, gate: ApprovalGate) -> Agent:
    return Agent(provider, context, gate, Settings(max_tokens=512))


def make_app(
    folder: Path, *, config: Config | None = None, conversation: str | None = None, **kinds
) -> SmallwatchApp:
    clock = SetClock(NOW)
    services = Services(
        config=config or Config(),
        model="scripted",
        open_model=kinds.get("open_model", open_scripted),
        open_network=kinds.get("open_network", simulated(clock)),
        make_agent=kinds.get("make_agent", make_agent),
        store=folder / "conversations.sqlite",
        audit=folder / "approvals.jsonl",
        runs=kinds.get("runs", folder / "runs"),
        clock=kinds.get("clock", clock),
        conversation=conversation,
    )
    return SmallwatchApp(lambda: services)


async def until(condition: Callable[[], bool], pilot: Pilot[None], seconds: float = 60.0) -> None:
    """Waits for something that happens in the background."""
    async with asyncio.timeout(seconds):
        while not condition():
            # Not the pilot's own pause: it waits for widgets that may be removed meanwhile.
            await asyncio.sleep(0.02)


async def started(app: SmallwatchApp, pilot: Pilot[None]) -> None:
    """Waits until questions can be answered."""
    await until(
        lambda: app.session is not None and app.slot.provider is not None and app.account is not None, pilot
    )


async def press(app: SmallwatchApp, *keys: str) -> None:
    """Presses keys one after another."""
    for key in keys:
        app.simulate_key(key)
        await settled(app)


async def settled(app: SmallwatchApp) -> None:
    """Waits until what was begun is drawn."""
    for _ in range(4):
        done = asyncio.Event()
        app.screen.call_after_refresh(done.set)
        await asyncio.wait_for(done.wait(), 30)
        await asyncio.sleep(0.02)


async def send(app: SmallwatchApp, question: str) -> None:
    """Sends a question."""
    app.chat.query_one(Composer).put(question)
    await press(app, "enter")


async def ask(app: SmallwatchApp, pilot: Pilot[None], question: str) -> None:
    """Sends a question and waits for its turn's end."""
    assert app.session is not None
    before = len(app.session.turns)
    await send(app, question)
    await until(lambda: len(app.session.turns) > before and not app.session.running, pilot)
    await settled(app)


def screen_text(app: SmallwatchApp) -> str:
    """What is on the screen, line by line."""
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
    )
