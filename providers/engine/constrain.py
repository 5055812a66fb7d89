"""Holds a completion to a grammar, by llguidance."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from llguidance import LLMatcher
from llguidance.llamacpp import lltokenizer_from_vocab
from llguidance.numpy import fill_next_token_bitmask
from numpy.typing import NDArray

from providers.engine.llama import Llama

#: Compiled grammars that are kept; compiling 25 tools takes some milliseconds, a copy microseconds.
_COMPILED = 64


class GrammarError(ValueError):
    """A grammar cannot be compiled, or the completion left it."""


class Constraints:
    """Makes matchers for one model's vocabulary."""

    def __init__(self, llama: Llama) -> None:
        self._tokenizer = lltokenizer_from_vocab(llama.vocab_pointer)
        self._size = llama.vocabulary
        self._compiled: OrderedDict[str, LLMatcher] = OrderedDict()

    def matcher(self, grammar: str) -> Matcher:
        """Compiles a Lark grammar.

        Raises:
            GrammarError: It cannot be compiled.
        """
        matcher = self._compiled.get(grammar)
        if matcher is None:
            matcher = LLMatcher(self._tokenizer, LLMatcher.grammar_from_lark(grammar))
            if matcher.is_error():
                raise GrammarError(f"the grammar of the tools cannot be compiled: {matcher.get_error()}")
            self._compiled[grammar] = matcher
            if len(self._compiled) > _COMPILED:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(grammar)
        return Matcher(matcher.deep_copy(), self._size)


class Matcher:
    """Follows one completion through its grammar."""

    def __init__(self, matcher: LLMatcher, size: int) -> None:
        self._matcher = matcher
        self._size = size
        self._mask = np.zeros((1, (size + 31) // 32), dtype=np.int32)

    def restrict(self, logits: NDArray[np.float32]) -> None:
        """Sets the logits of tokens that may not come next to -inf."""
        fill_next_token_bitmask(self._matcher, self._mask)
        allowed = np.unpackbits(self._mask[0].view(np.uint8), bitorder="little")[: self._size]
        logits[allowed == 0] = -np.inf

    def take(self, token: int) -> list[int]:
        """Takes the chosen token and returns the tokens that are forced after it.

        Raises:
            GrammarError: The token is not allowed.
        """
        if not self._matcher.consume_token(token):
            raise GrammarError(f"the completion left its grammar: {self._matcher.get_error()}")
        forced: Sequence[int] = [] if self._matcher.is_stopped() else self._matcher.compute_ff_tokens()
        for each in forced:
            self._matcher.consume_token(each)
        return list(forced)

    @property
    def finished(self) -> bool:
        """Whether nothing may follow."""
        return bool(self._matcher.is_stopped())
