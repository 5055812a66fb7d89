"""Reads damaged replies with every dialect, and reports each crash, each hang and each one read differently in pieces.

`python -m bench.fuzz_dialects --count 1000000 --resume fuzz.jsonl` goes on where it was stopped. Input N of a seed is
the same every time: `--first N --count 1` reads it again and prints it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import starmap
from pathlib import Path
from typing import Any, Literal

from bench.mutations import damaged
from bench.samples import tools
from providers.base import Call, CallArguments, CallStart, DialectEvent, Settings
from providers.dialects.events import read_all
from providers.dialects.registry import dialect

#: Inputs that are done and written down together.
BLOCK = 250
#: Seconds of processor time after which an input counts as hung; they take about a millisecond.
HANG_S = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that was read wrongly."""

    number: int
    dialect: str
    kind: Literal["crash", "hang", "chunking", "order"]
    detail: str
    text: str


class _Hung(BaseException):
    """Raised by the timer; no parser catches it."""


def _hang(number: int, frame: object) -> None:
    raise _Hung


def read(name: str, pieces: Iterable[str]) -> list[DialectEvent]:
    """Reads a reply and joins what only the pieces keep apart."""
    return read_all(dialect(name).parser(tools(), Settings()), pieces)


def _cut(text: str, chance: random.Random) -> Iterator[str]:
    longest = chance.choice((1, 1, 3, 9, 60))
    at = 0
    while at < len(text):
        end = at + chance.randint(1, longest)
        yield text[at:end]
        at = end


def _disorder(events: Sequence[DialectEvent]) -> str:
    """Says what is wrong with the order of events, or nothing."""
    begun, made = -1, -1
    for event in events:
        match event:
            case CallStart(index, _):
                if index != begun + 1:
                    return f"call {index} begins after call {begun}"
                begun = index
            case CallArguments(index, _) if index != begun:
                return f"arguments of call {index} in call {begun}"
            case Call(index, call):
                if index <= made or index > begun:
                    return f"call {index} ends after {made}, of {begun} begun"
                made = index
                json.dumps(call.arguments, allow_nan=False)
            case _:
                pass
    return ""


def check(seed: int, number: int) -> Finding | None:
    """Reads one input whole and in pieces; returns what is wrong with it."""
    name, text = damaged(seed, number)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANG_S)
    try:
        whole = read(name, [text])
        if wrong := _disorder(whole):
            return Finding(number, name, "order", wrong, text)
        chance = random.Random(number)
        for _ in range(2):
            pieces = list(_cut(text, chance))
            if read(name, pieces) != whole:
                return Finding(number, name, "chunking", json.dumps(pieces), text)
    except _Hung:
        return Finding(number, name, "hang", f"over {HANG_S:g} s", text)
    except Exception as error:
        return Finding(number, name, "crash", f"{type(error).__name__}: {error}", text)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return None


def block(seed: int, first: int, end: int) -> dict[str, Any]:
    """Reads inputs `first` to `end`, without the last, and returns the line that says what came of it."""
    signal.signal(signal.SIGVTALRM, _hang)
    found = [finding for number in range(first, end) if (finding := check(seed, number)) is not None]
    return {"seed": seed, "first": first, "end": end, "findings": [asdict(finding) for finding in found]}


def _block(arguments: tuple[int, int, int]) -> dict[str, Any]:
    return next(starmap(block, (arguments,)))


def _read_done(path: Path | None, seed: int) -> list[dict[str, Any]]:
    """Returns the blocks that are done; a line that was cut short is not."""
    done: list[dict[str, Any]] = []
    for line in path.read_text("utf-8").splitlines() if path is not None and path.exists() else ():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if row["seed"] == seed:
            done.append(row)
    return done


def fuzz(seed: int, first: int, count: int, jobs: int, resume: Path | None) -> Iterator[dict[str, Any]]:
    """Reads inputs in several processes, each block of them once.

    Yields:
        A line for each block; those of earlier runs come first.
    """
    done = _read_done(resume, seed)
    ends = {(row["first"], row["end"]) for row in done}
    spans = ((at, min(at + BLOCK, first + count)) for at in range(first, first + count, BLOCK))
    todo = [(seed, *span) for span in spans if span not in ends]
    yield from (row for row in done if first <= row["first"] and row["end"] <= first + count)
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for row in pool.imap_unordered(_block, todo):
            if resume is not None:
                with resume.open("a", encoding="utf-8") as file:
                    # A line that was cut short must not swallow the next one.
                    file.write(("\n" if _cut_short(resume) else "") + json.dumps(row) + "\n")
            yield row


def _cut_short(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzzes, prints findings as they come, and counts; 1 where there is one."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz_dialects", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, metavar="N", help="inputs (20000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which inputs (1)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first input (0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes")
    parser.add_argument(
        "--resume", type=Path, metavar="FILE", help="writes each block here, and skips those that are"
    )
    parser.add_argument("--json", action="store_true", help="print findings and the count as JSON lines")
    given = parser.parse_args(arguments)
    begun, read_inputs, shown = time.monotonic(), 0, time.monotonic()
    kinds: dict[str, int] = dict.fromkeys(("crash", "hang", "chunking", "order"), 0)
    if given.count == 1:
        name, text = damaged(given.seed, given.first)
        print(json.dumps({"dialect": name, "text": text}))
    for row in fuzz(given.seed, given.first, given.count, given.jobs, given.resume):
        read_inputs += row["end"] - row["first"]
        for finding in row["findings"]:
            kinds[finding["kind"]] += 1
            print(json.dumps(finding) if given.json else _line(finding), flush=True)
        if sys.stderr.isatty() and time.monotonic() - shown > 1:
            shown = time.monotonic()
            print(f"\r{read_inputs:,} of {given.count:,}", end="", file=sys.stderr, flush=True)
    summary = {
        "seed": given.seed,
        "inputs": read_inputs,
        **kinds,
        "seconds": round(time.monotonic() - begun, 1),
    }
    counts = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    print(json.dumps(summary) if given.json else f"{read_inputs:,} inputs: {counts} ({summary['seconds']} s)")
    return 1 if any(kinds.values()) else 0


def _line(finding: dict[str, Any]) -> str:
    where = f"{finding['kind']} at {finding['number']} ({finding['dialect']})"
    return f"{where}: {finding['detail'][:300]} in {finding['text'][:300]!r}"


if __name__ == "__main__":
    sys.exit(main())
