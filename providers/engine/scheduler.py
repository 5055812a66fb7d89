"""Continuous batching: requests join and leave between decoding steps."""

from __future__ import annotations

import codecs
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from providers.engine.constrain import Constraints, GrammarError, Matcher
from providers.engine.llama import Llama, Run
from providers.engine.protocol import Done, Error, FromEngine, Generate, Piece
from providers.engine.sampling import Sampler

#: Prompt tokens of one sequence in one step, so that a long prompt does not stall the others.
PREFILL_CHUNK = 256


@dataclass(slots=True)
class _Sequence:
    """One request while it has a slot."""

    request: Generate
    slot: int
    sampler: Sampler
    matcher: Matcher | None
    pending: list[int]
    position: int
    prompt_tokens: int
    cached_tokens: int
    arrived: float
    admitted: float
    fixed_left: int = 0
    fixed_tokens: tuple[int, ...] = ()
    first_token: float = 0.0
    tokens: list[int] = field(default_factory=list[int])
    unsent: str = ""
    decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="replace")
    )


class States:
    """States after fixed prompts, the least recently used given up first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[int, ...], bytes] = OrderedDict()
        self._bytes = 0

    def get(self, tokens: tuple[int, ...]) -> bytes | None:
        """The state after exactly these tokens."""
        state = self._kept.get(tokens)
        if state is not None:
            self._kept.move_to_end(tokens)
        return state

    def put(self, tokens: tuple[int, ...], state: bytes) -> None:
        """Keeps a state, if it fits at all."""
        if len(state) > self._limit or tokens in self._kept:
            return
        self._kept[tokens] = state
        self._bytes += len(state)
        while self._bytes > self._limit:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped)


class Scheduler:
    """Serves requests with one model; `step` is called as long as there is work."""

    def __init__(
        self, llama: Llama, *, slots: int, context: int, state_bytes: int, emit: Callable[[FromEngine], None]
    ) -> None:
        self._llama = llama
        self._context = context
        self._emit = emit
        self._free = list(range(slots))
        self._waiting: deque[tuple[Generate, float]] = deque()
        self._active: dict[int, _Sequence] = {}
        self._states = States(state_bytes)
        self._constraints: Constraints | None = None

    @property
    def busy(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._active or self._waiting)

    def submit(self, request: Generate) -> None:
        """Queues a request."""
        self._waiting.append((request, time.monotonic()))

    def cancel(self, request_id: int) -> None:
        """Ends a request, queued or running."""
        for queued in list(self._waiting):
            if queued[0].id == request_id:
                self._waiting.remove(queued)
                waited = time.monotonic() - queued[1]
                self._emit(Done(request_id, "cancelled", 0, 0, 0, waited, 0.0, waited))
        sequence = self._active.get(request_id)
        if sequence is not None:
            self._finish(sequence, "cancelled")

    def step(self) -> None:
        """Admits what fits, decodes one batch, and sends what came out."""
        while self._free and self._waiting:
            self._admit(*self._waiting.popleft())
        planned = self._plan()
        if not planned:
            return
        logits = self._llama.decode([run for _, run in planned])
        for (sequence, run), found in zip(planned, logits, strict=True):
            self._advance(sequence, len(run.tokens))
            if found is None or sequence.request.id not in self._active:
                continue
            try:
                if sequence.matcher is not None:
                    sequence.matcher.restrict(found)
                self._accept(sequence, sequence.sampler.choose(found, sequence.tokens))
            except GrammarError as error:
                self._fail(sequence, str(error))

    def _admit(self, request: Generate, arrived: float) -> None:
        now = time.monotonic()
        fixed = tuple(self._llama.tokenize(request.fixed)) if request.fixed else ()
        rest = self._llama.tokenize(request.rest)
        total = len(fixed) + len(rest)
        if total + request.max_tokens > self._context and not self._llama.recurrent:
            room = f"{total} tokens and {request.max_tokens} to make do not fit into {self._context}"
            self._emit(Error(request.id, f"the conversation is too long: {room}"))
            return
        try:
            matcher = self._matcher(request.grammar)
        except GrammarError as error:
            self._emit(Error(request.id, str(error)))
            return
        slot = self._free.pop()
        self._llama.clear(slot)
        state = self._states.get(fixed) if fixed else None
        if state is not None:
            self._llama.restore(slot, state)
        cached = len(fixed) if state is not None else 0
        self._active[request.id] = _Sequence(
            request=request, slot=slot, sampler=Sampler(request.sampling), matcher=matcher,
            pending=rest if cached else [*fixed, *rest], position=cached, prompt_tokens=total, cached_tokens=cached,
            arrived=arrived, admitted=now, fixed_left=len(fixed) - cached, fixed_tokens=fixed,
        )  # fmt: skip

    def _matcher(self, grammar: str | None) -> Matcher | None:
        if grammar is None:
            return None
        if self._constraints is None:
            self._constraints = Constraints(self._llama)
        return self._constraints.matcher(grammar)

    def _plan(self) -> list[tuple[_Sequence, Run]]:
        """Takes tokens of each active sequence, as many as the batch holds."""
        room = self._llama.batch_size
        planned: list[tuple[_Sequence, Run]] = []
        for sequence in self._active.values():
            count = min(len(sequence.pending), PREFILL_CHUNK, room)
            if sequence.fixed_left:
                # Stop at the end of the fixed prompt, where its state is to be kept.
                count = min(count, sequence.fixed_left)
            if count <= 0:
                break
            last = count == len(sequence.pending)
            planned.append((sequence, Run(sequence.slot, sequence.position, sequence.pending[:count], last)))
            room -= count
        return planned

    def _advance(self, sequence: _Sequence, count: int) -> None:
        del sequence.pending[:count]
        sequence.position += count
        if sequence.fixed_left:
            sequence.fixed_left -= count
            if not sequence.fixed_left:
                self._states.put(sequence.fixed_tokens, self._llama.save(sequence.slot))

    def _accept(self, sequence: _Sequence, token: int) -> None:
        if not sequence.first_token:
            sequence.first_token = time.monotonic()
        forced = sequence.matcher.take(token) if sequence.matcher is not None else []
        for each in (token, *forced):
            if self._llama.ends(each):
                self._finish(sequence, "stop")
                return
            sequence.tokens.append(each)
            sequence.pending.append(each)
            if self._say(sequence, self._llama.piece(each)):
                self._finish(sequence, "stop")
                return
            if len(sequence.tokens) >= sequence.request.max_tokens:
                self._finish(sequence, "length")
                return
        if sequence.matcher is not None and sequence.matcher.finished:
            self._finish(sequence, "stop")

    def _say(self, sequence: _Sequence, piece: bytes) -> bool:
        """Sends text, holding back what may be the beginning of a stop string; True where one is complete."""
        sequence.unsent += sequence.decoder.decode(piece)
        for stop in sequence.request.stop:
            before, found, _ = sequence.unsent.partition(stop)
            if found:
                sequence.unsent = before
                return True
        held = _possible_stop(sequence.unsent, sequence.request.stop)
        ready = sequence.unsent[: len(sequence.unsent) - held]
        if ready:
            self._emit(Piece(sequence.request.id, ready))
            sequence.unsent = sequence.unsent[len(ready) :]
        return False

    def _finish(self, sequence: _Sequence, reason: Literal["stop", "length", "cancelled"]) -> None:
        rest = sequence.unsent + sequence.decoder.decode(b"", final=True)
        if rest and reason != "cancelled":
            self._emit(Piece(sequence.request.id, rest))
        self._release(sequence)
        now = time.monotonic()
        self._emit(
            Done(
                sequence.request.id,
                reason,
                sequence.prompt_tokens,
                sequence.cached_tokens,
                len(sequence.tokens),
                sequence.admitted - sequence.arrived,
                (sequence.first_token or now) - sequence.arrived,
                now - sequence.arrived,
            )
        )

    def _fail(self, sequence: _Sequence, message: str) -> None:
        self._release(sequence)
        self._emit(Error(sequence.request.id, message))

    def _release(self, sequence: _Sequence) -> None:
        del self._active[sequence.request.id]
        self._free.append(sequence.slot)


def _possible_stop(text: str, stops: tuple[str, ...]) -> int:
    """Length of the longest end of `text` that begins a stop string."""
    longest = 0
    for stop in stops:
        for length in range(min(len(stop) - 1, len(text)), longest, -1):
            if text.endswith(stop[:length]):
                longest = length
                break
    return longest
