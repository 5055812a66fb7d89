"""Sets of time: what was watched, what was down, what was maintained; in milliseconds, ends not included."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]


def united(spans: Iterable[Span]) -> list[Span]:
    """Joins spans that touch or overlap; sorted, without empty ones."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def common(left: list[Span], right: list[Span]) -> list[Span]:
    """What two united lists have in common."""
    found: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            found.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return found


def without(spans: list[Span], taken: list[Span]) -> list[Span]:
    """What of one united list is not in another."""
    found: list[Span] = []
    j = 0
    for start, end in spans:
        while j < len(taken) and taken[j][1] <= start:
            j += 1
        k = j
        while k < len(taken) and taken[k][0] < end:
            if start < taken[k][0]:
                found.append((start, taken[k][0]))
            start = max(start, taken[k][1])
            k += 1
        if start < end:
            found.append((start, end))
    return found


def total(spans: Iterable[Span]) -> int:
    """Length of disjoint spans together."""
    return sum(end - start for start, end in spans)
