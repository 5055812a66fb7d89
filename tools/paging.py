"""Cuts long lists into pages that fit into a result."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tools.context import Limits
from tools.errors import NotFound
from tools.results import ToolResult, plain, size_of
from tools.wording import count


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Attributes:
        rows: Its rows, JSON values.
        first: Position of its first row, from 0.
        number: Its number, from 1.
        pages: Pages in all, at least 1.
        total: Rows in all.
    """

    rows: list[Any]
    first: int
    number: int
    pages: int
    total: int

    @property
    def next_page(self) -> int | None:
        """Number of the next page; None on the last."""
        return self.number + 1 if self.number < self.pages else None

    @property
    def note(self) -> str:
        """`; this is page 1 of 4` where there are more pages, else nothing."""
        return f"; this is page {self.number} of {self.pages}" if self.pages > 1 else ""


def paged(items: Sequence[object], page: int | None, page_size: int | None, limits: Limits) -> Page:
    """Returns one page of `items`.

    Args:
        items: The whole list, of records or JSON values.
        page: Number of the page, from 1; the first if None.
        page_size: Rows a page; fewer where the largest row would make a page too long.
        limits: Usual page size, and the bytes that a result may hold.

    Raises:
        NotFound: There are not so many pages.
    """
    rows = [plain(item) for item in items]
    largest = max((size_of(json.dumps(row, ensure_ascii=False)) + 1 for row in rows), default=1)
    # A quarter of the result is left for the message and the frame.
    size = max(1, min(page_size or limits.page_size, limits.max_bytes * 3 // 4 // largest))
    pages = max(1, -(-len(rows) // size))
    number = page or 1
    if number > pages:
        raise NotFound(
            f"There is no page {number}: the list has {count(len(rows), 'row')} on {count(pages, 'page')}."
        )
    first = (number - 1) * size
    return Page(rows[first : first + size], first, number, pages, len(rows))


def cut(result: ToolResult, shown: int, total: int, what: str) -> ToolResult:
    """Says in the result so, where a list without pages was cut."""
    if shown == total:
        return result
    message = f"{result.message.removesuffix('.')}; the data shows {shown} of {total} {what}."
    return replace(result, message=message, truncated=True)
