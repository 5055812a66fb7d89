"""`smallwatch notify`: where alerts about the operator's hosts go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from monitoring.database.engine import Database

_DATABASE = click.option(
    "--database", metavar="URL", help="sqlite:///FILE or postgresql://…; the configured one if not given."
)


@click.group(
    epilog="""\b
Examples:
  smallwatch notify add ntfy://ntfy.example.org/alerts
  smallwatch notify add discord://ID/TOKEN --host 7
  smallwatch notify test 1
  smallwatch notify list

\b
A place is an Apprise URL: https://github.com/caronc/apprise/wiki. Passwords in it are shown to nobody."""
)
def notify() -> None:
    """Say where alerts go, besides the e-mail addresses of hosts."""


@notify.command()
@click.argument("url")
@click.option(
    "--host", "host_id", type=click.IntRange(min=1), help="Only the alerts of this host, by its id."
)
@_DATABASE
def add(url: str, host_id: int | None, database: str | None) -> None:
    """Send alerts to an Apprise URL."""
    from monitoring.notify.notifier import OPERATOR_ID
    from monitoring.notify.targets import add_target
    from tools.clock import system_clock

    target = _run(
        database, lambda opened: add_target(opened, OPERATOR_ID, url, system_clock(), host_id=host_id)
    )
    of = f" of host {host_id}" if host_id else ""
    click.echo(f"Alerts{of} go to {target.shown} (place {target.id}).")


@notify.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_DATABASE
def list_places(as_json: bool, database: str | None) -> None:
    """List the places, without their secrets."""
    from monitoring.notify.notifier import OPERATOR_ID
    from monitoring.notify.targets import list_targets

    found = _run(database, lambda opened: list_targets(opened, OPERATOR_ID))
    if as_json:
        rows = [{"id": target.id, "host_id": target.host_id, "url": target.shown} for target in found]
        click.echo(json.dumps(rows))
        return
    for target in found:
        click.echo(f"{target.id}  {target.shown}" + (f"  (host {target.host_id})" if target.host_id else ""))
    if not found:
        click.echo("Alerts go nowhere yet; `smallwatch notify add URL` adds a place.")


@notify.command()
@click.argument("place", type=click.IntRange(min=1))
@_DATABASE
def remove(place: int, database: str | None) -> None:
    """Send no more alerts to a place, by its number."""
    from monitoring.notify.notifier import OPERATOR_ID
    from monitoring.notify.targets import remove_target

    _run(database, lambda opened: remove_target(opened, OPERATOR_ID, place))
    click.echo(f"Place {place} is told nothing any more.")


@notify.command()
@click.argument("place", type=click.IntRange(min=1))
@_DATABASE
def test(place: int, database: str | None) -> None:
    """Send a test message to a place, by its number."""
    from monitoring.notify.notifier import OPERATOR_ID
    from monitoring.notify.sender import Sender
    from monitoring.notify.targets import target_url
    from monitoring.notify.words import Words

    async def work(opened: Database) -> None:
        sender = Sender()
        try:
            url = await target_url(opened, OPERATOR_ID, place)
            await sender.send(url, Words("Test by Smallwatch", "If you read this, alerts arrive here."))
        finally:
            sender.close()

    _run(database, work)
    click.echo("The message was taken.")


def _run(database: str | None, work: Callable[[Database], Awaitable[Any]]) -> Any:
    """Runs something on the database; what can go wrong is told in a sentence."""
    from monitoring.database.errors import DatabaseError
    from monitoring.database.migrate import open_database
    from settings.load import ConfigError, load_config
    from tools.errors import ToolError

    async def run() -> Any:
        url = database or load_config().monitoring.database
        async with await open_database(url) as opened:
            return await work(opened)

    try:
        return asyncio.run(run())
    except (DatabaseError, ToolError, ConfigError) as error:
        raise click.ClickException(str(error)) from error
