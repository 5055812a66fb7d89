"""Damaged GGUF files by the thousand: `python -m bench.engine.mutants --count 10000`.

Each goes the way of every file: `models.gguf.check` first, and what that lets pass is opened in a child, under the
limits that the engine sets, and made to complete a few tokens. The child may refuse, or die; whoever started it must
not, and no child may outlive its limits. Children are forked from a process that has loaded the libraries, so that
ten thousand take minutes.
"""

from __future__ import annotations

import collections
import json
import os
import random
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from models.errors import GGUFError
from models.gguf import check
from models.synth import synthesize

#: Seconds that a child may take, and the processor time that the system grants it.
_WALL_S, _CPU_S = 20.0, 15
_REFUSED = 3
_EXTREMES = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 62, (1 << 64) - 1, 1 << 20)


def mutate(data: bytes, header: int, chance: random.Random) -> bytes:
    """Damages a file in one to three places, mostly in its header, whose length is given."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if not found:
            return b""
        # The first bytes decide most; the weights come last.
        end = min(chance.choice((header, header, header, 64, len(found))), len(found))
        place = chance.randrange(end)
        match chance.randrange(8):
            case 0 | 1:
                found[place] ^= 1 << chance.randrange(8)
            case 2:
                found[place] = chance.randrange(256)
            case 3 | 4:
                value = chance.choice(_EXTREMES)
                packed = (
                    struct.pack("<Q", value)
                    if chance.random() < 0.5
                    else struct.pack("<I", value & 0xFFFFFFFF)
                )
                found[place : place + len(packed)] = packed
            case 5:
                del found[place : place + chance.randrange(1, 64)]
            case 6:
                found[place:place] = found[place : place + chance.randrange(1, 64)]
            case _:
                del found[chance.choice((place, len(found) - 1 - place)) :]
    return bytes(found)


def open_in_child(path: Path) -> str:
    """Opens a file in a forked child and completes some tokens; returns how that ended, in a word or two."""
    child = os.fork()
    if child == 0:
        os._exit(_use(path))
    deadline = time.monotonic() + _WALL_S
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "stopped after its time"
        time.sleep(0.002)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"died by {signal.Signals(-code).name}"
    return {0: "ran", _REFUSED: "refused by llama.cpp"}.get(code, f"ended with {code}")


def _use(path: Path) -> int:
    import faulthandler
    import resource

    from providers.engine.limits import allowance, limit_memory
    from providers.engine.llama import Llama, LlamaError, Run

    faulthandler.disable()
    os.environ["GGML_NO_BACKTRACE"] = "1"
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    limit_memory(allowance(path.stat().st_size, 2**26))
    try:
        llama = Llama(path, threads=1, slots=2, context=128, state_bytes=2**26)
        tokens = llama.begins_with + llama.tokenize("ping web-01")
        llama.decode([Run(0, 0, tokens[:64], 1)])
        llama.restore(1, llama.save(0))
    except (LlamaError, MemoryError, ValueError, OSError):
        return _REFUSED
    return 0


def hunt(originals: Sequence[bytes], count: int, seed: int, told: Callable[[int], None]) -> dict[str, int]:
    """Tries so many damaged files; returns how often each end came.

    Args:
        originals: Whole files.
        count: How many are made of them.
        seed: Where chance begins.
        told: Told how many are done.
    """
    # The fork server: libraries are loaded once, no model is.
    import providers.engine.llama as _  # noqa: F401

    chance, ends = random.Random(seed), collections.Counter[str]()
    headers = [max(len(data) // 20, 2048) for data in originals]
    with tempfile.TemporaryDirectory(prefix="smallwatch-mutants-") as folder:
        path = Path(folder) / "mutant.gguf"
        for number in range(count):
            which = number % len(originals)
            path.write_bytes(mutate(originals[which], headers[which], chance))
            try:
                check(path)
            except GGUFError:
                ends["refused before the child"] += 1
            else:
                ends[open_in_child(path)] += 1
            told(number + 1)
    return dict(sorted(ends.items()))


@click.command()
@click.option("--count", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--file", "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), multiple=True)
@click.option("--json", "as_json", is_flag=True)
def main(count: int, seed: int, files: tuple[Path, ...], as_json: bool) -> None:
    """Damages files (a small RWKV-7 if none is given) and opens what is left of them."""
    with tempfile.TemporaryDirectory(prefix="smallwatch-mutants-") as folder:
        if not files:
            files = (Path(folder) / "tiny.gguf",)
            synthesize("rwkv7-tiny", "q4_0", files[0])
        begun = time.monotonic()

        def told(done: int) -> None:
            if done % 500 == 0:
                click.echo(f"{done} of {count}, {time.monotonic() - begun:.0f} s", err=True)

        ends = hunt([file.read_bytes() for file in files], count, seed, told)
    if as_json:
        click.echo(json.dumps(ends))
    else:
        for end, times in ends.items():
            click.echo(f"{times:6} {end}")
    sys.exit(0 if sum(ends.values()) == count else 1)


if __name__ == "__main__":
    main()
