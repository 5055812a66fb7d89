"""Who runs in which lane, and the steps under way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from queue import SimpleQueue
from typing import TYPE_CHECKING

from providers.engine.lane import LlamaError, Output
from providers.engine.llama import Llama
from providers.engine.plan import Planned
from providers.engine.sequence import Running

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

#: A sequence's part of a step, and its rows of the output.
Step = tuple[Planned, slice]


@dataclass(slots=True, eq=False)
class Occupants:
    """The sequences of one lane.

    Attributes:
        lane: The lane.
        first: Its first slot.
        running: Who has a slot; the first one has the first slot, and there are no gaps.
        planned: The step under way; memory of the lane must not be touched meanwhile.
        over: Those whose requests ended during that step.
        turn: Counts steps of a single sequence.
    """

    lane: int
    first: int
    running: list[Running] = field(default_factory=lambda: list[Running]())
    planned: list[Planned] = field(default_factory=lambda: list[Planned]())
    over: list[Running] = field(default_factory=lambda: list[Running]())
    turn: int = 0

    def next_alone(self) -> Running:
        """The sequence whose turn it is to be decoded by itself."""
        self.turn += 1
        return self.running[self.turn % len(self.running)]


class Lanes:
    """Gives sequences their slots, and makes steps of several lanes at the same time."""

    def __init__(self, llama: Llama) -> None:
        self._llama = llama
        self._all = [Occupants(lane, llama.first(lane)) for lane in range(llama.lanes)]
        self._pool: ThreadPoolExecutor | None = None
        self._done: SimpleQueue[tuple[Occupants, Future[Output]]] = SimpleQueue()

    def __iter__(self) -> Iterator[Occupants]:
        return iter(self._all)

    @property
    def running(self) -> list[Running]:
        """Everyone who has a slot and whose request goes on."""
        return [each for lane in self._all for each in lane.running if each not in lane.over]

    @property
    def empty(self) -> bool:
        """Whether no slot is taken."""
        return not any(lane.running for lane in self._all)

    @property
    def used(self) -> int:
        """How many lanes have sequences."""
        return sum(1 for lane in self._all if lane.running)

    @property
    def under_way(self) -> bool:
        """Whether a step is."""
        return any(lane.planned for lane in self._all)

    def free(self) -> Occupants | None:
        """The lane that someone new joins: one at rest that has as few sequences as any, or one more."""
        least = min(len(lane.running) for lane in self._all)
        free = [each for each in self._all if not each.planned and len(each.running) < self._llama.lane_slots]
        lane = min(free, key=lambda each: len(each.running), default=None)
        if lane is None or len(lane.running) > least + 1:
            return None
        return lane if lane.lane < self._llama.open_lanes or self._opened() else None

    def _opened(self) -> bool:
        """Opens the next lane; without the memory for it, there is one less."""
        try:
            self._llama.open_lane()
        except LlamaError:
            self._all = self._all[: self._llama.open_lanes]
            return False
        return True

    def release(self, sequence: Running) -> None:
        """Frees a slot, after the step that is under way there."""
        lane = next(each for each in self._all if sequence in each.running)
        if lane.planned:
            lane.over.append(sequence)
        else:
            self._free(lane, sequence)

    def _free(self, lane: Occupants, sequence: Running) -> None:
        """The last sequence moves into the gap, which costs two microseconds."""
        last = lane.running.pop()
        if last is not sequence:
            self._llama.copy(last.slot, sequence.slot)
            lane.running[sequence.slot - lane.first] = last
            last.slot, freed = sequence.slot, last.slot
            self._llama.clear(freed)
        else:
            self._llama.clear(sequence.slot)

    def begin(self, lane: Occupants, planned: list[Planned]) -> None:
        """Begins a step on a thread of its own."""
        if self._pool is None:
            # Imported where it is needed: a single conversation need not wait for it.
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self._llama.lanes, "lane")
        lane.planned = planned
        runs = [each.run for each in planned]
        future = self._pool.submit(self._llama.compute, lane.lane, runs, alone=False)
        future.add_done_callback(lambda done: self._done.put((lane, done)))

    def next(self) -> tuple[list[Step], Future[Output]]:
        """Waits for a step to end; the lane is at rest then, and those whose requests are over have left."""
        lane, future = self._done.get()
        steps = [step for step in in_rows(lane.planned) if step[0].sequence not in lane.over]
        lane.planned = []
        for sequence in lane.over:
            self._free(lane, sequence)
        lane.over = []
        return steps, future


def in_rows(planned: list[Planned]) -> list[Step]:
    """Says which rows of a step's output are whose."""
    ends = list(accumulate(each.run.logits for each in planned))
    return [(each, slice(end - each.run.logits, end)) for each, end in zip(planned, ends, strict=True)]
