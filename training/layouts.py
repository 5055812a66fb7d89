"""How rows are laid out: tables, separated and aligned columns, blocks of keys, snippets of JSON and YAML, lists.

A row never loses a value and never gains one: what a cell holds is quoted where a separator stands in it, and an empty
cell is a blank, a dash or nothing at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: as typed under a header, as said in a line without one, and as JSON would hold it."""

    text: str
    words: str
    raw: str | int | list[str] | list[int]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by header, and rows of cells, None where one is empty; `key` is the column that names the row."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell | None, ...], ...]
    key: int


def lay_out(table: Table, rng: Random) -> tuple[str, bool]:
    """Writes a table in one of many ways.

    Returns:
        The text, and whether its headers stand in it.
    """
    draw = rng.random()
    if draw < 0.3:
        return _pipes(table, rng), True
    if draw < 0.46:
        return _separated(table, rng), True
    if draw < 0.53:
        return _aligned(table, rng), True
    if draw < 0.6:
        return _bare(table, rng), False
    if draw < 0.69:
        return _blocks(table, rng), True
    if draw < 0.74:
        return _json(table, rng), True
    if draw < 0.79:
        return _yaml(table, rng), True
    if draw < 0.82:
        return _turned(table, rng), True
    return _lines(table, rng), False


def _grid(table: Table, empty: str) -> list[list[str]]:
    return [[empty if cell is None else cell.text for cell in row] for row in table.rows]


def _pipes(table: Table, rng: Random) -> str:
    """A table of pipes, with or without its rule and its outer pipes."""
    rows = [list(table.heads), *_grid(table, rng.choice(("", "-", "-", "n/a", "\u2013", "none")))]
    return _piped(rows, rng)


def _piped(rows: list[list[str]], rng: Random) -> str:
    space, outer = rng.choice((" ", " ", "")), rng.random() < 0.75
    bar = f"{space}|{space}"
    lines = [bar.join(row) for row in rows]
    if outer:
        lines = [f"|{space}{line}{space}|" for line in lines]
    if rng.random() < 0.7:
        rule = rng.choice(("---", "---", "-", ":--", "----"))
        lines.insert(1, f"|{'|'.join([rule] * len(rows[0]))}|" if outer else "|".join([rule] * len(rows[0])))
    return "\n".join(line.rstrip() if not outer else line for line in lines)


def _separated(table: Table, rng: Random) -> str:
    """Columns with a separator: CSV, TSV, semicolons."""
    mark = rng.choice((",", ",", ",", ";", "\t", ", ", "; ", " / "))
    rows = [list(table.heads), *_grid(table, rng.choice(("", "", "-", "n/a") if mark != " / " else ("-",)))]
    return "\n".join(mark.join([_quoted(text, mark) for text in row]) for row in rows)


def _quoted(text: str, mark: str) -> str:
    return f'"{text}"' if mark.strip() and mark.strip() in text and '"' not in text else text


def _aligned(table: Table, rng: Random) -> str:
    """Columns lined up with spaces; a blank cell would let the next one slip, so that each holds something."""
    rows = [list(table.heads), *_grid(table, rng.choice(("-", "-", "n/a", "--")))]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _bare(table: Table, rng: Random) -> str:
    """Rows without a header, whose cells say themselves what they are."""
    mark = rng.choice((" | ", ", ", "; ", "\t", " - ", "  ", ","))
    gap = rng.choice(("-", "")) if mark in (" | ", "\t", "; ") else None
    lines: list[str] = []
    for row in table.rows:
        cells = [gap if cell is None else _quoted(cell.words, mark) for cell in row]
        lines.append(mark.join([text for text in cells if text is not None]).rstrip())
    return "\n".join(lines)


def _given(table: Table, row: Sequence[Cell | None]) -> list[tuple[str, Cell]]:
    return [(head, cell) for head, cell in zip(table.heads, row, strict=True) if cell is not None]


