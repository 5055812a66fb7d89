"""Drafts from the conversation: what a reply copies need not be made token by token.

Prompt lookup: the reply's last tokens are looked up in what came before, and what followed there is drafted. One step
checks the whole draft. It pays where drafts are often right and a step of several tokens costs little more than one;
both are measured all the time, and there are no drafts while they do not pay.
"""

from __future__ import annotations

from collections.abc import Sequence

#: Tokens that must agree for a draft to begin.
_LOOKUP = 3
#: Tokens of a draft.
DRAFT = 6
_SMOOTHING = 0.1
#: Chances that are not taken before drafts are tried again after they did not pay.
_REST = 64
_TRIALS = 4
#: What a draft must gain to be worth it.
_MARGIN = 1.1


class Drafter:
    """Looks up the end of one conversation in the rest of it."""

    def __init__(self) -> None:
        # Where the token after each run of `_LOOKUP` tokens stands, the last time that it occurred.
        self._after: dict[tuple[int, ...], int] = {}
        self._known = _LOOKUP

    def draft(self, tokens: Sequence[int]) -> list[int]:
        """The tokens that followed the end of `tokens` when it stood there before; empty where it did not."""
        for place in range(self._known, len(tokens)):
            self._after[tuple(tokens[place - _LOOKUP : place])] = place
        self._known = max(len(tokens), _LOOKUP)
        place = self._after.get(tuple(tokens[-_LOOKUP:]))
        return [] if place is None else list(tokens[place : place + DRAFT])


class Payoff:
    """Decides whether drafts pay, from what steps with and without them brought."""

    def __init__(self) -> None:
        self._plain: float | None = None
        self._drafted: float | None = None
        self._rest = 0
        self._trials = _TRIALS

    def worth(self) -> bool:
        """Whether to draft now, where a draft is at hand."""
        if self._plain is None:
            return False
        if self._trials:
            return True
        if self._drafted is not None and self._drafted * _MARGIN < self._plain:
            return True
        self._rest -= 1
        if self._rest <= 0:
            self._trials, self._drafted = _TRIALS, None
        return False

    def record(self, *, drafted: bool, seconds: float, tokens: int) -> None:
        """Learns that a step of one sequence took so long and made so many tokens."""
        cost = seconds / max(tokens, 1)
        if not drafted:
            self._plain = cost if self._plain is None else self._plain + _SMOOTHING * (cost - self._plain)
            return
        self._drafted = cost if self._drafted is None else self._drafted + _SMOOTHING * (cost - self._drafted)
        if self._trials:
            self._trials -= 1
        if not self._trials and self._drafted * _MARGIN >= (self._plain or 0.0):
            self._rest = _REST
