"""Continuous batching: requests join and leave between decoding steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from providers.engine.constrain import Constraints, GrammarError, Matcher
from providers.engine.fair import FairQueue
from providers.engine.hearing import WORTH_A_FILE, Hearing
from providers.engine.lane import LlamaError, NoRoom, Output, Run
from providers.engine.lanes import Lanes, Occupants, Step, in_rows
from providers.engine.llama import Llama
from providers.engine.plan import Planned, plan, plan_alone
from providers.engine.protocol import (
    Accepted,
    Beat,
    Done,
    Error,
    ErrorKind,
    FromEngine,
    Generate,
    Queued,
)
from providers.engine.reply import ReplyText
from providers.engine.sampling import BadLogits, Sampler
from providers.engine.sequence import End, Running, Waiting
from providers.engine.speculation import Payoff
from providers.engine.states import Placed, PrefixCache

_SMOOTHING = 0.1
_TELL_EVERY_S = 0.25
#: Tokens of a completion, where nothing is known yet.
_USUAL_REPLY = 64


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much the scheduler takes on; see `providers.engine.protocol.Load`."""

    queue: int = 256
    queue_wait_s: float = 300.0
    deterministic: bool = False
    speculate: bool = True


class Scheduler:
    """Serves requests with one model; `step` is called as long as there is work."""

    def __init__(
        self, llama: Llama, cache: PrefixCache, bounds: Bounds, emit: Callable[[FromEngine], None]
    ) -> None:
        self._llama = llama
        self._cache = cache
        self._bounds = bounds
        self._emit = emit
        self._queue: FairQueue[Waiting] = FairQueue()
        self._lanes = Lanes(llama)
        self._hearing = Hearing(llama, cache, emit, alone=bounds.deterministic)
        self._constraints: Constraints | None = None
        self._payoff = Payoff()
        self._redoing = self._forced = False
        self._told = 0.0
        self._token_s = 0.0
        self._reply_tokens = float(_USUAL_REPLY)

    @property
    def busy(self) -> bool:
        """Whether there is anything to do."""
        return bool(len(self._queue)) or not self._lanes.empty

    def beat(self) -> Beat:
        """How things stand."""
        size = self._cache.size()
        rate = 1 / self._shared_token_s() if self._token_s else 0.0
        return Beat(len(self._queue), len(self._lanes.running), rate, size.count, size.bytes, size.disk_bytes)

    def submit(self, request: Generate) -> None:
        """Queues a request, or refuses it: it can never be served, or not soon enough."""
        self._emit(Accepted(request.id))
        try:
            waiting = self._read(request)
        except LlamaError as error:
            self._emit(Error(request.id, str(error)))
            return
        size = len(waiting.prompt)
        if not size:
            self._emit(Error(request.id, "the prompt is empty; send at least one token"))
        elif size + request.max_tokens > self._llama.context:
            self._emit(
                Error(request.id, _too_long(size, request.max_tokens, self._llama.context), "too_long")
            )
        elif self._refused(waiting) is None:
            self._queue.push(request.user, waiting, waiting.cost)
            self._admit()
            self._tell_places(waiting)

    def _read(self, request: Generate) -> Waiting:
        fixed = self._llama.tokenize(request.fixed) if request.fixed else []
        rest = self._llama.tokenize(request.rest)
        first = self._llama.begins_with
        if first and (fixed or rest)[:1] != first:
            fixed = [*first, *fixed]
        prompt = np.asarray([*fixed, *rest], np.int32)
        cost = len(prompt) + min(request.max_tokens, int(self._reply_tokens))
        return Waiting(request, prompt, len(fixed), time.monotonic(), cost)

    def _refused(self, waiting: Waiting) -> Error | None:
        """Refuses what would wait for too long, at once, with the reason."""
        ahead = len(self._queue)
        wait_s = self._wait_s(self._queue.cost) if ahead else 0.0
        if ahead < self._bounds.queue and wait_s <= self._bounds.queue_wait_s:
            return None
        said = (
            f"{ahead} requests wait already, for about {wait_s:.0f} s; try again then, or ask less at a time"
        )
        error = Error(waiting.request.id, said, "overloaded")
        self._emit(error)
        return error

    def _wait_s(self, tokens: int) -> float:
        """Seconds until so many tokens that come first are done, and the slot that is free next is."""
        running = self._lanes.running
        left = sum(max(each.waiting.cost - each.computed, 1) for each in running)
        return (tokens + left / max(len(running), 1)) * self._shared_token_s()

    def _shared_token_s(self) -> float:
        """Seconds a token, of all lanes together."""
        return self._token_s / max(self._lanes.used, 1)

    def _tell_places(self, new: Waiting | None = None) -> None:
        """Tells those who wait where they stand: a new one at once, the others a few times a second."""
        now = time.monotonic()
        due = now - self._told > _TELL_EVERY_S
        if not due and (new is None or new not in self._queue):
            return
        self._told = now if due else self._told
        ahead = 0
        for place, waiting in enumerate(self._queue, 1):
            if waiting.told != place and (due or waiting is new):
                waiting.told = place
                self._emit(Queued(waiting.request.id, place, round(self._wait_s(ahead), 3)))
            ahead += waiting.cost

    def cancel(self, request_id: int) -> None:
        """Ends a request, queued or running; its slot is free at once, or after the step that is under way."""
        for waiting in self._queue:
            if waiting.request.id == request_id:
                self._queue.remove(waiting)
                waited = time.monotonic() - waiting.arrived
                self._emit(Done(request_id, "cancelled", 0, 0, 0, waited, 0.0, waited))
                return
        for sequence in self._lanes.running:
            if sequence.request.id == request_id:
                self._hearing.send_rest(sequence)
                self._emit(sequence.done("cancelled"))
                self._lanes.release(sequence)
                return

    def step(self) -> None:
        """Admits what fits, decodes one batch in each lane, and sends what came out of the first that is done."""
        self._expire()
        if self._admit():
            self._tell_places()
        for sequence in self._lanes.running:
            if sequence.known is not None:
                logits, sequence.known = sequence.known, None
                self._hear(sequence, Output(logits[None], [int(logits.argmax())], 0.0), slice(0, 1))
        alone = self._lanes.used == 1
        for lane in self._lanes:
            if lane.running and not lane.planned:
                planned = self._plan(lane, alone=alone)
                if not planned:
                    continue
                if alone:
                    self._step_here(lane, planned)
                    return
                self._lanes.begin(lane, planned)
        if self._lanes.under_way:
            steps, future = self._lanes.next()
            try:
                self._take(steps, future.result())
            except LlamaError as error:
                self._lose(steps, error)

    def _plan(self, lane: Occupants, *, alone: bool) -> list[Planned]:
        if self._bounds.deterministic:
            return [plan_alone(lane.next_alone(), WORTH_A_FILE)]
        oldest_first = sorted(lane.running, key=lambda each: each.admitted)
        ready = [each for each in oldest_first if not self._read_by_another(each)]
        for sequence in ready:
            if not sequence.steps and sequence.held < sequence.waiting.fixed:
                self._place_again(sequence)
        ready = [each for each in ready if each.known is None]
        planned = plan(ready, self._llama.batch_size, self._token_s, WORTH_A_FILE)
        return self._with_draft(planned) if planned and alone and len(lane.running) == 1 else planned

    def _read_by_another(self, sequence: Running) -> bool:
        """Whether an older one reads the same fixed part, which is then kept: a hundred requests read it once."""
        return sequence.reads_fixed(WORTH_A_FILE) and any(
            other.admitted < sequence.admitted
            and other.reads_fixed(WORTH_A_FILE)
            and np.array_equal(other.fixed_part, sequence.fixed_part)
            for other in self._lanes.running
        )

    def _place_again(self, sequence: Running) -> None:
        """Looks before the first step whether what is missing was kept meanwhile."""
        sequence.placed = placed = self._placed(sequence.waiting, sequence.slot)
        sequence.held = placed.length
        sequence.known = None if placed.logits is None else placed.logits.copy()

    def _expire(self) -> None:
        now = time.monotonic()
        for sequence in self._lanes.running:
            limit = sequence.request.deadline_s
            if limit and now - sequence.admitted > limit:
                self._fail(sequence, f"no whole reply within {limit:g} s", "timeout")
        limit = self._bounds.queue_wait_s
        for waiting in [each for each in self._queue if now - each.arrived > limit]:
            self._queue.remove(waiting)
            self._emit(
                Error(waiting.request.id, f"no turn within {limit:g} s; try again later", "overloaded")
            )

    def _admit(self) -> bool:
        """Gives slots to those whose turn it is; returns whether anyone got one."""
        admitted = False
        while (waiting := self._queue.first()) is not None:
            lane = self._lanes.free() if self._fits(waiting) else None
            if lane is None:
                break
            self._queue.pop()
            admitted = True
            self._start(waiting, lane)
        return admitted

    def _fits(self, waiting: Waiting) -> bool:
        """Whether there are cells for it; states of fixed size always have theirs."""
        if self._llama.recurrent or self._lanes.empty:
            return True
        needed = [
            len(each.prompt) + each.request.max_tokens
            for each in (waiting, *(r.waiting for r in self._lanes.running))
        ]
        return sum(needed) <= self._llama.cells

    def _start(self, waiting: Waiting, lane: Occupants) -> None:
        request, slot = waiting.request, lane.first + len(lane.running)
        try:
            matcher = self._matcher(request.grammar)
        except GrammarError as error:
            self._emit(Error(request.id, str(error)))
            return
        placed = self._placed(waiting, slot)
        lane.running.append(
            Running(
                waiting=waiting, slot=slot, sampler=Sampler(request.sampling), matcher=matcher,
                text=ReplyText(request.stop), placed=placed, admitted=time.monotonic(),
                tokens=waiting.prompt.tolist(), held=placed.length,
                known=None if placed.logits is None else placed.logits.copy(),
            )
        )  # fmt: skip

    def _placed(self, waiting: Waiting, slot: int) -> Placed:
        # Whether a state was computed in other pieces can be seen in the last bits of it.
        only = waiting.fixed if self._bounds.deterministic else None
        return self._cache.place(waiting.prompt, slot, only)

    def _matcher(self, grammar: str | None) -> Matcher | None:
        if grammar is None:
            return None
        if self._constraints is None:
            self._constraints = Constraints(self._llama)
        return self._constraints.matcher(grammar)

    def _with_draft(self, planned: list[Planned]) -> list[Planned]:
        """Adds a draft for a sequence that has the machine to itself; in a batch, others need the time."""
        sequence, run = planned[0].sequence, planned[0].run
        left = sequence.request.max_tokens - len(sequence.made) - 1
        if sequence.reading or left < 1 or len(self._queue):
            return planned
        draft = self._drafted(sequence)[:left]
        if not draft:
            return planned
        if self._llama.recurrent:
            self._llama.copy(sequence.slot, self._llama.undo(sequence.slot))
        tokens = [*run.tokens, *draft]
        return [Planned(sequence, Run(run.sequence, run.position, tokens, len(draft) + 1), len(draft))]

    def _drafted(self, sequence: Running) -> list[int]:
        """What the grammar forces, which is nearly always right; else what the conversation suggests."""
        forced = sequence.matcher.forced() if sequence.matcher is not None else []
        if forced:
            self._forced = True
            return forced
        if self._bounds.speculate and self._payoff.worth():
            return sequence.drafter.draft(sequence.tokens)
        return []

    def _step_here(self, lane: Occupants, planned: list[Planned]) -> None:
        """Makes a step on this thread, while no other lane has anything to do."""
        forced, self._forced = self._forced, False
        before = len(planned[0].sequence.tokens)
        try:
            output = self._computed(lane, [each.run for each in planned])
        except LlamaError as error:
            self._lose(in_rows(planned), error)
            return
        self._take(in_rows(planned), output)
        first = planned[0]
        if len(planned) == 1 and not first.sequence.reading and not forced:
            drafted = bool(first.draft) or self._redoing
            made = len(first.sequence.tokens) - before
            self._redoing = bool(first.draft) and first.sequence.held < before
            self._payoff.record(drafted=drafted, seconds=output.seconds, tokens=made)

    def _computed(self, lane: Occupants, runs: list[Run]) -> Output:
        while True:
            try:
                return self._llama.compute(lane.lane, runs, alone=True)
            except NoRoom:
                if not self._cache.make_room():
                    raise

    def _take(self, steps: list[Step], output: Output) -> None:
        """Gives everyone what the step made for them."""
        tokens = sum(len(each.run.tokens) for each, _ in steps)
        if tokens:
            spent = output.seconds / tokens
            self._token_s += (_SMOOTHING if self._token_s else 1.0) * (spent - self._token_s)
        for each, rows in steps:
            sequence = each.sequence
            sequence.steps += 1
            sequence.shared += len(steps)
            sequence.held += len(each.run.tokens) - each.draft
            self._hearing.keep_prompt(sequence, output.rows[rows])
            if each.run.logits:
                self._hear(sequence, output, rows, each)

    def _hear(self, sequence: Running, output: Output, rows: slice, step: Planned | None = None) -> None:
        try:
            end = self._hearing.hear(sequence, output.rows[rows], output.best[rows], step)
        except (GrammarError, BadLogits) as error:
            self._fail(sequence, str(error), "failed" if isinstance(error, BadLogits) else "rejected")
            return
        if end is not None:
            self._finish(sequence, end)

    def _finish(self, sequence: Running, reason: End) -> None:
        done = sequence.done(reason)
        self._hearing.keep_reply(sequence)
        self._emit(done)
        made = len(sequence.made)
        self._reply_tokens += _SMOOTHING * (made - self._reply_tokens)
        self._queue.charge(sequence.request.user, sequence.computed - sequence.waiting.cost)
        self._lanes.release(sequence)

    def _lose(self, steps: list[Step], error: LlamaError) -> None:
        for each, _ in steps:
            self._fail(each.sequence, f"{error}; try again", "failed")

    def _fail(self, sequence: Running, message: str, kind: ErrorKind) -> None:
        self._hearing.send_rest(sequence)
        self._emit(Error(sequence.request.id, message, kind))
        self._lanes.release(sequence)


def _too_long(prompt: int, reply: int, room: int) -> str:
    return (
        f"the conversation is too long: {prompt} tokens and {reply} to make do not fit into {room}; "
        "leave out its oldest turns or ask for a shorter reply"
    )
