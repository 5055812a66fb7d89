"""What one decoding step holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from providers.engine.llama import Run
from providers.engine.sequence import Running

#: Tokens of prompts in one step: at most, and at least, however slow the model is.
_MOST_READ, _LEAST_READ = 512, 32
#: Seconds that reading prompts may delay a step for those who are waiting for the next token, and where nobody is.
_DELAY_S, _ALONE_S = 0.1, 0.5
#: Tokens of a prompt in a step in deterministic mode.
_FIXED_CHUNK = 128


@dataclass(frozen=True, slots=True)
class Planned:
    """A sequence's part of a step; `draft` are the last of the run's tokens."""

    sequence: Running
    run: Run
    draft: int = 0

    @property
    def drafted(self) -> list[int]:
        """The tokens of the draft."""
        return list(self.run.tokens[len(self.run.tokens) - self.draft :])


def plan(running: Iterable[Running], room: int, token_s: float, reserve: int) -> list[Planned]:
    """Divides a step: a next token for everyone who has read the prompt, then as much of the prompts as is quick.

    A prompt is read in pieces, so that it stalls nobody. The oldest has half of the room, the rest goes to those that
    have least left.

    Args:
        running: The sequences, the oldest first.
        room: Tokens that a step may have.
        token_s: Seconds that a token takes, as far as is known.
        reserve: Fixed prompts longer than this are stopped after, so that their states can be kept.
    """
    counts: dict[int, int] = {}
    reading: list[Running] = []
    for sequence in running:
        if sequence.reading:
            reading.append(sequence)
            continue
        count = min(len(sequence.tokens) - sequence.held, room)
        counts[sequence.slot], room = count, room - count
    quick = (_DELAY_S if counts else _ALONE_S) / max(token_s, 1e-6)
    room = min(room, int(max(_LEAST_READ, min(_MOST_READ, quick))))
    for index, sequence in enumerate(reading[:1] + sorted(reading[1:], key=_left)):
        share = room if index or len(reading) == 1 else max(room // 2, 1)
        count = min(_left(sequence, reserve), share)
        counts[sequence.slot], room = count, room - count
    found = {sequence.slot: sequence for sequence in running}
    # In the order of the slots: only neighbours are decoded together.
    return [Planned(found[slot], _run(found[slot], counts[slot])) for slot in sorted(counts) if counts[slot]]


def plan_alone(sequence: Running, reserve: int) -> Planned:
    """One sequence's next step, in a shape that depends on its own tokens only."""
    count = min(_left(sequence, reserve), _FIXED_CHUNK) if sequence.reading else None
    return Planned(sequence, _run(sequence, count or len(sequence.tokens) - sequence.held))


def _left(sequence: Running, reserve: int | None = None) -> int:
    """Tokens of the prompt to read, up to the end of the fixed part if that is longer than `reserve`."""
    fixed = sequence.waiting.fixed
    if reserve is not None and fixed > max(reserve, sequence.held):
        return fixed - sequence.held
    return sequence.prompt_length - sequence.held


def _run(sequence: Running, count: int) -> Run:
    end = sequence.held + count
    wanted = end == len(sequence.tokens)
    return Run(sequence.slot, sequence.held, sequence.tokens[sequence.held : end], int(wanted))
