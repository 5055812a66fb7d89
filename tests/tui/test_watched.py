"""Hosts beside a real watcher: what another process finds shows up on the screen."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from textual.widgets import DataTable, Input

from monitoring.database.migrate import open_database
from settings.schema import Config
from smallwatch.backend import OPERATOR, open_backend
from tests.tui.support import make_app, press, screen_text, started, until
from tools.catalogue import default_registry
from tools.clock import system_clock
from tools.context import ToolContext
from tools.records import HostFilter
from tui.hosts.detail import HostScreen
from tui.hosts.form import HostForm
from tui.hosts.watched import WatchedFeed
from tui.services import Network


def _config(folder: Path) -> Config:
    return Config.model_validate(
        {
            "monitoring": {"database": f"sqlite:///{folder / 'watch.sqlite'}"},
            "agent": {"reach": ["127.0.0.0/8"]},
        }
    )


def _network(config: Config):
    @asynccontextmanager
    async def open_network() -> AsyncGenerator[Network]:
        async with AsyncExitStack() as stack:
            backend = await stack.enter_async_context(open_backend(config))
            database = await stack.enter_async_context(await open_database(config.monitoring.database))
            context = ToolContext(backend, system_clock, default_registry())
            yield Network("this machine", context, WatchedFeed(backend, database, OPERATOR, system_clock))

    return open_network


async def test_what_the_watcher_finds_shows_up(tmp_path: Path, web_server: int) -> None:
    config = _config(tmp_path)
    app = make_app(tmp_path, config=config, open_network=_network(config), clock=system_clock)
    program = str(Path(sys.executable).with_name("smallwatch"))
    async with app.run_test(size=(100, 30)) as pilot:
        await started(app, pilot)
        watcher = await asyncio.create_subprocess_exec(
            program,
            "watch",
            "--allow",
            "127.0.0.0/8",
            env={**os.environ, "SMALLWATCH_MONITORING__DATABASE": config.monitoring.database},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await press(app, "f3", "a")
            await until(lambda: isinstance(app.screen, HostForm), pilot)
            app.screen.query_one("#address", Input).value = "127.0.0.1"
            app.screen.query_one("#kind").value = "tcp"
            app.screen.query_one("#port", Input).value = str(web_server)
            app.screen.query_one("#address", Input).focus()
            await press(app, "enter")
            await until(lambda: not isinstance(app.screen, HostForm), pilot)
            await until(lambda: app.screen.query_one(DataTable).row_count == 1, pilot)
            await until(lambda: "1 up" in screen_text(app), pilot, seconds=120)
            await press(app, "enter")
            await until(lambda: isinstance(app.screen, HostScreen) and "24 hours:" in screen_text(app), pilot)
            assert "127.0.0.1  tcp" in screen_text(app)
        finally:
            watcher.terminate()
            await watcher.wait()
        hosts = (await app.network()).context.backend.hosts
        host = (await hosts.find(HostFilter()))[0]
        feed = (await app.network()).hosts
        for count, step in ((24, timedelta(hours=1)), (60, timedelta(minutes=24))):
            samples = (await feed.series([host.id], system_clock(), count, step))[host.id]
            assert len(samples) == count
            assert samples[-1].response_ms is not None and samples[-1].failed == 0
            assert samples[0].response_ms is None
