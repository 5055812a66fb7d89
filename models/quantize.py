"""Makes a format of a model from its BF16 or F16 file, once."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import signal
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from models.errors import GGUFError, QuantizeError
from models.formats import RECIPES, Recipe
from models.gguf import check
from models.progress import OnProgress, Progress, ignore

#: Formats that others can be made from; from anything else, errors would add up.
SOURCES = ("bf16", "f16", "f32")
_STDERR_KEPT = 2000
_PROGRESS = re.compile(rb"(\d+) (\d+)")


@dataclass(frozen=True, slots=True)
class Source:
    """What formats are made from.

    Attributes:
        name: Name of the model, the beginning of the made files' names.
        path: Its BF16, F16 or F32 file, which `models.gguf.check` has passed.
        sha256: The file's hash.
    """

    name: str
    path: Path
    sha256: str


def made_path(folder: Path, source: Source, format_: str) -> Path:
    """Where a made file is kept: it changes with the source, the recipes and llama.cpp."""
    parts = [source.sha256, version("llama-cpp-python"), *(recipe.key() for recipe in RECIPES.values())]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return folder / key / f"{source.name}-{format_}.gguf"


async def make(source: Source, format_: str, folder: Path, on_progress: OnProgress = ignore) -> Path:
    """Returns the file of a format, which is made if it is not there whole.

    Args:
        source: What it is made from.
        format_: A name of `models.formats.RECIPES`.
        folder: The cache of made files.
        on_progress: Told of each tensor.

    Raises:
        QuantizeError: It cannot be made; the message says why.
    """
    target = made_path(folder, source, format_)
    if await asyncio.to_thread(_is_whole, target):
        return target
    from filelock import AsyncFileLock

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        async with AsyncFileLock(target.parent / ".lock"):
            # Another maker may have been quicker.
            if not await asyncio.to_thread(_is_whole, target):
                _remove_stale(target.parent)
                await convert(source.path, target, RECIPES[format_], on_progress)
    except OSError as error:
        raise QuantizeError(
            f"{target.name} cannot be kept in {folder}: {error}; use another cache folder"
        ) from error
    return target


async def convert(
    source: Path, target: Path, recipe: Recipe, on_progress: OnProgress = ignore, timeout_s: float = 3600.0
) -> None:
    """Writes a file in another format; `target` appears whole or not at all.

    Raises:
        QuantizeError: llama.cpp refused, died or took too long, or the disk is too full.
        OSError: The target cannot be written.
    """
    await asyncio.to_thread(_check_space, source, target)
    recipe = recipe.fitted((await asyncio.to_thread(check, source)).width)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        async with asyncio.timeout(timeout_s):
            await _run(source, part, recipe, target.name, on_progress)
        await asyncio.to_thread(_finish, part, target)
    except TimeoutError:
        raise QuantizeError(
            f"making {target.name} took more than {timeout_s:.0f} s and was stopped"
        ) from None
    except GGUFError as error:
        raise QuantizeError(f"llama.cpp made a file that is not whole: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def _check_space(source: Path, target: Path) -> None:
    # No format takes more than its source.
    needed, free = source.stat().st_size, shutil.disk_usage(target.parent).free
    if free < needed:
        raise QuantizeError(
            f"{target.name} may take {needed / 1e6:,.0f} MB, and {target.parent} has {free / 1e6:,.0f} MB; "
            "free some space or use another folder"
        )


async def _run(source: Path, part: Path, recipe: Recipe, name: str, on_progress: OnProgress) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "models.quantizer", str(source), str(part), recipe.to_json(),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, errors = await asyncio.gather(_report(process, name, on_progress), _tail(process))
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code:
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else "refused"
        raise QuantizeError(
            f"llama.cpp {how} while it made {name} from {source.name}{errors}; "
            "use another format, or fetch the source again if it is damaged"
        )


async def _report(process: asyncio.subprocess.Process, name: str, on_progress: OnProgress) -> None:
    if process.stdout is None:
        return
    async for line in process.stdout:
        # Where it aborts, a debugger may write here too.
        if match := _PROGRESS.fullmatch(line.rstrip()):
            on_progress(Progress("quantize", name, int(match[1]), int(match[2])))


async def _tail(process: asyncio.subprocess.Process) -> str:
    """The last line that llama.cpp wrote, as the end of a clause."""
    kept = b""
    while process.stderr is not None and (data := await process.stderr.read(4096)):
        kept = (kept + data)[-_STDERR_KEPT:]
    lines = kept.decode("utf-8", "replace").strip().splitlines()
    return f" ({lines[-1]})" if lines else ""


def _finish(part: Path, target: Path) -> None:
    check(part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)


def _is_whole(path: Path) -> bool:
    try:
        check(path)
    except GGUFError:
        return False
    return True


def _remove_stale(folder: Path) -> None:
    """Removes what makers left that were killed; the lock is held, so no other one is at work."""
    for part in folder.glob("*.part"):
        part.unlink(missing_ok=True)
