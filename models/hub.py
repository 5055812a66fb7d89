"""Files of the Hugging Face Hub, in the cache that its own tools use.

`huggingface_hub` finds the file, signs in and keeps the cache in order. The bytes come by `models.transfer`,
because its own download begins again from nothing once its process has ended: here a broken-off file stays,
and the next fetch goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import DownloadError, WeightsMissing
from models.hub_client import without_telemetry
from models.progress import OnProgress, ignore
from models.transfer import Persistence, Transfer

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ETAG = re.compile(r"[\w-]{1,128}")


@dataclass(frozen=True, slots=True)
class HubOptions:
    """How the Hub is used.

    Attributes:
        cache: Folder of the cache; that of `huggingface_hub` if None.
        endpoint: Address of the Hub; what `HF_ENDPOINT` says if None.
        offline: Fetch nothing.
        persistence: How long a transfer is tried.
    """

    cache: Path | None = None
    endpoint: str | None = None
    offline: bool = False
    persistence: Persistence = field(default_factory=Persistence)


def cached(repo: str, file: str, options: HubOptions) -> Path | None:
    """The newest copy of a file on this machine; asks no server."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, file, cache_dir=options.cache)
    return Path(found) if isinstance(found, str) else None


async def fetch(repo: str, file: str, options: HubOptions, on_progress: OnProgress = ignore) -> Path:
    """Fetches the current version of a file, unless it is in the cache.

    Raises:
        WeightsMissing: The Hub cannot be reached.
        DownloadError: It has no such file, asks for a login, or the transfer failed for good.
    """
    from filelock import AsyncFileLock
    from huggingface_hub.file_download import repo_folder_name

    without_telemetry()
    if options.offline:
        raise WeightsMissing(f"{file} of {repo} is not on this machine, and fetching is switched off")
    metadata = await asyncio.to_thread(_locate, repo, file, options)
    etag = metadata.etag or ""
    # The tag becomes a file's name.
    if not _ETAG.fullmatch(etag):
        raise DownloadError(f"the Hub names {file} of {repo} by the unusable tag {etag!r}; check HF_ENDPOINT")
    cache, folder = _cache(options), repo_folder_name(repo_id=repo, repo_type="model")
    blob, lock = cache / folder / "blobs" / etag, cache / ".locks" / folder / f"{etag}.lock"
    try:
        blob.parent.mkdir(parents=True, exist_ok=True)
        lock.parent.mkdir(parents=True, exist_ok=True)
        # The lock is the one that huggingface_hub takes.
        async with AsyncFileLock(lock):
            if not blob.exists():
                part = blob.with_name(f"{etag}.incomplete")
                await _transfer(repo, file, metadata, part, options).run(options.persistence, on_progress)
                part.replace(blob)
    except OSError as error:
        raise DownloadError(f"{file} cannot be kept in {cache}: {error}; set HF_HOME elsewhere") from error
    return await asyncio.to_thread(_adopt, repo, file, options)


def remove(path: Path) -> int:
    """Removes a file of the cache and whatever points to it; returns the bytes that it took."""
    blob = path.resolve()
    size = blob.stat().st_size
    repository = next((parent.parent for parent in path.parents if parent.name == "snapshots"), path.parent)
    for pointer in repository.glob("snapshots/**/*"):
        if pointer.is_symlink() and pointer.resolve() == blob:
            pointer.unlink()
    path.unlink(missing_ok=True)
    if blob.is_relative_to(repository.resolve()):
        blob.unlink(missing_ok=True)
    return size


def remove_parts(repo: str, options: HubOptions) -> int:
    """Removes what broken-off fetches of a repository left; returns the bytes that it took."""
    from huggingface_hub.file_download import repo_folder_name

    removed = 0
    blobs = _cache(options) / repo_folder_name(repo_id=repo, repo_type="model") / "blobs"
    for part in blobs.glob("*.incomplete"):
        # huggingface_hub's own, which it may be writing now, have one more point in their names.
        if "." not in part.stem:
            removed += part.stat().st_size
            part.unlink()
    return removed


def _cache(options: HubOptions) -> Path:
    from huggingface_hub.constants import HF_HUB_CACHE

    return options.cache or Path(HF_HUB_CACHE)


def _locate(repo: str, file: str, options: HubOptions) -> HfFileMetadata:
    """Asks the Hub for a file's version, size and hash."""
    import httpx2
    from huggingface_hub import (
        get_hf_file_metadata,  # pyright: ignore[reportUnknownVariableType]
        hf_hub_url,
    )
    from huggingface_hub.constants import ENDPOINT
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        OfflineModeIsEnabled,
        RemoteEntryNotFoundError,
        RepositoryNotFoundError,
    )

    host = options.endpoint or ENDPOINT
    try:
        url = hf_hub_url(repo, file, endpoint=options.endpoint)
        metadata = get_hf_file_metadata(url, endpoint=options.endpoint)
    except (OfflineModeIsEnabled, httpx2.TransportError) as error:
        raise WeightsMissing(
            f"{file} is not on this machine, and {host} cannot be reached: {error}"
        ) from error
    except GatedRepoError as error:
        raise DownloadError(f"{repo} asks for consent; give it on its page, then set HF_TOKEN") from error
    except RepositoryNotFoundError as error:
        raise DownloadError(
            f"{host} has no repository {repo}, or it is private: then set HF_TOKEN"
        ) from error
    except RemoteEntryNotFoundError as error:
        raise DownloadError(f"{repo} has no file {file}; look at its list of files on {host}") from error
    except HfHubHTTPError as error:
        raise DownloadError(
            f"{host} answered {error.response.status_code} for {file}; try again later"
        ) from error
    except HFValidationError as error:
        raise DownloadError(f"{repo!r} cannot be a repository's name: {error}") from error
    if metadata.commit_hash is None:
        raise DownloadError(f"{host} does not answer as the Hugging Face Hub does; check HF_ENDPOINT")
    return metadata


def _transfer(repo: str, file: str, metadata: HfFileMetadata, part: Path, options: HubOptions) -> Transfer:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers  # pyright: ignore[reportUnknownVariableType]

    # The exact version that was located, whatever is pushed meanwhile.
    url = hf_hub_url(repo, file, revision=metadata.commit_hash, endpoint=options.endpoint)
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    # The tag of a large file is its hash.
    sha256 = metadata.etag if metadata.etag and _SHA256.fullmatch(metadata.etag) else None
    return Transfer(file, url, headers, part, metadata.size, sha256)


def _adopt(repo: str, file: str, options: HubOptions) -> Path:
    """Lets `huggingface_hub` enter a fetched file into its cache; it fetches nothing then."""
    import httpx2
    from huggingface_hub import hf_hub_download  # pyright: ignore[reportUnknownVariableType]
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(repo, file, cache_dir=options.cache, endpoint=options.endpoint))
    except (httpx2.HTTPError, LocalEntryNotFoundError) as error:
        raise DownloadError(
            f"{file} was fetched, but the Hub went away before it was entered: {error}"
        ) from error
