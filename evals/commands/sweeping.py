"""The command that runs many models."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.commands.kept import open_cache
from evals.commands.refusal import Refused
from evals.commands.running import reply_settings
from evals.options import json_option
from evals.text import visible

if TYPE_CHECKING:
    from evals.sweep.record import SweepRecord
    from evals.weights import Weights
    from providers.info import DescribedProvider
    from settings.schema import Config

_NOTHING_SCORED = 1
_INTERRUPTED = 130
_SWEEPS = Path("sweeps")


def _names(text: str) -> list[str]:
    return [name for part in text.lower().split(",") if (name := part.strip())]


@click.command(
    epilog="""\b
Examples:
  evals sweep --sizes all --formats all --suite netmon-dev
  evals sweep --sizes 7m --formats bf16,q8_0,q4_k --constrained none,schema,copy
  evals sweep --model rwkv7-2.9b-world:q4_k --model netmon-7m:q4_k --limit 100
  evals sweep --resume sweeps/20261122-120000"""
)
@click.option(
    "--sizes", default=None, metavar="LIST", help="Sizes of the shipped family, such as 2m,7m, or all."
)
@click.option(
    "--formats", default="all", show_default=True, metavar="LIST", help="Formats, such as bf16,q4_k."
)
@click.option("--model", "models", multiple=True, metavar="NAME", help="A model besides; may be repeated.")
@click.option(
    "--constrained", default="none,copy", show_default=True, metavar="LIST",
    help="How calls are held, each a run: none, schema, copy.",
)  # fmt: skip
@click.option(
    "--suite", "suites", multiple=True, metavar="NAME|PATH", help="Suite; may be repeated. [netmon-dev]"
)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N cases of each suite."
)
@click.option("--repeats", type=click.IntRange(min=1), default=1, metavar="N", help="Ask each case N times.")
@click.option(
    "--jobs", type=click.IntRange(min=1), metavar="N",
    help="Models asked at a time, each on its share of the processors; one a processor if not given, 1 measures speed.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Directory of the new sweep.")
@click.option("--resume", type=click.Path(path_type=Path), metavar="DIR", help="Go on with a sweep.")
@click.option(
    "--cache/--no-cache", default=True, show_default=True, help="Use replies kept from earlier runs."
)
@click.option(
    "--concurrency", type=click.IntRange(min=1), default=32, show_default=True, metavar="N",
    help="Cases of a model under way at a time.",
)  # fmt: skip
@json_option
def sweep(
    sizes: str | None,
    formats: str,
    models: tuple[str, ...],
    constrained: str,
    suites: tuple[str, ...],
    limit: int | None,
    repeats: int,
    jobs: int | None,
    out: Path | None,
    resume: Path | None,
    cache: bool,
    concurrency: int,
    as_json: bool,
) -> None:
    """Run many models on the same suites, and draw accuracy against size.

    Files of like weights are asked once; a sweep that was stopped goes on with --resume.
    """
    from evals.cases import SuiteError
    from evals.response_cache import CacheError
    from evals.store import StoreError
    from providers.base import ProviderError
    from settings.load import ConfigError, load_config

    if resume and out:
        raise click.UsageError("a resumed sweep stays in its directory; leave out --out or --resume")
    try:
        config = load_config()
        if resume:
            directory, record = resume, _resumed(resume)
        else:
            directory, record = _begun(
                out, _planned(sizes, formats, models, constrained, suites, limit, repeats)
            )
        record = record.model_copy(update={"jobs": jobs or _jobs(record)})
        status = _sweep(directory, record, config, cache, concurrency, as_json)
    except (SuiteError, StoreError, CacheError, ConfigError) as error:
        raise Refused(visible(str(error))) from error
    except ProviderError as error:
        raise click.ClickException(visible(str(error))) from error
    except OSError as error:
        raise Refused(visible(f"{error.filename}: {error.strerror}")) from error
    sys.exit(status)


def _planned(
    sizes: str | None,
    formats: str,
    models: tuple[str, ...],
    constrained: str,
    suites: tuple[str, ...],
    limit: int | None,
    repeats: int,
) -> dict[str, object]:
    from evals.launch import DEFAULT_SUITE
    from evals.sweep.plan import ALL, family_models

    named, skipped = list(models), list[str]()
    if sizes is not None or not models:
        family, skipped = family_models(_names(sizes or ALL), _names(formats))
        named = [*family, *named]
    return {
        "models": tuple(dict.fromkeys(named)),
        "constrained": tuple(dict.fromkeys(_names(constrained))),
        "suites": tuple(dict.fromkeys(suites)) or (DEFAULT_SUITE,),
        "limit": limit,
        "repeats": repeats,
        "skipped": tuple(skipped),
    }


def _begun(out: Path | None, planned: dict[str, object]) -> tuple[Path, SweepRecord]:
    from datetime import UTC, datetime

    from pydantic import ValidationError

    from evals.store import StoreError
    from evals.sweep.plan import Plan
    from evals.sweep.record import SweepRecord

    try:
        plan = Plan.model_validate(planned)
    except ValidationError as error:
        first = error.errors()[0]
        raise click.UsageError(f"--constrained: {first['msg']}, got {first['input']!r}") from error
    now = datetime.now(UTC)
    directory = out or _SWEEPS / now.strftime("%Y%m%d-%H%M%S")
    if directory.exists() and any(not path.name.startswith(".") for path in directory.iterdir()):
        raise StoreError(
            f"{directory} is not empty; go on with --resume {directory}, or choose another --out"
        )
    command = shlex.join(["evals", *sys.argv[1:]])
    record = SweepRecord(created=now.isoformat(timespec="seconds"), command=command, plan=plan, jobs=1)
    return directory, record


def _resumed(directory: Path) -> SweepRecord:
    from evals.sweep.record import read_sweep

    return read_sweep(directory)


def _jobs(record: SweepRecord) -> int:
    from evals.provenance import processors

    return max(1, min(processors(), len(record.plan.models)))


def _sweep(
    directory: Path, record: SweepRecord, config: Config, cache: bool, concurrency: int, as_json: bool
) -> int:
    """Makes the sweep, writes its tables and returns the exit status."""
    from rich.console import Console

    from evals.provenance import processors
    from evals.store import locked
    from evals.sweep.progress import SweepProgress
    from evals.sweep.results import Results, print_results, write_results
    from evals.sweep.run import Means, run_sweep

    results = Results(directory)

    def save(record: SweepRecord) -> None:
        write_results(directory, results.collect(record))

    threads = max(1, processors() // record.jobs)
    try:
        with locked(directory) as lock, SweepProgress() as display:
            means = Means(
                weigh=partial(_weigh, config),
                open_provider=partial(_open, config, threads),
                open_cache=partial(open_cache, config) if cache else None,
                reply=reply_settings(config.reply),
                display=display,
                concurrency=concurrency,
                command=record.command,
            )
            record = asyncio.run(run_sweep(directory, record, means, save))
            os.close(lock)
    except KeyboardInterrupt:
        resume = shlex.join(["evals", "sweep", "--resume", str(directory)])
        click.echo(f"stopped; finished replies are kept. Go on with:\n  {resume}", err=True)
        return _INTERRUPTED
    record = results.collect(record)
    # With --json, standard output holds the object alone.
    print_results(Console(stderr=as_json, highlight=False), directory, record)
    if as_json:
        click.echo(json.dumps({"sweep": str(directory), **record.model_dump(mode="json")}))
    return 0 if any(result.n for result in record.results) else _NOTHING_SCORED


async def _weigh(config: Config, model: str) -> Weights:
    from evals.weights import weigh
    from models.display import ProgressDisplay

    with ProgressDisplay() as progress:
        return await weigh(config, model, progress)


async def _open(config: Config, threads: int, model: str) -> DescribedProvider:
    from providers.registry import open_provider

    local = config.testllm.model_copy(update={"threads": min(threads, config.testllm.threads)})
    return await open_provider(model, config.model_copy(update={"testllm": local}))
