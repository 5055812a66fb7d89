"""The user's side of quantizing: which file is the source, and where the result goes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from models.catalogue import ModelRef, NamedModel, parse
from models.errors import QuantizeError, UnknownModel, nearest
from models.formats import RECIPES
from models.objects import file_object
from models.progress import OnProgress
from models.quantize import SOURCES, Source, convert, make
from models.sources import Hub
from models.store import StoreOptions, resolve


async def quantize_model(
    spec: str,
    formats: tuple[str, ...],
    out: Path | None,
    default_model: str,
    options: StoreOptions,
    on_progress: OnProgress,
) -> list[dict[str, Any]]:
    """Makes formats of any model that can be had in BF16, F16 or F32.

    Args:
        spec: The model, as `models.catalogue.parse` reads it.
        formats: Names of recipes; `all` stands for every one.
        out: The file to write, for a single format; the cache if None.
        default_model: The configured model.
        options: Where models are kept.
        on_progress: Told how far it is.

    Returns:
        For each made file `name`, `format`, `path` and `file_bytes`.

    Raises:
        UnknownModel: No model or format has that name.
        QuantizeError: The file cannot be made, or `out` is there already.
        ModelError: The source cannot be had.
    """
    wanted = tuple(RECIPES) if formats == ("all",) else tuple(name.lower() for name in formats)
    for name in wanted:
        if name not in RECIPES:
            raise UnknownModel(f"no format is named {name!r}; {nearest(name, RECIPES)}")
    if out is not None and len(wanted) > 1:
        raise QuantizeError("--out takes one format; leave it out, and the files go to the cache")
    if out is not None and await asyncio.to_thread(out.exists):
        raise QuantizeError(f"{out} is there already; remove it or write elsewhere")
    ref = _unquantized(parse(spec, default_model))
    model = await resolve(ref, options, on_progress)
    if model.info.format not in SOURCES:
        raise QuantizeError(
            f"{model.path.name} is {model.info.format or 'of an unknown format'}; converting it again would "
            f"add up errors, so give a file in {', '.join(SOURCES)}"
        )
    source = Source(
        ref.entry.name if isinstance(ref, NamedModel) else model.path.stem, model.path, model.sha256
    )
    return [await _make(source, name, out, options, on_progress) for name in wanted]


def _unquantized(ref: ModelRef) -> ModelRef:
    """The BF16 or F16 file of a model of the catalogue; other files are what they are."""
    if not isinstance(ref, NamedModel):
        return ref
    source = ref.entry.source
    name = next((name for name in SOURCES if name in source.formats), ref.format)
    return NamedModel(ref.entry, name if isinstance(source, Hub) else source.format)


async def _make(
    source: Source, format_: str, out: Path | None, options: StoreOptions, on_progress: OnProgress
) -> dict[str, Any]:
    if out is None:
        path = await make(source, format_, options.made, on_progress)
    else:
        path = out
        try:
            await convert(source.path, path, RECIPES[format_], on_progress)
        except OSError as error:
            raise QuantizeError(f"{out} cannot be written: {error}; give another path") from error
    return file_object(source.name, format_, path)
