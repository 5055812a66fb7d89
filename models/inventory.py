"""Which files of the catalogue's models are on this machine, and how to be rid of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.catalogue import Catalogue, Entry, HubFile, LocalFile, NamedModel, parse
from models.errors import GGUFError, UnknownModel, WeightsMissing
from models.hub import cached, remove, remove_parts
from models.packaged import packaged_file
from models.quantize import Source, made_path
from models.sources import Hub, Packaged, Shipped
from models.store import StoreOptions, shipped_source

State = Literal["shipped", "made", "fetched", "installed", "absent"]


@dataclass(frozen=True, slots=True)
class Holding:
    """One format of a model.

    Attributes:
        model: The model and the format.
        state: Whether its file comes with the project, was made, was fetched, was installed with a package, or is
            not there.
        path: The file, if it is there.
        file_bytes: Its size, if it is there.
    """

    model: NamedModel
    state: State
    path: Path | None = None
    file_bytes: int | None = None


async def holdings(catalogue: Catalogue, options: StoreOptions) -> list[Holding]:
    """Looks for every format of every model; makes and fetches nothing."""
    found: list[Holding] = []
    for entry in catalogue.models:
        source = await _source(entry, options)
        for name in entry.formats:
            found.append(await asyncio.to_thread(_look, NamedModel(entry, name), source, options))
    return found


async def holding(model: NamedModel, options: StoreOptions) -> Holding:
    """Looks for one format of a model; makes and fetches nothing."""
    source = await _source(model.entry, options)
    return await asyncio.to_thread(_look, model, source, options)


def discard(spec: str, default_model: str, options: StoreOptions) -> list[tuple[str, int]]:
    """Removes made or fetched files; what comes with the project or a package stays.

    Args:
        spec: A model as `models.catalogue.parse` reads it; the name alone means all its formats.
        default_model: The configured model.
        options: Where models are kept.

    Returns:
        For each file that was removed, its name and its bytes.

    Raises:
        UnknownModel: No model or format has that name, or it is a file of the user's own or of a package.
    """
    ref = parse(spec, default_model)
    if isinstance(ref, LocalFile):
        raise UnknownModel(f"{ref.path} is a file of your own; only fetched and made files are removed here")
    if isinstance(ref, HubFile):
        return _discard_fetched(ref.repo, [ref.file], options)
    if isinstance(ref.entry.source, Packaged):
        package = ref.entry.source.package
        raise UnknownModel(
            f"{ref.name} is a file of the Python package {package}; `pip uninstall {package}` removes it"
        )
    names = ref.entry.formats if spec.strip().lower() == ref.entry.name else (ref.format,)
    if isinstance(ref.entry.source, Hub):
        return _discard_fetched(
            ref.entry.source.repo, [ref.entry.source.files[name].file for name in names], options
        )
    # Those made from former versions of the source go too.
    paths = [path for name in names for path in options.made.glob(f"*/{ref.entry.name}-{name}.gguf")]
    removed = [(path.name, path.stat().st_size) for path in paths]
    for path in paths:
        path.unlink()
    return removed


def _discard_fetched(repo: str, files: list[str], options: StoreOptions) -> list[tuple[str, int]]:
    found = [(file, cached(repo, file, options.hub)) for file in files]
    removed = [(file, remove(path)) for file, path in found if path is not None]
    parts = remove_parts(repo, options.hub)
    return [*removed, ("what broken-off fetches left", parts)] if parts else removed


async def _source(entry: Entry, options: StoreOptions) -> Source | None:
    if not isinstance(entry.source, Shipped):
        return None
    try:
        return await shipped_source(entry.name, entry.source, options)
    except (WeightsMissing, GGUFError):
        return None


def _look(model: NamedModel, shipped: Source | None, options: StoreOptions) -> Holding:
    source = model.entry.source
    state: State
    if isinstance(source, Hub):
        path, state = cached(source.repo, source.files[model.format].file, options.hub), "fetched"
    elif isinstance(source, Packaged):
        path, state = _packaged(source), "installed"
    elif shipped is None:
        path, state = None, "absent"
    elif model.format == source.format:
        path, state = shipped.path, "shipped"
    else:
        path, state = made_path(options.made, shipped, model.format), "made"
    if path is None or not path.is_file():
        return Holding(model, "absent")
    return Holding(model, state, path, path.stat().st_size)


def _packaged(source: Packaged) -> Path | None:
    try:
        return packaged_file(source)
    except WeightsMissing:
        return None
