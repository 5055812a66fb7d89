"""Markdown of a model as data: blocks of styled words. Headings, lists, tables and code; no links, images or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from textual.content import Content, Span

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

Align = Literal["left", "center", "right"]

#: A model may repeat what a tool returned, so nothing in its words may be clicked, fetched, or decoded into
#: characters that `tui.safe.flow` has dropped.
_OFF = ("link", "autolink", "image", "entity", "html_inline", "html_block", "reference")
_INLINE = {"em": "italic", "strong": "bold", "s": "strike"}
_CODE_STYLE = "$text-accent"
_HEADING_STYLE = "bold $primary"
#: Characters of code that are coloured; more takes longer than it helps.
_COLOURED_CHARS = 8_000
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph or a heading."""

    content: Content


@dataclass(frozen=True, slots=True)
class Code:
    """Code, with its line feeds."""

    content: Content


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its rows, the head first, and how its columns are aligned."""

    rows: tuple[tuple[Content, ...], ...]
    aligns: tuple[Align, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: the mark of each item and what is in it. In a tight one no line is left free."""

    items: tuple[tuple[str, tuple[Block, ...]], ...]
    tight: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """What is quoted."""

    blocks: tuple[Block, ...]


Block = Words | Code | Rule | Grid | Listing | Quote


@cache
def _parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough, without what points elsewhere."""
    # It takes long to import, and the first screen has no Markdown.
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable(list(_OFF))


def parse(text: str) -> list[Block]:
    """Reads Markdown."""
    return [_block(node) for node in _tree(text).children]


class Growing:
    """Blocks of a text that grows at its end: only the last block is read again.

    A block is settled once another one has begun after it in a whole line: nothing that follows changes it, as
    references to links are off. (In a line that is not whole, the `6` of an item `6.` is a paragraph.)

    Attributes:
        settled: Blocks that will not change.
        open: The rest.
    """

    def __init__(self) -> None:
        """Starts empty."""
        self.settled: list[Block] = []
        self.open: list[Block] = []
        self._text = ""

    def grow(self, piece: str) -> None:
        """Takes the next piece of the text."""
        self._text += piece
        if "\n" in piece:
            whole = self._text[: self._text.rindex("\n") + 1]
            nodes = _tree(whole).children
            if len(nodes) > 1 and (where := nodes[-1].map) is not None:
                self.settled += [_block(node) for node in nodes[:-1]]
                before = sum(map(len, self._text.split("\n")[: where[0]])) + where[0]
                self._text = self._text[before:]
        self.open = parse(self._text)


def _tree(text: str) -> SyntaxTreeNode:
    from markdown_it.tree import SyntaxTreeNode

    return SyntaxTreeNode(_parser().parse(text))


def _block(node: SyntaxTreeNode) -> Block:
    match node.type:
        case "fence" | "code_block":
            return Code(_code(node.content.removesuffix("\n"), node.info.strip()))
        case "hr":
            return Rule()
        case "table":
            return _grid(node)
        case "bullet_list" | "ordered_list":
            return _listing(node)
        case "blockquote":
            return Quote(tuple(_block(child) for child in node.children))
        case "heading":
            return Words(_words(node).stylize(_HEADING_STYLE))
        case _:
            return Words(_words(node))


def _code(code: str, info: str) -> Content:
    language = info.split(maxsplit=1)[0] if info else ""
    if not language or len(code) > _COLOURED_CHARS:
        return Content(code)
    # It brings a hundred lexers along, and most conversations have no code.
    from textual.highlight import highlight

    coloured = highlight(code, language=language)
    # Lexers may end what they read with a line feed, and drop those at its beginning.
    return coloured if coloured.plain == code else Content(code)


def _grid(node: SyntaxTreeNode) -> Grid:
    rows = [row.children for part in node.children for row in part.children]
    return Grid(
        tuple(tuple(_words(cell) for cell in row) for row in rows),
        tuple(_align(cell) for cell in rows[0]),
    )


def _align(cell: SyntaxTreeNode) -> Align:
    match str(cell.attrs.get("style", "")).rpartition(":")[2]:
        case "right":
            return "right"
        case "center":
            return "center"
        case _:
            return "left"


def _listing(node: SyntaxTreeNode) -> Listing:
    first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    marks = ["• " if first is None else f"{first + place}. " for place in range(len(node.children))]
    width = max(map(len, marks))
    items = tuple(
        (mark.rjust(width), tuple(_block(child) for child in item.children))
        for mark, item in zip(marks, node.children, strict=True)
    )
    tight = all(
        child.hidden for item in node.children for child in item.children if child.type == "paragraph"
    )
    return Listing(items, tight)


def _words(node: SyntaxTreeNode) -> Content:
    """The inline text of a block, with its styles as spans."""
    pieces: list[str] = []
    spans: list[Span] = []
    at = 0
    for text, styles in _pieces(node, ()):
        pieces.append(text)
        spans += [Span(at, at + len(text), style) for style in styles]
        at += len(text)
    return Content("".join(pieces), spans)


def _pieces(node: SyntaxTreeNode, styles: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    match node.type:
        case "text":
            yield _SPACE.sub(" ", node.content), styles
        case "softbreak":
            yield " ", styles
        case "hardbreak":
            yield "\n", styles
        case "code_inline":
            yield node.content, (*styles, _CODE_STYLE)
        case kind:
            inner = (*styles, _INLINE[kind]) if kind in _INLINE else styles
            for child in node.children:
                yield from _pieces(child, inner)
