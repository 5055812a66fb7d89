"""The `evals` command. Whatever takes long to import is imported by the command that needs it."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.options import cluster_option, json_option, percentage
from evals.text import visible

if TYPE_CHECKING:
    from evals.export import Form
    from evals.launch import Options
    from providers.base import Constraint, Settings
    from providers.info import DescribedProvider
    from settings.schema import Config, ReplySettings

_NOTHING_SCORED = 1
_FOUND = 1
_WORSE = 3
_INTERRUPTED = 130


class _Refused(click.ClickException):
    """What was asked for cannot be done; nothing was run."""

    exit_code = 2


@contextmanager
def _refusing() -> Generator[None]:
    """Makes what is wrong with a run or a suite an error of the command."""
    from evals.cases import SuiteError
    from evals.store import StoreError

    try:
        yield
    except (SuiteError, StoreError) as error:
        raise _Refused(visible(str(error))) from error
    except OSError as error:
        if error.filename is None:  # standard output, which click knows how to lose
            raise
        raise _Refused(visible(f"{error.filename}: {error.strerror}")) from error


def _reply(reply: ReplySettings) -> Settings:
    """How replies are made, by the configuration."""
    from providers.base import Settings

    return Settings(max_tokens=reply.max_tokens, temperature=reply.temperature, deadline_s=reply.deadline_s)


async def _open_provider(config: Config, model: str | None) -> DescribedProvider:
    from models.display import ProgressDisplay
    from providers.registry import open_provider

    with ProgressDisplay() as progress:
        return await open_provider(model, config, progress)


@click.group(
    epilog="""\b
Examples:
  evals run --model q4_k
  evals run --model netmon-7m:q6_k --suite netmon-smoke --json
  evals compare runs/f16 runs/q4_k
  evals report runs/f16 runs/q4_k -o report.html
  evals list"""
)
def main() -> None:
    """Measure how well a model calls network-monitor functions."""


@main.command(
    epilog="""\b
Examples:
  evals run --model q4_k
  evals run --model q4_k --suite my-cases.jsonl --limit 20
  evals run --model q4_k --case nd-017 --case nd-018
  evals run --model f16 --constrained none --repeats 3 --json
  evals run --resume runs/20261122-120000-netmon-7m-q4_k-netmon-dev"""
)
@click.option(
    "--model", metavar="NAME", help="Model, format or both: netmon-7m, q4_k, netmon-7m:q6_k, a path."
)
@click.option("--suite", metavar="NAME|PATH", help="Suite to run; netmon-dev if not given.")
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
    as_json: bool,
) -> None:
    """Run a suite and print how well the model did."""
    from evals.launch import Options

    command = shlex.join(["evals", *sys.argv[1:]])
    options = Options(
        model, suite, limit, seed, repeats, constrained, out, resume, concurrency, command, only
    )
    sys.exit(_run(options, as_json))


def _run(options: Options, as_json: bool) -> int:
    """Runs, prints the figures and returns the exit status."""
    from rich.console import Console

    from evals.cases import SuiteError
    from evals.launch import launch
    from evals.progress import RunDisplay
    from evals.store import StoreError
    from evals.tables import as_object, print_run
    from providers.base import ProviderError, ProviderRejected
    from settings.load import ConfigError, load_config

    display = RunDisplay()
    try:
        config = load_config()
        opener = partial(_open_provider, config)
        with display:
            directory, record, tally = asyncio.run(launch(options, opener, display, _reply(config.reply)))
    except KeyboardInterrupt:
        return _interrupted(display.directory)
    except (SuiteError, StoreError, ProviderRejected, ConfigError) as error:
        raise _Refused(visible(str(error))) from error
    except ProviderError as error:
        raise click.ClickException(visible(str(error))) from error
    summary = tally.summary()
    # With --json, standard output holds the object alone.
    print_run(Console(stderr=as_json, highlight=False), directory, record, summary)
    if as_json:
        click.echo(json.dumps(as_object(directory, record, summary)))
    return 0 if summary.overall.n else _NOTHING_SCORED


def _interrupted(directory: Path | None) -> int:
    if directory:
        resume = shlex.join(["evals", "run", "--resume", str(directory)])
        click.echo(f"stopped; finished cases are kept. Go on with:\n  {resume}", err=True)
    else:
        click.echo("stopped before the first case", err=True)
    return _INTERRUPTED


@main.command(name="list")
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


@main.command(
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

    from evals.runs import find_run, summarize
    from evals.show import case_object, case_text, read_case
    from evals.store import StoreError, read_record
    from evals.tables import as_object, print_run

    try:
        directory = find_run(run)
        record = read_record(directory)
        if case is None:
            summary = summarize(directory)
            if as_json:
                click.echo(json.dumps(as_object(directory, record, summary)))
            else:
                print_run(Console(highlight=False), directory, record, summary)
            return
        found = read_case(directory, record, case)
    except StoreError as error:
        raise _Refused(visible(str(error))) from error
    click.echo(json.dumps(case_object(found)) if as_json else case_text(found))


@main.command(
    epilog="""\b
