"""Models and their files as JSON values, the form that `--json` prints and tables are made from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from models.catalogue import Catalogue, Entry, NamedModel, parse
from models.inventory import Holding, holding
from models.sources import Packaged
from models.store import ResolvedModel, StoreOptions, resolve


def catalogue_object(catalogue: Catalogue, found: list[Holding]) -> dict[str, Any]:
    """The whole catalogue, with the state of each file."""
    models: list[dict[str, Any]] = []
    for entry in catalogue.models:
        formats = [_holding_object(item) for item in found if item.model.entry is entry]
        models.append({"name": entry.name, **_entry_object(entry), "formats": formats})
    return {"models": models}


def file_object(name: str, format_: str | None, path: Path) -> dict[str, Any]:
    """A file that was made."""
    return {"name": name, "format": format_, "path": str(path), "file_bytes": path.stat().st_size}


def resolved_object(model: ResolvedModel) -> dict[str, Any]:
    """A file that is here, with what it says of itself."""
    return {
        **file_object(model.name, model.format, model.path),
        "sha256": model.sha256,
        "parameters": model.parameters,
        "dialect": model.dialect,
        "default_constraint": model.default_constraint,
        "architecture": model.info.architecture,
        "vocabulary": model.info.vocabulary,
        "tensors": model.info.tensors,
        "title_in_file": model.info.name,
        "format_in_file": model.info.format,
        "has_chat_template": model.info.chat_template is not None,
    }


async def describe(spec: str, default_model: str, options: StoreOptions) -> dict[str, Any]:
    """What is known about a model; makes and fetches nothing.

    Raises:
        UnknownModel: No model or format has that name.
        WeightsMissing: It is a file of the Hub that is not in the catalogue and not here.
        GGUFError: The file is damaged.
    """
    ref = parse(spec, default_model)
    known: dict[str, Any] = {}
    if isinstance(ref, NamedModel):
        item = await holding(ref, options)
        known = {"name": ref.name, **_entry_object(ref.entry), **_holding_object(item)}
        if item.path is None:
            return known
    here = replace(options, hub=replace(options.hub, offline=True))
    return known | resolved_object(await resolve(ref, here))


def _entry_object(entry: Entry) -> dict[str, Any]:
    return {
        "title": entry.title,
        "parameters": entry.parameters,
        "licence": entry.licence,
        "dialect": entry.dialect,
        "default_constraint": entry.constraint,
        "default_format": entry.default_format,
        "source": entry.source.kind,
        "extra": entry.source.extra if isinstance(entry.source, Packaged) else None,
    }


def _holding_object(item: Holding) -> dict[str, Any]:
    return {
        "format": item.model.format,
        "weights": item.model.entry.weights(item.model.format),
        "state": item.state,
        "path": None if item.path is None else str(item.path),
        "file_bytes": item.file_bytes,
    }