def _blocks(table: Table, rng: Random) -> str:
    """One block of `key: value` or `key=value` a row."""
    mark = rng.choice((": ", ": ", "=", " = ", ":\t", " -> "))
    inline = rng.random() < 0.4
    between = rng.choice((", ", "; ", " ", " | ")) if inline else "\n"
    if between == " " and (mark != "=" or any(" " in c.text for row in table.rows for c in row if c)):
        between = ", "
    sections = rng.random() < 0.3 and not inline
    blocks: list[str] = []
    for row in table.rows:
        pairs = _given(table, row)
        key = row[table.key]
        if sections and key is not None:
            body = between.join(f"{head}{mark}{cell.text}" for head, cell in pairs if cell is not key)
            blocks.append(f"[{key.text}]\n{body}".rstrip())
        else:
            blocks.append(between.join(f"{head}{mark}{_quoted(cell.text, between)}" for head, cell in pairs))
    return ("\n" if inline else "\n\n").join(blocks)


def _key(head: str) -> str:
    """A header as a key of a snippet."""
    return "_".join("".join(c if c.isalnum() else " " for c in head.lower()).split()) or "id"


def _json(table: Table, rng: Random) -> str:
    """A list of objects, one a line or all in one."""
    nulls = rng.random() < 0.3
    objects: list[str] = []
    for row in table.rows:
        pairs = {
            _key(head): None if cell is None else cell.raw
            for head, cell in zip(table.heads, row, strict=True)
            if cell is not None or nulls
        }
        objects.append(
            json.dumps(pairs, ensure_ascii=False, separators=rng.choice(((", ", ": "), (",", ":"))))
        )
    if rng.random() < 0.3:
        return "\n".join(objects)
    return "[" + rng.choice((",\n ", ", ", ",")).join(objects) + "]"


def _yaml(table: Table, rng: Random) -> str:
    """A list of mappings, or a mapping by the name of the row."""
    lines: list[str] = []
    by_name = rng.random() < 0.4
    if rng.random() < 0.35:
        lines.append(rng.choice(("hosts:", "targets:", "jobs:", "checks:", "tasks:", "items:")))
    for row in table.rows:
        pairs = [(_key(head), _yaml_value(cell)) for head, cell in _given(table, row)]
        key = row[table.key]
        if by_name and key is not None:
            name = _key(table.heads[table.key])
            lines.append(f"{key.text}:" if ":" not in key.text else f'"{key.text}":')
            lines += [f"  {head}: {text}" for head, text in pairs if head != name] or ["  {}"]
        else:
            lines += [f"{'- ' if i == 0 else '  '}{head}: {text}" for i, (head, text) in enumerate(pairs)]
    return "\n".join(lines)


def _yaml_value(cell: Cell) -> str:
    if isinstance(cell.raw, list):
        return f"[{', '.join(map(str, cell.raw))}]"
    return cell.text


def _turned(table: Table, rng: Random) -> str:
    """A table of pipes with one column a call."""
    grid = [list(table.heads), *_grid(table, "-")]
    return _piped([list(line) for line in zip(*grid, strict=True)], rng)


_MARKS: tuple[Callable[[int], str], ...] = (
    lambda number: "",
    lambda number: "",
    lambda number: "- ",
    lambda number: "* ",
    lambda number: "\u2022 ",
    lambda number: f"{number}. ",
    lambda number: f"{number}) ",
    lambda number: f"({number}) ",
    lambda number: f"#{number} ",
)


def _lines(table: Table, rng: Random) -> str:
    """One row a line, in words, with bullets or numbers now and then."""
    mark = rng.choice(_MARKS)
    between = rng.choice((" ", " ", ", ", " - ", ", "))
    lead = rng.choice((" ", between, ": ", " -> ", " - ")) if table.key == 0 else between
    lines: list[str] = []
    for number, row in enumerate(table.rows, 1):
        cells = [cell.words for cell in row if cell is not None]
        rest = between.join(cells[1:])
        lines.append(mark(number) + (f"{cells[0]}{lead}{rest}" if rest else cells[0]))
    return "\n".join(lines)


def tasks(items: Sequence[str], rng: Random) -> str:
    """Different tasks, one a line."""
    mark = rng.choice(
        (
            *_MARKS[2:],
            lambda n: f"{n}: ",
            lambda n: f"step {n}: ",
            lambda n: "[ ] ",
            lambda n: f"{'abcdefgh'[n - 1]}) ",
        )
    )
    return "\n".join(mark(number) + item for number, item in enumerate(items, 1))