Examples:
  evals compare runs/f16 runs/q8_0 runs/q4_k
  evals compare runs/f16 runs/q4_k --cluster '^(.*)-[0-9]+$' --json"""
)
@click.argument("runs", metavar="BASELINE RUN...", nargs=-1, required=True)
@cluster_option
@json_option
def compare(runs: tuple[str, ...], cluster: str | None, as_json: bool) -> None:
    """Compare runs of one suite, case by case, with the first of them."""
    if len(runs) < 2:
        raise click.UsageError("expected at least two runs, the baseline first")
    with _refusing():
        from rich.console import Console

        from evals.compare import as_object, compare_runs, print_comparisons
        from evals.comparison import Grouping
        from evals.loaded import load_runs

        grouping, loaded = Grouping(cluster), load_runs(runs)
        comparisons = compare_runs(loaded, grouping)
        if as_json:
            click.echo(json.dumps(as_object(loaded, comparisons, grouping)))
        else:
            print_comparisons(Console(highlight=False), loaded, comparisons, grouping)


@main.command(
    epilog="""\b
Examples:
  evals gate runs/q4_k --baseline runs/f16 --max-drop 2%

\b
Exit status:
  0  kept, or the sample cannot show a greater drop (the text says which)
  1  there is nothing to compare
  3  worse: the whole 95 % interval is a greater drop than is allowed"""
)
@click.argument("run", metavar="RUN")
@click.option("--baseline", metavar="RUN", required=True, help="What RUN is compared with.")
@click.option(
    "--max-drop", type=percentage, metavar="N%", default="0%", show_default=True,
    help="How many points of accuracy RUN may lose.",
)  # fmt: skip
@cluster_option
@json_option
def gate(run: str, baseline: str, max_drop: float, cluster: str | None, as_json: bool) -> None:
    """Fail where RUN is shown to be worse than a baseline."""
    with _refusing():
        from evals.comparison import Grouping
        from evals.comparison import compare as compare_pair
        from evals.gate import gate_object, gate_text, judge
        from evals.loaded import load_runs

        grouping = Grouping(cluster)
        before, after = load_runs([baseline, run])
        judged = judge(compare_pair(before, after, grouping), max_drop)
    click.echo(json.dumps(gate_object(judged)) if as_json else visible(gate_text(judged)))
    sys.exit({"worse": _WORSE, "nothing to compare": _NOTHING_SCORED}.get(judged.outcome, 0))


@main.command()
@click.argument("run", metavar="RUN")
@json_option
def rescore(run: str, as_json: bool) -> None:
    """Score a finished RUN anew from its stored calls, after the scorer has changed; no model is asked."""
    with _refusing():
        from evals.rescore import rescore as rescore_run
        from evals.rescore import rescored_object, rescored_text
        from evals.runs import find_run

        directory = find_run(run)
        rescored = rescore_run(directory)
    click.echo(json.dumps(rescored_object(directory, rescored)) if as_json else rescored_text(rescored))


@main.command(
    epilog="""\b
Examples:
  evals export runs/q4_k --to csv -o q4_k.csv
  evals export runs/q4_k --to markdown >> "$GITHUB_STEP_SUMMARY\""""
)
@click.argument("run", metavar="RUN")
@click.option("--to", "form", type=click.Choice(["jsonl", "csv", "markdown"]), required=True, help="Form.")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file.")
def export(run: str, form: Form, out: Path | None) -> None:
    """Write a RUN for other programs: rows with their questions, or a summary for a pull request."""
    with _refusing():
        from evals.export import export as export_run
        from evals.loaded import load_runs
        from evals.store import write_atomically

        (loaded,) = load_runs([run])
        pieces = export_run(loaded, form)
        if out is not None:
            write_atomically(out, (piece.encode() for piece in pieces))
            return
    for piece in pieces:
        click.echo(piece, nl=False)


@main.command(
    epilog="""\b
Examples:
  evals report runs/q4_k
  evals report runs/f16 runs/q8_0 runs/q4_k -o quants.html"""
)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True,
    metavar="FILE", help="The file to write.",
)  # fmt: skip
@cluster_option
def report(runs: tuple[str, ...], out: Path, cluster: str | None) -> None:
    """Write one HTML file, which needs no other, about runs of one suite; the first is the baseline."""
    with _refusing():
        from evals.comparison import Grouping
        from evals.loaded import load_runs
        from evals.report.page import write_report

        write_report(out, load_runs(runs), Grouping(cluster))
    click.echo(f"report {out}")


@main.command(
    name="check-overlap",
    epilog="""\b
Examples:
  evals check-overlap --suite netmon-dev --text train-1.jsonl train-2.jsonl

\b
Exit status:
  0  no words are shared
  1  a case's words stand in a text""",
)
@click.option("--suite", metavar="NAME|PATH", required=True, help="Whose users' words to look for.")
@click.option(
    "--text", "first", multiple=True, required=True, type=click.Path(path_type=Path), metavar="FILE...",
    help="Texts to look in.",
)  # fmt: skip
@click.argument("others", nargs=-1, type=click.Path(path_type=Path), metavar="")
@json_option
def check_overlap(suite: str, first: tuple[Path, ...], others: tuple[Path, ...], as_json: bool) -> None:
    """Look for what a suite's users type in texts such as training data."""
    with _refusing():
        from dataclasses import asdict

        from evals.cases import load_suite
        from evals.overlap import find_overlaps, overlap_text

        found = find_overlaps(load_suite(suite), [*first, *others])
    click.echo(json.dumps(asdict(found)) if as_json else overlap_text(found))
    sys.exit(_FOUND if found.overlaps else 0)


@main.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/schemas"), show_default=True,
              metavar="DIR", help="Where to.")  # fmt: skip
def schema(out: Path) -> None:
    """Write the JSON Schemas of run.json, of a row of results.jsonl and of a suite's case."""
    with _refusing():
        from evals.schemas import write_schemas

        for path in write_schemas(out):
            click.echo(str(path))
