"""Blocks of Markdown as lines of a width. Colours are still names, so a change of theme costs nothing here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, zip_longest

from textual.content import Content

from tui.chat.blocks import Align, Block, Code, Grid, Growing, Listing, Quote, Rule, Words, parse
from tui.safe import flow

#: Characters of one answer that are drawn.
MOST_CHARS = 60_000
_MUTED, _MARK, _HEAD = "$muted", "$text-primary", "bold $primary"
_CODE_FILL = "on $surface"
_BAR = "▎ "
#: Cells between two columns, and of the narrowest column; where that is too wide, each row becomes a list.
_GUTTER, _NARROWEST = 2, 5
#: Cells that a list or a quote leaves to what is inside it, however deep it is.
_LEAST_WIDTH = 8


@dataclass(frozen=True, slots=True)
class Line:
    """A line on the screen.

    Attributes:
        content: Its words.
        joint: What is between it and the line before in copied text: a line feed, or what was there before the
            text was wrapped.
        indent: Characters at its beginning that are left out where it is joined.
        fill: The style of the whole line.
    """

    content: Content
    joint: str = "\n"
    indent: int = 0
    fill: str = ""


_FREE_LINE = Line(Content(""))


@lru_cache(maxsize=32)
def typeset_text(text: str, width: int) -> tuple[Line, ...]:
    """Lines of a whole text; kept for a while, as it is measured before it is drawn."""
    return tuple(typeset(parse(flow(text, MOST_CHARS)), width))


def typeset(blocks: Iterable[Block], width: int, *, tight: bool = False) -> list[Line]:
    """Lines of blocks.

    Args:
        blocks: What is set.
        width: In cells.
        tight: Whether no line is left free between blocks.
    """
    lines: list[Line] = []
    for block in blocks:
        if lines and not tight:
            lines.append(_FREE_LINE)
        lines += _set(block, max(width, _LEAST_WIDTH))
    return lines


def _set(block: Block, width: int) -> list[Line]:
    match block:
        case Words():
            return _words(block, width)
        case Code():
            return _code(block, width)
        case Rule():
            return [Line(Content.styled("─" * width, _MUTED))]
        case Listing():
            return _listing(block, width)
        case Quote():
            return _quote(block, width)
        case Grid():
            return _grid(block, width)


class GrowingLines:
    """Lines of a text that grows at its end; those of settled blocks are made once for a width."""

    def __init__(self) -> None:
        """Starts empty."""
        self._blocks = Growing()
        self._settled: list[Line] = []
        self._count = self._width = 0

    def grow(self, piece: str) -> None:
        """Takes the next piece of the text."""
        self._blocks.grow(flow(piece, MOST_CHARS))

    def at(self, width: int) -> list[Line]:
        """The lines at a width; those of settled blocks are the same objects each time."""
        if width != self._width:
            self._settled, self._count, self._width = [], 0, width
        for block in self._blocks.settled[self._count :]:
            self._settled += [*_free(self._settled), *typeset([block], width)]
            self._count += 1
        return [*self._settled, *_free(self._settled), *typeset(self._blocks.open, width)]


def _free(lines: list[Line]) -> list[Line]:
    return [_FREE_LINE] if lines else []


def _words(block: Words, width: int) -> list[Line]:
    return list(
        chain.from_iterable(_wrapped(line, width) for line in block.content.split("\n", allow_blank=True))
    )


def _wrapped(words: Content, width: int) -> Iterator[Line]:
    """One line of text, wrapped; knows what the wrapping took away."""
    plain, at = words.plain, 0
    joint = "\n"
    for piece in words.wrap(width):
        yield Line(piece, joint)
        at += len(piece.plain)
        rest = plain[at:]
        lost = len(rest) - len(rest.lstrip())
        at += lost
        joint = " " if lost else ""


def _code(block: Code, width: int) -> list[Line]:
    lines: list[Line] = []
    for line in block.content.split("\n", allow_blank=True):
        pieces = line.fold(width - 2)
        lines += [
            Line(Content.assemble(" ", piece), "" if number else "\n", 1, _CODE_FILL)
            for number, piece in enumerate(pieces)
        ]
    return lines


def _listing(block: Listing, width: int) -> list[Line]:
    lines: list[Line] = []
    for mark, blocks in block.items:
        if lines and not block.tight:
            lines.append(_FREE_LINE)
        inner = typeset(blocks, width - len(mark), tight=block.tight) or [_FREE_LINE]
        lines += _prefixed(inner, Content.styled(mark, _MARK), Content(" " * len(mark)))
    return lines


def _quote(block: Quote, width: int) -> list[Line]:
    bar = Content.styled(_BAR, _MUTED)
    return list(_prefixed(typeset(block.blocks, width - len(_BAR)), bar, bar))


def _prefixed(lines: Iterable[Line], first: Content, others: Content) -> Iterator[Line]:
    for number, line in enumerate(lines):
        before = others if number else first
        yield replace(line, content=before + line.content, indent=line.indent + len(before))


def _grid(block: Grid, width: int) -> list[Line]:
    widths = _column_widths(block, width)
    if widths is None:
        return _rows_as_lists(block, width)
    head, *rows = block.rows
    lines = _row([cell.stylize(_HEAD) for cell in head], widths, block.aligns)
    lines.append(Line(Content.styled("─" * (sum(widths) + _GUTTER * (len(widths) - 1)), _MUTED)))
    for row in rows:
        lines += _row(row, widths, block.aligns)
    return lines


def _row(cells: Sequence[Content], widths: Sequence[int], aligns: Sequence[Align]) -> list[Line]:
    wrapped = [cell.wrap(width) for cell, width in zip(cells, widths, strict=True)]
    lines: list[Line] = []
    for pieces in zip_longest(*wrapped, fillvalue=Content("")):
        aligned = [_aligned(*each) for each in zip(pieces, widths, aligns, strict=True)]
        lines.append(Line(Content(" " * _GUTTER).join(aligned).rstrip()))
    return lines


def _aligned(words: Content, width: int, align: Align) -> Content:
    free = max(0, width - words.cell_length)
    left = {"left": 0, "center": free // 2, "right": free}[align]
    return words.pad(left, free - left)


def _column_widths(block: Grid, width: int) -> list[int] | None:
    """Natural widths, the widest made narrower until all fit; None where they cannot."""
    room = width - _GUTTER * (len(block.aligns) - 1)
    if room < _NARROWEST * len(block.aligns):
        return None
    natural = [max(1, *(cell.cell_length for cell in column)) for column in zip(*block.rows, strict=True)]
    widths = natural[:]
    # Narrow columns keep what they need; the others share what is left.
    open_columns = sorted(range(len(widths)), key=lambda column: natural[column])
    left = room
    for number, column in enumerate(open_columns):
        widths[column] = min(natural[column], left // (len(open_columns) - number))
        left -= widths[column]
    return widths


def _rows_as_lists(block: Grid, width: int) -> list[Line]:
    """A table with more columns than there is room for: each row below the other, cell by cell."""
    head, *rows = block.rows
    lines: list[Line] = []
    for row in rows:
        if lines:
            lines.append(_FREE_LINE)
        for name, cell in zip(head, row, strict=True):
            lines += _wrapped(Content.assemble(name.stylize(_HEAD), ": ", cell), width)
    return lines
