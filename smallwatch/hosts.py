"""`smallwatch hosts`: the watched hosts, taken over from other monitors, listed and exported."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import click

from smallwatch.backend import OPERATOR

if TYPE_CHECKING:
    from monitoring.database.engine import Database
    from monitoring.hosts.host import Host
    from monitoring.hosts.store import Standing
    from monitoring.importers.apply import Report
    from monitoring.importers.files import Kind
    from monitoring.importers.found import Imported
    from settings.schema import Config

_LOOKUP_S = 5.0
_DATABASE = click.option(
    "--database", metavar="URL", help="sqlite:///FILE or postgresql://…; the configured one if not given."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(
    epilog="""\b
Examples:
  smallwatch hosts import uptime-kuma-backup.json --dry-run
  smallwatch hosts import gatus/config.yaml
  smallwatch hosts import prometheus.yml --modules blackbox.yml
  smallwatch hosts list
  smallwatch hosts export --format csv -o hosts.csv"""
)
def hosts() -> None:
    """Take hosts over from other monitors, list and export them."""


@hosts.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--from",
    "kind",
    type=click.Choice(["kuma", "gatus", "prometheus", "smallwatch"]),
    help="Whose file it is; found out by its content if not given.",
)
@click.option(
    "--modules",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="blackbox_exporter's own configuration: says what each module of a Prometheus file does.",
)
@click.option(
    "--allow",
    "reach",
    multiple=True,
    envvar="SMALLWATCH_ALLOW",
    metavar="RANGE",
    help="Range that may be watched besides public addresses, such as 10.20.0.0/16; may be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@_JSON
@_DATABASE
def import_hosts(
    file: Path,
    kind: Kind | None,
    modules: Path | None,
    reach: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    database: str | None,
) -> None:
    """Watch the hosts of an Uptime Kuma backup, a Gatus or Prometheus configuration, or an export.

    A host that is watched already is left as it is, so an import may be repeated. What cannot be taken over is
    listed with the reason.
    """
    from monitoring.database.errors import DatabaseError
    from monitoring.importers.files import read_hosts_file
    from monitoring.importers.found import UnusableFile
    from settings.load import ConfigError, load_config

    try:
        config = load_config()
        imported = read_hosts_file(file, kind, modules=modules, environment=os.environ)
        report = asyncio.run(_import(imported, config, database, reach, dry=dry_run))
    except (UnusableFile, DatabaseError, ConfigError) as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise click.UsageError(f"--allow: {error}") from error
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
    else:
        _show(report)


@hosts.command("list")
@_JSON
@_DATABASE
def list_hosts(as_json: bool, database: str | None) -> None:
    """List the watched hosts and their state."""
    from tools.check_table import print_result
    from tools.masking import mask_url
    from tools.results import done, plain_dict
    from tools.wording import count

    rows = [
        plain_dict(
            {
                "id": standing.host.id,
                "name": standing.host.spec.options.name or None,
                "address": mask_url(standing.host.spec.address),
                "endpoint": standing.host.spec.endpoint,
                "port": standing.host.spec.port,
                "interval_s": standing.host.interval_s,
                "enabled": standing.host.enabled,
                "status": standing.state.status if standing.host.enabled else "paused",
                "agent": standing.host.agent_location,
            }
        )
        for standing in _standings(database)
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        print_result(done(f"{count(len(rows), 'host')} in the list.", hosts=rows))


@hosts.command()
@click.option(
    "--format", "form", type=click.Choice(["json", "yaml", "csv"]), default="json", show_default=True
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--secrets", is_flag=True, help="Write passwords that URLs hold; else they become ***.")
@_DATABASE
def export(
    form: Literal["json", "yaml", "csv"], output: Path | None, secrets: bool, database: str | None
) -> None:
    """Write the watched hosts as JSON, YAML or CSV; JSON and YAML can be imported again."""
    from monitoring.importers.own import export_hosts

    found: Sequence[Host] = [standing.host for standing in _standings(database)]
    text = export_hosts(found, form, secrets=secrets)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with os.fdopen(
            os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from error
    click.echo(f"{len(found)} hosts in {output}", err=True)


def _show(report: Report) -> None:
    """Prints a report for people."""
    from tools.check_table import print_result
    from tools.results import done, plain_dict
    from tools.wording import count

    data = report.as_dict()
    verb = "would be added" if report.dry else "added"
    message = (
        f"{report.source}: {count(len(report.added), 'host')} {verb},"
        f" {len(report.known)} already there, {len(report.skipped)} skipped."
    )
    shown = plain_dict({key: data[key] or None for key in ("added", "skipped", "notes")})
    print_result(done(message, **shown))


async def _import(
    imported: Imported, config: Config, database: str | None, reach: tuple[str, ...], *, dry: bool
) -> Report:
    from monitoring.agents.service import agents_here
    from monitoring.hosts.backend import WatchedHosts
    from monitoring.importers.apply import apply_import
    from monitoring.importers.found import Found, host_key
    from tools.clock import system_clock
    from tools.errors import CheckFailed
    from tools.policy import operator_policy
    from tools.resolve import Resolver

    resolver = Resolver(operator_policy((*config.agent.reach, *reach)))

    async def judge(found: Found) -> None:
        # An agent judges by the policy of where it stands; a name that does not resolve now may do so later.
        if found.host.agent_location is None:
            address = found.host.address
            host = urlsplit(address).hostname or "" if "://" in address else address
            with contextlib.suppress(CheckFailed, TimeoutError):
                async with asyncio.timeout(_LOOKUP_S):
                    await resolver.find(host)

    async with _opened(config, database) as opened:
        specs = [item.host.spec for item in await _load(opened)]
        known = {host_key(spec.address, spec.endpoint, spec.port, spec.options) for spec in specs}
        agents = agents_here(opened, system_clock).directory
        watched = WatchedHosts(opened, OPERATOR, resolver, config.monitoring, system_clock, agents=agents)
        return await apply_import(imported, watched, known, judge, dry=dry)


def _standings(database: str | None) -> Sequence[Standing]:
    from monitoring.database.errors import DatabaseError
    from settings.load import ConfigError, load_config

    async def run() -> Sequence[Standing]:
        async with _opened(load_config(), database) as opened:
            return await _load(opened)

    try:
        return asyncio.run(run())
    except (DatabaseError, ConfigError) as error:
        raise click.ClickException(str(error)) from error


async def _load(database: Database) -> Sequence[Standing]:
    from monitoring.hosts.store import load_standings
    from tools.clock import system_clock

    async with database.reading() as connection:
        return await load_standings(connection, system_clock(), owner_id=OPERATOR)


@asynccontextmanager
async def _opened(config: Config, url: str | None) -> AsyncGenerator[Database]:
    from monitoring.database.migrate import open_database

    async with await open_database(url or config.monitoring.database) as database:
        yield database
