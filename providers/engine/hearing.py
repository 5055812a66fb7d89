"""From what a step gave to tokens, text and kept states."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from providers.engine.lane import Logits
from providers.engine.llama import Llama
from providers.engine.plan import Planned
from providers.engine.protocol import FromEngine, Piece
from providers.engine.sequence import End, Running
from providers.engine.states import PrefixCache

#: Fixed prompts of more tokens are kept on the disk; shorter ones are computed sooner than read.
WORTH_A_FILE = 32
#: New tokens of a conversation's first turn that are worth a file. From the second turn on every turn is.
_WORTH_A_TURN = 256
#: Text that comes sooner than this after the last is sent with the next: nobody sees more than 30 changes a second.
_SEND_EVERY_S = 0.03


class Hearing:
    """Takes tokens for sequences, sends their text, and keeps the states on the way."""

    def __init__(
        self, llama: Llama, cache: PrefixCache, emit: Callable[[FromEngine], None], *, alone: bool
    ) -> None:
        """Begins.

        Args:
            llama: The model.
            cache: Keeps the states.
            emit: Sends text.
            alone: Keeps fixed prompts only: whether a state was computed in other pieces can be seen in its last bits.
        """
        self._llama = llama
        self._cache = cache
        self._emit = emit
        self._alone = alone

    def hear(
        self, sequence: Running, rows: Logits, best: Sequence[int], step: Planned | None = None
    ) -> End | None:
        """Takes a token, and more where the step's draft was right; returns why the reply ends, if it does.

        Args:
            sequence: The sequence.
            rows: `rows[i]` are the logits after the first `i` tokens of the draft.
            best: The likeliest token of each.
            step: The step, if it held a draft.

        Raises:
            GrammarError: The grammar allows no token.
            BadLogits: The model gives no numbers.
        """
        draft = step.drafted if step is not None else []
        right, end, said = 0, None, ""
        for logits, likeliest in zip(rows, best, strict=True):
            token = sequence.choose(logits, likeliest)
            ready, end = sequence.say(token, self._llama)
            said += ready
            if end is not None or right == len(draft) or token != draft[right]:
                break
            right += 1
        self._send(sequence, said)
        if step is not None and draft:
            self._settle(sequence, step, right)
        return end

    def _settle(self, sequence: Running, step: Planned, right: int) -> None:
        """Makes memory hold what was right of a draft, or what it held before the step."""
        sequence.drafted += step.draft
        sequence.drafts_kept += right
        length = sequence.held + right
        if right == step.draft or (not self._llama.recurrent and self._llama.trim(sequence.slot, length)):
            sequence.held = length
            return
        self._llama.copy(self._llama.undo(sequence.slot), sequence.slot)
        sequence.held = step.run.position

    def _send(self, sequence: Running, said: str) -> None:
        sequence.unsent += said
        if not sequence.unsent:
            return
        now = time.monotonic()
        if now - sequence.sent >= _SEND_EVERY_S:
            sequence.sent = now
            self.send_rest(sequence)

    def send_rest(self, sequence: Running) -> None:
        """Sends the text that waits for more."""
        if sequence.unsent:
            self._emit(Piece(sequence.request.id, sequence.unsent))
            sequence.unsent = ""

    def keep_prompt(self, sequence: Running, rows: Logits) -> None:
        """Keeps the state after the fixed part and after the prompt."""
        held, fixed = sequence.held, sequence.waiting.fixed
        if held == fixed and fixed > WORTH_A_FILE:
            self._cache.keep(sequence.held_tokens(), sequence.slot, None, durable=True)
        if held == sequence.prompt_length == len(sequence.tokens) and len(rows) and not self._alone:
            self._cache.keep(sequence.held_tokens(), sequence.slot, rows[0].copy(), durable=False)

    def keep_reply(self, sequence: Running) -> None:
        """Sends the rest of the reply, and keeps the state after it."""
        sequence.unsent += sequence.text.finish()
        self.send_rest(sequence)
        if not self._alone and sequence.held > sequence.prompt_length:
            continued = sequence.placed.length > sequence.waiting.fixed
            durable = continued or sequence.computed >= _WORTH_A_TURN
            self._cache.keep(sequence.held_tokens(), sequence.slot, None, durable=durable)
