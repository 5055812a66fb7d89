"""Commands that run a suite and show what came of it."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.commands.kept import open_cache
from evals.commands.refusal import Refused
from evals.options import json_option
from evals.text import visible

if TYPE_CHECKING:
    from evals.launch import Options
    from evals.record import Engine
    from providers.base import Constraint, Settings
    from providers.info import DescribedProvider
    from settings.schema import Config, ReplySettings

_NOTHING_SCORED = 1
_INTERRUPTED = 130


def reply_settings(reply: ReplySettings) -> Settings:
    """How replies are made, by the configuration."""
    from providers.base import Settings

    return Settings(max_tokens=reply.max_tokens, temperature=reply.temperature, deadline_s=reply.deadline_s)


async def _open_provider(config: Config, options: Options, model: str | None) -> DescribedProvider:
    from models.display import ProgressDisplay
    from providers.registry import open_provider

    if options.engine == "local" and (options.workers or 1) == 1:
        with ProgressDisplay() as progress:
            return await open_provider(model, config, progress)
    from evals.workers.messages import Opening
    from evals.workers.start import open_workers

    return await open_workers(
        Opening(model, config.model_dump()),
        count=options.workers,
        concurrency=options.concurrency,
        engine=options.engine,
        address=options.address,
    )


@click.command(
    epilog="""\b
Examples:
  evals run --model q4_k
  evals run --model q4_k --suite my-cases.jsonl --limit 20
  evals run --model q4_k --case nd-017 --case nd-018
  evals run --model q4_k --suite bfcl:simple
  evals run --model turbollm --suite scenarios --repeats 4
  evals run --model f16 --constrained none --repeats 3 --json
  evals run --model q4_k --workers 2
  evals run --model q4_k --engine ray --address 10.0.0.5:6379
  evals run --model turbollm:gpt-4o-mini --no-cache
  evals run --resume runs/20261122-120000-netmon-7m-q4_k-netmon-dev"""
)
@click.option(
    "--model", metavar="NAME", help="Model, format or both: netmon-7m, q4_k, netmon-7m:q6_k, a path."
)
@click.option(
    "--suite", metavar="NAME|PATH", help="Suite to run, see docs/suites.md; netmon-dev if not given."
)
@click.option("--case", "only", multiple=True, metavar="ID", help="Run only this case; may be repeated.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Run only the first N cases.")
@click.option("--seed", type=int, metavar="N", help="Seed of the sampler; 0 if not given.")
@click.option("--repeats", type=click.IntRange(min=1), metavar="N", help="Ask each case N times.")
@click.option(
    "--constrained",
    type=click.Choice(["none", "schema", "copy"]),
    help="Hold calls to the schemas, or also names to the conversation; else as the model's default has it.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Directory of the new run.")
@click.option("--resume", metavar="RUN", help="Go on with a run that was stopped.")
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    metavar="N",
    help="Cases under way at a time.",
)
@click.option(
    "--cache/--no-cache",
    default=None,
    help="Use replies kept from earlier runs, marked in their rows, or never; else only of hosted models, since "
    "a local run measures speed too.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N",
    help="Ask from N processes with a model each. If not given, one engine of this machine asks; with Ray one worker a "
    "processor of the cluster.",
)  # fmt: skip
@click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
    help="Where workers run: on this machine, or on a Ray cluster (extra `ray`).",
)  # fmt: skip
@click.option(
    "--address", metavar="HOST:PORT", help="The Ray cluster's; a cluster on this machine if not given."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object, last.")
def run(
    model: str | None,
    suite: str | None,
    only: tuple[str, ...],
    limit: int | None,
    seed: int | None,
    repeats: int | None,
    constrained: Constraint | None,
    out: Path | None,
    resume: str | None,
    concurrency: int,
    cache: bool | None,
    workers: int | None,
    engine: Engine,
    address: str | None,
    as_json: bool,
) -> None:
    """Run a suite and print how well the model did."""
    from evals.launch import Options

    command = shlex.join(["evals", *sys.argv[1:]])
    if address is not None and engine != "ray":
        raise click.UsageError("--address is of a Ray cluster; add --engine ray")
    options = Options(
        model, suite, limit, seed, repeats, constrained, out, resume, concurrency, command, only,
        cache, workers, engine, address,
    )  # fmt: skip
    sys.exit(_run(options, as_json))


def _run(options: Options, as_json: bool) -> int:
    """Runs, prints the figures and returns the exit status."""
    from rich.console import Console

    from evals.cases import SuiteError
    from evals.extras import extra_figures
    from evals.launch import launch
    from evals.progress import RunDisplay
    from evals.response_cache import CacheError
    from evals.store import StoreError
    from evals.tables import as_object, print_run
    from providers.base import ProviderError, ProviderRejected
    from settings.load import ConfigError, load_config

    display = RunDisplay()
    try:
        config = load_config()
        opener, cache = partial(_open_provider, config, options), partial(open_cache, config)
        with display:
            directory, record, tally = asyncio.run(
                launch(options, opener, display, reply_settings(config.reply), cache)
            )
    except KeyboardInterrupt:
        return _interrupted(display.directory)
    except (SuiteError, StoreError, CacheError, ProviderRejected, ConfigError) as error:
        raise Refused(visible(str(error))) from error
    except ProviderError as error:
        raise click.ClickException(visible(str(error))) from error
    summary = tally.summary()
    # With --json, standard output holds the object alone.
    figures, told = extra_figures(directory, record)
    print_run(Console(stderr=as_json, highlight=False), directory, record, summary, told)
    if as_json:
        click.echo(json.dumps({**as_object(directory, record, summary), **figures}))
    return 0 if summary.overall.n else _NOTHING_SCORED


def _interrupted(directory: Path | None) -> int:
    if directory:
        resume = shlex.join(["evals", "run", "--resume", str(directory)])
        click.echo(f"stopped; finished cases are kept. Go on with:\n  {resume}", err=True)
    else:
        click.echo("stopped before the first case", err=True)
    return _INTERRUPTED


@click.command(name="list")
@click.argument("directory", type=click.Path(path_type=Path), default=Path("runs"))
@json_option
def list_(directory: Path, as_json: bool) -> None:
    """List the shipped suites and the runs in DIRECTORY (./runs if not given)."""
    from rich.console import Console

    from evals.listing import print_listing, read_listing

    listing = read_listing(directory)
    if as_json:
        click.echo(json.dumps(listing))
    else:
        print_listing(Console(highlight=False), listing)


@click.command(
    epilog="""\b
Examples:
  evals show 20261122-120000-netmon-7m-q4_k-netmon-dev
  evals show path/to/run case-017"""
)
@click.argument("run", metavar="RUN")
@click.argument("case", metavar="[CASE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the figures, or the case's rows.")
def show(run: str, case: str | None, as_json: bool) -> None:
    """Show a run's figures, or what the model did in one CASE."""
    from rich.console import Console

    from evals.extras import extra_figures
    from evals.runs import find_run, summarize
    from evals.show import case_object, case_text, read_case
    from evals.store import StoreError, read_record
    from evals.tables import as_object, print_run

    try:
        directory = find_run(run)
        record = read_record(directory)
        if case is None:
            summary = summarize(directory)
            figures, told = extra_figures(directory, record)
            if as_json:
                click.echo(json.dumps({**as_object(directory, record, summary), **figures}))
            else:
                print_run(Console(highlight=False), directory, record, summary, told)
            return
        found = read_case(directory, record, case)
    except StoreError as error:
        raise Refused(visible(str(error))) from error
    click.echo(json.dumps(case_object(found)) if as_json else case_text(found))
