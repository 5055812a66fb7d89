"""The choice of threads follows what steps cost."""

from __future__ import annotations

from collections.abc import Callable

from providers.engine.threads import ThreadTuner


def run(tuner: ThreadTuner, steps: int, cost: Callable[[int], float]) -> list[int]:
    used: list[int] = []
    for _ in range(steps):
        threads = tuner.threads()
        used.append(threads)
        tuner.record(threads, 16, cost(threads))
    return used


def test_more_threads_are_used_where_they_are_faster() -> None:
    used = run(ThreadTuner(6), 400, lambda threads: 0.010 / threads)
    assert used.count(6) > 350


def test_one_thread_is_used_where_the_others_wait() -> None:
    used = run(ThreadTuner(6), 400, lambda threads: 0.010 if threads == 1 else 1.0)
    assert used.count(6) <= 5


def test_a_machine_that_becomes_busy_is_noticed_at_once() -> None:
    tuner = ThreadTuner(2)
    run(tuner, 400, lambda threads: 0.010 / threads)
    used = run(tuner, 200, lambda threads: 0.010 if threads == 1 else 0.5)
    assert used.count(2) <= 60
    back = run(tuner, 4000, lambda threads: 0.010 / threads)
    assert back.count(2) > 2000


def test_a_single_thread_needs_no_choice() -> None:
    assert set(run(ThreadTuner(1), 100, lambda _: 0.01)) == {1}
