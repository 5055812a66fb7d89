"""`smallwatch agent`: checks from this machine, for a server elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    import ssl

    from tools.policy import ReachPolicy

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@click.command(
    epilog="""\b
Examples:
  smallwatch agent --server wss://watch.example.org/agents --token swa_…
  SMALLWATCH_TOKEN=swa_… smallwatch agent --server wss://watch.example.org/agents --location "Oslo, Norway"
  smallwatch agent --server wss://watch.lan:8443/agents --ca ca.pem --allow 10.20.0.0/16

The token comes from `smallwatch agents add NAME` on the server. Whatever the server asks for, this machine
reaches only public addresses and the ranges of --allow."""
)
@click.option("--server", required=True, metavar="URL", help="wss:// address of the server.")
@click.option(
    "--token", envvar="SMALLWATCH_TOKEN", required=True, help="This agent's secret; better SMALLWATCH_TOKEN."
)
@click.option("--name", help="Name that the token must belong to.")
@click.option("--location", metavar="CITY, COUNTRY", help="Where this machine stands.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for results that wait for the server; in the user's data directory if not given.",
)
@click.option(
    "--policy",
    type=click.Choice(["operator", "public"]),
    default="operator",
    show_default=True,
    help="Which addresses may be reached, besides global ones.",
)
@click.option(
    "--allow",
    multiple=True,
    envvar="SMALLWATCH_ALLOW",
    metavar="RANGE",
    help="Range that the operator policy may reach too, such as 10.20.0.0/16; may be repeated.",
)
@click.option("--ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM file to trust.")
@click.option(
    "--longest-wait",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds between two attempts to connect, at most; it begins with one second and doubles.",
)
@click.option("--plain", is_flag=True, help="Allow ws:// to another machine: the token then travels openly.")
def agent(
    server: str,
    token: str,
    name: str | None,
    location: str | None,
    state: Path | None,
    policy: Literal["operator", "public"],
    allow: tuple[str, ...],
    ca: Path | None,
    longest_wait: float,
    plain: bool,
) -> None:
    """Run checks and watched hosts here, for a server elsewhere, until interrupted.

    One connection goes out to the server; nothing listens here. Results wait on the disk while the server is
    away, and are deleted only when it has stored them.
    """
    from monitoring.agents.client import Dismissed
    from monitoring.agents.outbox import OutboxError

    _check_server(server, plain=plain)
    city, _, country = (location or "").partition(",")
    try:
        asyncio.run(
            _run(
                server,
                token.strip(),
                name,
                (city.strip() or None, country.strip() or None),
                state,
                _reach(policy, allow),
                _trust(server, ca),
                longest_wait,
            )
        )
    except (OutboxError, Dismissed) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


def _check_server(server: str, *, plain: bool) -> None:
    parts = urlsplit(server)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise click.UsageError(f"--server was {server!r}: write it as wss://watch.example.org/agents.")
    if parts.scheme == "ws" and parts.hostname not in _LOOPBACK and not plain:
        raise click.UsageError(
            "--server is ws://, over which the token travels openly: use wss://, or add --plain on a network that"
            " you trust."
        )


def _reach(policy: Literal["operator", "public"], ranges: tuple[str, ...]) -> ReachPolicy:
    from tools.policy import operator_policy, public_policy

    try:
        return public_policy() if policy == "public" else operator_policy(ranges)
    except ValueError as error:
        raise click.UsageError(f"--allow: {error}") from error


def _trust(server: str, ca: Path | None) -> ssl.SSLContext | None:
    import ssl

    import certifi

    if not server.startswith("wss://"):
        return None
    try:
        return ssl.create_default_context(cafile=str(ca or certifi.where()))
    except ssl.SSLError as error:
        raise click.UsageError(f"--ca: {ca} holds no certificate in PEM form.") from error


async def _run(
    server: str,
    token: str,
    name: str | None,
    place: tuple[str | None, str | None],
    state: Path | None,
    policy: ReachPolicy,
    tls: ssl.SSLContext | None,
    longest_wait: float,
) -> None:
    from importlib.metadata import version

    from platformdirs import user_data_path

    from monitoring.agents.calls import Means, runners
    from monitoring.agents.client import AgentClient, AgentSettings
    from monitoring.agents.directory import ABILITIES
    from monitoring.agents.outbox import Outbox
    from monitoring.agents.readings import prober
    from monitoring.probe.prober import Prober
    from tools.checks.trust import load_trust
    from tools.clock import system_clock
    from tools.policy import public_policy
    from tools.real import RealBackend
    from tools.resolve import Resolver

    _stop_on_sigterm()
    city, country = place
    settings = AgentSettings(
        server=server,
        token=token,
        version=version("smallwatch"),
        abilities=ABILITIES,
        name=name,
        city=city,
        country=country,
        tls=tls,
        longest_wait_s=longest_wait,
    )
    folder = state or user_data_path("smallwatch") / "agent"
    trust = load_trust()
    own, public = (Prober(Resolver(reach), trust, system_clock).probe for reach in (policy, public_policy()))
    async with (
        RealBackend(policy, say=_say) as backend,
        RealBackend(public_policy(), say=_say) as open_one,
        Outbox(folder / "results.sqlite3") as outbox,
    ):
        run = runners(Means(backend.checks, backend.nmap), Means(open_one.checks, open_one.nmap))
        with contextlib.suppress(asyncio.CancelledError):
            await AgentClient(settings, outbox, run, prober(own, public), system_clock, _say).run()


def _stop_on_sigterm() -> None:
    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)
