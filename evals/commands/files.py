"""Commands about the files of runs and suites."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from evals.commands.refusal import Refused, refusing
from evals.options import json_option

if TYPE_CHECKING:
    from evals.export import Form

_FOUND = 1


@click.command()
@click.argument("run", metavar="RUN")
@json_option
def rescore(run: str, as_json: bool) -> None:
    """Score a finished RUN anew from its stored calls, after the scorer has changed; no model is asked."""
    with refusing():
        from evals.rescore import rescore as rescore_run
        from evals.rescore import rescored_object, rescored_text
        from evals.runs import find_run

        directory = find_run(run)
        rescored = rescore_run(directory)
    click.echo(json.dumps(rescored_object(directory, rescored)) if as_json else rescored_text(rescored))


@click.command(
    epilog="""\b
Examples:
  evals export runs/q4_k --to csv -o q4_k.csv
  evals export runs/q4_k --to markdown >> "$GITHUB_STEP_SUMMARY"
  evals export runs/q4_k --to inspect -o logs/q4_k.eval && inspect view --log-dir logs"""
)
@click.argument("run", metavar="RUN")
@click.option(
    "--to", "form", type=click.Choice(["jsonl", "csv", "markdown", "inspect"]), required=True, help="Form."
)
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file.")
def export(run: str, form: Form | Literal["inspect"], out: Path | None) -> None:
    """Write a RUN for other programs: rows with their questions, a summary for a pull request, a log of Inspect."""
    if form == "inspect":
        _export_to_inspect(run, out)
        return
    with refusing():
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


def _export_to_inspect(run: str, out: Path | None) -> None:
    """Writes an Inspect log, beside the run where no file is named."""
    from evals.runs import find_run

    with refusing():
        from evals.loaded import load_runs

        (loaded,) = load_runs([run])
        path = out or find_run(run) / "inspect.eval"
        if path.suffix != ".eval":
            raise Refused(f"{path} is no name of an Inspect log: it must end with .eval")
        try:
            from evals.inspect_logs import write_log
        except ModuleNotFoundError as error:
            raise Refused(f"{error.name} is not installed: uv pip install -e '.[inspect]'") from error
        path.parent.mkdir(parents=True, exist_ok=True)
        write_log(loaded, path)
    click.echo(f"log {path}")


@click.command(
    name="check-overlap",
    epilog="""\b
Examples:
  evals check-overlap --suite netmon-dev --text train-1.jsonl train-2.jsonl
  evals check-overlap --suite netmon-dev --text $(python -m training.sources --files)

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
    with refusing():
        from dataclasses import asdict

        from evals.kinds import open_suite
        from evals.overlap import find_overlaps, overlap_text

        found = find_overlaps(open_suite(suite), [*first, *others])
    click.echo(json.dumps(asdict(found)) if as_json else overlap_text(found))
    sys.exit(_FOUND if found.overlaps else 0)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/schemas"), show_default=True,
              metavar="DIR", help="Where to.")  # fmt: skip
def schema(out: Path) -> None:
    """Write the JSON Schemas of run.json, of a row of results.jsonl and of a suite's case."""
    with refusing():
        from evals.schemas import write_schemas

        for path in write_schemas(out):
            click.echo(str(path))
