"""`smallwatch chat`: the terminal application."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from agent.agent import Agent
    from agent.approval import ApprovalGate
    from models.progress import OnProgress
    from providers.info import DescribedProvider
    from settings.schema import Config
    from smallwatch.backend import Tools
    from tools.context import ToolContext
    from tui.services import Network, Services

_SCRIPTED = "scripted"


@dataclass(frozen=True, slots=True)
class _Options:
    model: str | None
    tools: Tools
    reach: tuple[str, ...]
    conversation: str | None
    read_only: bool
    theme: str | None


@click.command(
    epilog="""\b
Examples:
  smallwatch chat
  smallwatch chat --model scripted              # a look around: no model, a simulated network
  smallwatch chat --model turbollm --allow 10.0.0.0/8
  smallwatch chat --conversation last
  smallwatch chat --keys                        # every action and its key

\b
Keys and theme are settings: `tui` in config.yaml. Conversations are kept as they happen; one whose process died is
opened again at the next start, with what had come of the answer."""
)
@click.option("--model", metavar="NAME", help="Model: netmon-7m, q4_k, a path, turbollm, hugllm, scripted.")
@click.option("--tools", type=click.Choice(["real", "simulated"]),
              help="The network that tools work on; real, but simulated with --model scripted.")  # fmt: skip
@click.option("--allow", "reach", multiple=True, metavar="RANGE", envvar="SMALLWATCH_ALLOW",
              help="Range that checks may reach too, such as 10.20.0.0/16; may be repeated.")  # fmt: skip
@click.option(
    "--conversation", metavar="ID", help="Go on with a conversation: its id, the start of it, or `last`."
)
@click.option("--read-only", is_flag=True, help="Offer no tool that changes something.")
@click.option(
    "--theme", type=click.Choice(["dark", "light"]), help="Dark or light; else as the settings say."
)
@click.option("--keys", is_flag=True, help="Print every action with its key, and end.")
def chat(
    model: str | None,
    tools: Literal["real", "simulated"] | None,
    reach: tuple[str, ...],
    conversation: str | None,
    read_only: bool,
    theme: str | None,
    keys: bool,
) -> None:
    """Talk to the assistant, and look after hosts, models and eval runs, in the terminal."""
    if keys:
        _print_keys()
        return
    scripted = (model or "").partition(":")[0] == _SCRIPTED
    options = _Options(
        model, tools or ("simulated" if scripted else "real"), reach, conversation, read_only, theme
    )
    from tui.app import SmallwatchApp

    # The settings take longer to read than the first screen to draw.
    app = SmallwatchApp(lambda: _services(options), options.theme or "dark")
    app.run()
    if app.problem:
        raise click.ClickException(app.problem)


def _print_keys() -> None:
    from settings.load import ConfigError, load_config
    from tui.keys import KeyMapError, keymap

    try:
        chosen = keymap(load_config().tui.keys.model_dump())
    except (ConfigError, KeyMapError) as error:
        raise click.ClickException(str(error)) from error
    width = max(map(len, chosen))
    click.echo("\n".join(f"{name:{width}}  {key.replace(',', ', ')}" for name, key in chosen.items()))


def _services(options: _Options) -> Services:
    """Reads the settings.

    Raises:
        ConfigError: One of them is wrong.
        StoreError: The folder of conversations cannot be made.
    """
    from settings.load import load_config
    from smallwatch.places import conversation_files
    from tools.clock import system_clock
    from tui.services import Services

    config = load_config()
    if options.theme:
        config = config.model_copy(update={"tui": config.tui.model_copy(update={"theme": options.theme})})
    store, audit = conversation_files(config.agent)
    return Services(
        config=config,
        model=options.model or config.model,
        open_model=_open_model(config),
        open_network=_open_network(config, options),
        make_agent=_make_agent(config, options),
        store=store,
        audit=audit,
        runs=Path("runs"),
        clock=system_clock,
        conversation=options.conversation,
    )


def _open_model(config: Config) -> Callable[[str, OnProgress], Awaitable[DescribedProvider]]:
    async def open_model(name: str, on_progress: OnProgress) -> DescribedProvider:
        from providers.registry import open_provider

        return await open_provider(name, config, on_progress)

    return open_model


def _open_network(config: Config, options: _Options) -> Callable[[], AbstractAsyncContextManager[Network]]:
    @asynccontextmanager
    async def open_network() -> AsyncGenerator[Network]:
        await asyncio.to_thread(_import_network, options.tools)
        from smallwatch.backend import OPERATOR, open_backend
        from tools.catalogue import default_registry
        from tools.clock import system_clock
        from tools.context import ToolContext
        from tui.services import Network

        async with AsyncExitStack() as stack:
            backend = await stack.enter_async_context(
                open_backend(config, options.tools, reach=options.reach)
            )
            context = ToolContext(backend, system_clock, default_registry())
            if options.tools == "simulated":
                from tui.hosts.seam import SeamFeed

                yield Network("a simulated network", context, SeamFeed(backend, system_clock))
                return
            from monitoring.database.migrate import open_database
            from tui.hosts.watched import WatchedFeed

            database = await stack.enter_async_context(await open_database(config.monitoring.database))
            feed = WatchedFeed(backend, database, OPERATOR, system_clock)
            yield Network("this machine's network", context, feed)

    return open_network


def _make_agent(
    config: Config, options: _Options
) -> Callable[[DescribedProvider, ToolContext, ApprovalGate], Agent]:
    def make(provider: DescribedProvider, context: ToolContext, gate: ApprovalGate) -> Agent:
        from smallwatch.assistant import make_agent

        return make_agent(config, provider, context, gate, read_only=options.read_only)

    return make


def _import_network(kind: Tools) -> None:
    """Imports what takes long, off the loop that takes keys."""
    modules = ("tools.simulated",) if kind == "simulated" else ("monitoring.hosts.backend", "tools.real")
    for module in ("smallwatch.assistant", *modules):
        importlib.import_module(module)
