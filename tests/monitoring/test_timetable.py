"""Hosts come up on their grids: no drift, nothing twice, nothing forgotten, what was missed is counted."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.watch.timetable import Timetable


def _table() -> Timetable:
    return Timetable(random.Random(1))


def test_nothing_drifts() -> None:
    table = _table()
    table.put(7, 60.0, 3.0)
    moments: list[float] = []
    for _ in range(10_000):
        moment = table.next_time()
        assert moment is not None
        # Each is met a little late, as by a busy loop.
        due = table.pop(moment + 0.2)
        assert due is not None and due.missed == 0
        moments.append(moment)
    offsets = [moment - 3.0 - 60.0 * tick for tick, moment in enumerate(moments)]
    assert min(offsets) >= -1e-6
    assert max(offsets) <= 3.0 + 1e-6, "jitter, 5 % of the interval"
    assert len(set(offsets)) > 9_000, "and it is one"


@pytest.mark.parametrize(("late", "missed"), [(0, 0), (59, 0), (64, 1), (185, 3)])
def test_lines_that_went_by_are_counted(late: float, missed: int) -> None:
    table = _table()
    table.put(7, 60.0, 0.0)
    due = table.pop(float(late))
    assert due is not None and due.missed == missed
    again = table.next_time()
    assert again is not None and late < again <= late + 63


def test_an_extra_check_comes_between_and_leaves_the_grid() -> None:
    table = _table()
    table.put(7, 60.0, 0.0)
    assert table.pop(0.0)
    table.retry(7, 20.0)
    assert table.next_time() == 20.0
    due = table.pop(20.0)
    assert due is not None and due.extra
    line = table.next_time()
    assert line is not None and 60.0 <= line <= 63.0


def test_an_extra_check_behind_the_next_line_is_none() -> None:
    table = _table()
    table.put(7, 60.0, 0.0)
    table.pop(0.0)
    before = table.next_time()
    table.retry(7, 61.0)
    assert table.next_time() == before


def test_a_removed_host_never_comes_up_again() -> None:
    table = _table()
    table.put(7, 5.0, 0.0)
    table.remove(7)
    table.retry(7, 1.0)
    assert table.next_time() is None and table.pop(100.0) is None and len(table) == 0


@given(
    intervals=st.lists(st.integers(5, 300), min_size=1, max_size=20),
    changes=st.lists(st.tuples(st.integers(0, 19), st.integers(5, 300)), max_size=10),
    seed=st.integers(0, 1000),
)
def test_every_host_is_checked_once_an_interval(
    intervals: list[int], changes: list[tuple[int, int]], seed: int
) -> None:
    table = Timetable(random.Random(seed))
    for host, interval in enumerate(intervals):
        table.put(host, interval, 0.0)
    for host, interval in changes:
        if host < len(intervals):
            intervals[host] = interval
            table.put(host, interval, 0.0)
    seen: Counter[int] = Counter()
    while (moment := table.next_time()) is not None and moment < 3000:
        due = table.pop(moment)
        assert due is not None and due.missed == 0
        seen[due.host_id] += 1
    for host, interval in enumerate(intervals):
        assert abs(seen[host] - 3000 / interval) <= 2
