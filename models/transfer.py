"""Brings the bytes of one file over HTTP, in as many pieces as it takes."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import DownloadError
from models.progress import OnProgress, Progress

if TYPE_CHECKING:
    import httpx

_RETRIED = {408, 425, 429, 500, 502, 503, 504}
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 206, 416
_LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Persistence:
    """How long a transfer is tried.

    Attributes:
        retries: How often to go on after a break without a byte in between.
        wait_s: Seconds before the first retry; each further one waits twice as long, a minute at most.
        silence_s: Seconds without a byte that count as a break.
    """

    retries: int = 5
    wait_s: float = 1.0
    silence_s: float = 30.0


class _Break(Exception):
    """The transfer stopped and may go on."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Transfer:
    """One file that is to be fetched.

    Attributes:
        name: The file's name, for messages.
        url: Where it is.
        headers: What the server is told, such as a token; not passed on to other hosts.
        part: Where the bytes are gathered; a part that is there already is gone on with.
        size: How many bytes the file has, if known.
        sha256: Its hash, if known.
    """

    name: str
    url: str
    headers: Mapping[str, str]
    part: Path
    size: int | None
    sha256: str | None

    async def run(self, persistence: Persistence, on_progress: OnProgress) -> None:
        """Fetches what is missing and checks the whole; a part that breaks off is kept.

        Raises:
            DownloadError: It stopped for good, or what came is not the file.
            OSError: The part cannot be written.
        """
        # It takes half a second to import, and most runs fetch nothing.
        import httpx

        await asyncio.to_thread(self._check_space)
        failures = 0
        timeout = httpx.Timeout(persistence.silence_s)
        async with httpx.AsyncClient(timeout=timeout, follow_redirects=True) as client:
            while self._have() != self.size:
                before = self._have()
                try:
                    await self._go_on(client, on_progress)
                    break
                except (httpx.TransportError, _Break) as error:
                    failures = 1 if self._have() > before else failures + 1
                    if failures > persistence.retries:
                        raise DownloadError(self._gave_up(error)) from error
                    wait = error.wait_s if isinstance(error, _Break) else None
                    if wait is None:
                        wait = persistence.wait_s * 2 ** (failures - 1)
                    await asyncio.sleep(min(wait, _LONGEST_WAIT_S))
        # A part may be of any age: whether it fits is seen only now.
        await asyncio.to_thread(self._verify)

    def _have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _gave_up(self, error: Exception) -> str:
        total = "" if self.size is None else f" of {self.size:,}"
        reason = str(error) or type(error).__name__
        return (
            f"{self.name} broke off at byte {self._have():,}{total} ({reason}); the next fetch goes on there"
        )

    def _check_space(self) -> None:
        free, missing = shutil.disk_usage(self.part.parent).free, (self.size or 0) - self._have()
        if free < missing:
            raise DownloadError(
                f"{self.name} needs {missing / 1e6:,.0f} MB, and {self.part.parent} has "
                f"{free / 1e6:,.0f} MB; free some space or set HF_HOME elsewhere"
            )

    async def _go_on(self, client: httpx.AsyncClient, on_progress: OnProgress) -> None:
        """Fetches the rest of the part, until the server's answer ends."""
        have = self._have()
        asked = {**self.headers, "Range": f"bytes={have}-"} if have else self.headers
        async with client.stream("GET", self.url, headers=asked) as response:
            if response.status_code in _RETRIED:
                raise _Break(f"status {response.status_code}", _seconds(response.headers.get("Retry-After")))
            if have and response.status_code == _RANGE_NOT_SATISFIABLE:
                self.part.unlink()
                raise _Break("the part kept from before is longer than the file", 0.0)
            if response.is_error:
                raise DownloadError(
                    f"the Hub answered {response.status_code} for {self.name}; try again later"
                )
            if not _continues(response, have):
                have = 0
            with self.part.open("ab" if have else "wb") as out:
                async for chunk in response.aiter_raw():
                    have += len(chunk)
                    if self.size is not None and have > self.size:
                        raise DownloadError(f"the Hub sends more than the {self.size:,} bytes of {self.name}")
                    out.write(chunk)
                    on_progress(Progress("fetch", self.name, have, self.size))
        if self.size is not None and have < self.size:
            raise _Break("the answer ended early")

    def _verify(self) -> None:
        """Removes a part that is not the file, so that the next fetch begins anew."""
        if self.sha256 is None:
            return
        with self.part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != self.sha256:
            self.part.unlink()
            raise DownloadError(f"{self.name} came with SHA-256 {digest}, not {self.sha256}; fetch it again")


def _continues(response: httpx.Response, have: int) -> bool:
    span = response.headers.get("Content-Range", "")
    return response.status_code == _PARTIAL_CONTENT and span.startswith(f"bytes {have}-")


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else None
