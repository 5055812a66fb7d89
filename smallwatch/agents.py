"""`smallwatch agents` and `smallwatch agent-server`: who may check for this server, and where they connect to."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import ssl

    from monitoring.agents.store import AgentStore

_DATABASE = click.option(
    "--database", metavar="URL", help="sqlite:///FILE or postgresql://…; the configured one if not given."
)


@click.group(
    epilog="""\b
Examples:
  smallwatch agents add oslo --city Oslo --country Norway
  smallwatch agents list
  smallwatch agents revoke oslo"""
)
def agents() -> None:
    """Add, list and remove probe agents: other machines that check from where they stand."""


@agents.command()
@click.argument("name")
@click.option("--city", default="", help="Where it stands.")
@click.option("--country", default="", help="Where it stands.")
@_DATABASE
def add(name: str, city: str, country: str, database: str | None) -> None:
    """Add an agent, or give a known one a new token, and print the token: it is shown only now."""

    async def work(store: AgentStore) -> str:
        return await store.enrol(name, city, country)

    token = _with_store(database, work)
    click.echo(token)
    click.echo(
        f"Start the agent {name} with this token in SMALLWATCH_TOKEN; it is not kept here and cannot be shown"
        " again.",
        err=True,
    )


@agents.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_DATABASE
def list_agents(as_json: bool, database: str | None) -> None:
    """List the agents and whether they are online."""
    from tools.check_table import print_result
    from tools.results import done, plain_dict
    from tools.wording import count

    async def work(store: AgentStore) -> Any:
        return await store.all()

    rows = [
        plain_dict(
            {
                "name": row.name,
                "city": row.city or None,
                "country": row.country or None,
                "state": "revoked" if row.revoked else "online" if row.online else "offline",
                "last_contact": row.last_contact,
                "version": row.version or None,
                "load_pct": row.load_pct if row.online else None,
            }
        )
        for row in _with_store(database, work)
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    online = sum(row["state"] == "online" for row in rows)
    print_result(done(f"{count(len(rows), 'agent')}, {online} online.", agents=rows))


@agents.command()
@click.argument("name")
@_DATABASE
def revoke(name: str, database: str | None) -> None:
    """Make an agent's token worthless; its connection ends within seconds."""

    async def work(store: AgentStore) -> None:
        await store.revoke(name)

    _with_store(database, work)
    click.echo(f"The token of {name} is no longer good.")


@agents.command()
@click.argument("name")
@_DATABASE
def remove(name: str, database: str | None) -> None:
    """Forget an agent that no host is watched from."""

    async def work(store: AgentStore) -> None:
        await store.remove(name)

    _with_store(database, work)
    click.echo(f"The agent {name} is forgotten.")


@click.command(
    "agent-server",
    epilog="""\b
Examples:
  smallwatch agent-server --listen 0.0.0.0:8443 --tls-cert fullchain.pem --tls-key key.pem
  smallwatch agent-server                     # on loopback, for a reverse proxy that speaks TLS""",
)
@click.option("--listen", default="127.0.0.1:8765", show_default=True, metavar="HOST:PORT")
@click.option("--tls-cert", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM file.")
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM file.")
@click.option("--beat", default=15.0, show_default=True, help="Seconds between an agent's signs of life.")
@_DATABASE
def agent_server(
    listen: str, tls_cert: Path | None, tls_key: Path | None, beat: float, database: str | None
) -> None:
    """Let probe agents connect, until interrupted; `smallwatch watch` judges what they send."""
    from monitoring.agents.server import ListenError
    from monitoring.database.errors import DatabaseError
    from settings.load import ConfigError

    host, port = parse_listen(listen)
    try:
        asyncio.run(_serve(host, port, certificate(tls_cert, tls_key), beat, database))
    except (ListenError, DatabaseError, ConfigError) as error:
        raise click.ClickException(str(error)) from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo("stopped", err=True)


def parse_listen(text: str) -> tuple[str, int]:
    """Reads `HOST:PORT`, the host in brackets where it is an IPv6 address.

    Raises:
        click.UsageError: It is none.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise click.UsageError(f"{text!r} is no address to listen on: write it as 127.0.0.1:8765.")
    return host.strip("[]"), int(port)


async def _serve(host: str, port: int, tls: ssl.SSLContext | None, beat: float, database: str | None) -> None:
    from monitoring.agents.service import serving_agents
    from tools.clock import system_clock

    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with (
        _opened(database) as opened,
        serving_agents(opened, system_clock, host, port, tls=tls, beat_s=beat) as address,
    ):
        scheme = "wss" if tls else "ws"
        click.echo(f"Agents connect to {scheme}://{address[0]}:{address[1]}/agents.", err=True)
        await asyncio.Event().wait()


def certificate(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Reads a server's certificate; None where none is named.

    Raises:
        click.UsageError: It cannot be used.
    """
    import ssl

    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise click.UsageError("--tls-cert and --tls-key belong together: give both.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
    except (ssl.SSLError, OSError) as error:
        raise click.UsageError(f"The certificate {cert} cannot be used with {key}: {error}.") from error
    return context


def _with_store(database: str | None, work: Callable[[AgentStore], Awaitable[Any]]) -> Any:
    from monitoring.agents.store import AgentStore
    from monitoring.database.errors import DatabaseError
    from settings.load import ConfigError
    from tools.clock import system_clock
    from tools.errors import ToolError

    async def run() -> Any:
        async with _opened(database) as opened:
            return await work(AgentStore(opened, system_clock))

    try:
        return asyncio.run(run())
    except (ToolError, DatabaseError, ConfigError) as error:
        raise click.ClickException(str(error)) from error


@asynccontextmanager
async def _opened(url: str | None) -> AsyncGenerator[Any]:
    from monitoring.database.migrate import open_database
    from settings.load import load_config

    async with await open_database(url or load_config().monitoring.database) as database:
        yield database
