"""Tables and blocks of `key: value` lines in a tool's text, as rows and pairs of the plain form.

Only what is surely one is taken: its heads or keys must be known, and all its lines must fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from providers.dialects.netmon_keys import is_known
from providers.dialects.netmon_rows import Row, row_of, write_pairs, write_rows

_MOST_LINES = 500
_LONGEST_LINE = 2000
#: Lines before a table or blocks, and after a table, that are no part of it.
_BEFORE, _AFTER = 8, 2
_BLANK = " \t"
_RULE = re.compile(r"[ \t|+:=-]+")
_DASHES = re.compile(r"-{3,}")
_HEAD = re.compile(r"[^0-9\x00-\x20.,:;=|\"'<>{}\[\]!?*-][^\x00-\x1f,:;=|\"<>{}\[\]!?*]{0,40}")
_PAIR = re.compile(
    r"[ \t]*([^\x00-\x20:=,;|\"'<>{}\[\]!?*-][^\x00-\x1f:=,;|\"<>{}\[\]!?*]{0,40}?)[ \t]*(?::(?![^ \t])|=)[ \t]*(.*)"
)
#: Pairs that stand in a line with others.
_INLINE = re.compile(r"[ ,;|][A-Za-z_]+=|[,;|] ?[A-Za-z_]+: ")
_Split = Callable[[str], "list[str] | None"]


def lay_out(text: str) -> str | None:
    """Writes a text in the plain form if it is a table or blocks of pairs, None if it is neither."""
    lines = re.split(r"\r?\n", text)
    if not 2 <= len(lines) <= _MOST_LINES or any(len(line) > _LONGEST_LINE for line in lines):
        return None
    return _table([line for line in lines if line.strip(_BLANK) and not _RULE.fullmatch(line)]) or _blocks(
        lines
    )


def heads_of(cells: Sequence[str], known: int = 1) -> bool:
    """Whether cells can be the heads of columns: words, all different, at least so many of them known."""
    return (
        len(set(cells)) == len(cells) > 1
        and all(cell == "#" or _HEAD.fullmatch(cell) for cell in cells)
        and sum(map(is_known, cells)) >= known
    )


def _table(lines: Sequence[str]) -> str | None:
    for start in range(min(len(lines) - 1, _BEFORE)):
        for split, known in _splits(lines[start]):
            heads = split(lines[start])
            # Below other lines, a row must not be taken for heads.
            if heads and heads_of(heads, max(known, 2) if start else known):
                found = _body(heads, lines[start + 1 :], split)
                if found:
                    rows, after = found
                    return "\n".join([*_lead(lines[:start]), *write_rows(rows), *after])
    return None


def _splits(header: str) -> list[tuple[_Split, int]]:
    """The ways to split lines, and how many heads must be known for each."""
    marks = [(_bars(header), 1), *((_marks(mark), 1) for mark in "\t;,")]
    return [*marks, (_columns(header, r"[^ ]+"), 2), (_columns(header, r"[^ ]+(?: [^ ]+)*"), 1)]


def _body(
    heads: Sequence[str], lines: Sequence[str], split: _Split
) -> tuple[list[Row], Sequence[str]] | None:
    """The rows below the heads, and the few lines behind them."""
    rows = [split(line) for line in lines]
    fit = next((i for i, row in enumerate(rows) if row is None or len(row) != len(heads)), len(rows))
    cells = [row for row in rows[:fit] if row]
    if not cells or len(rows) - fit > _AFTER:
        return None
    return [row_of("", zip(heads, row, strict=True)) for row in cells], lines[fit:]


def _lead(lines: Sequence[str]) -> Sequence[str]:
    pairs = _pairs(lines)
    return lines if not pairs else [write_pairs(row_of("", pairs.items()).cells)]


def _bars(header: str) -> _Split:
    outer = header.strip(_BLANK).startswith("|")

    def split(line: str) -> list[str] | None:
        line = line.strip(_BLANK)
        if "|" not in line or outer != line.startswith("|"):
            return None
        if outer:
            line = line[1:].removesuffix("|")
        return [cell.strip(_BLANK) for cell in line.split("|")]

    return split


def _marks(mark: str) -> _Split:
    cell = re.compile(rf' *(?:"((?:[^"]|"")*)" *|([^{mark}]*)){mark}')

    def split(line: str) -> list[str] | None:
        found = cell.findall(line + mark)
        return [quoted.replace('""', '"') or bare.strip(_BLANK) for quoted, bare in found]

    return split


def _columns(header: str, head: str) -> _Split:
    """Columns that begin where the heads begin."""
    starts = [match.start() for match in re.finditer(head, header)]

    def split(line: str) -> list[str] | None:
        if any(line[start - 1 : start].strip(" ") for start in starts if start):
            return None
        ends = [*starts[1:], len(line)]
        return [line[start:end].strip(" ") for start, end in zip(starts, ends, strict=True)]

    return split


def _blocks(lines: Sequence[str]) -> str | None:
    blocks: list[list[str]] = [[]]
    for line in lines:
        if not line.strip(_BLANK) or _DASHES.fullmatch(line):
            blocks.append([])
        else:
            blocks[-1].append(line)
    blocks = [block for block in blocks if block]
    # A word of greeting or a count may stand before the first.
    lead = blocks[0][:1] if blocks and not _PAIR.fullmatch(blocks[0][0]) else []
    blocks = [block for block in (blocks[0][len(lead) :], *blocks[1:]) if block] if blocks else []
    found = [_pairs(block) for block in blocks]
    if not found or not all(found) or sum(map(len, found)) < 2:
        return None
    rows = [row_of("", pairs.items()) for pairs in found]
    return "\n".join([*lead, *(write_rows(rows) if len(rows) > 1 else [write_pairs(rows[0].cells)])])


def _pairs(lines: Sequence[str]) -> dict[str, str]:
    """The pairs of a block, one a line; none where a line is no pair, a key comes twice or no key is known."""
    matches = [_PAIR.fullmatch(line) for line in lines]
    pairs = {match[1]: match[2].strip(_BLANK) for match in matches if match and not _INLINE.search(match[2])}
    return pairs if len(pairs) == len(lines) and any(map(is_known, pairs)) else {}
