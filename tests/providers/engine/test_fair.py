"""The queue: nothing is lost, users keep their order, and none gets more than another who waits too."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from providers.engine.fair import FairQueue

REQUESTS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 2000)), max_size=60)


def drain(queue: FairQueue[tuple[int, str, int]]) -> list[tuple[int, str, int]]:
    found: list[tuple[int, str, int]] = []
    while (item := queue.pop()) is not None:
        found.append(item)
    return found


def filled(requests: list[tuple[str, int]], quantum: int = 100) -> FairQueue[tuple[int, str, int]]:
    queue: FairQueue[tuple[int, str, int]] = FairQueue(quantum)
    for number, (user, cost) in enumerate(requests):
        queue.push(user, (number, user, cost), cost)
    return queue


@given(REQUESTS)
def test_all_come_out_and_each_user_keeps_the_order(requests: list[tuple[str, int]]) -> None:
    queue = filled(requests)
    assert (len(queue), queue.cost) == (len(requests), sum(cost for _, cost in requests))
    predicted = list(queue)
    found = drain(queue)
    assert found == predicted
    assert sorted(found) == [(n, user, cost) for n, (user, cost) in enumerate(requests)]
    for user in "abcd":
        mine = [number for number, name, _ in found if name == user]
        assert mine == sorted(mine)
    assert (len(queue), queue.cost) == (0, 0)


@given(
    st.lists(st.integers(1, 2000), min_size=30, max_size=60),
    st.lists(st.integers(1, 2000), min_size=30, max_size=60),
)
def test_two_who_wait_get_the_same(one: list[int], other: list[int]) -> None:
    """The bound of Shreedhar and Varghese: less than a quantum and two requests apart, at any time."""
    quantum = 500
    queue: FairQueue[tuple[str, int]] = FairQueue(quantum)
    for user, costs in (("a", one), ("b", other)):
        for cost in costs:
            queue.push(user, (user, cost), cost)
    got = Counter[str]()
    left = Counter({"a": len(one), "b": len(other)})
    while min(left.values()) > 0:
        item = queue.pop()
        assert item is not None
        got[item[0]] += item[1]
        left[item[0]] -= 1
        assert abs(got["a"] - got["b"]) <= quantum + 2 * max(one + other)


def test_a_flood_does_not_hold_up_another_user() -> None:
    queue = filled([("flood", 300)] * 50 + [("other", 300)])
    assert [user for _, user, _ in drain(queue)].index("other") <= 2


def test_what_cost_more_than_was_thought_is_paid_for() -> None:
    queue = filled([("a", 100)] * 4 + [("b", 100)] * 4, quantum=100)
    queue.charge("a", 250)
    assert "".join(user for _, user, _ in drain(queue)).startswith("bbb")


def test_a_request_can_be_taken_out() -> None:
    queue = filled([("a", 1), ("b", 2), ("a", 3)])
    second = next(item for item in queue if item[0] == 1)
    assert queue.remove(second)
    assert not queue.remove(second)
    assert [number for number, _, _ in drain(queue)] == [0, 2]
