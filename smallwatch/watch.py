"""`smallwatch watch`: checks the monitored hosts, each at its interval, until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smallwatch.agents import certificate, parse_listen
from smallwatch.watch_services import Listening, watch_services

if TYPE_CHECKING:
    from monitoring.database.engine import Database
    from monitoring.notify.notifier import Notifier
    from monitoring.watch.watcher import Watcher
    from settings.schema import Config
    from smallwatch.watch_view import View
    from tools.policy import ReachPolicy

# Names are looked up in threads, and a dead one keeps its thread for a while.
_LOOKUP_THREADS = 64


@dataclass(frozen=True, slots=True)
class _Options:
    database: str | None
    metrics: str | None
    reach: tuple[str, ...]
    standby: bool
    agents: Listening | None


@click.command(
    epilog="""\b
Examples:
  smallwatch watch
  smallwatch watch --database postgresql://user:password@db.example.org/smallwatch --standby
  smallwatch watch --metrics 127.0.0.1:9115
  smallwatch watch --agents 0.0.0.0:8443 --agents-cert fullchain.pem --agents-key key.pem
  smallwatch watch --json | jq 'select(.kind == "status")'

\b
One watcher runs on a database at a time; any number of other commands may use it meanwhile.
Ctrl-C or SIGTERM stops it: what was finished is kept first.

\b
Exit status:
  0  stopped
  1  results could not be kept, or another watcher runs on the database
  2  misused"""
)
@click.option(
    "--database", metavar="URL", help="sqlite:///FILE or postgresql://…; the configured one if not given."
)
@click.option("--metrics", metavar="HOST:PORT", help="Serve Prometheus metrics there; there is no login.")
@click.option("--agents", metavar="HOST:PORT", help="Let probe agents connect there.")
@click.option("--agents-cert", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM file.")
@click.option("--agents-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM file.")
@click.option("--allow", "reach", multiple=True, metavar="RANGE", envvar="SMALLWATCH_ALLOW",
              help="Range that checks may reach too, such as 10.20.0.0/16; may be repeated.")  # fmt: skip
@click.option("--standby", is_flag=True, help="Where another watcher runs, wait for its end.")
@click.option("--json", "as_json", is_flag=True, help="Print changes and summaries, one JSON object a line.")
@click.option("--checks", is_flag=True, help="Print each result too, once it is kept.")
def watch(
    database: str | None,
    metrics: str | None,
    agents: str | None,
    agents_cert: Path | None,
    agents_key: Path | None,
    reach: tuple[str, ...],
    standby: bool,
    as_json: bool,
    checks: bool,
) -> None:
    """Check the monitored hosts, each at its interval, and tell when one goes down or comes back."""
    from monitoring.agents.server import ListenError
    from monitoring.database.errors import DatabaseError
    from monitoring.metrics.server import MetricsError
    from settings.load import ConfigError, load_config
    from smallwatch.watch_view import open_view

    tls = certificate(agents_cert, agents_key)
    listening = Listening(*parse_listen(agents), tls) if agents else None
    options = _Options(database, metrics, reach, standby, listening)
    try:
        config = load_config()
        with open_view(as_json=as_json, checks=checks) as view:
            lost = asyncio.run(_watch(config, options, view))
    except (DatabaseError, MetricsError, ListenError) as error:
        raise click.ClickException(str(error)) from error
    except (ConfigError, ValueError) as error:
        raise click.UsageError(str(error)) from error
    except asyncio.CancelledError:
        # Stopped before it had begun.
        return
    if lost:
        raise click.ClickException(f"{lost:,} results could not be kept: the database did not answer.")


async def _watch(config: Config, options: _Options, view: View) -> int:
    """Watches until a signal comes; returns how many results could not be kept."""
    from monitoring.database.migrate import open_database

    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_LOOKUP_THREADS, "lookup"))
    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
    async with (
        await open_database(options.database or config.monitoring.database) as database,
        _watcher(config, options, database) as (watcher, notifier),
        watch_services(config, database, _policy(config, options), options.agents, view.say),
    ):
        metrics = options.metrics or config.monitoring.metrics
        with contextlib.suppress(asyncio.CancelledError), _metrics(metrics, watcher, notifier, view):
            shown = asyncio.create_task(view.follow(watcher))
            try:
                await watcher.run(standby=options.standby, ready=lambda: view.begin(watcher, database.shown))
            finally:
                shown.cancel()
                await asyncio.wait([shown])
                view.end(watcher)
        return watcher.lost


@asynccontextmanager
async def _watcher(
    config: Config, options: _Options, database: Database
) -> AsyncGenerator[tuple[Watcher, Notifier]]:
    from monitoring.notify.notifier import Notifier
    from monitoring.notify.sender import Sender
    from monitoring.probe.prober import Prober
    from monitoring.watch.watcher import Watcher
    from tools.checks.trust import load_trust
    from tools.clock import system_clock
    from tools.resolve import Resolver

    settings = config.monitoring
    prober = Prober(Resolver(_policy(config, options)), load_trust(), system_clock, pings=settings.pings)
    await prober.warm_up()
    with contextlib.closing(Sender()) as sender:
        notifier = Notifier(database, system_clock, sender, urls=settings.notify, mail_url=settings.mail_url)
        yield Watcher(database, prober.probe, settings, system_clock, notifier), notifier


def _policy(config: Config, options: _Options) -> ReachPolicy:
    from tools.policy import operator_policy

    return operator_policy((*config.agent.reach, *options.reach))


@contextlib.contextmanager
def _metrics(address: str, watcher: Watcher, notifier: Notifier, view: View) -> Generator[None]:
    if not address:
        yield
        return
    from monitoring.metrics.collector import WatchCollector
    from monitoring.metrics.server import serving_metrics

    with serving_metrics(WatchCollector(watcher, notifier), *parse_listen(address)) as (host, port):
        view.say(f"Metrics are at http://{host}:{port}/metrics.")
        yield
