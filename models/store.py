"""From a model's name to a file on the disk: found, made or fetched, and checked."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from platformdirs import user_cache_path

from models.catalogue import (
    Constraint,
    Entry,
    HubFile,
    LocalFile,
    ModelRef,
    NamedModel,
    load_catalogue,
)
from models.errors import GGUFError, WeightsMissing
from models.gguf import GGUFInfo, check
from models.hashes import HashCache
from models.hub import HubOptions, cached, fetch
from models.packaged import check_packaged, packaged_file
from models.progress import OnProgress, ignore
from models.quantize import Source, make
from models.sources import Hub, Packaged, Shipped

_SHA256 = re.compile(r"[0-9a-f]{64}")


def default_cache() -> Path:
    """Where this user's caches are kept."""
    return user_cache_path("smallwatch")


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """Where models are kept and how they are fetched.

    Attributes:
        cache: Folder of made files and of hashes.
        shipped: Folder of the files that come with the project; beside the catalogue if None.
        hub: How the Hugging Face Hub is used.
    """

    cache: Path = field(default_factory=default_cache)
    shipped: Path | None = None
    hub: HubOptions = field(default_factory=HubOptions)

    @property
    def made(self) -> Path:
        """The cache of made files."""
        return self.cache / "quantized"

    @property
    def hashes(self) -> HashCache:
        """The cache of hashes."""
        return HashCache(self.cache / "hashes")

    def shipped_path(self, source: Shipped) -> Path:
        """Where a file that comes with the project is."""
        return (self.shipped or Path(str(files("models")))) / source.file


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A file that is there, whole, and may be loaded.

    Attributes:
        path: The file.
        name: What the model is called in runs, such as `netmon-7m:q4_k`.
        format: How the weights are stored, such as `q4_k`; None where the file does not say.
        parameters: Number of weights.
        file_bytes: Size of the file.
        sha256: Its hash.
        dialect: How tools and calls are written; None where neither the catalogue nor the file says.
        default_constraint: How calls are held to the schemas where the user does not say.
        info: What the file says of itself.
    """

    path: Path
    name: str
    format: str | None
    parameters: int
    file_bytes: int
    sha256: str
    dialect: str | None
    default_constraint: Constraint
    info: GGUFInfo


async def resolve(
    ref: ModelRef, options: StoreOptions | None = None, on_progress: OnProgress = ignore
) -> ResolvedModel:
    """Finds a model's file, makes or fetches it if need be, and checks it.

    Raises:
        WeightsMissing: It is not on this machine and cannot be fetched.
        DownloadError: Fetching failed.
        QuantizeError: Making failed.
        GGUFError: The file is damaged, or not what the catalogue says.
    """
    options = options or StoreOptions()
    path = await _place(ref, options, on_progress)
    info = await asyncio.to_thread(check, path)
    sha256 = await options.hashes.sha256(path, on_progress)
    _check_hash(ref, path, sha256)
    entry = ref.entry if isinstance(ref, NamedModel) else None
    return ResolvedModel(
        path=path,
        name=ref.name,
        format=ref.format if isinstance(ref, NamedModel) else info.format,
        parameters=info.parameters,
        file_bytes=info.file_bytes,
        sha256=sha256,
        dialect=entry.dialect if entry else info.dialect,
        default_constraint=_constraint(entry, info),
        info=info,
    )


async def refresh(
    ref: ModelRef, options: StoreOptions | None = None, on_progress: OnProgress = ignore
) -> Path:
    """Fetches the Hub's current version of a model's file, even if another is here.

    Raises:
        ModelError: As `resolve` does.
    """
    options = options or StoreOptions()
    place = hub_place(ref)
    if place is None:
        return (await resolve(ref, options, on_progress)).path
    return await fetch(*place, options.hub, on_progress)


def hub_place(ref: ModelRef) -> tuple[str, str] | None:
    """Repository and file of a model that comes from the Hub."""
    match ref:
        case HubFile():
            return ref.repo, ref.file
        case NamedModel(entry=Entry(source=Hub() as source)):
            return source.repo, source.files[ref.format].file
        case _:
            return None


async def shipped_source(
    entry_name: str, source: Shipped, options: StoreOptions, on_progress: OnProgress = ignore
) -> Source:
    """The file that comes with the project, checked against the catalogue.

    Raises:
        WeightsMissing: It is not there.
        GGUFError: It is damaged, or not the one that the catalogue names.
    """
    path = options.shipped_path(source)
    if not await asyncio.to_thread(path.is_file):
        raise WeightsMissing(
            f"{path}, which comes with Smallwatch, is missing; check it out or install again"
        )
    await asyncio.to_thread(check, path)
    sha256 = await options.hashes.sha256(path, on_progress)
    if source.sha256 not in (None, sha256):
        raise GGUFError(
            f"{path} has SHA-256 {sha256}, and the catalogue says {source.sha256}; "
            "it was changed: check it out or install again"
        )
    return Source(entry_name, path, sha256)


async def _place(ref: ModelRef, options: StoreOptions, on_progress: OnProgress) -> Path:
    if isinstance(ref, LocalFile):
        return await asyncio.to_thread(ref.path.absolute)
    if isinstance(ref, HubFile):
        return await _from_hub(ref.name, ref.repo, ref.file, options, on_progress)
    source = ref.entry.source
    if isinstance(source, Hub):
        return await _from_hub(ref.name, source.repo, source.files[ref.format].file, options, on_progress)
    if isinstance(source, Packaged):
        return await asyncio.to_thread(packaged_file, source)
    shipped = await shipped_source(ref.entry.name, source, options, on_progress)
    if ref.format == source.format:
        return shipped.path
    return await make(shipped, ref.format, options.made, on_progress)


async def _from_hub(name: str, repo: str, file: str, options: StoreOptions, on_progress: OnProgress) -> Path:
    found = await asyncio.to_thread(cached, repo, file, options.hub)
    if found is not None:
        return found
    try:
        return await fetch(repo, file, options.hub, on_progress)
    except WeightsMissing as error:
        raise WeightsMissing(
            f"{error}. Fetch it with `smallwatch models pull {name}`, or use `--model q4_k`, "
            "which comes with Smallwatch and needs no download"
        ) from error


def _check_hash(ref: ModelRef, path: Path, sha256: str) -> None:
    """Compares with the catalogue's hash of a package's file; the Hub's cache names a large file by its hash."""
    if isinstance(ref, NamedModel) and isinstance(ref.entry.source, Packaged):
        check_packaged(ref.entry.source, path, sha256)
    blob = path.resolve().name
    if hub_place(ref) and _SHA256.fullmatch(blob) and blob != sha256:
        raise GGUFError(
            f"{path} was damaged on the disk, its SHA-256 is {sha256}, not {blob}; run "
            f"`smallwatch models rm {ref.name}`, then `smallwatch models pull {ref.name}`"
        )


def _constraint(entry: Entry | None, info: GGUFInfo) -> Constraint:
    if entry is None and info.dialect is not None:
        # A file of one's own that speaks a known dialect is held as its kin are.
        entry = load_catalogue().of_dialect(info.dialect)
    return entry.constraint if entry else "none"
