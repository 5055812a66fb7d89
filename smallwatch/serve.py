"""`smallwatch serve`: the public assistant, and what its operator does to it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import click

T = TypeVar("T")


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  smallwatch serve
  smallwatch serve --port 9000
  SMALLWATCH_WEB__WORKERS=4 smallwatch serve          # needs PostgreSQL
  smallwatch serve create-admin admin@example.org
  smallwatch serve backup copy.sqlite3""",
)
@click.option("--host", metavar="ADDRESS", help="Address to listen on; web.host if not given.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port; web.port if not given, 0 takes a free one."
)
@click.pass_context
def serve(context: click.Context, host: str | None, port: int | None) -> None:
    """Serve the chat widget, accounts and the dashboard until interrupted."""
    if context.invoked_subcommand is None:
        _run(_serve(host, port))


@serve.command("create-admin")
@click.argument("email")
@click.password_option(
    "--password", envvar="ADMIN_PASSWORD", help="Asked for if not given; 10 characters or more."
)
def create_admin(email: str, password: str) -> None:
    """Make an account that may see and change other accounts, or make one of yours such."""
    click.echo(_run(_create_admin(email, password)))


@serve.command("set-password")
@click.argument("email")
@click.password_option("--password", envvar="ACCOUNT_PASSWORD", help="Asked for if not given.")
def set_password(email: str, password: str) -> None:
    """Give an account a new password, for somebody who has lost it; its sessions end."""
    click.echo(_run(_set_password(email, password)))


@serve.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write all that the server keeps into FILE; the server may go on."""
    click.echo(_run(_backup(file)))


@serve.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.confirmation_option(prompt="All that the server keeps now is replaced. Go on?")
def restore(file: Path) -> None:
    """Put back what `backup` wrote; the server must be stopped."""
    click.echo(_run(_restore(file)))


def _run(work: Coroutine[Any, Any, T]) -> T | None:
    """Runs a command; what its user can mend is one line."""
    from monitoring.database.errors import DatabaseError
    from settings.load import ConfigError
    from web.backup import BackupError
    from web.errors import ApiError
    from web.ledger.price import PriceError
    from web.opening import ServeError

    try:
        return asyncio.run(work)
    except (BackupError, ConfigError, DatabaseError, PriceError, ServeError, ApiError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot listen there: {error.strerror or error}") from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        return None


async def _serve(host: str | None, port: int | None) -> None:
    from settings.load import load_config
    from web.logs import set_up
    from web.opening import ServeError, database_url
    from web.server import listen, spare_the_collector
    from web.server import serve as run
    from web.workers import supervise

    config = load_config()
    web = config.web
    url = database_url(config)
    if (task := asyncio.current_task()) is not None:
        # Until the server has its own way to end: what runs beside it must not stay behind.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    set_up()
    listener = listen(host or web.host, web.port if port is None else port)
    address = listener.getsockname()
    where = f"http://{address[0]}:{address[1]}"
    if web.workers > 1 and not url.startswith("postgres"):
        listener.close()
        raise ServeError("web.workers is more than 1, which needs PostgreSQL: set web.database to its URL.")

    def ready() -> None:
        spare_the_collector()
        click.echo(f"serving on {where}", err=True)

    async with _watching(url) if web.watch else nullcontext():
        if web.workers == 1:
            await run(config, listener, on_ready=ready)
        else:
            click.echo(f"serving on {where} with {web.workers} processes", err=True)
            await supervise(listener, web.workers, web.shutdown_s + 15)


def _watching(url: str) -> AbstractAsyncContextManager[None]:
    """The watcher of hosts, beside the server; people's hosts are checked at public addresses only."""
    from web.workers import Program, beside

    command = "from smallwatch.cli import main; main()"
    environment = {
        "SMALLWATCH_MONITORING__DATABASE": url,
        "SMALLWATCH_AGENT__REACH": "[]",
        "SMALLWATCH_ALLOW": "",
    }
    return beside(Program("watcher", ("-c", command, "watch", "--standby", "--json"), 15, environment))


async def _create_admin(email: str, password: str) -> str:
    from pydantic import TypeAdapter, ValidationError

    from settings.load import load_config
    from tools.clock import system_clock
    from web.accounts.accounts import Accounts
    from web.api.forms import Email, Password
    from web.database.migrate import open_web_database
    from web.database.store import Store
    from web.opening import database_url
    from web.security.passwords import Passwords

    try:
        address: str = TypeAdapter(Email).validate_python(email)
        TypeAdapter(Password).validate_python(password)
    except ValidationError as error:
        raise click.ClickException(f"{email}: {error.errors()[0]['msg']}") from error
    async with await open_web_database(database_url(load_config())) as database:
        accounts = Accounts(Store(database), system_clock)
        known = await accounts.by_email(address)
        if known is not None:
            await accounts.change(known[0].id, admin=True, blocked=False)
            return f"{address} is an admin now; its password is as it was."
        made = await accounts.make(address, await Passwords().hash(password), admin=True)
        return f"{made.email} is an admin; log in at /login."


async def _set_password(email: str, password: str) -> str:
    from datetime import timedelta

    from settings.load import load_config
    from tools.clock import system_clock
    from web.accounts.accounts import Accounts
    from web.accounts.sessions import Sessions
    from web.database.migrate import open_web_database
    from web.database.store import Store
    from web.opening import database_url
    from web.security.passwords import Passwords

    if len(password) < 10:
        raise click.ClickException("a password has 10 characters or more")
    async with await open_web_database(database_url(load_config())) as database:
        store = Store(database)
        accounts = Accounts(store, system_clock)
        known = await accounts.by_email(email)
        if known is None:
            raise click.ClickException(f"there is no account {email}")
        await accounts.change(known[0].id, password_hash=await Passwords().hash(password))
        day = timedelta(days=1)
        ended = await Sessions(store, system_clock, day, day).end_others(known[0].id, None)
        return f"{email} has a new password; {ended} sessions were ended."


async def _backup(file: Path) -> str:
    from settings.load import load_config
    from web.backup import back_up
    from web.opening import database_url

    size = await back_up(database_url(load_config()), file)
    return f"{file}: {size:,} bytes"


async def _restore(file: Path) -> str:
    from settings.load import load_config
    from web.backup import restore as put_back
    from web.opening import database_url

    await put_back(database_url(load_config()), file)
    return f"{file} is in place; start the server."
