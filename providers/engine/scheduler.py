"""Continuous batching: requests join and leave between decoding steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from providers.engine.constrain import Constraints, GrammarError, Matcher
from providers.engine.fair import FairQueue
from providers.engine.llama import Llama, LlamaError, Logits, NoRoom, Run
from providers.engine.plan import Planned, plan, plan_alone
from providers.engine.protocol import (
    Accepted,
    Beat,
    Done,
    Error,
    ErrorKind,
    FromEngine,
    Generate,
    Piece,
    Queued,
)
from providers.engine.reply import ReplyText
from providers.engine.sampling import BadLogits, Sampler
from providers.engine.sequence import End, Running, Waiting
from providers.engine.speculation import Payoff
from providers.engine.states import Placed, PrefixCache

#: Fixed prompts of more tokens are kept on the disk; shorter ones are computed sooner than read.
_WORTH_A_FILE = 32
#: New tokens of a conversation's first turn that are worth a file. From the second turn on every turn is.
_WORTH_A_TURN = 256
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
        # The one in slot 0 comes first: slots are always 0, 1, 2 and so on, without gaps.
        self._running: list[Running] = []
        self._constraints: Constraints | None = None
        self._payoff = Payoff()
        self._redoing = False
        self._told = 0.0
        self._token_s = 0.0
        self._reply_tokens = float(_USUAL_REPLY)

    @property
    def busy(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._running or len(self._queue))

    def beat(self) -> Beat:
        """How things stand."""
        size = self._cache.size()
        rate = 1 / self._token_s if self._token_s else 0.0
        return Beat(len(self._queue), len(self._running), rate, size.count, size.bytes, size.disk_bytes)

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
        running = sum(max(each.waiting.cost - each.computed, 1) for each in self._running)
        return (tokens + running / max(len(self._running), 1)) * self._token_s

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
        """Ends a request, queued or running; its slot is free at once."""
        for waiting in self._queue:
            if waiting.request.id == request_id:
                self._queue.remove(waiting)
                waited = time.monotonic() - waiting.arrived
                self._emit(Done(request_id, "cancelled", 0, 0, 0, waited, 0.0, waited))
                return
        for sequence in self._running:
            if sequence.request.id == request_id:
                self._emit(sequence.done("cancelled"))
                self._release(sequence)
                return

    def step(self) -> None:
        """Admits what fits, decodes one batch, and sends what came out."""
        self._expire()
        if self._admit():
            self._tell_places()
        for sequence in list(self._running):
            if sequence.known is not None:
                logits, sequence.known = sequence.known, None
                self._hear(sequence, [logits])
        if self._bounds.deterministic:
            for sequence in list(self._running):
                self._decode([plan_alone(sequence, _WORTH_A_FILE)])
        elif self._running:
            self._decode(self._with_draft(self._plan()))

    def _plan(self) -> list[Planned]:
        oldest_first = sorted(self._running, key=lambda each: each.admitted)
        return plan(oldest_first, self._llama.batch_size, self._token_s, _WORTH_A_FILE)

    def _expire(self) -> None:
        now = time.monotonic()
        for sequence in list(self._running):
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
        while len(self._running) < self._llama.slots and (waiting := self._queue.first()) is not None:
            if not self._fits(waiting):
                break
            self._queue.pop()
            admitted = True
            self._start(waiting)
        return admitted

    def _fits(self, waiting: Waiting) -> bool:
        """Whether there are cells for it; states of fixed size always have theirs."""
        if self._llama.recurrent or not self._running:
            return True
        needed = [
            len(each.prompt) + each.request.max_tokens
            for each in (waiting, *(r.waiting for r in self._running))
        ]
        return sum(needed) <= self._llama.cells

    def _start(self, waiting: Waiting) -> None:
        request, slot = waiting.request, len(self._running)
        try:
            matcher = self._matcher(request.grammar)
        except GrammarError as error:
            self._emit(Error(request.id, str(error)))
            return
        placed = self._placed(waiting, slot)
        self._running.append(
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
        """Adds a draft where one sequence has the machine to itself; in a batch, others need the time."""
        if len(planned) != 1 or not self._bounds.speculate or len(self._queue) or len(self._running) > 1:
            return planned
        sequence, run = planned[0].sequence, planned[0].run
        left = sequence.request.max_tokens - len(sequence.made) - 1
        if sequence.reading or left < 1 or not self._payoff.worth():
            return planned
        draft = sequence.drafter.draft(sequence.tokens)[:left]
        if not draft:
            return planned
        if self._llama.recurrent:
            self._llama.copy(sequence.slot, self._llama.slots)
        tokens = [*run.tokens, *draft]
        return [Planned(sequence, Run(run.sequence, run.position, tokens, len(draft) + 1), len(draft))]

    def _decode(self, planned: list[Planned]) -> None:
        begun = time.monotonic()
        try:
            rows = self._decoded([each.run for each in planned])
        except LlamaError as error:
            for each in planned:
                self._fail(each.sequence, f"{error}; try again", "failed")
            return
        spent, tokens = time.monotonic() - begun, sum(len(each.run.tokens) for each in planned)
        self._token_s += (_SMOOTHING if self._token_s else 1.0) * (spent / tokens - self._token_s)
        for each, found in zip(planned, rows, strict=True):
            sequence = each.sequence
            sequence.steps += 1
            sequence.shared += len(planned)
            before = len(sequence.tokens)
            sequence.held += len(each.run.tokens) - each.draft
            self._keep_prompt(sequence, found)
            if found:
                self._hear(sequence, found, each)
            if len(planned) == 1 and not sequence.reading:
                drafted = bool(each.draft) or self._redoing
                self._redoing = bool(each.draft) and sequence.held < before
                self._payoff.record(drafted=drafted, seconds=spent, tokens=len(sequence.tokens) - before)

    def _decoded(self, runs: list[Run]) -> list[list[Logits]]:
        while True:
            try:
                return self._llama.decode(runs)
            except NoRoom:
                if not self._cache.make_room():
                    raise

    def _keep_prompt(self, sequence: Running, found: list[Logits]) -> None:
        """Keeps the state after the fixed part and after the prompt."""
        held, fixed = sequence.held, sequence.waiting.fixed
        if held == fixed and fixed > _WORTH_A_FILE:
            self._cache.keep(sequence.held_tokens(), sequence.slot, None, durable=True)
        if held == sequence.prompt_length and found and not sequence.made and not self._bounds.deterministic:
            self._cache.keep(sequence.held_tokens(), sequence.slot, found[0].copy(), durable=False)

    def _hear(self, sequence: Running, rows: list[Logits], step: Planned | None = None) -> None:
        """Takes tokens from logits: `rows[i]` are those after the first `i` tokens of the step's draft."""
        draft = step.drafted if step is not None else []
        right, end = 0, None
        try:
            while end is None:
                chosen = sequence.choose(rows[right])
                before = len(sequence.tokens)
                said, end = sequence.say(chosen, self._llama)
                if said:
                    self._emit(Piece(sequence.request.id, said))
                made = sequence.tokens[before:]
                agree = _agreement(made, draft[right:])
                right += agree
                if agree < len(chosen) or not draft:
                    break
        except (GrammarError, BadLogits) as error:
            self._fail(sequence, str(error), "failed" if isinstance(error, BadLogits) else "rejected")
            return
        if step is not None and draft:
            self._settle(sequence, step, right)
        if end is not None:
            self._finish(sequence, end)

    def _settle(self, sequence: Running, step: Planned, right: int) -> None:
        """Makes memory hold what was right of a draft, or what it held before the step."""
        sequence.drafted += step.draft
        sequence.drafts_kept += right
        length = sequence.held + right
        if right == step.draft or (not self._llama.recurrent and self._llama.trim(sequence.slot, length)):
            sequence.held = length
            return
        self._llama.copy(self._llama.slots, sequence.slot)
        sequence.held = step.run.position

    def _finish(self, sequence: Running, reason: End) -> None:
        rest = sequence.text.finish()
        if rest:
            self._emit(Piece(sequence.request.id, rest))
        self._emit(sequence.done(reason))
        if not self._bounds.deterministic and sequence.held > sequence.prompt_length:
            continued = sequence.placed.length > sequence.waiting.fixed
            durable = continued or sequence.computed >= _WORTH_A_TURN
            self._cache.keep(sequence.held_tokens(), sequence.slot, None, durable=durable)
        made = len(sequence.made)
        self._reply_tokens += _SMOOTHING * (made - self._reply_tokens)
        self._queue.charge(sequence.request.user, sequence.computed - sequence.waiting.cost)
        self._release(sequence)

    def _fail(self, sequence: Running, message: str, kind: ErrorKind) -> None:
        self._emit(Error(sequence.request.id, message, kind))
        self._release(sequence)

    def _release(self, sequence: Running) -> None:
        """Frees a slot; the last sequence moves into the gap, which costs two microseconds."""
        last = self._running.pop()
        if last is not sequence:
            self._llama.copy(last.slot, sequence.slot)
            self._running[sequence.slot] = last
            last.slot, freed = sequence.slot, last.slot
            self._llama.clear(freed)
        else:
            self._llama.clear(sequence.slot)


def _agreement(made: list[int], draft: list[int]) -> int:
    """How many tokens of a draft were made."""
    count = 0
    while count < min(len(made), len(draft)) and made[count] == draft[count]:
        count += 1
    return count


def _too_long(prompt: int, reply: int, room: int) -> str:
    return (
        f"the conversation is too long: {prompt} tokens and {reply} to make do not fit into {room}; "
        "leave out its oldest turns or ask for a shorter reply"
    )
