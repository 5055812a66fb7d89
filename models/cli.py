"""The `models` commands. Whatever takes long to import is imported by the command that needs it."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from models.store import StoreOptions

_INTERRUPTED = 130

T = TypeVar("T")


class _Refused(click.ClickException):
    """What was asked for cannot be done."""

    exit_code = 2


def _configured() -> tuple[str, StoreOptions]:
    """The configured model, and where models are kept."""
    from models.paths import user_path
    from models.store import StoreOptions
    from settings.load import ConfigError, load_config

    try:
        config = load_config()
    except ConfigError as error:
        raise _Refused(str(error)) from error
    cache = user_path(config.cache) if config.cache else None
    return config.model, StoreOptions(cache=cache) if cache else StoreOptions()


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Runs to the end, with errors as click shows them."""
    from models.errors import ModelError
    from models.text import visible

    try:
        return asyncio.run(work)
    except ModelError as error:
        raise _Refused(visible(str(error))) from error
    except KeyboardInterrupt:
        click.echo("stopped; a fetch goes on where it was when it is started again", err=True)
        sys.exit(_INTERRUPTED)


_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group(
    name="models",
    epilog="""\b
Examples:
  smallwatch models list
  smallwatch models pull rwkv7-2.9b-world:q4_k
  smallwatch models quantize netmon-7m q6_k
  smallwatch models synth --like rwkv7-2.9b-world""",
)
def app() -> None:
    """See, fetch and convert the models that calls are made with."""


@app.command(name="list")
@_as_json
def list_(as_json: bool) -> None:
    """List the models that have names, and which of their files are here."""
    from models.catalogue import load_catalogue
    from models.inventory import holdings
    from models.objects import catalogue_object
    from models.tables import print_catalogue

    _, options = _configured()

    async def work() -> dict[str, Any]:
        catalogue = load_catalogue()
        return catalogue_object(catalogue, await holdings(catalogue, options))

    known = _run(work())
    if as_json:
        click.echo(json.dumps(known))
    else:
        print_catalogue(known)


@app.command()
@click.argument("model")
@_as_json
@click.pass_obj
def show(more: Callable[[dict[str, Any]], dict[str, Any]] | None, model: str, as_json: bool) -> None:
    """Show what is known about MODEL; makes and fetches nothing."""
    from models.objects import describe
    from models.tables import print_description

    found = _run(describe(model, *_configured()))
    if more is not None:
        # What this room may not know: how calls are written for the model.
        found |= more(found)
    if as_json:
        click.echo(json.dumps(found))
    else:
        print_description(found)


@app.command(
    epilog="""\b
Examples:
  smallwatch models pull rwkv7-2.9b-world
  smallwatch models pull rwkv7-2.9b-world:q8_0
  smallwatch models pull hf:OWNER/REPOSITORY:FILE.gguf"""
)
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@_as_json
def pull(models: tuple[str, ...], as_json: bool) -> None:
    """Fetch the current version of each MODEL, or make it if it comes with Smallwatch."""
    from models.catalogue import parse
    from models.display import ProgressDisplay
    from models.objects import resolved_object
    from models.store import refresh, resolve
    from models.tables import print_files

    default_model, options = _configured()

    async def work() -> list[dict[str, Any]]:
        files: list[dict[str, Any]] = []
        with ProgressDisplay() as display:
            for ref in [parse(spec, default_model) for spec in models]:
                await refresh(ref, options, display)
                files.append(resolved_object(await resolve(ref, options, display)))
        return files

    print_files(_run(work()), as_json)


@app.command(
    epilog="""\b
Examples:
  smallwatch models quantize netmon-7m all
  smallwatch models quantize ./mine-bf16.gguf q4_k --out ./mine-q4_k.gguf"""
)
@click.argument("model")
@click.argument("formats", nargs=-1, required=True, metavar="FORMAT...")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write here, not to the cache.")
@_as_json
def quantize(model: str, formats: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Make each FORMAT of MODEL from its BF16 or F16 file; `all` means every format."""
    from models.conversion import quantize_model
    from models.display import ProgressDisplay
    from models.tables import print_files

    default_model, options = _configured()

    async def work() -> list[dict[str, Any]]:
        with ProgressDisplay() as display:
            return await quantize_model(model, formats, out, default_model, options, display)

    print_files(_run(work()), as_json)


@app.command(
    epilog="""\b
Examples:
  smallwatch models synth --like rwkv7-2.9b-world --format q4_k
  smallwatch models synth --like rwkv7-0.1b-world --out ./random.gguf"""
)
@click.option("--like", required=True, metavar="NAME", help="The model whose shape it has.")
@click.option(
    "--format", "format_", default="q4_k", show_default=True, metavar="FORMAT", help="Its weights' format."
)
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same file.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write here, not to the cache.")
@_as_json
def synth(like: str, format_: str, seed: int, out: Path | None, as_json: bool) -> None:
    """Write random weights in the exact shape of a published model, to measure speed and memory with.

    The file is marked: `evals run` does not score it.
    """
    from models.display import ProgressDisplay
    from models.synth import synthesize

    _, options = _configured()
    target = out or options.cache / "random" / f"{like}-{seed}-{format_}.gguf"

    async def work() -> None:
        stop = threading.Event()
        with ProgressDisplay() as display:
            try:
                await asyncio.to_thread(
                    synthesize, like, format_, target, seed=seed, on_progress=display, stopped=stop.is_set
                )
            finally:
                stop.set()

    _run(work())
    if as_json:
        click.echo(json.dumps({"path": str(target), "file_bytes": target.stat().st_size, "random": True}))
    else:
        click.echo(f"{target}: random weights, shaped like {like}")


@app.command()
@click.argument("model")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_as_json
def rm(model: str, yes: bool, as_json: bool) -> None:
    """Remove the fetched or made files of MODEL: one format's, or all of them."""
    from models.inventory import discard
    from models.tables import megabytes

    default_model, options = _configured()

    async def work() -> list[tuple[str, int]]:
        return await asyncio.to_thread(discard, model, default_model, options)

    if as_json and not yes:
        raise click.UsageError("--json does not ask; add --yes")
    if not yes:
        click.confirm(f"Remove what was fetched or made of {model}?", abort=True)
    removed = _run(work())
    if as_json:
        files = [{"file": name, "file_bytes": size} for name, size in removed]
        click.echo(json.dumps({"removed": files}))
    elif not removed:
        click.echo(f"nothing of {model} was fetched or made")
    for name, size in () if as_json else removed:
        click.echo(f"removed {name}, {megabytes(size)}")
