"""Whether texts, such as training data, hold what the users of a suite's cases type.

Words are compared without case, punctuation and compatibility forms. A message shares a text's words where
eight in a row are the same; a shorter message, of at least four words, where all of them are.
"""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from evals.cases import Case, Suite
from evals.text import visible

SIZE = 8
FEWEST = 4
_WORD = re.compile(r"\w+")

_Gram = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """A case whose words stand in a text.

    Attributes:
        id: The case.
        path: The text where its words were found first.
        line: The line of that text on which they end, from 1.
        words: The first words that are shared.
        shared: How many different runs of words are shared, in all texts.
        total: How many the case has.
    """

    id: str
    path: str
    line: int
    words: str
    shared: int
    total: int


@dataclass(frozen=True, slots=True)
class OverlapReport:
    """What was found; `too_short` are cases whose user typed nothing long enough to be compared."""

    cases: int
    overlaps: tuple[Overlap, ...]
    too_short: tuple[str, ...]


def words_of(text: str) -> list[str]:
    """The words of a text, normalised."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def find_overlaps(suite: Suite, paths: Sequence[Path]) -> OverlapReport:
    """Looks for the words of a suite's users in files of text.

    In files that end in `.json` or `.jsonl`, lines of JSON are compared string by string, and so are Python files,
    whose phrases may be training data too: escapes do not hide a word, and names of variables are none.

    Raises:
        OSError: A file cannot be read.
    """
    grams = {case.id: _grams_of_users(case) for case in suite.cases}
    wanted: defaultdict[_Gram, list[str]] = defaultdict(list)
    for case_id, found in grams.items():
        for gram in found:
            wanted[gram].append(case_id)
    first: dict[str, tuple[Path, int, _Gram]] = {}
    shared: defaultdict[str, set[_Gram]] = defaultdict(set)
    searcher = _Searcher(wanted)
    for path in paths:
        for line, gram in searcher.search(path):
            for case_id in wanted[gram]:
                first.setdefault(case_id, (path, line, gram))
                shared[case_id].add(gram)
    overlaps = [
        Overlap(case_id, str(path), line, " ".join(gram), len(shared[case_id]), len(grams[case_id]))
        for case_id, (path, line, gram) in first.items()
    ]
    too_short = tuple(case_id for case_id, found in grams.items() if not found)
    return OverlapReport(len(grams), tuple(sorted(overlaps, key=lambda overlap: overlap.id)), too_short)


def overlap_text(report: OverlapReport) -> str:
    """What was found, for people; safe for a terminal."""
    lines = [
        f"{found.path}:{found.line}: {found.id} shares {found.shared} of {found.total}: {found.words}"
        for found in report.overlaps
    ]
    compared = report.cases - len(report.too_short)
    lines.append(f"{len(report.overlaps)} of {compared} cases overlap")
    if report.too_short:
        lines.append(f"{len(report.too_short)} cases have fewer than {FEWEST} words and were not compared")
    return visible("\n".join(lines))


class _Searcher:
    """Finds the runs of words that are wanted."""

    def __init__(self, wanted: defaultdict[_Gram, list[str]]) -> None:
        self._wanted = frozenset(wanted)
        self._sizes = sorted({len(gram) for gram in wanted})
        self._starts = frozenset(gram[:FEWEST] for gram in wanted)

    def search(self, path: Path) -> Iterator[tuple[int, _Gram]]:
        """The wanted runs of words in a file, each with the line on which it ends."""
        as_json = path.suffix in (".json", ".jsonl")
        tail: list[str] = []
        literals = _literals(path) if path.suffix == ".py" else None
        if literals is not None:
            for number, text in literals:
                yield from ((number, gram) for gram in self._grams(words_of(text)))
            return
        with path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                strings = _strings(line) if as_json else None
                if strings is None:
                    # Plain text goes on over line ends.
                    tail += words_of(line)
                    yield from ((number, gram) for gram in self._grams(tail))
                    tail = tail[-(SIZE - 1) :]
                else:
                    tail = []
                    for text in strings:
                        yield from ((number, gram) for gram in self._grams(words_of(text)))

    def _grams(self, words: list[str]) -> Iterator[_Gram]:
        for start in range(len(words) - FEWEST + 1):
            if tuple(words[start : start + FEWEST]) in self._starts:
                for size in self._sizes:
                    gram = tuple(words[start : start + size])
                    if gram in self._wanted and len(gram) == size:
                        yield gram


def _grams_of_users(case: Case) -> set[_Gram]:
    grams: set[_Gram] = set()
    said = (message.content or "" for message in case.messages if message.role == "user")
    for text in (*said, *case.later):
        words = words_of(text)
        size = min(SIZE, len(words))
        if size >= FEWEST:
            grams.update(tuple(words[start : start + size]) for start in range(len(words) - size + 1))
    return grams


def _literals(path: Path) -> list[tuple[int, str]] | None:
    """The strings of a Python file, each with the line on which it ends; None where it cannot be parsed."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return None
    return [
        (node.end_lineno or node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _strings(line: str) -> list[str] | None:
    """The strings in a line of JSON, keys left out; None where the line is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    found: list[str] = []
    stack: list[Any] = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, list):
            stack += cast(list[Any], item)
        elif isinstance(item, dict):
            stack += cast(dict[str, Any], item).values()
    return found
